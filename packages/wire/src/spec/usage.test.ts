import { expect, test } from 'vitest'
import { inputTokens, missingUsage, outputTokens, totalTokens, usageOf } from './usage.ts'

test('sums are made of disjoint counts', () => {
  const usage = usageOf(
    { uncached: 1, cacheRead: 2, cacheWrite5m: 4, cacheWrite1h: 8, text: 16, reasoning: 32 },
    null,
  )
  expect([inputTokens(usage), outputTokens(usage), totalTokens(usage)]).toEqual([15, 48, 63])
})

test('counts that cannot be are zero', () => {
  const usage = usageOf({ uncached: -5, text: Number.NaN, reasoning: 1.9 }, null)
  expect([inputTokens(usage), outputTokens(usage)]).toEqual([0, 1])
  expect(missingUsage().missing).toBe(true)
})
