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
