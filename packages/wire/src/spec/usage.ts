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
  /** The provider never said; all counts are zero and must be estimated. */
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
