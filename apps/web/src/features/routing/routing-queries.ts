import { queryOptions } from '@tanstack/react-query'
import { call } from '../../api/client.ts'
import { paged } from '../../api/queries.ts'

const most = 100

/** What the screens of models and routing read. */
export const routingQueries = {
  aliases: (workspaceId: string) =>
    paged([workspaceId, 'aliases'], (query, signal) =>
      call('listAliases', { params: { workspaceId }, query: { ...query, limit: most } }, { signal }),
    ),
  versions: (workspaceId: string, aliasId: string) =>
    paged([workspaceId, 'aliases', aliasId, 'versions'], (query, signal) =>
      call('listAliasVersions', { params: { workspaceId, aliasId }, query }, { signal }),
    ),
  health: (workspaceId: string) =>
    queryOptions({
      queryKey: [workspaceId, 'model-health'],
      queryFn: ({ signal }) => call('listModelHealth', { params: { workspaceId } }, { signal }),
      select: (reply) => reply.data,
    }),
}
