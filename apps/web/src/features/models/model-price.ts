import type { DisplayCurrency, ModelPrice, RateKind, ShownCost } from '@atrium/contract'

const perUsdDigits = 10
const nanoPerUnit = 1_000_000_000n

/**
 * A price in dollars and in the currency of the workspace, for reading: its rate has ten decimals, so this may differ
 * from what a call of that size would cost in the last of nine digits.
 */
export function convertedPrice(nanoUsd: string, { perUsd, minorDigits }: DisplayCurrency): ShownCost {
  const nano = rounded(BigInt(nanoUsd) * scaledRate(perUsd), 10n ** BigInt(perUsdDigits))
  const minor = rounded(nano * 10n ** BigInt(minorDigits), nanoPerUnit)
  return { nanoUsd, converted: { nano: String(nano), minor: String(minor) } }
}

/** A rate as an integer with ten decimals. */
function scaledRate(perUsd: string): bigint {
  const [whole = '0', fraction = ''] = perUsd.split('.')
  return BigInt(whole + fraction.padEnd(perUsdDigits, '0').slice(0, perUsdDigits))
}

/** To the nearest, half up; prices are not negative. */
const rounded = (amount: bigint, by: bigint): bigint => (2n * amount + by) / (2n * by)

/** Nano-USD of an amount in billionths of the other currency's unit, to the nearest. */
export const fromConverted = (nano: string, { perUsd }: DisplayCurrency): string =>
  String(rounded(BigInt(nano) * 10n ** BigInt(perUsdDigits), scaledRate(perUsd)))

/** What each kind of token is called. */
export const kindNames: Readonly<Record<RateKind, string>> = {
  input: 'Input',
  cacheRead: 'Input from the cache',
  cacheWrite5m: 'Writing to the 5-minute cache',
  cacheWrite1h: 'Writing to the 1-hour cache',
  output: 'Output',
  reasoning: 'Reasoning',
  inputAudio: 'Sound, input',
  cacheReadAudio: 'Sound from the cache',
  outputAudio: 'Sound, output',
  inputImage: 'Images, input',
  cacheReadImage: 'Images from the cache',
  outputImage: 'Images, output',
}

export interface PriceLine {
  name: string
  nanoUsd: string
  /** The price counts for calls that send more than so many tokens; null for all others. */
  aboveInputTokens: number | null
}

/** Every rate of a price per million tokens, tiers after their base; empty for one that is unknown or nothing. */
export function priceLines({ sheet }: ModelPrice): PriceLine[] {
  if (!sheet) return []
  return Object.entries(kindNames).flatMap(([kind, name]) => {
    const rate = new Map(Object.entries(sheet.rates)).get(kind)
    if (!rate) return []
    const tiers = rate.tiers.map(({ aboveInputTokens, price }) => ({
      name,
      nanoUsd: price,
      aboveInputTokens,
    }))
    return [{ name, nanoUsd: rate.base, aboveInputTokens: null }, ...tiers]
  })
}

/** Where a price comes from, in a word or two; null where there is none, which the price itself says. */
export const originText: Readonly<Record<ModelPrice['origin'], string | null>> = {
  published: 'published',
  override: 'your own',
  free: null,
  unknown: null,
}

/** The same in a sentence. */
export const originSentences: Readonly<Record<ModelPrice['origin'], string>> = {
  published: 'From the published prices that Atrium ships with.',
  override: 'Set by this workspace; it takes the place of the published price.',
  free: 'Its calls cost nothing.',
  unknown:
    'Nobody has published its price. The costs of its calls are shown as unknown, never as zero, and each budget says what happens to such calls.',
}
