import type { DisplayCurrency, PriceOverride, PriceSheet } from '@atrium/contract'
import { expect, test } from 'vitest'
import { fitsPattern, ownPricesOf } from './own-prices.ts'
import { inCurrency, isPast, priceFieldsOf, sheetOf, startOf, whichOf } from './price-form.ts'

const model = { upstreamId: 'gpt-5', connectionId: 'one' }
const euros: DisplayCurrency = {
  currency: 'EUR',
  minorDigits: 2,
  perUsd: '0.8000000000',
  rateDate: '2026-11-20',
  rateSource: 'a bank',
}
const sheet: PriceSheet = {
  rates: {
    input: { base: '2500000000', tiers: [{ aboveInputTokens: 200_000, price: '5000000000' }] },
    cacheRead: { base: '250000000', tiers: [] },
    output: { base: '10000000000', tiers: [{ aboveInputTokens: 200_000, price: '15000000000' }] },
  },
  perCall: '10000000',
}
const override = (changes: Partial<PriceOverride>): PriceOverride => ({
  id: 'a',
  version: 3,
  connectionId: 'one',
  modelPattern: 'gpt-5',
  sheet,
  effectiveFrom: '2026-01-01T00:00:00Z',
  note: '',
  authorId: null,
  authorName: null,
  createdAt: '2026-01-01T00:00:00Z',
  updatedAt: '2026-01-01T00:00:00Z',
  ...changes,
})

test('a price goes through the form unchanged, tiers and calls included', () => {
  const fields = priceFieldsOf(model, null, sheet)
  expect(fields.rates).toEqual({ input: '2.50', cacheRead: '0.25', output: '10' })
  expect(sheetOf(fields, null)).toEqual(sheet)
})

test('a price without input or output, or with something that is no amount, is none', () => {
  const fields = priceFieldsOf(model, null, sheet)
  expect(sheetOf({ ...fields, rates: { input: '1' } }, null)).toBeNull()
  expect(sheetOf({ ...fields, rates: { input: '1', output: 'two' } }, null)).toBeNull()
  expect(sheetOf({ ...fields, perCall: '-1' }, null)).toBeNull()
  expect(sheetOf({ ...fields, rates: { input: '0', output: '0' } }, null)).not.toBeNull()
})

test('amounts may be written in the other currency, and are kept in dollars', () => {
  const inEuros = inCurrency(priceFieldsOf(model, null, sheet), 'display', euros)
  expect(inEuros.rates).toEqual({ input: '2', cacheRead: '0.20', output: '8' })
  expect(inEuros.tiers[0]?.rates).toEqual({ input: '4', output: '12' })
  expect(sheetOf(inEuros, euros)).toEqual(sheet)
  expect(inCurrency(inEuros, 'USD', euros).rates).toEqual({ input: '2.50', cacheRead: '0.25', output: '10' })
})

test('what nobody touches costs exactly what it did, however often the money changes', () => {
  const odd = { ...euros, perUsd: '0.9341429239' }
  const there = inCurrency(priceFieldsOf(model, null, sheet), 'display', odd)
  expect(there.rates.input).toBe('2.335357')
  expect(sheetOf(there, odd)).toEqual(sheet)
  expect(sheetOf(inCurrency(there, 'USD', odd), odd)).toEqual(sheet)
  const typed = sheetOf({ ...there, rates: { ...there.rates, input: '1' } }, odd)
  expect(typed?.rates.input?.base).toBe('1070500000')
})

test('a price counts for this model here, for it everywhere, or for a pattern', () => {
  const fields = priceFieldsOf(model, null, null)
  expect(whichOf(fields, model)).toEqual({ modelPattern: 'gpt-5', connectionId: 'one' })
  expect(whichOf({ ...fields, scope: 'everywhere' }, model).connectionId).toBeNull()
  const wide = { ...fields, scope: 'pattern', pattern: ' gpt-* ', isEverywhere: true } as const
  expect(whichOf(wide, model)).toEqual({ modelPattern: 'gpt-*', connectionId: null })
  const known = override({ modelPattern: 'gpt-*', connectionId: null })
  expect(whichOf(priceFieldsOf(model, known, null), model)).toEqual({
    modelPattern: 'gpt-*',
    connectionId: null,
  })
})

test('a price begins with a local day, or is left to the server', () => {
  const fields = priceFieldsOf(model, null, null)
  expect(startOf(fields)).toBeUndefined()
  expect(startOf({ ...fields, start: 'day', day: '2026-11-30' })).toBe(new Date(2026, 10, 30).toISOString())
  const nowMs = Date.parse('2026-11-21T12:00:00Z')
  expect(isPast('2026-11-21T00:00:00Z', nowMs)).toBe(true)
  expect(isPast('2026-11-21T11:59:59Z', nowMs)).toBe(false)
})

test('own prices that fit a model stand the last to begin first, with what they are now', () => {
  const list = [
    override({ id: 'general', connectionId: null, modelPattern: '*' }),
    override({ id: 'here', effectiveFrom: '2026-02-01T00:00:00Z' }),
    override({ id: 'later', effectiveFrom: '2027-01-01T00:00:00Z' }),
    override({ id: 'elsewhere', connectionId: 'two' }),
    override({ id: 'other', modelPattern: 'claude-*' }),
  ]
  const found = ownPricesOf(list, model, 'here', Date.parse('2026-11-21T12:00:00Z'))
  expect(found.map(({ override: { id }, state }) => [id, state])).toEqual([
    ['later', 'later'],
    ['here', 'counts'],
    ['general', 'behind'],
  ])
})

test.each([
  ['gpt-5', 'GPT-5', true],
  ['gpt-5*', 'gpt-5-mini', true],
  ['*mini', 'gpt-5-mini', true],
  ['g*5*i', 'gpt-5-mini', true],
  ['gpt-5', 'gpt-5-mini', false],
  ['*a*a', 'a', false],
])('the pattern %s and the model %s: %s', (pattern, id, fits) => {
  expect(fitsPattern(pattern, id)).toBe(fits)
})
