import type { ConnectionKind } from '@atrium/contract'
import { usageOf, type UsageCounts } from '@atrium/wire'
import { describe, expect, it } from 'vitest'
import { costNanoUsd } from '../router/cost.ts'
import { priceOf } from './prices.ts'

/**
 * What calls cost by the providers' published prices, worked out by hand from the pages named here, as they stood on
 * the day given. `usd` is exact: nine decimals are nano-dollars.
 */
interface Row {
  readonly what: string
  readonly kind: ConnectionKind
  readonly model: string
  readonly counts: UsageCounts
  /** The provider's own words, where they tell more than the counts. */
  readonly raw?: object
  /** Prices per million tokens as published, in the order of the sum. */
  readonly sum: string
  readonly usd: string
}

const addresses: Partial<Record<ConnectionKind, string>> = {
  anthropic: 'https://api.anthropic.com',
  openai: 'https://api.openai.com/v1',
  'openai-responses': 'https://api.openai.com/v1',
  google: 'https://generativelanguage.googleapis.com',
}

/** 1.25 as 1_250_000_000n. */
function nanoOf(usd: string): bigint {
  const [whole = '0', fraction = ''] = usd.split('.')
  return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'))
}

function check(at: string, { kind, model, counts, raw, usd }: Row): void {
  const price = priceOf({ kind, baseUrl: addresses[kind] ?? '', upstreamId: model, at: new Date(at) })
  expect(costNanoUsd(usageOf(counts, (raw ?? null) as never), price)).toBe(nanoOf(usd))
}

const titled = (rows: readonly Row[]) => rows.map((row) => [`${row.model}: ${row.what}`, row] as const)

// https://docs.claude.com/en/docs/about-claude/pricing, as of 2026-01-15
describe('Anthropic', () => {
  const rows: Row[] = [
    {
      what: 'without a cache',
      kind: 'anthropic',
      model: 'claude-opus-4-5-20251101',
      counts: { uncached: 50_000, text: 15_000 },
      sum: '50,000 × $5 + 15,000 × $25',
      usd: '0.625',
    },
    {
      what: 'four fifths of the input read from a cache',
      kind: 'anthropic',
      model: 'claude-opus-4-5-20251101',
      counts: { uncached: 10_000, cacheRead: 40_000, text: 15_000 },
      sum: '10,000 × $5 + 40,000 × $0.50 + 15,000 × $25',
      usd: '0.445',
    },
    {
      what: 'a prompt written to the 5-minute cache',
      kind: 'anthropic',
      model: 'claude-haiku-4-5-20251001',
      counts: { uncached: 21, cacheWrite5m: 188_086, text: 393 },
      sum: '21 × $1 + 188,086 × $1.25 + 393 × $5',
      usd: '0.2370935',
    },
    {
      what: 'the same written to the 1-hour cache',
      kind: 'anthropic',
      model: 'claude-haiku-4-5-20251001',
      counts: { uncached: 21, cacheWrite1h: 188_086, text: 393 },
      sum: '21 × $1 + 188,086 × $2 + 393 × $5',
      usd: '0.378158',
    },
    {
      what: 'both caches in one call',
      kind: 'anthropic',
      model: 'claude-opus-4-1-20250805',
      counts: { uncached: 2048, cacheRead: 1800, cacheWrite5m: 456, cacheWrite1h: 100, text: 503 },
      sum: '2,048 × $15 + 1,800 × $1.50 + 456 × $18.75 + 100 × $30 + 503 × $75',
      usd: '0.082695',
    },
    {
      what: 'thinking, which counts as output',
      kind: 'anthropic',
      model: 'claude-sonnet-4-5',
      counts: { uncached: 1000, text: 500, reasoning: 4000 },
      sum: '1,000 × $3 + 4,500 × $15',
      usd: '0.0705',
    },
    {
      what: 'exactly 200,000 tokens of input',
      kind: 'anthropic',
      model: 'claude-sonnet-4-5',
      counts: { uncached: 100_000, cacheRead: 100_000, text: 1000 },
      sum: '100,000 × $3 + 100,000 × $0.30 + 1,000 × $15',
      usd: '0.345',
    },
    {
      what: 'one token more, which makes all of them dearer',
      kind: 'anthropic',
      model: 'claude-sonnet-4-5',
      counts: { uncached: 100_001, cacheRead: 100_000, text: 1000 },
      sum: '100,001 × $6 + 100,000 × $0.60 + 1,000 × $22.50',
      usd: '0.682506',
    },
    {
      what: 'in a batch, at half the price',
      kind: 'anthropic',
      model: 'claude-sonnet-4-5',
      counts: { uncached: 1001, cacheWrite1h: 10, text: 500 },
      raw: { service_tier: 'batch' },
      sum: '(1,001 × $3 + 10 × $6 + 500 × $15) ÷ 2',
      usd: '0.0052815',
    },
  ]
  it.each(titled(rows))('%s', (_, row) => check('2026-01-15T12:00:00Z', row))

  // https://docs.claude.com/en/api/service-tiers: sold by contract
  it('priority service has no known price, standard service has', () => {
    const at = new Date('2026-01-15T12:00:00Z')
    const baseUrl = 'https://api.anthropic.com'
    const price = priceOf({ kind: 'anthropic', baseUrl, upstreamId: 'claude-sonnet-4-5', at })
    expect(costNanoUsd(usageOf({ uncached: 1000 }, { service_tier: 'priority' }), price)).toBeNull()
    expect(costNanoUsd(usageOf({ uncached: 1000 }, { service_tier: 'standard' }), price)).toBe(3_000_000n)
  })

  // https://docs.claude.com/en/docs/build-with-claude/context-windows: no higher price for long input since 2026-03-13
  it('a long prompt costs what its day says', () => {
    const row = { kind: 'anthropic', model: 'claude-opus-4-6', counts: { uncached: 300_000 } } as const
    check('2026-03-12T23:59:59Z', { ...row, what: '', sum: '300,000 × $10', usd: '3' })
    check('2026-03-13T00:00:00Z', { ...row, what: '', sum: '300,000 × $5', usd: '1.5' })
  })
})

// https://platform.openai.com/docs/pricing, as of 2026-01-15
describe('OpenAI', () => {
  const rows: Row[] = [
    {
      what: 'cached input at a tenth',
      kind: 'openai',
      model: 'gpt-5',
      counts: { uncached: 386, cacheRead: 1920, text: 300 },
      sum: '386 × $1.25 + 1,920 × $0.125 + 300 × $10',
      usd: '0.0037225',
    },
    {
      what: 'reasoning, which counts as output',
      kind: 'openai-responses',
      model: 'gpt-5',
      counts: { uncached: 75, text: 162, reasoning: 1024 },
      sum: '75 × $1.25 + 1,186 × $10',
      usd: '0.01195375',
    },
    {
      what: 'the smallest amount',
      kind: 'openai',
      model: 'gpt-5-nano',
      counts: { cacheRead: 1 },
      sum: '1 × $0.005',
      usd: '0.000000005',
    },
    {
      what: 'a cached prompt of an older model at half',
      kind: 'openai',
      model: 'gpt-4o-2024-08-06',
      counts: { uncached: 1006, cacheRead: 1920, text: 300 },
      sum: '1,006 × $2.50 + 1,920 × $1.25 + 300 × $10',
      usd: '0.007915',
    },
    {
      what: 'o4-mini with cached input',
      kind: 'openai',
      model: 'o4-mini-2025-04-16',
      counts: { uncached: 1001, cacheRead: 2001, text: 10, reasoning: 640 },
      sum: '1,001 × $1.10 + 2,001 × $0.275 + 650 × $4.40',
      usd: '0.004511375',
    },
    {
      // https://platform.openai.com/docs/guides/image-generation#cost-and-latency gives $0.167 for these 4,160 tokens.
      what: 'an image of high quality',
      kind: 'openai',
      model: 'gpt-image-1',
      counts: { uncached: 50, text: 4160 },
      raw: {
        input_tokens: 50,
        output_tokens: 4160,
        input_tokens_details: { text_tokens: 50, image_tokens: 0 },
      },
      sum: '50 × $5 + 4,160 × $40',
      usd: '0.16665',
    },
    {
      what: 'an image that was changed',
      kind: 'openai',
      model: 'gpt-image-1',
      counts: { uncached: 350, text: 272 },
      raw: { input_tokens_details: { text_tokens: 27, image_tokens: 323 } },
      sum: '27 × $5 + 323 × $10 + 272 × $40',
      usd: '0.014245',
    },
    {
      // https://platform.openai.com/docs/models/gpt-4o-audio-preview
      what: 'sound in and out',
      kind: 'openai',
      model: 'gpt-4o-audio-preview',
      counts: { uncached: 100, text: 60 },
      raw: { prompt_tokens_details: { audio_tokens: 80 }, completion_tokens_details: { audio_tokens: 50 } },
      sum: '20 × $2.50 + 80 × $40 + 10 × $10 + 50 × $80',
      usd: '0.00735',
    },
    {
      what: 'an embedding',
      kind: 'openai',
      model: 'text-embedding-3-small',
      counts: { uncached: 8 },
      sum: '8 × $0.02',
      usd: '0.00000016',
    },
    {
      what: 'flexible service at half the price',
      kind: 'openai',
      model: 'gpt-5',
      counts: { uncached: 1000, text: 100 },
      raw: { service_tier: 'flex' },
      sum: '(1,000 × $1.25 + 100 × $10) ÷ 2',
      usd: '0.001125',
    },
    // https://openai.com/api-priority-processing/, as of 2026-11-21
    {
      what: 'priority service at its published price',
      kind: 'openai',
      model: 'gpt-5',
      counts: { uncached: 1000, cacheRead: 2000, text: 100, reasoning: 50 },
      raw: { service_tier: 'priority' },
      sum: '1,000 × $2.50 + 2,000 × $0.25 + 150 × $20',
      usd: '0.006',
    },
    {
      what: 'priority service of a small model, by the name of its version',
      kind: 'openai-responses',
      model: 'gpt-5-mini-2025-08-07',
      counts: { uncached: 1000, cacheRead: 2000, text: 100 },
      raw: { service_tier: 'priority' },
      sum: '1,000 × $0.45 + 2,000 × $0.045 + 100 × $3.60',
      usd: '0.0009',
    },
    {
      what: 'priority service of an older model',
      kind: 'openai',
      model: 'gpt-4.1',
      counts: { uncached: 1000, cacheRead: 2000, text: 100 },
      raw: { service_tier: 'priority' },
      sum: '1,000 × $3.50 + 2,000 × $0.875 + 100 × $14',
      usd: '0.00665',
    },
  ]
  it.each(titled(rows))('%s', (_, row) => check('2026-01-15T12:00:00Z', row))

  it('o3 costs what its day says', () => {
    // https://community.openai.com/t/o3-is-80-cheaper-and-introducing-o3-pro/1284925
    const row = { kind: 'openai', model: 'o3', counts: { uncached: 1000, text: 1000 } } as const
    check('2025-06-09T12:00:00Z', { ...row, what: '', sum: '1,000 × $10 + 1,000 × $40', usd: '0.05' })
    check('2025-06-10T12:00:00Z', { ...row, what: '', sum: '1,000 × $2 + 1,000 × $8', usd: '0.01' })
  })

  it.each([
    ['of a model for which nobody has published it', 'gpt-5-nano', 1000],
    ['of an input so long that it has a price of its own', 'gpt-5.4', 300_000],
  ])('priority service %s has no known price', (_, model, uncached) => {
    const baseUrl = 'https://api.openai.com/v1'
    const at = new Date('2026-11-01T12:00:00Z')
    const price = priceOf({ kind: 'openai', baseUrl, upstreamId: model, at })
    expect(costNanoUsd(usageOf({ uncached }, { service_tier: 'priority' }), price)).toBeNull()
    expect(costNanoUsd(usageOf({ uncached }, { service_tier: 'default' }), price)).toBeGreaterThan(0n)
  })
})

// https://ai.google.dev/gemini-api/docs/pricing, as of 2026-01-15
describe('Google', () => {
  const rows: Row[] = [
    {
      what: 'a cached prompt and thoughts',
      kind: 'google',
      model: 'gemini-2.5-pro',
      counts: { uncached: 1500, cacheRead: 10_000, text: 1000, reasoning: 10_000 },
      sum: '1,500 × $1.25 + 10,000 × $0.125 + 11,000 × $10',
      usd: '0.113125',
    },
    {
      what: 'exactly 200,000 tokens',
      kind: 'google',
      model: 'gemini-2.5-pro',
      counts: { uncached: 200_000, text: 1000, reasoning: 500 },
      sum: '200,000 × $1.25 + 1,500 × $10',
      usd: '0.265',
    },
    {
      what: 'one token more, most of them cached',
      kind: 'google',
      model: 'gemini-2.5-pro',
      counts: { uncached: 1, cacheRead: 200_000, text: 1000, reasoning: 500 },
      sum: '1 × $2.50 + 200,000 × $0.25 + 1,500 × $15',
      usd: '0.0725025',
    },
    {
      what: 'the prices of a preview with its folder',
      kind: 'google',
      model: 'models/gemini-3-pro-preview',
      counts: { uncached: 250_000, text: 100 },
      sum: '250,000 × $4 + 100 × $18',
      usd: '1.0018',
    },
    {
      what: 'sound and text in, partly cached',
      kind: 'google',
      model: 'gemini-2.5-flash',
      counts: { uncached: 900, cacheRead: 600, text: 100 },
      raw: {
        promptTokensDetails: [
          { modality: 'TEXT', tokenCount: 500 },
          { modality: 'AUDIO', tokenCount: 1000 },
        ],
        cacheTokensDetails: [
          { modality: 'AUDIO', tokenCount: 400 },
          { modality: 'TEXT', tokenCount: 200 },
        ],
      },
      sum: '300 × $0.30 + 600 × $1 + 200 × $0.03 + 400 × $0.10 + 100 × $2.50',
      usd: '0.000986',
    },
    {
      // The page gives $0.039 for an image of 1,290 tokens.
      what: 'an image',
      kind: 'google',
      model: 'gemini-2.5-flash-image',
      counts: { uncached: 10, text: 1300 },
      raw: { candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1290 }] },
      sum: '10 × $0.30 + 10 × $2.50 + 1,290 × $30',
      usd: '0.038728',
    },
  ]
  it.each(titled(rows))('%s', (_, row) => check('2026-01-15T12:00:00Z', row))
})
