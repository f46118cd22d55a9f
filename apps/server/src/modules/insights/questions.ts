import { metricDimension, type insightRoutes, type MetricDimension, type RouteInput } from '@atrium/contract'
import {
  floorTo,
  minutesAskedMs,
  settled,
  unitMs,
  userDimensions,
  type Dimension,
  type Range,
  type Unit,
} from '#modules/traces'
import { invalidInput } from '#platform/errors'

type Routes = typeof insightRoutes
export type KpiQuery = RouteInput<Routes['readHomeKpis']>['query']
export type SeriesQuery = RouteInput<Routes['readMetricUsage']>['query']

/** What is asked, in the words of the sums. */
export interface Asked {
  readonly range: Range
  /** The range of the same length before. */
  readonly before: Range
  readonly filters: Partial<Readonly<Record<Dimension, string>>>
  readonly by: Dimension | null
  /** Whether users are told apart. */
  readonly ofUsers: boolean
}

const longestMs = 400 * unitMs.day

/**
 * The question that a query asks now. The range is settled, so that whoever asks the same within a minute asks the same.
 * @throws AppError 400 for a range that makes no sense, and for what is not told apart by user
 */
export function askedBy(query: KpiQuery & { by?: MetricDimension | undefined }, nowMs: number): Asked {
  const filters = Object.fromEntries(
    metricDimension.options.flatMap((name) => {
      const value = query[name]
      return value === undefined ? [] : [[columnOf(name), value]]
    }),
  ) as Asked['filters']
  const by = query.by === undefined ? null : columnOf(query.by)
  const ofUsers = by === 'end_user' || filters.end_user !== undefined
  if (ofUsers && !isKeptByUser(filters, by))
    throw invalidInput('Sums by user are not told apart by service, agent or version.')
  const to = query.to === undefined ? nowMs : Date.parse(query.to)
  const from = query.from === undefined ? to - unitMs.day : Date.parse(query.from)
  if (from >= to) throw invalidInput('The range ends before it begins.')
  if (to - from > longestMs) throw invalidInput('A range may be 400 days long.')
  const range = settled({ from, to }, nowMs, ofUsers)
  const before = settled({ from: 2 * range.from - range.to, to: range.from }, nowMs, ofUsers)
  return { range, before, filters, by, ofUsers }
}

const columnOf = (name: MetricDimension): Dimension => (name === 'user' ? 'end_user' : name)

/** Whether the sums by user know all that is asked of. */
export function isKeptByUser(filters: Asked['filters'], by: Dimension | null): boolean {
  const asked = [...Object.keys(filters), ...(by === null ? [] : [by])]
  return asked.every((name) => userDimensions.has(name as Dimension))
}

const intervals = { '1m': 'minute', '1h': 'hour', '1d': 'day' } as const
const names = { minute: '1m', hour: '1h', day: '1d' } as const

export const intervalName = (unit: Unit): (typeof names)[Unit] => names[unit]

/** As many points as a person can tell apart. */
const mostPoints = 1440 + 1

/** The length of the points of a series. @throws AppError 400 when there are no sums of that, or too many */
export function unitOf({ interval }: SeriesQuery, { range, ofUsers }: Asked, nowMs: number): Unit {
  const lengthMs = range.to - range.from
  const hasMinutes = !ofUsers && range.from >= nowMs - minutesAskedMs
  if (interval === 'auto') {
    if (lengthMs <= 3 * unitMs.hour && hasMinutes) return 'minute'
    return lengthMs <= 7 * unitMs.day ? 'hour' : 'day'
  }
  const unit = intervals[interval]
  if (unit === 'minute' && !hasMinutes)
    throw invalidInput('There are sums by minute for the last seven days, and none by user.')
  if (lengthMs / unitMs[unit] > mostPoints) throw invalidInput(`A series has ${mostPoints} points at most.`)
  return unit
}

/** The beginnings of the points of a range. */
export function startsOf({ from, to }: Range, unit: Unit): number[] {
  const first = floorTo(unit, from)
  const count = Math.ceil((to - first) / unitMs[unit])
  return Array.from({ length: count }, (_, at) => first + at * unitMs[unit])
}
