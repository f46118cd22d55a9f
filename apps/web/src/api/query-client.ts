import { QueryClient, type QueryKey } from '@tanstack/react-query'
import { ApiError } from './error.ts'
import { reachability } from './reachable.ts'

const attempts = 3

export function createQueryClient(): QueryClient {
  const client = new QueryClient({
    defaultOptions: {
      queries: {
        networkMode: 'always',
        staleTime: 10_000,
        retry: (failures, error) => error instanceof ApiError && error.isTemporary && failures < attempts,
        // Not all at the same moment: a server that comes back has much to answer.
        retryDelay: (failures) => Math.min(500 * 2 ** failures, 5000) * (0.5 + Math.random()),
      },
      mutations: { networkMode: 'always' },
    },
  })
  // What could not be read while the server was away is read when it is back, without anybody asking.
  reachability.subscribe(() => {
    if (reachability.isLost()) return
    void client.refetchQueries({ type: 'active', predicate: ({ state }) => state.status === 'error' })
  })
  return client
}

/**
 * Changes what is known of a query without making it look freshly read: it stays as old as it was, and invalid if it was. Does
 * nothing when nothing is known.
 */
export function patchQuery<T>(client: QueryClient, queryKey: QueryKey, change: (known: T) => T): void {
  const state = client.getQueryState<T>(queryKey)
  if (state?.data === undefined) return
  client.setQueryData(queryKey, change(state.data), { updatedAt: state.dataUpdatedAt })
  if (state.isInvalidated) void client.invalidateQueries({ queryKey, exact: true, refetchType: 'none' })
}
