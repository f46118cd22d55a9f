/** A model as agents call it: who serves it, and how fast. */
export interface SeedModel {
  /** By the names of OpenTelemetry's conventions. */
  readonly provider: string
  /** Address by which the price list knows the provider. */
  readonly baseUrl: string
  readonly id: string
  /** What the provider says has answered. */
  readonly answeredAs: string
  readonly firstTokenMs: number
  readonly tokensPerSecond: number
  /** Share of its answers for which it thinks first. */
  readonly reasons: number
  readonly caches: 'reads' | 'reads-and-writes'
}

const openai = { provider: 'openai', baseUrl: 'https://api.openai.com/v1', caches: 'reads' } as const
const anthropic = {
  provider: 'anthropic',
  baseUrl: 'https://api.anthropic.com',
  caches: 'reads-and-writes',
} as const
const gemini = {
  provider: 'gcp.gemini',
  baseUrl: 'https://generativelanguage.googleapis.com',
  caches: 'reads',
} as const
const mistral = { provider: 'mistral_ai', baseUrl: 'https://api.mistral.ai/v1', caches: 'reads' } as const

export const seedModels = {
  'claude-sonnet-5': {
    ...anthropic,
    id: 'claude-sonnet-5',
    answeredAs: 'claude-sonnet-5',
    firstTokenMs: 780,
    tokensPerSecond: 74,
    reasons: 0,
  },
  'claude-opus-5': {
    ...anthropic,
    id: 'claude-opus-5',
    answeredAs: 'claude-opus-5',
    firstTokenMs: 1350,
    tokensPerSecond: 48,
    reasons: 0,
  },
  'claude-haiku-4-5': {
    ...anthropic,
    id: 'claude-haiku-4-5',
    answeredAs: 'claude-haiku-4-5-20251001',
    firstTokenMs: 420,
    tokensPerSecond: 140,
    reasons: 0,
  },
  'gpt-5': {
    ...openai,
    id: 'gpt-5',
    answeredAs: 'gpt-5-2025-08-07',
    firstTokenMs: 1900,
    tokensPerSecond: 62,
    reasons: 0.8,
  },
  'gpt-5-mini': {
    ...openai,
    id: 'gpt-5-mini',
    answeredAs: 'gpt-5-mini-2025-08-07',
    firstTokenMs: 900,
    tokensPerSecond: 118,
    reasons: 0.5,
  },
  'gemini-2.5-flash': {
    ...gemini,
    id: 'gemini-2.5-flash',
    answeredAs: 'gemini-2.5-flash',
    firstTokenMs: 510,
    tokensPerSecond: 190,
    reasons: 0.3,
  },
  'mistral-large': {
    ...mistral,
    id: 'mistral-large-2512',
    answeredAs: 'mistral-large-2512',
    firstTokenMs: 640,
    tokensPerSecond: 66,
    reasons: 0,
  },
  'text-embedding-3-small': {
    ...openai,
    id: 'text-embedding-3-small',
    answeredAs: 'text-embedding-3-small',
    firstTokenMs: 0,
    tokensPerSecond: 0,
    reasons: 0,
  },
} as const satisfies Readonly<Record<string, SeedModel>>

export type SeedModelName = keyof typeof seedModels

/** Nano-dollars for each token by kind; null for a model whose price nobody has published. */
export interface TokenPrices {
  readonly input: number
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly output: number
}

/** What a model costs at a moment. */
export type PriceList = (model: SeedModel, at: Date) => TokenPrices | null
