import { expect, test } from 'vitest'
import {
  bucketName,
  type ChartSeries,
  drawnOf,
  huesOf,
  lonely,
  tickName,
  type TimeData,
} from './time-chart.ts'

const hourMs = 3_600_000
const series = (name: string, values: (number | null)[]): ChartSeries => ({ key: name, name, hue: 1, values })
const data = (over: Partial<TimeData>): TimeData => ({
  starts: [0, hourMs, 2 * hourMs],
  stepMs: hourMs,
  series: [],
  partial: [],
  ...over,
})

test('stacked values stand on those before, and the upper ones are drawn first', () => {
  const { lines, middles } = drawnOf(
    data({ series: [series('a', [1, 2, null]), series('b', [10, 0, 30])] }),
    true,
  )
  expect(middles).toEqual([1800, 5400, 9000])
  expect(lines.map(({ series: { name }, column }) => [name, column])).toEqual([
    ['b', [11, null, 30]],
    ['a', [1, 2, null]],
  ])
})

test('bars of partial buckets are apart; a line leads to them from the whole ones beside', () => {
  const given = data({ series: [series('a', [1, 2, 3])], partial: [2] })
  expect(drawnOf(given, true).lines.map(({ isPartial, column }) => [isPartial, column])).toEqual([
    [true, [null, null, 3]],
    [false, [1, 2, null]],
  ])
  expect(drawnOf(given, false).lines.map(({ isPartial, column }) => [isPartial, column])).toEqual([
    [false, [1, 2, null]],
    [true, [null, 2, 3]],
  ])
})

test('nothing known stays a gap in a line, and values alone between gaps are found', () => {
  const { lines } = drawnOf(data({ series: [series('a', [1, null, 3])] }), false)
  expect(lines[0]?.column).toEqual([1, null, 3])
  expect(lonely([1, null, 3, 4, null])).toEqual([0])
})

test('a name keeps its hue, whatever comes after it; no two names share one while hues are left', () => {
  const names = ['gpt-5', 'claude', 'gemini', 'mistral', 'llama', 'qwen', 'phi', 'command']
  const hues = huesOf(names)
  expect(new Set(hues).size).toBe(8)
  expect(hues.every((hue) => hue >= 1 && hue <= 8)).toBe(true)
  expect(huesOf(names.slice(0, 3))).toEqual(hues.slice(0, 3))
  expect(huesOf(['gpt-5'])).toEqual([hues[0]])
})

test('days are those of UTC, and the day is told at midnight', () => {
  expect(bucketName(Date.UTC(2026, 10, 22), 86_400_000)).toBe('22 Nov')
  expect(tickName(Date.UTC(2026, 10, 22), true)).toBe('22 Nov')
  expect(tickName(new Date(2026, 10, 22, 9, 30).getTime(), false)).toBe('09:30')
  expect(tickName(new Date(2026, 10, 22).getTime(), false)).toBe('22 Nov')
})
