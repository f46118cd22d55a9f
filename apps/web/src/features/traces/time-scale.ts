/** A stretch of time in microseconds since 1970. */
export interface TimeWindow {
  readonly fromUs: number
  readonly toUs: number
}

/** A moment in microseconds since 1970, which JavaScript's dates would cut to milliseconds. */
export function microsOf(timestamp: string): number {
  const match = /^([^.]+)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(timestamp)
  if (!match) return Date.parse(timestamp) * 1000
  const [, seconds = '', fraction = '', zone = 'Z'] = match
  return Date.parse(`${seconds}${zone}`) * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0'))
}

/** Where something lies in a window, in percent of its width: cut at the edges, null when it lies outside. */
export function placeIn(
  { fromUs, toUs }: TimeWindow,
  startUs: number,
  endUs: number,
): { left: number; width: number } | null {
  const span = Math.max(1, toUs - fromUs)
  if (endUs < fromUs || startUs > toUs) return null
  const left = Math.max(0, (startUs - fromUs) / span)
  const right = Math.min(1, (endUs - fromUs) / span)
  return { left: left * 100, width: Math.max(0, right - left) * 100 }
}

const secondUs = 1_000_000
const minuteUs = 60 * secondUs
const hourUs = 60 * minuteUs
/** From ten seconds on people count in parts of a minute, an hour and a day. */
const clockSteps = [
  ...[10, 15, 30].map((count) => count * secondUs),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * minuteUs),
  ...[1, 2, 3, 6, 12].map((count) => count * hourUs),
]

/** Moments for the lines of a ruler, in microseconds after `startUs`: at round steps, about so many at most. */
export function ticksOf({ fromUs, toUs }: TimeWindow, startUs: number, most: number): number[] {
  const length = toUs - fromUs
  if (length <= 0 || most < 1) return []
  const step = stepOf(length / most)
  const first = Math.ceil((fromUs - startUs) / step) * step
  const count = Math.floor((toUs - startUs - first) / step) + 1
  return Array.from({ length: Math.max(0, count) }, (_, index) => first + index * step)
}

/** The least round step that is not below `rough`. */
function stepOf(rough: number): number {
  const clock = rough > 5 * secondUs ? clockSteps.find((step) => step >= rough) : undefined
  if (clock !== undefined) return clock
  const unit = rough > 12 * hourUs ? 24 * hourUs : 1
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rough / unit)))
  return unit * power * ([1, 2, 5, 10].find((factor) => factor * power * unit >= rough) ?? 10)
}

/** The part of a bar that a duration fills beside others, 0 to 1: by its logarithm, so that short ones stay apart too. */
export function logShare(ms: number, largestMs: number): number {
  if (ms <= 0 || largestMs <= 0) return 0
  return Math.min(1, Math.log1p(ms) / Math.log1p(largestMs))
}
