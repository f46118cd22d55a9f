import { inputTokens, type Usage } from '@atrium/wire'
import { mediaOf, type MediaTokens } from '../catalogue/media.ts'
import type { PriceSheet, Rate } from '../catalogue/prices.ts'
import type { ServiceTier, Share } from '../catalogue/supplement.ts'

const perMillion = 1_000_000n
/** Nothing that one attempt can do costs a million dollars: an amount beyond is a mistake, and must be storable. */
const mostNanoUsd = 1_000_000_000_000_000n
const standard: Share = { numerator: 1n, denominator: 1n }

/**
 * What a call cost in integer nano-USD, at most a million dollars, or null when it cannot be known.
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
  const sum = sumOf(linesOf(usage, price), inputTokens(usage))
  if (sum === null) return null
  if (share === standard) return bounded((sum + perMillion / 2n) / perMillion + price.perCall)
  const divisor = perMillion * share.denominator
  return bounded((sum * share.numerator + divisor / 2n) / divisor + price.perCall)
}

/**
 * What so many tokens of text cost at most, whichever kind they turn out to be: input that is read or written to a
 * cache, output that is text or reasoning. The same sum as `costNanoUsd`, for its dearest case.
 */
export function ceilingNanoUsd(
  price: PriceSheet | null,
  { input, output, writesCaches }: { input: number; output: number; writesCaches: boolean },
): bigint | null {
  if (!price) return null
  const read = priceAt(price.input, input)
  const stored = writesCaches && price.cacheWrite5m ? priceAt(price.cacheWrite5m, input) : 0n
  const written = larger(priceAt(price.output, input), priceAt(price.reasoning, input))
  const sum = BigInt(input) * larger(read, stored) + BigInt(output) * written
  return bounded((sum + perMillion / 2n) / perMillion + price.perCall)
}

const bounded = (nanoUsd: bigint): bigint => (nanoUsd > mostNanoUsd ? mostNanoUsd : nanoUsd)

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b)

type Line = readonly [tokens: number, rate: Rate | null]

/** Null when something was used that has no published rate. */
function sumOf(lines: readonly Line[], total: number): bigint | null {
  let sum = 0n
  for (const [tokens, rate] of lines) {
    if (tokens === 0) continue
    if (!rate) return null
    sum += BigInt(tokens) * priceAt(rate, total)
  }
  return sum
}

function linesOf(usage: Usage, price: PriceSheet): readonly Line[] {
  const { input, output } = usage
  const media = price.media === undefined ? [] : linesWithMedia(usage, price, price.media)
  if (media.length > 0) return media
  return [
    [input.uncached, price.input],
    [input.cacheRead, price.cacheRead],
    [input.cacheWrite5m, price.cacheWrite5m],
    [input.cacheWrite1h, price.cacheWrite1h],
    [output.text, price.output],
    [output.reasoning, price.reasoning],
  ]
}

/** Nothing when there was neither sound nor image. */
function linesWithMedia(
  { input, output, raw }: Usage,
  price: PriceSheet,
  media: NonNullable<PriceSheet['media']>,
): readonly Line[] {
  const counts = mediaOf(raw)
  if (!counts) return []
  // Never more of a kind than there are tokens of which it is a part.
  const apart = (kinds: readonly (keyof MediaTokens)[], of: number): { rest: number; lines: Line[] } => {
    let rest = of
    const lines = kinds.flatMap((kind): Line[] => {
      const rate = media[kind]
      if (!rate) return []
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

/** The usage names the tier that served a call (`service_tier`); what is not named is the standard one. */
function shareOf(usage: Usage, { tiers = {}, input }: PriceSheet): Share | undefined {
  const { raw } = usage
  const named =
    typeof raw === 'object' && raw !== null && 'service_tier' in raw ? raw['service_tier'] : undefined
  if (typeof named !== 'string' || !sharedTiers.includes(named)) return standard
  const share = tiers[named as ServiceTier]
  if (!share?.excludesLong || input.tiers.length === 0) return share
  const total = inputTokens(usage)
  return input.tiers.some(({ aboveInputTokens }) => total > aboveInputTokens) ? undefined : share
}

/** Tiers count all input of the call, cached or not, as the providers publish them. */
function priceAt(rate: Rate, total: number): bigint {
  return rate.tiers.findLast((tier) => total > tier.aboveInputTokens)?.price ?? rate.base
}
