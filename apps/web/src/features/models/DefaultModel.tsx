import type { Model } from '@atrium/contract'
import { call } from '../../api/client.ts'
import { keys } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { useAction } from '../../api/use-action.ts'
import { ErrorState, Select } from '../../ui/index.ts'

/** The model that new conversations begin with. */
export function DefaultModel({ models }: { models: readonly Model[] }) {
  const { workspace, can } = useSession()
  const workspaceId = workspace.id
  const change = useAction(
    (defaultModel: string) => call('updateWorkspace', { params: { workspaceId }, body: { defaultModel } }),
    [keys.bootstrap],
  )
  const offered = models.filter(({ enabled, id }) => enabled || id === workspace.defaultModel)
  const options = offered.map(({ id, name, connectionName }) => ({
    value: id,
    label: name,
    group: connectionName,
  }))
  if (!options.some(({ value }) => value === workspace.defaultModel)) {
    options.unshift({ value: workspace.defaultModel, label: workspace.defaultModel, group: 'Not available' })
  }
  return (
    <>
      <Select
        label="Default model"
        hint="New conversations begin with it."
        disabled={!can('workspace:update')}
        options={options}
        value={change.input ?? workspace.defaultModel}
        onValue={(id) => void change.run(id)}
      />
      {change.error && <ErrorState error={change.error} />}
    </>
  )
}
