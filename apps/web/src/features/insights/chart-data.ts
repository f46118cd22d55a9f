import type { MetricDimension } from '@atrium/contract'
import { type ChartSeries, huesOf, type TimeData } from '../charts/time-chart.ts'

interface Point<F> {
  start: string
  figures: F
}

/** The part of an answer over time that a chart needs. */
export interface SeriesReply<F> {
  period: { from: string; to: string; interval: '1m' | '1h' | '1d' }
  asOf: string
  points: readonly Point<F>[]
  groups: readonly { member: string | null; isOther: boolean; points: readonly Point<F>[] }[]
}

const stepMsOf = { '1m': 60_000, '1h': 3_600_000, '1d': 86_400_000 } as const

/** Series beside the rest: as many as stay apart for the eye. */
const mostSeries = 7

const baseOf = <F>({ period, asOf, points }: SeriesReply<F>): Omit<TimeData, 'series'> => {
  const starts = points.map(({ start }) => Date.parse(start))
  const stepMs = stepMsOf[period.interval]
  const [from, to] = [Date.parse(period.from), Math.min(Date.parse(asOf), Date.parse(period.to))]
  const partial = starts.flatMap((start, index) => (start < from || start + stepMs > to ? [index] : []))
  return { starts, stepMs, partial }
}

/** The members of a dimension over time, the first of them apart and all others together. */
export function membersData<F>(
  reply: SeriesReply<F>,
  by: MetricDimension,
  value: (figures: F) => number | null,
): TimeData {
  const some = reply.groups.filter(({ points }) => points.some(({ figures }) => (value(figures) ?? 0) > 0))
  const named = unnamedLast(some.filter(({ isOther }) => !isOther)).slice(0, mostSeries)
  const rest = some.filter((group) => !named.includes(group))
  const hues = huesOf(named.map(({ member }) => memberName(by, member)))
  const series: ChartSeries[] = named.map(({ member, points }, index) => ({
    key: member === null ? 'none' : `member ${member}`,
    name: memberName(by, member),
    hue: member === null ? -1 : (hues[index] ?? 0),
    values: points.map(({ figures }) => value(figures)),
  }))
  if (rest.length > 0) series.push({ key: 'rest', name: 'all others', hue: 0, values: sumsOf(rest, value) })
  return { ...baseOf(reply), series }
}

/** In the same order, but what names no member comes after those that are named. */
export const unnamedLast = <G extends { member: string | null }>(groups: readonly G[]): G[] => [
  ...groups.filter(({ member }) => member !== null),
  ...groups.filter(({ member }) => member === null),
]

/** Several figures of the whole over time. */
export const linesData = <F>(
  reply: SeriesReply<F>,
  lines: readonly { name: string; hue: number; value: (figures: F) => number | null }[],
): TimeData => ({
  ...baseOf(reply),
  series: lines.map(({ name, hue, value }) => ({
    key: name,
    name,
    hue,
    values: reply.points.map(({ figures }) => value(figures)),
  })),
})

/** Unknown only where none of them is known. */
const sumsOf = <F>(
  groups: readonly { points: readonly Point<F>[] }[],
  value: (figures: F) => number | null,
): (number | null)[] =>
  (groups[0]?.points ?? []).map((_, index) => {
    const known = groups.flatMap(({ points }) => {
      const point = points[index]
      const told = point ? value(point.figures) : null
      return told === null ? [] : [told]
    })
    return known.length === 0 ? null : known.reduce((sum, each) => sum + each, 0)
  })

/** Spans that name no member are told as such. */
export const memberName = (by: MetricDimension, member: string | null): string => member ?? `no ${by}`
