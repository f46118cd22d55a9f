import type { Connection } from '@atrium/contract'
import { useQueryClient } from '@tanstack/react-query'
import { call } from '../../api/client.ts'
import { keys } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { useAction } from '../../api/use-action.ts'

/** What can be done to one connection. */
export function useConnectionActions(connection: Connection) {
  const workspaceId = useSession().workspace.id
  const client = useQueryClient()
  const lists = [keys.connections(workspaceId), keys.models(workspaceId)]
  const params = { workspaceId, connectionId: connection.id }
  return {
    test: useAction(() => call('testConnection', { params }), lists),
    refresh: useAction(() => call('refreshModels', { params }), lists),
    enable: useAction((enabled: boolean) => call('updateConnection', { params, body: { enabled } }), lists),
    addModel: useAction(
      (body: { upstreamId: string; name?: string }) => call('addModel', { params, body }),
      lists,
    ),
    /** Throws when it failed, for the dialog that asks first. */
    remove: async () => {
      await call('deleteConnection', { params })
      await Promise.all(lists.map((queryKey) => client.invalidateQueries({ queryKey })))
    },
  }
}
