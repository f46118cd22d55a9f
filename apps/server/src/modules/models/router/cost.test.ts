import { usageOf, type UsageCounts } from '@atrium/wire'
import { describe, expect, it } from 'vitest'
import { priceOf, type PriceQuestion } from '../catalogue/prices.ts'
import { costNanoUsd } from './cost.ts'

const at = new Date('2026-01-15T12:00:00Z')

function cost(question: Omit<PriceQuestion, 'at'>, counts: UsageCounts): bigint | null {
  return costNanoUsd(usageOf(counts, null), priceOf({ ...question, at }))
}

const anthropic = (upstreamId: string) =>
  ({ kind: 'anthropic', baseUrl: 'https://api.anthropic.com', upstreamId }) as const
const openai = (upstreamId: string) =>
  ({ kind: 'openai', baseUrl: 'https://api.openai.com/v1', upstreamId }) as const
const google = (upstreamId: string) =>
  ({ kind: 'google', baseUrl: 'https://generativelanguage.googleapis.com', upstreamId }) as const

describe('the cost of a call', () => {
  it('follows Anthropic’s published prices for every kind of token', () => {
    // Claude Sonnet 4.5: $3 in, $15 out, cache read $0.30, write $3.75 (5 min) and $6 (1 h), per million.
    const usage = {
      uncached: 1000,
      cacheRead: 10_000,
      cacheWrite5m: 2000,
      cacheWrite1h: 500,
      text: 300,
      reasoning: 200,
    }
    const expected = 1000n * 3000n + 10_000n * 300n + 2000n * 3750n + 500n * 6000n + 500n * 15_000n
    expect(cost(anthropic('claude-sonnet-4-5-20250929'), usage)).toBe(expected)
  })

  it('follows OpenAI’s published prices, cached input at its own', () => {
    // GPT-4o: $2.50 in, $1.25 cached, $10 out, per million.
    expect(cost(openai('gpt-4o'), { uncached: 1000, cacheRead: 1000, text: 1000 })).toBe(13_750_000n)
    // GPT-4o mini: $0.15 in, $0.60 out.
    expect(cost(openai('gpt-4o-mini'), { uncached: 1, text: 1 })).toBe(750n)
  })

  it('charges the higher tier for the whole call once the input is longer than the tier’s start', () => {
    // Gemini 2.5 Pro: $1.25/$10 up to 200,000 tokens of input, $2.50/$15 above.
    expect(cost(google('gemini-2.5-pro'), { uncached: 200_000, text: 1000 })).toBe(
      200_000n * 1250n + 1000n * 10_000n,
    )
    expect(cost(google('gemini-2.5-pro'), { uncached: 200_001, text: 1000 })).toBe(
      200_001n * 2500n + 1000n * 15_000n,
    )
    expect(cost(google('gemini-2.5-pro'), { uncached: 1, cacheRead: 200_000, text: 1000 })).toBe(
      2500n + 200_000n * 250n + 1000n * 15_000n,
    )
  })

  it('rounds once, half up, to whole nano-dollars', () => {
    const half = { base: 500_000n, tiers: [] }
    const price = {
      input: half,
      output: half,
      reasoning: half,
      cacheRead: null,
      cacheWrite5m: null,
      cacheWrite1h: null,
      perCall: 0n,
      source: '',
    }
    expect(costNanoUsd(usageOf({ uncached: 1 }, null), price)).toBe(1n)
    expect(costNanoUsd(usageOf({ uncached: 1, text: 1 }, null), price)).toBe(1n)
    expect(costNanoUsd(usageOf({ uncached: 2, text: 1 }, null), price)).toBe(2n)
  })

  it('is unknown, not zero, for a model without a published price', () => {
    expect(cost(openai('a-model-of-tomorrow'), { uncached: 10 })).toBeNull()
    expect(
      cost(
        { kind: 'openai-compatible', baseUrl: 'http://10.0.0.5:8000/v1', upstreamId: 'gpt-4o' },
        { uncached: 10 },
      ),
    ).toBeNull()
  })

  it('is unknown when a kind of token was used that has no published rate', () => {
    expect(cost(openai('gpt-4o'), { uncached: 10, cacheWrite1h: 10 })).toBeNull()
    expect(cost(openai('gpt-4o'), { uncached: 10 })).not.toBeNull()
  })

  it('keeps the provider’s prices behind a company’s own proxy', () => {
    const proxy = { kind: 'openai', baseUrl: 'https://proxy.example.com/v1', upstreamId: 'gpt-4o' } as const
    expect(cost(proxy, { uncached: 1000 })).toBe(2_500_000n)
  })

  it('takes the prices of the provider that the address belongs to', () => {
    const groq = {
      kind: 'openai-compatible',
      baseUrl: 'https://api.groq.com/openai/v1',
      upstreamId: 'llama-3.1-8b-instant',
    } as const
    expect(cost(groq, { uncached: 1_000_000 })).toBe(50_000_000n)
  })

  it('is nothing for local Ollama models and unknown for those in its cloud', () => {
    const local = { kind: 'ollama', baseUrl: 'http://127.0.0.1:11434', upstreamId: 'llama3.2' } as const
    expect(cost(local, { uncached: 1000, text: 1000 })).toBe(0n)
    expect(cost({ ...local, upstreamId: 'gpt-oss:120b-cloud' }, { text: 10 })).toBeNull()
    expect(cost({ ...local, baseUrl: 'https://ollama.com' }, { text: 10 })).toBeNull()
  })
})
