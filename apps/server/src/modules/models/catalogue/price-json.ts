import type { PriceSheet as PublicSheet, Rate as PublicRate, RateKind } from '@atrium/contract'
import type { PriceSheet, Rate } from './prices.ts'

/** A sheet as the API shows it: only kinds that have a price of their own. */
export function publicSheet(sheet: PriceSheet): PublicSheet {
  const { input, output, reasoning, cacheRead, cacheWrite5m, cacheWrite1h, media, perCall } = sheet
  const named: Partial<Record<RateKind, Rate | null>> = {
    input,
    cacheRead,
    cacheWrite5m,
    cacheWrite1h,
    output,
    reasoning: reasoning === output ? null : reasoning,
    ...media,
  }
  const rates = Object.entries(named).flatMap(([kind, rate]) => (rate ? [[kind, publicRate(rate)]] : []))
  return { rates: Object.fromEntries(rates), perCall: perCall.toString() }
}

/**
 * A sheet of a person's own.
 * @param more where it comes from, and what its service tiers cost
 */
export function sheetOfPublic(
  { rates, perCall }: PublicSheet,
  more: Pick<PriceSheet, 'source' | 'tiers'>,
): PriceSheet {
  const rate = (kind: RateKind): Rate | null => {
    const found = rates[kind]
    return found ? rateOf(found) : null
  }
  const output = rate('output') ?? free
  const media = mediaKinds.flatMap((kind) => {
    const found = rate(kind)
    return found ? [[kind, found] as const] : []
  })
  return {
    input: rate('input') ?? free,
    output,
    reasoning: rate('reasoning') ?? output,
    cacheRead: rate('cacheRead'),
    cacheWrite5m: rate('cacheWrite5m'),
    cacheWrite1h: rate('cacheWrite1h'),
    ...(media.length > 0 ? { media: Object.fromEntries(media) } : {}),
    perCall: BigInt(perCall),
    ...more,
  }
}

const free: Rate = { base: 0n, tiers: [] }

const mediaKinds = [
  'inputAudio',
  'cacheReadAudio',
  'outputAudio',
  'inputImage',
  'cacheReadImage',
  'outputImage',
] as const satisfies readonly RateKind[]

const publicRate = ({ base, tiers }: Rate): PublicRate => ({
  base: base.toString(),
  tiers: tiers.map(({ aboveInputTokens, price }) => ({ aboveInputTokens, price: price.toString() })),
})

function rateOf({ base, tiers }: PublicRate): Rate {
  const sorted = tiers.toSorted((a, b) => a.aboveInputTokens - b.aboveInputTokens)
  return {
    base: BigInt(base),
    tiers: sorted.map(({ aboveInputTokens, price }) => ({ aboveInputTokens, price: BigInt(price) })),
  }
}
