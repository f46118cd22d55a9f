import { addHistogram, type Histogram } from './histogram.ts'

/** Columns that count spans. */
export const countColumns = [
  'spans',
  'errors',
  'runs',
  'model_calls',
  'tool_calls',
  'told',
  'priced',
  'unpriced',
] as const

/** Columns that add up what spans tell. */
export const amountColumns = [
  'input_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'output_tokens',
  'reasoning_tokens',
  'cost_nano_usd',
] as const

/** What some spans add up to. */
export interface Sums {
  /** In the order of `countColumns`. */
  readonly counts: number[]
  /** In the order of `amountColumns`. */
  readonly amounts: bigint[]
  readonly latency: Histogram
  readonly firstToken: Histogram
}

export const noSums = (): Sums => ({
  counts: countColumns.map(() => 0),
  amounts: amountColumns.map(() => 0n),
  latency: new Map(),
  firstToken: new Map(),
})

export function addSums(sums: Sums, other: Sums): void {
  for (const [at, count] of other.counts.entries()) sums.counts[at] = (sums.counts[at] ?? 0) + count
  for (const [at, amount] of other.amounts.entries()) sums.amounts[at] = (sums.amounts[at] ?? 0n) + amount
  addHistogram(sums.latency, other.latency)
  addHistogram(sums.firstToken, other.firstToken)
}

/** How many of the spans are such. */
export const countIn = (sums: Sums, name: (typeof countColumns)[number]): number =>
  sums.counts[countColumns.indexOf(name)] ?? 0

/** How much the spans tell of this. */
export const amountIn = (sums: Sums, name: (typeof amountColumns)[number]): bigint =>
  sums.amounts[amountColumns.indexOf(name)] ?? 0n
