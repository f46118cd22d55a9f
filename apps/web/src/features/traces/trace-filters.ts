import type { Input } from '../../api/client.ts'
import { durationMsOf } from './duration.ts'

/** Filters that a trace either has or has not, by their names in the address. */
export const textFilters = ['service', 'agent', 'model', 'environment', 'session', 'user'] as const
export type TextFilter = (typeof textFilters)[number]

/** Everything that the address of the list may hold. Only what was chosen stands in it. */
const names = ['range', 'from', 'to', ...textFilters, 'status', 'min', 'live', 'peek'] as const
export type TraceSearch = Partial<Record<(typeof names)[number], string>>

/** The part of an address that says which time is looked at. */
export type PeriodSearch = Pick<TraceSearch, 'range' | 'from' | 'to'>

/** What narrows the list, without the period and without what is merely open. */
export const narrowing = [...textFilters, 'status', 'min'] as const

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

export const ranges = [
  { value: '15m', label: 'Last 15 minutes', ms: 15 * minuteMs },
  { value: '1h', label: 'Last hour', ms: hourMs },
  { value: '6h', label: 'Last 6 hours', ms: 6 * hourMs },
  { value: '24h', label: 'Last 24 hours', ms: dayMs },
  { value: '7d', label: 'Last 7 days', ms: 7 * dayMs },
  { value: '30d', label: 'Last 30 days', ms: 30 * dayMs },
  { value: 'all', label: 'All time', ms: Infinity },
] as const
/** The last day. */
const usualRange = ranges[3]

/** How often a list that is followed asks for what is newest. */
export const paces = [
  { value: '', label: 'Updates by hand', ms: null },
  { value: '2s', label: 'Live', ms: 2000 },
  { value: '10s', label: 'Every 10 seconds', ms: 10_000 },
  { value: '1m', label: 'Every minute', ms: minuteMs },
] as const

/** Milliseconds between two looks, or null for a list that stands still. */
export const paceMsOf = ({ live }: Pick<TraceSearch, 'live'>): number | null =>
  paces.find(({ value }) => value === live)?.ms ?? null

/** The texts of an address that mean something here; empty ones count as not chosen. */
export function searchOf(raw: Readonly<Record<string, unknown>>): TraceSearch {
  const search: TraceSearch = {}
  for (const name of names) {
    const value = raw[name]
    if (typeof value === 'string' && value !== '') search[name] = value
  }
  return search
}

export type TracesQuery = NonNullable<Input<'listTraces'>['query']>

/** What is asked of the API; what the address says wrongly is left out. */
export function queryOf(search: TraceSearch, nowMs: number): TracesQuery {
  const { status, min } = search
  const minDurationMs = min === undefined ? null : durationMsOf(min)
  const texts = textFilters.flatMap((name) => {
    const value = search[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    ...periodOf(search, nowMs),
    ...Object.fromEntries(texts),
    ...(status === 'error' || status === 'ok' ? { status } : {}),
    ...(minDurationMs === null ? {} : { minDurationMs }),
  }
}

/** An absolute period where one is chosen, else the last so many minutes, hours or days. */
export function periodOf({ from, to, range }: PeriodSearch, nowMs: number): { from?: string; to?: string } {
  const [first, last] = [momentOf(from), momentOf(to)]
  if (first !== null || last !== null) {
    return { ...(first !== null && { from: first }), ...(last !== null && { to: last }) }
  }
  const { ms } = rangeOf(range)
  return ms === Infinity ? {} : { from: new Date(nowMs - ms).toISOString() }
}

export const rangeOf = (range: string | undefined): (typeof ranges)[number] =>
  ranges.find(({ value }) => value === range) ?? usualRange

const momentOf = (text: string | undefined): string | null => {
  const ms = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(ms) ? null : new Date(ms).toISOString()
}

/** Whether a period has been chosen by its ends. */
export const isAbsolute = ({ from, to }: PeriodSearch): boolean =>
  momentOf(from) !== null || momentOf(to) !== null

/** Whether the period ends in the past, so that nothing new can come into it. */
export const isOver = ({ to }: PeriodSearch, nowMs: number): boolean => {
  const last = momentOf(to)
  return last !== null && Date.parse(last) < nowMs
}

/** Under this name the browser remembers the last filters of the list, so that a trace leads back to them. */
export const lastSearch = 'traces'
