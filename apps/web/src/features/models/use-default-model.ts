import type { Model } from '@atrium/contract'
import { call } from '../../api/client.ts'
import { keys } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { type Action, useAction } from '../../api/use-action.ts'
import type { SelectOption } from '../../ui/index.ts'

/** Changes the model that the workspace's new conversations begin with. */
export function useChangeDefault(): Action<string, unknown> {
  const workspaceId = useSession().workspace.id
  return useAction(
    (defaultModel: string) => call('updateWorkspace', { params: { workspaceId }, body: { defaultModel } }),
    [keys.bootstrap],
  )
}

/** The offered models by connection, and the current choice even when it is none of them. */
export function modelOptions(models: readonly Model[], current: string): SelectOption[] {
  const options = models
    .filter(({ enabled, id }) => enabled || id === current)
    .map(({ id, name, connectionName }) => ({ value: id, label: name, group: connectionName }))
  if (options.some(({ value }) => value === current)) return options
  const missing = current
    ? { value: current, label: current, group: 'Not available' }
    : { value: '', label: 'Not chosen yet: the built-in guide' }
  return [missing, ...options]
}
