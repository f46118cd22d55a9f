/** Counts of durations by their size: bucket i holds those above 1.02^(i-1) and up to 1.02^i nanoseconds. */
export type Histogram = Map<number, number>

const base = 1.02
const lnBase = Math.log(base)

export const bucketOf = (ns: number): number => (ns <= 1 ? 0 : Math.ceil(Math.log(ns) / lnBase))

export function count(histogram: Histogram, bucket: number, times = 1): void {
  histogram.set(bucket, (histogram.get(bucket) ?? 0) + times)
}

/** Pairs of bucket and count, each a LEB128 number; encodings joined end to end are an encoding of their sum. */
export function encodeHistogram(histogram: Histogram): Buffer {
  const bytes: number[] = []
  for (const pair of histogram) {
    for (const number of pair) {
      let rest = number
      for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
      bytes.push(rest)
    }
  }
  return Buffer.from(bytes)
}

/** Adds what is encoded. */
export function addEncoded(histogram: Histogram, bytes: Uint8Array): void {
  let bucket = -1
  let number = 0
  let weight = 1
  for (const byte of bytes) {
    number += (byte % 128) * weight
    weight *= 128
    if (byte >= 128) continue
    if (bucket < 0) bucket = number
    else {
      count(histogram, bucket, number)
      bucket = -1
    }
    number = 0
    weight = 1
  }
}

export function addHistogram(histogram: Histogram, other: Histogram): void {
  for (const [bucket, times] of other) count(histogram, bucket, times)
}

/**
 * The durations, in nanoseconds, below which these shares (0 to 1) of all lie, each within 1 %; null without any.
 * Source of the scheme: https://www.vldb.org/pvldb/vol12/p2195-masson.pdf (DDSketch).
 */
export function quantiles(histogram: Histogram, shares: readonly number[]): number[] | null {
  const buckets = [...histogram].toSorted(([a], [b]) => a - b)
  const total = buckets.reduce((sum, [, times]) => sum + times, 0)
  if (total === 0) return null
  return shares.map((share) => {
    const rank = Math.max(1, Math.ceil(share * total))
    let seen = 0
    const found = buckets.find(([, times]) => (seen += times) >= rank)
    // The value that is off by the same share from both ends of its bucket.
    return (2 * base ** (found?.[0] ?? 0)) / (1 + base)
  })
}
