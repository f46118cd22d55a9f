import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { call, type Input } from '../../api/client.ts'
import { modelName } from '../../api/model-name.ts'
import type { UsageFilters } from '../../paths.ts'

export const dimensions = [
  { value: 'person', label: 'Person' },
  { value: 'team', label: 'Team' },
  { value: 'key', label: 'Key' },
  { value: 'model', label: 'Model' },
  { value: 'alias', label: 'Alias' },
  { value: 'connection', label: 'Connection' },
  { value: 'purpose', label: 'Purpose' },
] as const
export type Dimension = (typeof dimensions)[number]['value']

/** The filter that a member of a dimension stands for. */
export const filterOf = {
  person: 'personId',
  team: 'teamId',
  key: 'keyId',
  model: 'model',
  alias: 'alias',
  connection: 'connectionId',
  purpose: 'purpose',
} as const satisfies Record<Dimension, keyof UsageFilters>

/** What calls are called that have no member of a dimension. */
const without: Record<Dimension, string> = {
  person: 'Nobody',
  team: 'No team',
  key: 'Without a key: chat and this console',
  model: 'No model was called',
  alias: 'Without an alias',
  connection: 'No connection was called',
  purpose: 'No purpose',
}

const purposes = [
  { value: 'chat', label: 'Chat' },
  { value: 'title', label: 'Titles' },
  { value: 'test', label: 'Tests' },
  { value: 'gateway', label: 'Gateway' },
] as const

/** What a call was made for, as it is shown. */
const purposeText = (purpose: string): string =>
  purposes.find(({ value }) => value === purpose)?.label ?? purpose

/** How a member of a dimension is called. */
export const memberName = (
  by: Dimension,
  { id, name }: { readonly id: string | null; readonly name: string | null },
): string => {
  if (id === null) return without[by]
  if (by === 'purpose') return purposeText(id)
  if (name === null) return id
  return by === 'model' ? modelName(id, name) : name
}

export const measures = [
  { value: 'cost', label: 'Cost' },
  { value: 'calls', label: 'Calls' },
  { value: 'tokens', label: 'Tokens' },
] as const
export type Measure = (typeof measures)[number]['value']

export const spans = [
  { value: '1', label: 'Today' },
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'A year' },
] as const
export type Span = (typeof spans)[number]['value']

export const statuses = [
  { value: '', label: 'All outcomes' },
  { value: 'finished', label: 'Finished' },
  { value: 'failed', label: 'Failed' },
  { value: 'aborted', label: 'Stopped' },
] as const

const one = <T extends { value: string }>(list: readonly T[], value: string | undefined, usual: T['value']) =>
  (list.find((entry) => entry.value === value)?.value ?? usual) as T['value']

/** What is asked of the API; what the address says wrongly falls back to what is usual. */
export interface Asked {
  days: Span
  by: Dimension
  measure: Measure
  status: '' | 'finished' | 'failed' | 'aborted'
  /** Filters and period, as every operation of usage takes them. */
  query: NonNullable<Input<'readUsage'>['query']>
}

export function askedOf(filters: UsageFilters, nowMs: number): Asked {
  const days = one(spans, filters.days, '30')
  const { personId, teamId, keyId, model, alias, connectionId } = filters
  const purpose = purposes.find(({ value }) => value === filters.purpose)?.value
  return {
    days,
    by: one(dimensions, filters.by, 'model'),
    measure: one(measures, filters.measure, 'cost'),
    status: one(statuses, filters.status, ''),
    query: {
      from: firstMoment(Number(days), nowMs),
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      ...(personId ? { personId } : {}),
      ...(teamId ? { teamId } : {}),
      ...(keyId ? { keyId } : {}),
      ...(model ? { model } : {}),
      ...(alias ? { alias } : {}),
      ...(connectionId ? { connectionId } : {}),
      ...(purpose ? { purpose } : {}),
    },
  }
}

/** The midnight at which the first of so many days began, today included. */
function firstMoment(days: number, nowMs: number): string {
  const start = new Date(nowMs)
  start.setHours(0, 0, 0, 0)
  start.setDate(start.getDate() - days + 1)
  return start.toISOString()
}

/** The part of the whole change in percent, or null when there was nothing before. */
export const changePercent = (now: number, before: number): number | null =>
  before === 0 ? null : Math.round(((now - before) / before) * 100)

/** Series of a chart beside the rest: as many as there are hues less one that stay apart for the eye. */
const mostSeries = 7

const usageKey = (workspaceId: string) => [workspaceId, 'usage'] as const

export const usageQueries = {
  all: usageKey,
  totals: (workspaceId: string, { query }: Asked) =>
    queryOptions({
      queryKey: [...usageKey(workspaceId), 'totals', query],
      queryFn: ({ signal }) =>
        call('readUsage', { params: { workspaceId }, query: { ...query, compare: 'previous' } }, { signal }),
      placeholderData: keepPreviousData,
    }),
  series: (workspaceId: string, { query, by, days }: Asked) => {
    const interval = days === '1' ? ('hour' as const) : ('day' as const)
    const split = { ...query, interval, by, top: mostSeries }
    return queryOptions({
      queryKey: [...usageKey(workspaceId), 'series', split],
      queryFn: ({ signal }) => call('readUsageSeries', { params: { workspaceId }, query: split }, { signal }),
      placeholderData: keepPreviousData,
    })
  },
  groups: (workspaceId: string, { query, by }: Asked) =>
    queryOptions({
      queryKey: [...usageKey(workspaceId), 'groups', by, query],
      queryFn: ({ signal }) =>
        call('listUsageGroups', { params: { workspaceId }, query: { ...query, by, limit: 50 } }, { signal }),
      placeholderData: keepPreviousData,
    }),
  calls: (workspaceId: string, { query, status }: Asked) =>
    infiniteQueryOptions({
      queryKey: [...usageKey(workspaceId), 'calls', status, query],
      queryFn: ({ pageParam, signal }) =>
        call(
          'listCalls',
          {
            params: { workspaceId },
            query: { ...query, ...(status && { status }), ...(pageParam && { cursor: pageParam }) },
          },
          { signal },
        ),
      initialPageParam: null as string | null,
      getNextPageParam: (last) => (last.meta.hasMore ? last.meta.nextCursor : null),
      placeholderData: keepPreviousData,
    }),
  call: (workspaceId: string, callId: string) =>
    queryOptions({
      queryKey: [...usageKey(workspaceId), 'call', callId],
      queryFn: ({ signal }) => call('readCall', { params: { workspaceId, callId } }, { signal }),
    }),
}
