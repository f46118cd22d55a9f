import type { Alias } from '@atrium/contract'
import { useQueryClient } from '@tanstack/react-query'
import { call } from '../../api/client.ts'
import { keys } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { type Action, useAction } from '../../api/use-action.ts'
import { routingQueries } from './routing-queries.ts'

export interface AliasActions {
  /** On or off, as a new version; `orThrow` leaves the failure to the caller. */
  setEnabled: Action<boolean, Alias> & { orThrow: (enabled: boolean) => Promise<void> }
  /** Deletes the alias and its versions; throws `ApiError`. */
  remove: () => Promise<void>
}

/** What can be done with an alias besides changing its policy. */
export function useAliasActions({ id, version }: Alias): AliasActions {
  const workspaceId = useSession().workspace.id
  const client = useQueryClient()
  const params = { workspaceId, aliasId: id }
  const lists = [routingQueries.aliases(workspaceId).queryKey, keys.models(workspaceId)]
  const refresh = () => Promise.all(lists.map((queryKey) => client.invalidateQueries({ queryKey })))
  const send = (enabled: boolean) => call('updateAlias', { params, body: { enabled, version } })
  const setEnabled = useAction(send, lists)
  return {
    setEnabled: {
      ...setEnabled,
      orThrow: async (enabled) => {
        await send(enabled)
        await refresh()
      },
    },
    remove: async () => {
      await call('deleteAlias', { params })
      await refresh()
    },
  }
}
