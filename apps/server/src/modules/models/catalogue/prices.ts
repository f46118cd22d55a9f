import type { ConnectionKind } from '@atrium/contract'
import { calcPrice } from './published.ts'

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
  /** Nano-USD for each call, whatever its tokens. */
  readonly perCall: bigint
  /** Where the figures come from, kept with every call so that it can be rated again. */
  readonly source: string
}

export interface PriceQuestion {
  readonly kind: ConnectionKind
  readonly baseUrl: string
  readonly upstreamId: string
  readonly at: Date
}

const snapshot = 'genai-prices 0.1.8'
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
  if (question.kind === 'ollama') return isOllamaCloud(question) ? null : freeOfCharge('runs on own hardware')
  const found = lookUp(question)
  return found ? sheetOf(found) : null
}

/** A sheet on which everything costs nothing, with the reason. */
export function freeOfCharge(reason: string): PriceSheet {
  const zero: Rate = { base: 0n, tiers: [] }
  return {
    input: zero,
    output: zero,
    reasoning: zero,
    cacheRead: zero,
    cacheWrite5m: zero,
    cacheWrite1h: zero,
    perCall: 0n,
    source: reason,
  }
}

function isOllamaCloud({ baseUrl, upstreamId }: PriceQuestion): boolean {
  return /[:-]cloud$/.test(upstreamId) || /^https?:\/\/([^/]*\.)?ollama\.com(\/|:|$)/.test(baseUrl)
}

type Published = Readonly<Record<string, unknown>>

function lookUp({ kind, baseUrl, upstreamId, at }: PriceQuestion): Published | null {
  const model = upstreamId.replace(/^models\//, '')
  const byAddress = calcPrice({}, model, { providerApiUrl: baseUrl, timestamp: at })
  if (byAddress) return byAddress.model_price
  const list = listOfKind.get(kind)
  if (list === undefined) return null
  return calcPrice({}, model, { providerId: list, timestamp: at })?.model_price ?? null
}

function sheetOf(published: Published): PriceSheet | null {
  const input = rateOf(published['input_mtok'])
  const output = rateOf(published['output_mtok'])
  if (!input || !output) return null
  const perThousandCalls = published['requests_kcount']
  return {
    input,
    output,
    reasoning: rateOf(published['output_reasoning_mtok']) ?? output,
    cacheRead: rateOf(published['cache_read_mtok']),
    cacheWrite5m: rateOf(published['cache_write_mtok']),
    cacheWrite1h: rateOf(published['cache_write_1h_mtok']),
    perCall: typeof perThousandCalls === 'number' ? nano(perThousandCalls) / 1000n : 0n,
    source: snapshot,
  }
}

function rateOf(value: unknown): Rate | null {
  if (typeof value === 'number') return { base: nano(value), tiers: [] }
  if (typeof value !== 'object' || value === null || !('base' in value) || !('tiers' in value)) return null
  if (typeof value.base !== 'number' || !Array.isArray(value.tiers)) return null
  const tiers = value.tiers
    .filter(isTier)
    .map((tier) => ({ aboveInputTokens: tier.start, price: nano(tier.price) }))
  return { base: nano(value.base), tiers: tiers.toSorted((a, b) => a.aboveInputTokens - b.aboveInputTokens) }
}

function isTier(value: unknown): value is { start: number; price: number } {
  return typeof value === 'object' && value !== null && 'start' in value && 'price' in value
}

/** Dollars as integer billionths; published prices have at most six decimals, so nothing is lost. */
const nano = (usd: number): bigint => BigInt(Math.round(usd * 1e9))
