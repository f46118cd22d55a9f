import { call } from '../../api/client.ts'
import { paged } from '../../api/queries.ts'

const minuteMs = 60_000
const most = 100

/** What the screen of models reads besides the catalogue. */
export const modelQueries = {
  prices: (workspaceId: string) => ({
    ...paged([workspaceId, 'models', 'prices'], (query, signal) =>
      call('listPrices', { params: { workspaceId }, query: { ...query, limit: most } }, { signal }),
    ),
    staleTime: minuteMs,
  }),
}
