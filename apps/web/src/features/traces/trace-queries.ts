import { infiniteQueryOptions, keepPreviousData, type QueryClient, queryOptions } from '@tanstack/react-query'
import { call } from '../../api/client.ts'
import { ApiError } from '../../api/error.ts'
import { tracesOf, withNewest } from './newest.ts'
import type { TracesQuery } from './trace-filters.ts'

/** The most that the API gives at once. */
const pageSize = 100
/** Spans come first as many as fill a screen, then as many as the API gives at once. */
const firstSpans = 300
const moreSpans = 2000

/** The spans of a turn follow its answer within a second: who comes from the chat may be faster than they are. */
const mayFollow = {
  retry: (failures: number, error: Error) =>
    failures < 3 && error instanceof ApiError && (error.isTemporary || error.status === 404),
  retryDelay: 700,
}

const key = (workspaceId: string) => [workspaceId, 'traces'] as const

const readTraces = (
  workspaceId: string,
  query: TracesQuery,
  signal: AbortSignal,
  cursor: string | null = null,
) =>
  call(
    'listTraces',
    { params: { workspaceId }, query: { ...query, limit: pageSize, ...(cursor && { cursor }) } },
    { signal },
  )

export const traceQueries = {
  list: (workspaceId: string, query: TracesQuery) =>
    infiniteQueryOptions({
      queryKey: [...key(workspaceId), 'list', query],
      queryFn: ({ pageParam, signal }) => readTraces(workspaceId, query, signal, pageParam),
      initialPageParam: null as string | null,
      getNextPageParam: (last) => (last.meta.hasMore ? last.meta.nextCursor : null),
      placeholderData: keepPreviousData,
      // It is followed by asking for what is newest, and read anew on request.
      staleTime: Infinity,
    }),
  /** Puts what is newest into the list and gives the ids of the traces that it did not have. */
  newest: (client: QueryClient, workspaceId: string, query: TracesQuery) =>
    queryOptions({
      queryKey: [...key(workspaceId), 'newest', query],
      queryFn: async ({ signal }) => {
        const newest = await readTraces(workspaceId, query, signal)
        const { queryKey } = traceQueries.list(workspaceId, query)
        const known = client.getQueryData(queryKey)
        if (!known) return []
        const ids = new Set(tracesOf(known).map(({ id }) => id))
        client.setQueryData(queryKey, withNewest(known, newest))
        return newest.data.flatMap(({ id }) => (ids.has(id) ? [] : [id]))
      },
      gcTime: 0,
      staleTime: 0,
    }),
  one: (workspaceId: string, traceId: string) =>
    queryOptions({
      queryKey: [...key(workspaceId), 'one', traceId],
      queryFn: ({ signal }) => call('readTrace', { params: { workspaceId, traceId } }, { signal }),
      ...mayFollow,
    }),
  spans: (workspaceId: string, traceId: string) =>
    infiniteQueryOptions({
      queryKey: [...key(workspaceId), 'spans', traceId],
      queryFn: ({ pageParam, signal }) =>
        call(
          'listSpans',
          {
            params: { workspaceId, traceId },
            query: { limit: pageParam ? moreSpans : firstSpans, ...(pageParam && { cursor: pageParam }) },
          },
          { signal },
        ),
      initialPageParam: null as string | null,
      getNextPageParam: (last) => (last.meta.hasMore ? last.meta.nextCursor : null),
      ...mayFollow,
      staleTime: Infinity,
    }),
  span: (workspaceId: string, traceId: string, spanId: string) =>
    queryOptions({
      queryKey: [...key(workspaceId), 'span', traceId, spanId],
      queryFn: ({ signal }) => call('readSpan', { params: { workspaceId, traceId, spanId } }, { signal }),
      // A span does not change once it has arrived.
      staleTime: Infinity,
    }),
}
