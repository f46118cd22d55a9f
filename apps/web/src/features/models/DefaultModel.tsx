import type { Model } from '@atrium/contract'
import { call } from '../../api/client.ts'
import { keys } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { useAction } from '../../api/use-action.ts'
import { ErrorState, Select, type SelectOption } from '../../ui/index.ts'

/** The model that new conversations begin with. */
export function DefaultModel({ models }: { models: readonly Model[] }) {
  const { workspace, can } = useSession()
  const workspaceId = workspace.id
  const change = useAction(
    (defaultModel: string) => call('updateWorkspace', { params: { workspaceId }, body: { defaultModel } }),
    [keys.bootstrap],
  )
  const options = optionsOf(models, workspace.defaultModel)
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

/** The offered models, and the current choice even when it is none of them. */
function optionsOf(models: readonly Model[], current: string): SelectOption[] {
  const options = models
    .filter(({ enabled, id }) => enabled || id === current)
    .map(({ id, name, connectionName }) => ({ value: id, label: name, group: connectionName }))
  if (options.some(({ value }) => value === current)) return options
  const missing = current
    ? { value: current, label: current, group: 'Not available' }
    : { value: '', label: 'Not chosen yet: the built-in guide' }
  return [missing, ...options]
}
