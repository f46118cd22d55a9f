import type { TraceSummary } from '@atrium/contract'
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { useEffect, useMemo, useState } from 'react'
import { writeStored } from '../../api/preferences.ts'
import { useSession } from '../../api/session.tsx'
import { paths } from '../../paths.ts'
import { useGo } from '../../routes/links.tsx'
import { tracesOf } from './newest.ts'
import {
  isOver,
  lastSearch,
  paceMsOf,
  queryOf,
  searchOf,
  type TraceSearch,
  type TracesQuery,
} from './trace-filters.ts'
import { traceQueries } from './trace-queries.ts'

export interface TracesView {
  search: TraceSearch
  /** Changes some of the filters; an empty text takes one away. */
  choose: (changes: TraceSearch) => void
  traces: readonly TraceSummary[]
  /** Those that came in with the last look, to be pointed out. */
  fresh: ReadonlySet<string>
  /** Undefined while the first page of these filters is on its way. */
  isLoaded: boolean
  /** What is shown belongs to the filters before. */
  isBehind: boolean
  error: Error | null
  hasMore: boolean
  isReadingMore: boolean
  readMore: () => void
  /** Reads the list anew; a relative period then ends now. */
  refresh: () => void
  isRefreshing: boolean
  /** The list can be followed: its period has not ended. */
  canFollow: boolean
}

/** The filters of the address, and the traces that they let through. */
export function useTraces(): TracesView {
  const workspaceId = useSession().workspace.id
  const go = useGo()
  const raw: Readonly<Record<string, unknown>> = useSearch({ strict: false })
  const told = JSON.stringify(searchOf(raw))
  const search = useMemo<TraceSearch>(() => JSON.parse(told), [told])
  useEffect(() => writeStored(lastSearch, JSON.parse(told)), [told])
  const [nowMs, setNowMs] = useState(() => Date.now())
  const query = useMemo(() => queryOf(search, nowMs), [search, nowMs])
  const list = useInfiniteQuery(traceQueries.list(workspaceId, query))
  const canFollow = !isOver(search, nowMs)
  const fresh = useNewest(workspaceId, query, canFollow ? paceMsOf(search) : null)
  const traces = useMemo(() => tracesOf(list.data), [list.data])
  return {
    search,
    choose: (changes) => go(paths.traces({ ...search, ...changes }), { replace: true }),
    traces,
    fresh,
    isLoaded: list.data !== undefined,
    isBehind: list.isPlaceholderData,
    error: list.error,
    hasMore: list.hasNextPage,
    isReadingMore: list.isFetchingNextPage,
    readMore: () => void list.fetchNextPage(),
    refresh: () => {
      const now = Date.now()
      if (JSON.stringify(queryOf(search, now)) === JSON.stringify(query)) void list.refetch()
      else setNowMs(now)
    },
    isRefreshing: list.isFetching && !list.isFetchingNextPage,
    canFollow,
  }
}

/**
 * Lets what is newest into the list, once every so many milliseconds while the page is in view. Gives the ids of what was
 * new with the last look.
 */
function useNewest(workspaceId: string, query: TracesQuery, paceMs: number | null): ReadonlySet<string> {
  const client = useQueryClient()
  const { data } = useQuery({
    ...traceQueries.newest(client, workspaceId, query),
    enabled: paceMs !== null,
    refetchInterval: paceMs ?? false,
  })
  return useMemo(() => new Set(data), [data])
}
