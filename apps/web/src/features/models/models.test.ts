import type { DisplayCurrency, Model, ModelPrice } from '@atrium/contract'
import { expect, test } from 'vitest'
import { connectionsOf, filteredModels } from './model-filters.ts'
import { convertedPrice, originSentences, priceLines } from './model-price.ts'

const none = { chat: true, images: false, tools: false, thinking: false, thinkingToggle: false }
const model = (id: string, changes: Partial<Model> = {}): Model => ({
  id,
  name: id,
  connectionId: id.split('/')[0] ?? null,
  connectionName: id.split('/')[0] ?? '',
  enabled: true,
  contextTokens: null,
  maxOutputTokens: null,
  capabilities: none,
  price: null,
  label: null,
  ...changes,
})
const models = [
  model('openai/gpt-5', { capabilities: { ...none, tools: true, images: true } }),
  model('openai/gpt-5-mini', { capabilities: { ...none, tools: true }, enabled: false }),
  model('local/llama', { name: 'Llama of ours' }),
]
const origins = new Map<string, ModelPrice['origin']>([
  ['openai/gpt-5', 'published'],
  ['local/llama', 'unknown'],
])
const found = (filters: Parameters<typeof filteredModels>[1]) =>
  filteredModels(models, filters, ({ id }) => origins.get(id) ?? null).map(({ id }) => id)

test('filters add up: words in any order, ability, connection, price, offered', () => {
  expect(found({})).toHaveLength(3)
  expect(found({ q: 'mini GPT' })).toEqual(['openai/gpt-5-mini'])
  expect(found({ q: 'ours' })).toEqual(['local/llama'])
  expect(found({ can: 'tools', offered: 'yes' })).toEqual(['openai/gpt-5'])
  expect(found({ can: 'tools', offered: 'no' })).toEqual(['openai/gpt-5-mini'])
  expect(found({ connection: 'local' })).toEqual(['local/llama'])
  expect(found({ price: 'unknown' })).toEqual(['local/llama'])
})

test('a filter that nobody knows lets everything through', () => {
  expect(found({ can: 'fly', price: 'cheap', offered: 'maybe' })).toHaveLength(3)
})

test('each connection is named once', () => {
  expect(connectionsOf(models).map(({ label }) => label)).toEqual(['openai', 'local'])
})

const euros: DisplayCurrency = {
  currency: 'EUR',
  minorDigits: 2,
  perUsd: '0.8612000000',
  rateDate: '2026-11-20',
  rateSource: 'a bank',
}

test('a price is converted by the dated rate and rounded to the nearest', () => {
  expect(convertedPrice('3000000000', euros).converted).toEqual({ nano: '2583600000', minor: '258' })
  expect(convertedPrice('1', { ...euros, perUsd: '0.5' }).converted.nano).toBe('1')
  const yen = { ...euros, currency: 'JPY', minorDigits: 0, perUsd: '155.25' }
  expect(convertedPrice('10000000000', yen).converted).toEqual({ nano: '1552500000000', minor: '1553' })
})

const price: ModelPrice = {
  model: 'openai/gpt-5',
  connectionId: null,
  upstreamId: 'gpt-5',
  origin: 'published',
  version: 'list of a day',
  overrideId: null,
  sheet: {
    perCall: '0',
    rates: {
      output: { base: '15', tiers: [] },
      input: { base: '3', tiers: [{ aboveInputTokens: 200_000, price: '6' }] },
    },
  },
}

test('a price lists its kinds in one order, each tier after its base', () => {
  expect(priceLines(price)).toEqual([
    { name: 'Input', nanoUsd: '3', aboveInputTokens: null },
    { name: 'Input', nanoUsd: '6', aboveInputTokens: 200_000 },
    { name: 'Output', nanoUsd: '15', aboveInputTokens: null },
  ])
})

test('an unknown price has no lines and is never called free', () => {
  const unknown: ModelPrice = { ...price, origin: 'unknown', sheet: null, version: null }
  expect(priceLines(unknown)).toEqual([])
  expect(originSentences[unknown.origin]).toMatch(/unknown, never as zero/)
})
