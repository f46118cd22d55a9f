import type { Model } from '@atrium/contract'
import { useSession } from '../../api/session.tsx'
import { ErrorState, Select } from '../../ui/index.ts'
import { modelOptions, useChangeDefault } from './use-default-model.ts'

/** The model that new conversations begin with. */
export function DefaultModel({ models }: { models: readonly Model[] }) {
  const { workspace, can } = useSession()
  const change = useChangeDefault()
  return (
    <>
      <Select
        label="Default model"
        hint="New conversations begin with it, whatever was chosen in others."
        disabled={!can('workspace:update')}
        options={modelOptions(
          models.filter(({ capabilities }) => capabilities.chat),
          workspace.defaultModel,
        )}
        value={change.input ?? workspace.defaultModel}
        onValue={(id) => void change.run(id)}
      />
      {change.error && <ErrorState error={change.error} />}
    </>
  )
}
