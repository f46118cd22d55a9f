import { useIsFetching, useQueryClient } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { useSession } from '../../api/session.tsx'
import { paths } from '../../paths.ts'
import { useGo } from '../../routes/links.tsx'
import { isOver } from '../traces/trace-filters.ts'
import { type Asked, askedOf, type InsightSearch, searchOf } from './insight-filters.ts'
import { insightQueries } from './insight-queries.ts'

export interface InsightsView {
  workspaceId: string
  search: InsightSearch
  asked: Asked
  /** Changes some of what the address says; an empty text takes it away. */
  choose: (changes: InsightSearch) => void
  /** A period drawn in a chart, to the minute. */
  zoom: (fromMs: number, toMs: number) => void
  refresh: () => void
  isRefreshing: boolean
  /** The screen can be followed: its period has not ended. */
  canFollow: boolean
}

/** What the address asks, and how to change it. */
export function useInsights(): InsightsView {
  const workspaceId = useSession().workspace.id
  const go = useGo()
  const client = useQueryClient()
  const raw: Readonly<Record<string, unknown>> = useSearch({ strict: false })
  const told = JSON.stringify(searchOf(raw))
  const search = useMemo<InsightSearch>(() => JSON.parse(told), [told])
  const choose = (changes: InsightSearch) => go(paths.insights({ ...search, ...changes }), { replace: true })
  const [nowMs] = useState(() => Date.now())
  const queryKey = insightQueries.all(workspaceId)
  return {
    workspaceId,
    search,
    asked: useMemo(() => askedOf(search, nowMs), [search, nowMs]),
    choose,
    zoom: (fromMs, toMs) => {
      const [from, to] = [minuteOf(fromMs), Math.max(minuteOf(toMs), minuteOf(fromMs) + minuteMs)]
      choose({ range: '', from: new Date(from).toISOString(), to: new Date(to).toISOString() })
    },
    refresh: () => void client.invalidateQueries({ queryKey }),
    isRefreshing: useIsFetching({ queryKey }) > 0,
    canFollow: !isOver(search, nowMs),
  }
}

const minuteMs = 60_000
const minuteOf = (ms: number): number => Math.round(ms / minuteMs) * minuteMs
