import { queryOptions } from '@tanstack/react-query'
import { call } from '../../api/client.ts'
import { paged } from '../../api/queries.ts'

const minuteMs = 60_000
const most = 100
const progressMs = 700

/** What the screen of models reads besides the catalogue. */
export const modelQueries = {
  prices: (workspaceId: string) => ({
    ...paged([workspaceId, 'models', 'prices'], (query, signal) =>
      call('listPrices', { params: { workspaceId }, query: { ...query, limit: most } }, { signal }),
    ),
    staleTime: minuteMs,
  }),
  ownPrices: (workspaceId: string) =>
    paged([workspaceId, 'models', 'own-prices'], (query, signal) =>
      call('listPriceOverrides', { params: { workspaceId }, query: { ...query, limit: most } }, { signal }),
    ),
  /** Read again until it has ended. */
  rerating: (workspaceId: string, reratingId: string) =>
    queryOptions({
      queryKey: [workspaceId, 're-ratings', reratingId],
      queryFn: ({ signal }) => call('readRerating', { params: { workspaceId, reratingId } }, { signal }),
      refetchInterval: ({ state: { data } }) =>
        data && (data.status === 'finished' || data.status === 'failed') ? false : progressMs,
    }),
}
