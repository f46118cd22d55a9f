import type { UsageTotals } from '@atrium/contract'
import { expect, test } from 'vitest'
import { chartOf, valueText } from './series.ts'

const totals = (calls: number, euros = 0): UsageTotals => ({
  calls,
  failed: 0,
  aborted: 0,
  unpriced: 0,
  estimated: 0,
  tokens: {
    inputUncached: calls * 10,
    cacheRead: 0,
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    outputText: 0,
    outputReasoning: 0,
  },
  cost: {
    nanoUsd: String(euros * 2e9),
    converted: { minor: String(euros * 100), nano: String(euros * 1e9) },
  },
  firstTokenMs: null,
  totalMs: null,
})
const days = (...each: UsageTotals[]) =>
  each.map((day, index) => ({
    start: `2026-11-2${index}T00:00:00Z`,
    label: `2026-11-2${index}`,
    totals: day,
  }))
const display = {
  currency: 'EUR',
  minorDigits: 2,
  perUsd: '0.5',
  rateDate: '2026-11-20',
  rateSource: 'a bank',
}

test('what the named members leave of a day is one series more', () => {
  const answer = {
    points: days(totals(5), totals(2)),
    groups: [
      { id: 'a', name: 'Robot', points: days(totals(3), totals(0)) },
      { id: null, name: null, points: days(totals(1), totals(2)) },
    ],
  }
  const { series, bars } = chartOf(answer, 'calls', 'key')
  expect(series.map(({ name }) => name)).toEqual([
    'Robot',
    'Without a key: chat and this console',
    'All others',
  ])
  expect(bars.map(({ values }) => values)).toEqual([
    [3, 1, 1],
    [0, 2, 0],
  ])
})

test('members that make up the whole leave no rest, and keep their hue in another order', () => {
  const group = (id: string) => ({ id, name: id, points: days(totals(1)) })
  const toneOf = (ids: string[]) =>
    new Map(
      chartOf({ points: days(totals(ids.length)), groups: ids.map(group) }, 'tokens', 'model').series.map(
        ({ name, tone }) => [name, tone],
      ),
    )
  const first = toneOf(['gpt', 'claude'])
  expect(first.size).toBe(2)
  expect(toneOf(['claude', 'gpt']).get('gpt')).toBe(first.get('gpt'))
  expect(new Set(first.values()).size).toBe(2)
})

test('costs are drawn in the currency of the workspace and said in dollars too', () => {
  const answer = { points: days(totals(1, 3)), groups: [] }
  expect(chartOf(answer, 'cost', 'model').bars[0]?.values).toEqual([3])
  expect(valueText(3, 'cost', display)).toEqual({ main: '€3.00', usd: '$6.00' })
})

test('no line of an axis stands for half a call', () => {
  expect(valueText(0.5, 'calls', display).main).toBe('')
  expect(valueText(1200, 'calls', display).main).toBe('1,200')
})
