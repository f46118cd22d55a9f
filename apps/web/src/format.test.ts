import { expect, test } from 'vitest'
import { formatAgo, formatTokens, formatUsd } from './format.ts'

test.each([
  ['0', '$0.00'],
  ['3000000000', '$3.00'],
  ['1234567000000', '$1,234.57'],
  ['75000000', '$0.075'],
  ['1200000', '$0.0012'],
  ['-500000000', '−$0.50'],
])('%s nano-dollars read %s', (nano, text) => expect(formatUsd(nano)).toBe(text))

test.each([
  [999, '999'],
  [8192, '8.2k'],
  [200_000, '200k'],
  [1_000_000, '1M'],
])('%s tokens read %s', (tokens, text) => expect(formatTokens(tokens)).toBe(text))

test('times near now are told as a distance, old ones as a day', () => {
  const now = Date.parse('2026-11-21T12:00:00Z')
  expect(formatAgo('2026-11-21T11:59:40Z', now)).toBe('just now')
  expect(formatAgo('2026-11-21T11:55:00Z', now)).toBe('5 minutes ago')
  expect(formatAgo('2026-11-20T12:00:00Z', now)).toBe('yesterday')
  expect(formatAgo('2026-11-22T13:00:00Z', now)).toBe('tomorrow')
  expect(formatAgo('2026-03-03T12:00:00Z', now)).toBe('3 Mar 2026')
})
