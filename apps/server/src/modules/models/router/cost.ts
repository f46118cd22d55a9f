import { inputTokens, type Usage } from '@atrium/wire'
import { mediaOf, type MediaTokens } from '../catalogue/media.ts'
import type { PriceSheet, Rate } from '../catalogue/prices.ts'
import type { ServiceTier, Share } from '../catalogue/supplement.ts'

const perMillion = 1_000_000n
const standard: Share = { numerator: 1n, denominator: 1n }

/**
 * What a call cost in integer nano-USD, or null when it cannot be known.
 *
 * Each kind of token is multiplied by its own rate per million tokens, sound and images apart where the provider counts
 * and prices them apart; the sum takes the share of its service tier and is divided once, rounding half up, so the
 * error is at most half a nano-dollar per call. A kind that was used but has no published rate, or a tier without a
 * published price, makes the whole cost unknown: a guess would be wrong in silence.
 */
export function costNanoUsd(usage: Usage, price: PriceSheet | null): bigint | null {
  if (!price) return null
  const share = shareOf(usage, price)
  if (!share) return null
  const total = inputTokens(usage)
  let sum = 0n
  for (const [tokens, rate] of linesOf(usage, price)) {
    if (tokens === 0) continue
    if (!rate) return null
    sum += BigInt(tokens) * priceAt(rate, total)
  }
  const divisor = perMillion * share.denominator
  return (sum * share.numerator + divisor / 2n) / divisor + price.perCall
}

type Line = readonly [tokens: number, rate: Rate | null]

function linesOf({ input, output, raw }: Usage, price: PriceSheet): readonly Line[] {
  const { media = {} } = price
  const counts = Object.keys(media).length > 0 ? mediaOf(raw) : null
  // Never more of a kind than there are tokens of which it is a part.
  const apart = (kinds: readonly (keyof MediaTokens)[], of: number): { rest: number; lines: Line[] } => {
    let rest = of
    const lines = kinds.flatMap((kind): Line[] => {
      const rate = media[kind]
      if (!rate || !counts) return []
      const tokens = Math.min(counts[kind], rest)
      rest -= tokens
      return [[tokens, rate]]
    })
    return { rest, lines }
  }
  const uncached = apart(['inputAudio', 'inputImage'], input.uncached)
  const cached = apart(['cacheReadAudio', 'cacheReadImage'], input.cacheRead)
  const written = apart(['outputAudio', 'outputImage'], output.text)
  return [
    ...uncached.lines,
    [uncached.rest, price.input],
    ...cached.lines,
    [cached.rest, price.cacheRead],
    [input.cacheWrite5m, price.cacheWrite5m],
    [input.cacheWrite1h, price.cacheWrite1h],
    ...written.lines,
    [written.rest, price.output],
    [output.reasoning, price.reasoning],
  ]
}

const sharedTiers: readonly string[] = ['batch', 'flex', 'priority'] satisfies ServiceTier[]

/** Anthropic names the tier that served a call in its usage (`service_tier`); what is not named is the standard one. */
function shareOf({ raw }: Usage, { tiers = {} }: PriceSheet): Share | undefined {
  const named =
    typeof raw === 'object' && raw !== null && 'service_tier' in raw ? raw['service_tier'] : undefined
  if (typeof named !== 'string' || !sharedTiers.includes(named)) return standard
  return tiers[named as ServiceTier]
}

/** Tiers count all input of the call, cached or not, as the providers publish them. */
function priceAt(rate: Rate, total: number): bigint {
  return rate.tiers.findLast((tier) => total > tier.aboveInputTokens)?.price ?? rate.base
}
