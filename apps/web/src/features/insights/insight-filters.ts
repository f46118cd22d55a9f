import type { MetricDimension } from '@atrium/contract'
import { isOver, paceMsOf, periodOf, ranges } from '../traces/trace-filters.ts'

/** What spans are told apart by, in the words of the screen. */
export const dimensions: readonly { value: MetricDimension; label: string }[] = [
  { value: 'model', label: 'Model' },
  { value: 'agent', label: 'Agent' },
  { value: 'user', label: 'User' },
  { value: 'service', label: 'Service' },
  { value: 'provider', label: 'Provider' },
  { value: 'operation', label: 'Operation' },
  { value: 'environment', label: 'Environment' },
  { value: 'version', label: 'Version' },
  { value: 'team', label: 'Team' },
  { value: 'project', label: 'Project' },
]

export const dimensionNames = dimensions.map(({ value }) => value)

/** Members of these are not told apart by user. */
const withoutUsers: ReadonlySet<string> = new Set<MetricDimension>(['agent', 'service', 'version'])

export const measures = [
  { value: 'spans', label: 'Spans' },
  { value: 'runs', label: 'Runs' },
  { value: 'modelCalls', label: 'Model calls' },
  { value: 'toolCalls', label: 'Tool calls' },
  { value: 'tokens', label: 'Tokens' },
] as const
export type Measure = (typeof measures)[number]['value']

/** Everything that the address of the screen may hold. Only what was chosen stands in it. */
type Name = MetricDimension | 'range' | 'from' | 'to' | 'live' | 'by' | 'measure'
export type InsightSearch = Partial<Record<Name, string>>
const names: readonly Name[] = [...dimensionNames, 'range', 'from', 'to', 'live', 'by', 'measure']

/** The periods that have another one of the same length before them. */
export const offeredRanges = ranges.filter(({ ms }) => ms !== Infinity)

/** The texts of an address that mean something here. */
export function searchOf(raw: Readonly<Record<string, unknown>>): InsightSearch {
  const search: InsightSearch = {}
  for (const name of names) {
    const value = raw[name]
    if (typeof value === 'string' && value !== '') search[name] = value
  }
  if (!offeredRanges.some(({ value }) => value === search.range)) delete search.range
  return search
}

/** What is asked of the API for an address, whatever the time is. */
export interface Asked {
  search: InsightSearch
  by: MetricDimension
  measure: Measure
  /** Milliseconds between two looks, or null for a screen that stands still. */
  paceMs: number | null
}

export function askedOf(search: InsightSearch, nowMs: number): Asked {
  return {
    search,
    by: dimensionNames.find((name) => name === search.by) ?? 'model',
    measure: measures.find(({ value }) => value === search.measure)?.value ?? 'spans',
    paceMs: isOver(search, nowMs) ? null : paceMsOf(search),
  }
}

/** The part of an address that says which spans are meant. */
export const filtersOf = (search: InsightSearch): Partial<Record<MetricDimension, string>> =>
  Object.fromEntries(
    dimensionNames.flatMap((name) => {
      const value = search[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )

/** Filters and period as the API takes them now. */
export const queryOf = (search: InsightSearch, nowMs: number) => ({
  ...filtersOf(search),
  ...periodOf(search, nowMs),
})

/** Whether the dimension can be told apart while these filters are on. */
export function canSplit(by: MetricDimension, search: InsightSearch): boolean {
  if (by === 'user') return [...withoutUsers].every((name) => search[name as MetricDimension] === undefined)
  return !withoutUsers.has(by) || search.user === undefined
}

/** What an address becomes when only the spans of a member are meant; what cannot stay beside that goes. */
export function narrowed(by: MetricDimension, member: string, search: InsightSearch): InsightSearch {
  const changed = { ...search, [by]: member }
  const split = dimensionNames.find((name) => name === search.by) ?? 'model'
  return { [by]: member, ...(canSplit(split, changed) ? {} : { by: split === 'user' ? '' : 'user' }) }
}

/** The name of a filter in the list of traces, where it has one. */
const traceFilters: Partial<Record<MetricDimension, string>> = {
  model: 'model',
  agent: 'agent',
  user: 'user',
  service: 'service',
  environment: 'environment',
}

/**
 * The search of the list of traces that shows the member's spans of this period; null when that list cannot be narrowed
 * to it. Filters that the list does not know are left out.
 */
export function traceSearchOf(
  by: MetricDimension,
  member: string,
  search: InsightSearch,
): Record<string, string> | null {
  if (traceFilters[by] === undefined) return null
  const kept = Object.entries({ ...filtersOf(search), [by]: member }).filter(
    ([name]) => traceFilters[name as MetricDimension] !== undefined,
  )
  const { range, from, to } = search
  return {
    ...Object.fromEntries(kept),
    ...(range && { range }),
    ...(from && { from }),
    ...(to && { to }),
  }
}
