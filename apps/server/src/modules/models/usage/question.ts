import type { CallPurpose } from '../types.ts'

/** Which calls are meant; what is undefined does not narrow. */
export interface UsageFilters {
  readonly personId?: string | undefined
  readonly teamId?: string | undefined
  readonly keyId?: string | undefined
  /** As the provider calls it. */
  readonly model?: string | undefined
  readonly alias?: string | undefined
  readonly connectionId?: string | undefined
  readonly purpose?: CallPurpose | undefined
}

/** From a moment until before another. */
export interface Range {
  readonly from: Date
  readonly to: Date
}

export interface Tokens {
  readonly inputUncached: number
  readonly cacheRead: number
  readonly cacheWrite5m: number
  readonly cacheWrite1h: number
  readonly outputText: number
  readonly outputReasoning: number
}

/** Sums as the database gives them: counts as numbers, money as text. */
export interface Figures extends Tokens {
  readonly calls: number
  readonly failed: number
  readonly aborted: number
  readonly unpriced: number
  readonly estimated: number
  readonly costNanoUsd: string
  readonly firstTokenCalls: number
  readonly firstTokenMs: number
  readonly totalMs: number
}

/** Stretches of time of which sums are kept; they begin with the clock of UTC. */
export type Unit = 'quarter' | 'hour' | 'day'

const hourMs = 3_600_000
export const unitMs: Readonly<Record<Unit, number>> = { quarter: hourMs / 4, hour: hourMs, day: 24 * hourMs }

/**
 * The quarters, hours or days (UTC) whose sums are of no use because a bound lies within them: what they consist of must be
 * counted instead. Bounds are the ends of a range and those of its points in time.
 */
export function split(unit: Unit, bounds: readonly Date[]): Date[] {
  const ms = unitMs[unit]
  const within = bounds.filter((bound) => bound.getTime() % ms !== 0)
  return [...new Set(within.map((bound) => floor(unit, bound).getTime()))].map((start) => new Date(start))
}

/** The beginning of its quarter, hour or day (UTC). */
export function floor(unit: Unit, moment: Date): Date {
  const ms = unitMs[unit]
  return new Date(Math.floor(moment.getTime() / ms) * ms)
}

/** The split stretches as ranges, neighbours joined, cut off at the ends of the whole range. */
export function splitRanges(unit: Unit, whole: Range, starts: readonly Date[]): Range[] {
  const ms = unitMs[unit]
  const ranges: { from: number; to: number }[] = []
  for (const start of starts.map((one) => one.getTime()).toSorted((a, b) => a - b)) {
    const last = ranges.at(-1)
    if (last?.to === start) last.to += ms
    else ranges.push({ from: start, to: start + ms })
  }
  return ranges.map(({ from, to }) => ({
    from: new Date(Math.max(from, whole.from.getTime())),
    to: new Date(Math.min(to, whole.to.getTime())),
  }))
}
