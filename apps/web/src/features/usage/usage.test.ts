import { expect, test } from 'vitest'
import { niceTop } from './StackedBars.tsx'
import { readWhy } from './call-text.ts'
import { askedOf, changePercent } from './usage-query.ts'

test('what an address says wrongly falls back to what is usual', () => {
  const asked = askedOf({ days: '9999', by: 'shoe size', status: 'odd' }, Date.parse('2026-11-21T12:00:00Z'))
  expect(asked).toMatchObject({ days: '30', by: 'model', status: '', measure: 'cost' })
})

test('a period of seven days begins six midnights ago', () => {
  const now = new Date(2026, 10, 21, 12)
  expect(askedOf({ days: '7' }, now.getTime()).query.from).toBe(new Date(2026, 10, 15).toISOString())
})

test('a change against nothing has no percentage', () => {
  expect(changePercent(5, 0)).toBeNull()
  expect(changePercent(150, 100)).toBe(50)
})

test.each([
  [0, 1],
  [0.3, 0.5],
  [7, 10],
  [120, 200],
])('an axis for %d ends at %d', (largest, top) => {
  expect(niceTop(largest)).toBeCloseTo(top)
})

test('a why of another release is read as far as it is understood', () => {
  const why = readWhy({
    chosen: 'a/one',
    attempts: [{ deployment: 'a/one', status: 429 }, null],
    candidates: 7,
  })
  expect(why).toMatchObject({ chosen: 'a/one', candidates: [], passthrough: false })
  expect(why.attempts).toEqual([{ deployment: 'a/one', outcome: '?', ms: null, note: 'HTTP 429' }])
})
