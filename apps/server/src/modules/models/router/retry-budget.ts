import type { Clock } from '#platform/clock'

/** Bounds what this process sends beyond the calls it was asked for: retries, passing over, hedges. */
export interface RetryBudget {
  /** A call has come: it earns a tenth of a further attempt. */
  earn(): void
  /** Whether one more attempt may be sent; it is counted when so. */
  take(): boolean
}

const share = 0.1
const most = 1000
/** For little traffic and for the first moments of an outage. */
const atFirst = 100
const perSecond = 1

/** A token bucket per process: ≤ 10 % of traffic, and a little that does not depend on it. */
export function createRetryBudget(clock: Clock): RetryBudget {
  let tokens = atFirst
  let at = clock.monotonicMs()
  const refill = (): void => {
    const now = clock.monotonicMs()
    if (tokens < atFirst) tokens = Math.min(atFirst, tokens + ((now - at) / 1000) * perSecond)
    at = now
  }
  return {
    earn: () => {
      if (tokens < most) tokens += share
    },
    take: () => {
      refill()
      if (tokens < 1) return false
      tokens -= 1
      return true
    },
  }
}
