import type { PublishedPrices, PublishedRate } from './published.ts'

/** Day on which what stands here was last compared with its sources. */
export const supplementDate = '2026-11-21'

/** How a model is served, as replies name it; what is not named here is the standard price. */
export type ServiceTier = 'batch' | 'flex' | 'priority'

/** What a tier costs, as a share of the standard price; null when nobody has published it. */
export interface Share {
  readonly numerator: bigint
  readonly denominator: bigint
  /** It is not sold for inputs so long that they have a price of their own. */
  readonly excludesLong?: boolean
}

const half: Share = { numerator: 1n, denominator: 2n }

/**
 * Half the price in exchange for time.
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

const priorityOf = (numerator: bigint, denominator: bigint): Share => ({
  numerator,
  denominator,
  excludesLong: true,
})

/**
 * Priority service costs more, model by model; where nobody has published how much, its cost is unknown. Anthropic sells
 * it by contract. https://openai.com/api-priority-processing/ as of 2026-11-21: input, cached input and output of each
 * model are the same multiple of its standard prices, long contexts excluded.
 */
const priority: ReadonlyMap<string, Share> = new Map([
  ['gpt-5.5', priorityOf(5n, 2n)],
  ['gpt-5.4', priorityOf(2n, 1n)],
  ['gpt-5.4-mini', priorityOf(2n, 1n)],
  ['gpt-5.2', priorityOf(2n, 1n)],
  ['gpt-5.1', priorityOf(2n, 1n)],
  ['gpt-5.1-codex', priorityOf(2n, 1n)],
  ['gpt-5', priorityOf(2n, 1n)],
  ['gpt-5-codex', priorityOf(2n, 1n)],
  ['gpt-5-mini', priorityOf(9n, 5n)],
  ['gpt-4.1', priorityOf(7n, 4n)],
])

/** `maker` is the id of the provider in the price list. Names of models may end with the day of their version. */
export function shareOf(maker: string, tier: ServiceTier, modelId: string): Share | null {
  if (tier !== 'priority') return shares.get(`${maker} ${tier}`) ?? null
  const model = modelId.toLowerCase().replace(/-\d{4}-\d{2}-\d{2}$/, '')
  return (maker === 'openai' && priority.get(model)) || null
}

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
