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

/** Sums as the database gives them: counts as numbers, money as text. */
export interface Figures {
  readonly calls: number
  readonly failed: number
  readonly aborted: number
  readonly unpriced: number
  readonly estimated: number
  readonly inputUncached: number
  readonly cacheRead: number
  readonly cacheWrite5m: number
  readonly cacheWrite1h: number
  readonly outputText: number
  readonly outputReasoning: number
  readonly costNanoUsd: string
  readonly firstTokenCalls: number
  readonly firstTokenMs: number
  readonly totalMs: number
}

const hourMs = 3_600_000

/**
 * The hours (UTC) whose sums are of no use because a bound lies within them: their calls must be counted one by one.
 * Bounds are the ends of a range and of its days; in most time zones only the ends of the range lie off the hour.
 */
export function splitHours(bounds: readonly Date[]): Date[] {
  const hours = bounds
    .filter((bound) => bound.getTime() % hourMs !== 0)
    .map((bound) => hourOf(bound).getTime())
  return [...new Set(hours)].map((ms) => new Date(ms))
}

/** The beginning of its hour. */
export const hourOf = (moment: Date): Date => new Date(Math.floor(moment.getTime() / hourMs) * hourMs)
