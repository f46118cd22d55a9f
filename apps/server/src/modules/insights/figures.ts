import type { CostFigures, PerformanceFigures, UsageFigures } from '@atrium/contract'
import { amountIn, countIn, quantiles, type Sums } from '#modules/traces'

const kinds = {
  input: 'input_tokens',
  cacheRead: 'cache_read_tokens',
  cacheWrite: 'cache_write_tokens',
  output: 'output_tokens',
  reasoning: 'reasoning_tokens',
} as const

/** Senders may claim more than a number can say. */
const wholeNumber = (amount: bigint): number => Math.min(Number(amount), Number.MAX_SAFE_INTEGER)
const mostNanoUsd = 10n ** 19n - 1n

/** What was done, and the tokens of it. */
export function usageOf(sums: Sums): UsageFigures {
  const amounts = Object.entries(kinds).map(([kind, name]) => [kind, amountIn(sums, name)] as const)
  const total = amounts.reduce((sum, [, amount]) => sum + amount, 0n)
  const calls = countIn(sums, 'model_calls')
  const isUnknown = calls > 0 && countIn(sums, 'told') === 0
  const tokens = Object.fromEntries(amounts.map(([kind, amount]) => [kind, wholeNumber(amount)]))
  return {
    spans: countIn(sums, 'spans'),
    errors: countIn(sums, 'errors'),
    runs: countIn(sums, 'runs'),
    modelCalls: calls,
    toolCalls: countIn(sums, 'tool_calls'),
    // One entry for each of the kinds.
    tokens: isUnknown
      ? null
      : { ...(tokens as Record<keyof typeof kinds, number>), total: wholeNumber(total) },
  }
}

/** What it cost: unknown is not nothing. */
export function costOf(sums: Sums): CostFigures {
  const priced = countIn(sums, 'priced')
  const unpriced = countIn(sums, 'unpriced')
  const amount = amountIn(sums, 'cost_nano_usd')
  const costNanoUsd =
    priced === 0 && unpriced > 0 ? null : (amount < mostNanoUsd ? amount : mostNanoUsd).toString()
  return { costNanoUsd, priced, unpriced }
}

/** How often it failed, and how long it took. */
export function performanceOf(sums: Sums): PerformanceFigures {
  return {
    spans: countIn(sums, 'spans'),
    errors: countIn(sums, 'errors'),
    errorRate: errorRateOf(sums),
    latencyMs: percentilesOf(sums.latency),
    firstTokenMs: percentilesOf(sums.firstToken),
  }
}

export function errorRateOf(sums: Sums): number | null {
  const spans = countIn(sums, 'spans')
  return spans === 0 ? null : countIn(sums, 'errors') / spans
}

/** In milliseconds, with four digits: they are right within 1 %. */
export function percentilesOf(histogram: Sums['latency']): PerformanceFigures['latencyMs'] {
  const found = quantiles(histogram, [0.5, 0.9, 0.95, 0.99])
  if (!found) return null
  const [p50 = 0, p90 = 0, p95 = 0, p99 = 0] = found.map((ns) => Number((ns / 1e6).toPrecision(4)))
  const count = [...histogram.values()].reduce((sum, times) => sum + times, 0)
  return { count, p50, p90, p95, p99 }
}
