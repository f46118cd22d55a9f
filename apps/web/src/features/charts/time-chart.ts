import { hueOf } from '../chat/thread/Spine.tsx'

/** One colour of a chart over time. */
export interface ChartSeries {
  key: string
  name: string
  /** One of the eight chart hues, from 1; 0 for what stands for many, -1 for what has no name. */
  hue: number
  /** One for each bucket; null where there is nothing to tell, which stays a gap. */
  values: readonly (number | null)[]
}

/** What a chart over time shows, whichever way it is drawn. */
export interface TimeData {
  /** Beginnings of the buckets in milliseconds, evenly apart. */
  starts: readonly number[]
  /** The length of a bucket. */
  stepMs: number
  series: readonly ChartSeries[]
  /** Indices of buckets of which only a part is told: one that has not ended, or that the period cuts off. */
  partial: readonly number[]
}

/** The column of every drawn line: the values of whole buckets, or those of partial ones. */
type Column = (number | null)[]

export interface Drawn {
  /** Middles of the buckets in seconds. */
  middles: number[]
  /** In the order of drawing. */
  lines: { series: ChartSeries; isPartial: boolean; column: Column }[]
}

/**
 * The columns that are drawn. Stacked values stand on those of the series before; as the upper ones are drawn first, the
 * lower ones cover what they share. Partial buckets are lines of their own, so that they can look like it.
 */
export function drawnOf({ starts, stepMs, series, partial }: TimeData, isStacked: boolean): Drawn {
  // A line leads to a partial bucket from the whole one beside it.
  const reach = isStacked ? 0 : 1
  const isToldInPart = (column: Column, index: number) =>
    partial.some((each) => Math.abs(each - index) <= reach && column[each] !== null)
  const split = (each: ChartSeries, column: Column): Drawn['lines'] => {
    const whole = { series: each, isPartial: false, column }
    if (partial.length === 0) return [whole]
    return [
      { ...whole, column: column.map((value, index) => (partial.includes(index) ? null : value)) },
      {
        series: each,
        isPartial: true,
        column: column.map((value, index) => (isToldInPart(column, index) ? value : null)),
      },
    ]
  }
  const columns = isStacked ? stack(series) : series.map(({ values }) => [...values])
  const lines = series.flatMap((each, index) => split(each, columns[index] ?? []))
  return {
    middles: starts.map((start) => (start + stepMs / 2) / 1000),
    lines: isStacked ? lines.toReversed() : lines,
  }
}

/** Every series on top of those before it; what is not known counts as nothing. */
function stack(series: readonly ChartSeries[]): Column[] {
  const heights: number[] = []
  return series.map(({ values }) =>
    values.map((value, index) => {
      const height = (heights[index] ?? 0) + (value ?? 0)
      heights[index] = height
      return value === null || value === 0 ? null : height
    }),
  )
}

/** Which values stand alone between gaps, so that no line would show them. */
export const lonely = (column: readonly (number | null | undefined)[]): number[] =>
  column.flatMap((value, index) =>
    typeof value === 'number' &&
    typeof column[index - 1] !== 'number' &&
    typeof column[index + 1] !== 'number'
      ? [index]
      : [],
  )

/** The variable of the theme that has a hue. */
export function hueVariable(hue: number): string {
  if (hue > 0) return `--color-chart-${hue}`
  return hue === 0 ? '--color-line-strong' : '--color-faint'
}

const hueCount = 8

/**
 * A hue for each name: the one that a model of that name has in the chat, so that it stays the same from day to day and
 * chart to chart; the next free one when an earlier name has it.
 */
export function huesOf(names: readonly string[]): number[] {
  const taken = new Set<number>()
  return names.map((name) => {
    const wanted = Number(hueOf(name).at(-1)) - 1
    const free = Array.from({ length: hueCount }, (_, step) => (wanted + step) % hueCount).find(
      (hue) => !taken.has(hue),
    )
    const hue = free ?? wanted
    taken.add(hue)
    return hue + 1
  })
}

const dayMs = 86_400_000

/** The moment of a bucket in words; days are those of UTC, shorter ones are told in the time zone of the viewer. */
export function bucketName(startMs: number, stepMs: number): string {
  const day = { day: 'numeric', month: 'short' } as const
  if (stepMs >= dayMs) return new Date(startMs).toLocaleDateString('en-GB', { ...day, timeZone: 'UTC' })
  return new Date(startMs).toLocaleString('en-GB', { ...day, hour: '2-digit', minute: '2-digit' })
}

/** A tick of the time axis: the clock, and the day where one begins. */
export function tickName(ms: number, isDays: boolean): string {
  const at = new Date(ms)
  if (isDays || (at.getHours() === 0 && at.getMinutes() === 0)) {
    return at.toLocaleDateString('en-GB', {
      day: 'numeric',
      month: 'short',
      ...(isDays && { timeZone: 'UTC' }),
    })
  }
  return at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
}
