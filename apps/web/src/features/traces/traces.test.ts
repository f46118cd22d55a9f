import type { TraceSummary } from '@atrium/contract'
import { describe, expect, test } from 'vitest'
import { csvOf } from './csv.ts'
import { durationMsOf, durationText } from './duration.ts'
import { type TracePages, tracesOf, withNewest } from './newest.ts'
import { queryTextOf, readQuery } from './query-text.ts'
import { isOver, queryOf, searchOf } from './trace-filters.ts'

const now = Date.parse('2026-11-22T12:00:00Z')

describe('filters in the address', () => {
  test('a bare address asks for the last day', () => {
    expect(queryOf(searchOf({}), now)).toEqual({ from: '2026-11-21T12:00:00.000Z' })
  })

  test('what is chosen is asked for, and what is not a filter is ignored', () => {
    const search = searchOf({
      agent: 'shopper',
      status: 'error',
      min: '1.5s',
      peek: 'abc',
      colour: 'red',
      user: '',
    })
    expect(queryOf(search, now)).toEqual({
      from: '2026-11-21T12:00:00.000Z',
      agent: 'shopper',
      status: 'error',
      minDurationMs: 1500,
    })
  })

  test('what the address says wrongly is left out instead of refused', () => {
    const search = searchOf({
      range: 'for ever',
      status: 'odd',
      min: 'long',
      from: 'yesterday',
      model: ['a'],
    })
    expect(queryOf(search, now)).toEqual({ from: '2026-11-21T12:00:00.000Z' })
  })

  test('a period chosen by its ends wins over one that ends now', () => {
    const search = searchOf({ range: '7d', from: '2026-11-01T10:00', to: '2026-11-02T10:00:00Z' })
    expect(queryOf(search, now)).toEqual({
      from: new Date('2026-11-01T10:00').toISOString(),
      to: '2026-11-02T10:00:00.000Z',
    })
    expect(isOver(search, now)).toBe(true)
    expect(isOver(searchOf({ range: '7d' }), now)).toBe(false)
  })

  test('all time has no beginning', () => expect(queryOf({ range: 'all' }, now)).toEqual({}))
})

describe('the query bar', () => {
  test.each([
    { agent: 'shopper' },
    { agent: 'the "quick" shopper', status: 'error', min: '2s' },
    { model: 'gpt-5:latest', session: String.raw`a\b`, environment: 'test', user: 'ü' },
    {},
  ])('%j survives being written and read', (search) => {
    const read = readQuery(queryTextOf(search))
    expect(read.ok && searchOf(read.search)).toEqual(search)
  })

  test('filters have their names in the bar and in the address', () => {
    expect(readQuery('environment:production')).toMatchObject({ search: { environment: 'production' } })
    expect(readQuery('ENV:production')).toMatchObject({ search: { environment: 'production' } })
  })

  test.each([
    ['shopper', 'agent:shopper'],
    ['colour:red', 'no filter “colour”'],
    ['agent:', 'needs a value'],
    ['status:broken', 'either error or ok'],
    ['min:long', 'no duration'],
    ['::', 'agent:'],
  ])('“%s” is answered with what would be right', (text, said) => {
    const read = readQuery(text)
    expect(read.ok ? '' : read.problem).toContain(said)
  })
})

describe('durations', () => {
  test.each([
    [0.25, '250 µs'],
    [1, '1.00 ms'],
    [12.34, '12.3 ms'],
    [345.6, '346 ms'],
    [999.7, '1.00 s'],
    [59_949, '59.9 s'],
    [125_000, '2 m 05 s'],
    [3_599_600, '1 h 00 m'],
    [3_725_000, '1 h 02 m'],
  ])('%d ms is %s', (ms, text) => expect(durationText(ms)).toBe(text))

  test.each([
    ['250ms', 250],
    ['1.5 s', 1500],
    ['2m', 120_000],
    ['700', 700],
    ['80µs', 0.08],
    ['-1s', null],
    ['soon', null],
    ['', null],
  ])('“%s” is %s ms', (text, ms) => expect(durationMsOf(text)).toBe(ms))
})

const trace = (id: string, second: number, more: Partial<TraceSummary> = {}): TraceSummary => ({
  id,
  name: 'run',
  startedAt: `2026-11-22T11:00:${String(second).padStart(2, '0')}.000000Z`,
  durationMs: 1,
  hasRoot: true,
  service: null,
  agent: null,
  session: null,
  user: null,
  environment: null,
  spans: 1,
  errors: 0,
  modelCalls: 0,
  toolCalls: 0,
  models: [],
  tokens: 0,
  costNanoUsd: null,
  ...more,
})
const page = (data: TraceSummary[], hasMore = false) => ({
  data,
  meta: { hasMore, nextCursor: hasMore ? 'next' : null },
})
const pages = (...all: ReturnType<typeof page>[]): TracePages => ({
  pages: all,
  pageParams: all.map(() => null),
})
const idsOf = (known: TracePages) => tracesOf(known).map(({ id }) => id)

describe('following what arrives', () => {
  const known = pages(page([trace('c', 3), trace('a', 1)], true), page([trace('z', 0)]))

  test('new traces take their place by time, and later pages stay', () => {
    const next = withNewest(known, page([trace('d', 4), trace('c', 3), trace('b', 2)], true))
    expect(idsOf(next)).toEqual(['d', 'c', 'b', 'a', 'z'])
    expect(next.pages[0]?.meta.nextCursor).toBe('next')
  })

  test('a trace that has grown is replaced wherever it stood', () => {
    const next = withNewest(known, page([trace('c', 3, { spans: 9 }), trace('z', 0, { spans: 7 })]))
    expect(tracesOf(next).map(({ id, spans }) => [id, spans])).toEqual([
      ['c', 9],
      ['a', 1],
      ['z', 7],
    ])
  })

  test('the list begins anew when rows between are missing', () => {
    expect(idsOf(withNewest(known, page([trace('y', 50), trace('x', 49)], true)))).toEqual(['y', 'x'])
    expect(idsOf(withNewest(pages(page([])), page([trace('y', 50)])))).toEqual(['y'])
  })

  test('a trace on two pages is listed once', () => {
    expect(idsOf(pages(page([trace('a', 1)]), page([trace('a', 1)])))).toEqual(['a'])
  })
})

test('CSV quotes what must be quoted and defuses formulas', () => {
  const csv = csvOf([trace('a', 1, { name: '=SUM(1)', agent: 'say "hi", twice', costNanoUsd: '1500000' })])
  const [names, line, end] = csv.split('\r\n')
  expect(names).toMatch(/^trace,started_at,name,/)
  expect(line).toBe(`a,2026-11-22T11:00:01.000000Z,'=SUM(1),,"say ""hi"", twice",,,,,1,1,0,0,0,0,0.0015`)
  expect(end).toBe('')
})
