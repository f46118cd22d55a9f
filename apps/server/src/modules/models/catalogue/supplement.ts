import type { PublishedPrices, PublishedRate } from './published.ts'

/** Day on which what stands here was last compared with its sources. */
export const supplementDate = '2026-11-21'

/** How a model is served, as replies name it; what is not named here is the standard price. */
export type ServiceTier = 'batch' | 'flex' | 'priority'

/** What a tier costs, as a share of the standard price; null when nobody has published it. */
export interface Share {
  readonly numerator: bigint
  readonly denominator: bigint
}

const half: Share = { numerator: 1n, denominator: 2n }

/**
 * Half the price in exchange for time. Priority service is sold by contract or at prices of its own for single models.
 *
 * OpenAI: https://platform.openai.com/docs/guides/batch (50 % less), https://platform.openai.com/docs/guides/flex-processing
 * (at the prices of batches). Anthropic: https://docs.claude.com/en/docs/build-with-claude/batch-processing (50 % less).
 * Google: https://ai.google.dev/gemini-api/docs/batch-api (50 % less).
 */
const shares: ReadonlyMap<string, Share> = new Map([
  ['openai batch', half],
  ['openai flex', half],
  ['anthropic batch', half],
  ['google batch', half],
])

/** `maker` is the id of the provider in the price list. */
export const shareOf = (maker: string, tier: ServiceTier): Share | null =>
  shares.get(`${maker} ${tier}`) ?? null

/** Rates that the price list lacks; its own word wins. */
export function supplemented(modelId: string, prices: PublishedPrices): PublishedPrices {
  return { ...hourlyWrites(modelId, prices), ...soundOf(modelId), ...prices }
}

/**
 * Writing to a cache that lives an hour costs twice the base input price.
 * https://docs.claude.com/en/docs/build-with-claude/prompt-caching#pricing
 */
function hourlyWrites(modelId: string, { input_mtok: input, cache_write_mtok: write }: PublishedPrices) {
  if (!modelId.includes('claude') || input === undefined || write === undefined) return {}
  return { cache_write_1h_mtok: doubled(input) }
}

function doubled(rate: PublishedRate): PublishedRate {
  if (typeof rate === 'number') return 2 * rate
  return {
    base: 2 * rate.base,
    tiers: rate.tiers.map(({ start, price }) => ({ start, price: 2 * price })),
  }
}

/** https://platform.openai.com/docs/models/gpt-4o-audio-preview and …/gpt-4o-mini-audio-preview */
function soundOf(modelId: string): PublishedPrices {
  if (modelId.startsWith('gpt-4o-audio-preview')) return { input_audio_mtok: 40, output_audio_mtok: 80 }
  if (modelId.startsWith('gpt-4o-mini-audio')) return { input_audio_mtok: 10, output_audio_mtok: 20 }
  return {}
}
