import type { JsonValue } from './json.ts'

/**
 * Tokens of one reply, in disjoint counts: no token is in two of them, so totals are always sums (below) and
 * never stored. Dialects differ in what their own totals include; the decoder of each takes them apart.
 */
export interface Usage {
  input: {
    /** Read at the full price. */
    uncached: number
    cacheRead: number
    /** Written to a cache that lives 5 minutes, or to one without a stated life. */
    cacheWrite5m: number
    cacheWrite1h: number
  }
  output: {
    /** Everything written that is not reasoning: text, tool calls, images. */
    text: number
    reasoning: number
  }
  /** What the provider said, in its own words, so that a reply can be rated again later. */
  raw: JsonValue
  /** The provider never said, or nothing that could be true; all counts are zero and must be estimated. */
  missing?: true
}

/** Zero everywhere, marked as missing. */
export function missingUsage(): Usage {
  return { ...usageOf({}, null), missing: true }
}

export interface UsageCounts {
  uncached?: number
  cacheRead?: number
  cacheWrite5m?: number
  cacheWrite1h?: number
  text?: number
  reasoning?: number
}

/** A usage from whichever counts are known; what is absent, negative or not a number counts as zero. */
export function usageOf(counts: UsageCounts, raw: JsonValue): Usage {
  return {
    input: {
      uncached: count(counts.uncached),
      cacheRead: count(counts.cacheRead),
      cacheWrite5m: count(counts.cacheWrite5m),
      cacheWrite1h: count(counts.cacheWrite1h),
    },
    output: { text: count(counts.text), reasoning: count(counts.reasoning) },
    raw,
  }
}

/** No call takes as many: no context is as large, and no answer as long. */
const mostTokens = 100_000_000

/**
 * A count as a provider tells it: undefined where it says nothing, NaN for what cannot be a count. Some servers write
 * their numbers as text.
 */
export function countAt(value: JsonValue | undefined): number | undefined {
  if (typeof value === 'number') return value
  if (value === undefined || value === null) return undefined
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN
}

/** A total that may be left out where the other one was told: nothing was read, or nothing written. */
export function totalAt(total: number | undefined, other: number | undefined): number {
  return total ?? (other === undefined ? Number.NaN : 0)
}

/**
 * A usage from what a provider has said, each count as `countAt` reads it or as it follows from others. Nonsense in one
 * of them (a fraction, less than nothing, more than any call can take, a part that is larger than the whole) makes all
 * of it worthless: it counts as missing.
 */
export function reportedUsage(counts: Required<UsageCounts>, raw: JsonValue): Usage {
  const { uncached, cacheRead, cacheWrite5m, cacheWrite1h, text, reasoning } = counts
  const isPlausible =
    isCount(uncached) &&
    isCount(cacheRead) &&
    isCount(cacheWrite5m) &&
    isCount(cacheWrite1h) &&
    isCount(text) &&
    isCount(reasoning) &&
    uncached + cacheRead + cacheWrite5m + cacheWrite1h + text + reasoning <= mostTokens
  if (!isPlausible) return { ...usageOf({}, raw), missing: true }
  return {
    input: { uncached, cacheRead, cacheWrite5m, cacheWrite1h },
    output: { text, reasoning },
    raw,
  }
}

const isCount = (value: number): boolean => value >= 0 && Number.isSafeInteger(value)

/** Every input token, cached or not. */
export function inputTokens({ input }: Usage): number {
  return input.uncached + input.cacheRead + input.cacheWrite5m + input.cacheWrite1h
}

/** Every output token, reasoning included. */
export function outputTokens({ output }: Usage): number {
  return output.text + output.reasoning
}

export function totalTokens(usage: Usage): number {
  return inputTokens(usage) + outputTokens(usage)
}

function count(value: number | undefined): number {
  return value !== undefined && value > 0 && Number.isFinite(value) ? Math.trunc(value) : 0
}
