import type { Kpis, PerformanceFigures } from '@atrium/contract'
import { expect, test } from 'vitest'
import { membersData, type SeriesReply } from './chart-data.ts'
import { countText, kpiTiles, shareText } from './figures.ts'
import { findingsOf } from './findings.ts'
import { askedOf, canSplit, narrowed, queryOf, searchOf, traceSearchOf } from './insight-filters.ts'
import { membersCsv, membersOf } from './top-members.ts'

const now = Date.parse('2026-11-22T12:00:00Z')

const percentiles = (p95: number, count = 100) => ({ count, p50: p95 / 2, p90: p95, p95, p99: p95 })
const kpis = (over: Partial<Kpis> = {}): Kpis => ({
  spans: 1000,
  errors: 10,
  runs: 100,
  modelCalls: 400,
  toolCalls: 50,
  tokens: { input: 700, cacheRead: 200, cacheWrite: 0, output: 90, reasoning: 10, total: 1000 },
  costNanoUsd: '2000000000',
  priced: 400,
  unpriced: 0,
  errorRate: 0.01,
  latencyMs: percentiles(1000),
  firstTokenMs: null,
  activeUsers: 7,
  ...over,
})
const none = kpis({
  spans: 0,
  errorRate: null,
  latencyMs: null,
  tokens: null,
  costNanoUsd: null,
  activeUsers: 0,
})
const tile = (name: string, current: Kpis, previous: Kpis) =>
  kpiTiles(current, previous).find((each) => each.name === name)

test('only what an address says rightly is asked', () => {
  expect(searchOf({ range: 'all', model: 'gpt-5', colour: 'red', user: '', by: 'agent' })).toEqual({
    model: 'gpt-5',
    by: 'agent',
  })
  expect(askedOf({ by: 'shoe size', measure: 'miles', live: '10s' }, now)).toMatchObject({
    by: 'model',
    measure: 'spans',
    paceMs: 10_000,
  })
  expect(queryOf({ range: '7d', team: 'blue', by: 'agent' }, now)).toEqual({
    team: 'blue',
    from: '2026-11-15T12:00:00.000Z',
  })
})

test('a period that is over is not followed', () => {
  expect(askedOf({ to: '2026-11-01T00:00:00Z', live: '2s' }, now).paceMs).toBeNull()
})

test('users are not told apart together with agents', () => {
  expect(canSplit('user', { agent: 'shopper' })).toBe(false)
  expect(canSplit('agent', { user: 'jane' })).toBe(false)
  expect(canSplit('model', { user: 'jane' })).toBe(true)
  expect(narrowed('agent', 'shopper', { by: 'user' })).toEqual({ agent: 'shopper', by: '' })
  expect(narrowed('user', 'jane', { by: 'agent' })).toEqual({ user: 'jane', by: 'user' })
  expect(narrowed('model', 'gpt-5', { by: 'agent' })).toEqual({ model: 'gpt-5' })
})

test('traces of a member are those of the same period, narrowed as far as that list can be', () => {
  const search = { range: '7d', team: 'blue', environment: 'staging', by: 'model', live: '2s' }
  expect(traceSearchOf('model', 'gpt-5', search)).toEqual({
    model: 'gpt-5',
    environment: 'staging',
    range: '7d',
  })
  expect(traceSearchOf('team', 'blue', search)).toBeNull()
})

test('a figure tells its change, and whether that is bad', () => {
  const before = kpis({ spans: 800, latencyMs: percentiles(800), errorRate: 0.04 })
  expect(tile('Spans', kpis(), before)).toMatchObject({
    value: '1,000',
    change: { text: '+25 %', tone: 'neutral' },
  })
  expect(tile('Latency p95', kpis(), before)?.change).toEqual({ text: '+25 %', tone: 'worse' })
  expect(tile('Error rate', kpis(), before)?.change).toEqual({ text: '−3.0 points', tone: 'better' })
  expect(tile('Cost', kpis(), before)?.change).toEqual({ text: 'no change', tone: 'neutral' })
  expect(tile('Tokens', kpis(), before)?.note).toBe('900 in, 100 out')
})

test('nothing known is a dash, and nothing before is no comparison', () => {
  expect(tile('First token p95', kpis(), kpis())).toMatchObject({ value: '–', change: null })
  expect(tile('Spans', kpis(), none)?.change).toBeNull()
  expect(tile('Runs', kpis({ runs: 5 }), kpis({ runs: 0 }))?.change?.text).toBe('none before')
  expect(tile('Runs', kpis({ runs: 5000 }), kpis({ runs: 5 }))?.change?.text).toBe('1,000 times as many')
})

test('numbers are as short as they stay true', () => {
  expect(['0', '0.001', '0.0512', '0.25', '1'].map((share) => shareText(Number(share)))).toEqual([
    '0 %',
    '0.10 %',
    '5.1 %',
    '25 %',
    '100 %',
  ])
  expect([99_999, 100_000, 2_500_000].map(countText)).toEqual(['99,999', '100k', '2.5M'])
})

test('what stands out is said; what may be chance is not', () => {
  const performance = (p95: number, count = 100): PerformanceFigures => ({
    spans: count,
    errors: 0,
    errorRate: 0,
    latencyMs: percentiles(p95, count),
    firstTokenMs: null,
  })
  const worse = kpis({ errors: 60, errorRate: 0.06, costNanoUsd: '9000000000', unpriced: 3 })
  const slow = { member: 'gpt-5', totals: performance(3000), previous: performance(1000) }
  const rare = { member: 'o1', totals: performance(3000, 5), previous: performance(1000, 5) }
  expect(findingsOf(worse, kpis(), [slow, rare]).map(({ text }) => text)).toEqual([
    '6 % of spans failed, 1 % in the period before.',
    'Cost is 4.5 times that of the period before: $9.00 after $2.00.',
    'gpt-5 has become slower: 95 % of calls within 3.00 s, before within 1.00 s.',
    '3 calls have no known price; the cost does not contain them.',
  ])
  expect(findingsOf(kpis({ errors: 12, errorRate: 0.012 }), kpis(), [])).toEqual([])
  expect(findingsOf(kpis(), none, [])).toEqual([])
})

const point = (start: string, value: number) => ({ start, figures: { value } })

test('members beyond the seventh are one, and cut buckets are partial', () => {
  const starts = ['2026-11-22T09:00:00Z', '2026-11-22T10:00:00Z', '2026-11-22T11:00:00Z']
  const reply: SeriesReply<{ value: number }> = {
    period: { from: '2026-11-22T09:30:00Z', to: '2026-11-22T11:20:00Z', interval: '1h' },
    asOf: '2026-11-22T11:20:00Z',
    points: starts.map((start) => point(start, 0)),
    groups: Array.from({ length: 9 }, (_, index) => ({
      member: index === 8 ? null : `m${index}`,
      isOther: index === 8,
      points: starts.map((start) => point(start, index + 1)),
    })),
  }
  const { series, partial } = membersData(reply, 'model', ({ value }) => value)
  expect(partial).toEqual([0, 2])
  expect(series).toHaveLength(8)
  expect(series.at(-1)).toMatchObject({ name: 'all others', hue: 0, values: [17, 17, 17] })
})

test('members are saved with every figure, and unknown ones stay empty', () => {
  const usage = kpis()
  const members = membersOf(
    'model',
    [
      { member: '=gpt', isOther: false, totals: usage, previous: null },
      { member: null, isOther: false, totals: usage, previous: usage },
    ],
    [
      {
        member: '=gpt',
        isOther: false,
        totals: { costNanoUsd: '1500000000', priced: 1, unpriced: 0 },
        previous: null,
      },
    ],
    [],
  )
  expect(membersCsv('model', members).trim().split('\r\n').slice(1)).toEqual([
    "'=gpt,1000,,10,100,400,50,1000,1.50,0,,,,",
    'no model,1000,1000,10,100,400,50,1000,,,,,,',
  ])
})
