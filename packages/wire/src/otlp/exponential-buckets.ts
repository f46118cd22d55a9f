/** Counts of consecutive buckets, the first of which has the number `offset`. */
export interface ExponentialBuckets {
  offset: number
  counts: number[]
}

interface ExponentialHistogram {
  readonly scale: number
  readonly zeroCount: number
  readonly positive: ExponentialBuckets
  readonly negative: ExponentialBuckets
}

/**
 * The buckets of an exponential histogram with their bounds spelled out. Bucket i of the positive range counts what is
 * above base^i and at most base^(i+1), where base = 2^(2^-scale); the negative range mirrors it.
 * Source: https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram
 *
 * Buckets whose bounds a `number` cannot tell apart are joined.
 */
export function exponentialBuckets(histogram: ExponentialHistogram): { bounds: number[]; counts: number[] } {
  const { scale, zeroCount, positive, negative } = histogram
  const power = (index: number) => 2 ** (index * 2 ** -scale)
  const joined = new JoinedBuckets()
  const lowest = negative.offset + negative.counts.length
  if (negative.counts.length > 0) joined.add(-power(lowest), 0)
  for (let at = negative.counts.length - 1; at >= 0; at--) {
    joined.add(-power(negative.offset + at), negative.counts[at] ?? 0)
  }
  joined.add(positive.counts.length > 0 ? power(positive.offset) : Number.POSITIVE_INFINITY, zeroCount)
  for (const [at, count] of positive.counts.entries()) joined.add(power(positive.offset + at + 1), count)
  return joined.finish()
}

class JoinedBuckets {
  private readonly bounds: number[] = []
  private readonly counts: number[] = []
  private rest = 0

  /** Adds what is at most `bound` and above the bound before. */
  add(bound: number, count: number): void {
    const last = this.bounds.at(-1) ?? Number.NEGATIVE_INFINITY
    if (bound === Number.POSITIVE_INFINITY) this.rest += count
    else if (bound > last) {
      this.bounds.push(bound)
      this.counts.push(count)
    } else if (this.counts.length > 0) this.counts.push((this.counts.pop() ?? 0) + count)
    else this.rest += count
  }

  finish(): { bounds: number[]; counts: number[] } {
    return { bounds: this.bounds, counts: [...this.counts, this.rest] }
  }
}
