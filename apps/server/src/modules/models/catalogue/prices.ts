import type { ConnectionKind } from '@atrium/contract'
import type { MediaTokens } from './media.ts'
import {
  findPublished,
  pricesAt,
  publishedSnapshot,
  type PublishedPrices,
  type PublishedRate,
} from './published.ts'
import { shareOf, supplementDate, supplemented, type ServiceTier, type Share } from './supplement.ts'

/** One kind of token, in integer nano-USD per million tokens. Above a tier's start every token costs the tier's price. */
export interface Rate {
  readonly base: bigint
  readonly tiers: readonly { readonly aboveInputTokens: number; readonly price: bigint }[]
}

/** What a model costs; a rate is null when nobody has published it. */
export interface PriceSheet {
  readonly input: Rate
  readonly output: Rate
  readonly reasoning: Rate
  readonly cacheRead: Rate | null
  readonly cacheWrite5m: Rate | null
  readonly cacheWrite1h: Rate | null
  /** Sound and images where they have a price of their own; elsewhere they cost what text does. */
  readonly media?: Partial<Record<keyof MediaTokens, Rate>>
  /** Of the standard price; a tier that is absent has no known price. */
  readonly tiers?: Partial<Record<ServiceTier, Share>>
  /** Nano-USD for each call, whatever its tokens. */
  readonly perCall: bigint
  /** Where the figures come from and of which version: kept with every call, so that it can be rated again. */
  readonly source: string
}

export interface PriceQuestion {
  readonly kind: ConnectionKind
  readonly baseUrl: string
  readonly upstreamId: string
  readonly at: Date
}

const listOfKind = new Map<ConnectionKind, string>([
  ['anthropic', 'anthropic'],
  ['openai', 'openai'],
  ['openai-responses', 'openai'],
  ['google', 'google'],
])

/**
 * The published price of a model, or null when unknown.
 *
 * The address decides when it is one that the price data knows; else the kind names the list, so that a company's
 * own proxy in front of a provider keeps the provider's prices. An OpenAI-compatible server at an unknown address
 * has no price. Local Ollama models cost nothing; models that Ollama runs in its cloud have no price per token.
 */
export function priceOf(question: PriceQuestion): PriceSheet | null {
  const { kind, baseUrl, upstreamId, at } = question
  if (kind === 'ollama') return isOllamaCloud(question) ? null : freeOfCharge('runs on own hardware')
  const id = upstreamId.replace(/^models\//, '')
  const list = listOfKind.get(kind)
  const found =
    findPublished({ address: baseUrl }, id) ??
    (list === undefined ? undefined : findPublished({ id: list }, id))
  return found ? sheetOf(id.toLowerCase(), supplemented(id.toLowerCase(), pricesAt(found, at)), list) : null
}

/** What calls are recorded with: the version of the list, and the day of what is added to it. */
export const priceVersion = (): string => `${publishedSnapshot().version} + ${supplementDate}`

/** A sheet on which everything costs nothing, with the reason. */
export function freeOfCharge(reason: string): PriceSheet {
  return {
    input: free,
    output: free,
    reasoning: free,
    cacheRead: free,
    cacheWrite5m: free,
    cacheWrite1h: free,
    perCall: 0n,
    source: reason,
  }
}

const free: Rate = { base: 0n, tiers: [] }

function isOllamaCloud({ baseUrl, upstreamId }: PriceQuestion): boolean {
  return /[:-]cloud$/.test(upstreamId) || /^https?:\/\/([^/]*\.)?ollama\.com(\/|:|$)/.test(baseUrl)
}

/** Embeddings write nothing, so they need no price for it; any other model without one has no known price. */
function sheetOf(id: string, published: PublishedPrices, maker: string | undefined): PriceSheet | null {
  const rate = (kind: string): Rate | null => rateOf(published[kind])
  const input = rate('input_mtok')
  const output = rate('output_mtok') ?? (id.includes('embed') ? free : null)
  if (!input || !output) return null
  const perThousandCalls = published['requests_kcount']
  const media = mediaRates(published)
  return {
    input,
    output,
    reasoning: rate('output_reasoning_mtok') ?? output,
    cacheRead: rate('cache_read_mtok'),
    cacheWrite5m: rate('cache_write_5m_mtok') ?? rate('cache_write_mtok'),
    cacheWrite1h: rate('cache_write_1h_mtok'),
    ...(media ? { media } : {}),
    ...(maker === undefined ? {} : { tiers: tiersOf(maker, id) }),
    perCall: typeof perThousandCalls === 'number' ? nano(perThousandCalls) / 1000n : 0n,
    source: priceVersion(),
  }
}

const mediaKinds: readonly (readonly [keyof MediaTokens, string])[] = [
  ['inputAudio', 'input_audio_mtok'],
  ['cacheReadAudio', 'cache_audio_read_mtok'],
  ['outputAudio', 'output_audio_mtok'],
  ['inputImage', 'input_image_mtok'],
  ['cacheReadImage', 'cache_image_read_mtok'],
  ['outputImage', 'output_image_mtok'],
]

function mediaRates(published: PublishedPrices): PriceSheet['media'] | null {
  const found = mediaKinds.flatMap(([kind, name]) => {
    const rate = rateOf(published[name])
    return rate ? [[kind, rate] as const] : []
  })
  return found.length > 0 ? Object.fromEntries(found) : null
}

/** The tiers of a maker's model that have a published price. */
export function tiersOf(maker: string, modelId: string): NonNullable<PriceSheet['tiers']> {
  const found = (['batch', 'flex', 'priority'] as const).flatMap((tier) => {
    const share = shareOf(maker, tier, modelId)
    return share ? [[tier, share] as const] : []
  })
  return Object.fromEntries(found)
}

/** The maker whose list belongs to a kind of connection. */
export const makerOfKind = (kind: ConnectionKind): string | undefined => listOfKind.get(kind)

function rateOf(published: PublishedRate | undefined): Rate | null {
  if (published === undefined) return null
  if (typeof published === 'number') return { base: nano(published), tiers: [] }
  const tiers = published.tiers.map(({ start, price }) => ({ aboveInputTokens: start, price: nano(price) }))
  return {
    base: nano(published.base),
    tiers: tiers.toSorted((a, b) => a.aboveInputTokens - b.aboveInputTokens),
  }
}

/** Dollars as integer billionths; published prices have at most nine decimals, so nothing is lost. */
const nano = (usd: number): bigint => BigInt(Math.round(usd * 1e9))
