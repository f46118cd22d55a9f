import type { TraceSummary } from '@atrium/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import { useSession } from '../../api/session.tsx'
import { type SpanNode, treeOf } from './span-tree.ts'
import { traceQueries } from './trace-queries.ts'

/** How often a trace whose root has not arrived is looked at again. */
const growingMs = 5000

export interface SpansView {
  nodes: readonly SpanNode[]
  /** All spans that there are have been read. */
  isComplete: boolean
  /** The first of them have been read. */
  isLoaded: boolean
  error: Error | null
  retry: () => void
}

/** The sums of a trace; looked at again while its root has not arrived. */
export function useTraceSummary(traceId: string) {
  const workspaceId = useSession().workspace.id
  return useQuery({
    ...traceQueries.one(workspaceId, traceId),
    refetchInterval: ({ state }) => (state.data?.hasRoot === false ? growingMs : false),
  })
}

/** The spans of a trace as a tree that grows page by page, and reads those that arrive later when the trace has grown. */
export function useSpans(traceId: string, trace: TraceSummary | undefined): SpansView {
  const workspaceId = useSession().workspace.id
  const query = useInfiniteQuery(traceQueries.spans(workspaceId, traceId))
  const { data, error, hasNextPage, isFetching, fetchNextPage, refetch } = query
  useEffect(() => {
    if (hasNextPage && !isFetching && !error) void fetchNextPage()
  }, [hasNextPage, isFetching, error, fetchNextPage])
  const spans = useMemo(() => data?.pages.flatMap((page) => page.data) ?? [], [data])
  const isComplete = data !== undefined && !hasNextPage
  const hasGrown = isComplete && (trace?.spans ?? 0) > spans.length
  const total = trace?.spans
  useEffect(() => {
    if (hasGrown) void refetch()
    // Once for each growth.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [hasGrown, total])
  const nodes = useMemo(() => treeOf(spans), [spans])
  return {
    nodes,
    isComplete,
    isLoaded: data !== undefined,
    error,
    retry: () => void (data && hasNextPage ? fetchNextPage() : refetch()),
  }
}
