import type { Share } from './share.ts'

const minuteSeconds = 60

/**
 * What a caller may still do: the triple `RateLimit-Limit`, `-Remaining` and `-Reset` (seconds) of the tightest limit
 * (draft-ietf-httpapi-ratelimit-headers-06), and all limits as `RateLimit-Policy` and `RateLimit` (the same, -10).
 */
export function rateLimitHeaders(shares: readonly Share[], nowMs: number): Record<string, string> {
  const [tightest] = shares.toSorted((left, right) => freedom(left, nowMs) - freedom(right, nowMs))
  return tightest ? headersOf(tightest, shares, nowMs) : {}
}

/** The same, for a call that this share has refused. */
export function headersOf(tightest: Share, shares: readonly Share[], nowMs: number): Record<string, string> {
  return {
    'ratelimit-limit': String(tightest.limit),
    'ratelimit-remaining': String(tightest.remaining(nowMs)),
    'ratelimit-reset': String(resetSeconds(tightest, nowMs)),
    'ratelimit-policy': shares.map(policy).join(', '),
    ratelimit: shares
      .map((share) => `"${nameOf(share)}";r=${share.remaining(nowMs)};t=${resetSeconds(share, nowMs)}`)
      .join(', '),
  }
}

const freedom = (share: Share, nowMs: number): number => share.remaining(nowMs) / share.limit

const nameOf = ({ counted }: Share): string => `${counted.scope}-${counted.unit}`

const policy = (share: Share): string =>
  share.counted.unit === 'slots'
    ? `"${nameOf(share)}";q=${share.limit};qu="concurrent-requests"`
    : `"${nameOf(share)}";q=${share.limit};w=${minuteSeconds}`

/** Until the limit is whole again. */
const resetSeconds = (share: Share, nowMs: number): number =>
  Math.ceil(share.waitMs(share.limit, nowMs) / 1000)
