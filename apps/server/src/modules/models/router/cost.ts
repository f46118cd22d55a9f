import { inputTokens, type Usage } from '@atrium/wire'
import type { PriceSheet, Rate } from '../catalogue/prices.ts'

const perMillion = 1_000_000n

/**
 * What a call cost in integer nano-USD, or null when it cannot be known.
 *
 * Each kind of token is multiplied by its own rate per million tokens; the sum is divided once, rounding half up, so
 * the error is at most half a nano-dollar per call. A kind that was used but has no published rate makes the whole
 * cost unknown: a guess would be wrong in silence.
 */
export function costNanoUsd(usage: Usage, price: PriceSheet | null): bigint | null {
  if (!price) return null
  const total = inputTokens(usage)
  const { input, output } = usage
  const lines: (readonly [number, Rate | null])[] = [
    [input.uncached, price.input],
    [input.cacheRead, price.cacheRead],
    [input.cacheWrite5m, price.cacheWrite5m],
    [input.cacheWrite1h, price.cacheWrite1h],
    [output.text, price.output],
    [output.reasoning, price.reasoning],
  ]
  let sum = 0n
  for (const [tokens, rate] of lines) {
    if (tokens === 0) continue
    if (!rate) return null
    sum += BigInt(tokens) * priceAt(rate, total)
  }
  return (sum + perMillion / 2n) / perMillion + price.perCall
}

/** Tiers count all input of the call, cached or not, as the providers publish them. */
function priceAt(rate: Rate, total: number): bigint {
  return rate.tiers.findLast((tier) => total > tier.aboveInputTokens)?.price ?? rate.base
}
