import type { Message, Usage } from '@atrium/contract'
import { expect, it } from 'vitest'
import { tokensInContext, totalCost } from './total-cost.ts'

const usage: Usage = {
  input: { uncached: 5, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
  output: { text: 5, reasoning: 0 },
  estimated: false,
}

const answer = (change: Partial<Message>): Message => ({
  id: 'a',
  parentId: 'q',
  role: 'assistant',
  author: null,
  content: [],
  status: 'complete',
  model: 'm',
  runId: null,
  usage,
  costNanoUsd: null,
  timing: null,
  traceId: null,
  error: null,
  rating: null,
  siblings: { index: 0, count: 1, previousId: null, nextId: null },
  createdAt: '2026-11-21T08:00:00Z',
  ...change,
})

it.each([
  ['nothing yet', [], '$0.00'],
  ['priced answers', [answer({ costNanoUsd: '120000000' }), answer({ costNanoUsd: '30000000' })], '$0.15'],
  ['a free answer', [answer({ costNanoUsd: '0' })], '$0.00'],
  ['an answer without a price', [answer({})], 'price unknown'],
  ['free answers and one without a price', [answer({ costNanoUsd: '0' }), answer({})], 'price unknown'],
  [
    'priced answers and one without a price',
    [answer({ costNanoUsd: '120000000' }), answer({})],
    'over $0.12',
  ],
  ['an answer that failed before it was charged', [answer({ status: 'failed', usage: null })], '$0.00'],
  ['an interrupted answer', [answer({ status: 'interrupted', usage: null })], 'price unknown'],
  ['an answer that streams', [answer({ status: 'streaming', usage: null })], '$0.00'],
])('%s: %#', (_, messages, short) => {
  expect(totalCost(messages).short).toBe(short)
})

it('says how many answers have no price', () => {
  const messages = [answer({ costNanoUsd: '120000000' }), answer({}), answer({})]
  expect(totalCost(messages).long).toBe('$0.12, and 2 answers at an unknown price')
})

it('keeps the count of the last answer when a later call failed before it counted', () => {
  const none: Usage = {
    input: { uncached: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
    output: { text: 0, reasoning: 0 },
    estimated: true,
  }
  expect(tokensInContext([answer({}), answer({ status: 'failed', usage: none })])).toBe(10)
  expect(tokensInContext([answer({ status: 'failed', usage: none })])).toBeNull()
})
