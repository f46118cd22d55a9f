import { pathOf, otlpMetricRoutes, type RouteReply } from '@atrium/contract'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  claudeCodeMetrics,
  gaugeOf,
  histogramOf,
  metricsOf,
  sumOf,
  summaryOf,
  type PointOf,
} from '../testing/metrics.ts'
import { senderFor } from '../testing/otlp-json.ts'
import { hex } from '../testing/spans.ts'

type Reply<Name extends keyof typeof otlpMetricRoutes> = RouteReply<(typeof otlpMetricRoutes)[Name]>

let server: TestServer
let owner: Person
let send: Awaited<ReturnType<typeof senderFor>>
let database: pg.Client

beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
  send = await senderFor(owner, server.url)
  database = new pg.Client({ connectionString: server.roles.job })
  await database.connect()
})
afterAll(async () => {
  await database.end()
  await server[Symbol.asyncDispose]()
})

const params = (metricName: string) => ({ workspaceId: owner.workspaceId, metricName })
const iso = (ms: number): string => new Date(ms).toISOString()

/** A full minute, some minutes ago: steps of minutes begin at it. */
const minute = (Math.floor(Date.now() / 60_000) - 30) * 60_000

interface Asked {
  readonly aggregation?: string
  readonly groupBy?: string
  readonly where?: string
  readonly groups?: number
  readonly from?: string
  readonly to?: string
  readonly stepSeconds?: number
}

const series = async (name: string, query: Asked = {}) => {
  const usual = { from: iso(minute), to: iso(minute + 1_800_000), stepSeconds: 60 }
  const path = pathOf(otlpMetricRoutes.readOtlpMetricSeries, {
    params: params(name),
    query: { ...usual, ...query },
  })
  return (await owner.client.get<Reply<'readOtlpMetricSeries'>>(path)).body
}
/** Values of the only group. */
const values = async (name: string, query: Asked = {}) => {
  const { groups } = await series(name, query)
  expect(groups.length).toBeLessThanOrEqual(1)
  return groups[0]?.points.map(({ value }) => value)
}
const fresh = (): string => `test.${hex(4)}`
/** Points a minute apart, beginning half a minute after the full one. */
const everyMinute = (numbers: readonly number[], sinceMs?: number): PointOf[] =>
  numbers.map((value, at) => ({
    atMs: minute + at * 60_000 + 30_000,
    value,
    ...(sinceMs === undefined ? {} : { sinceMs }),
  }))

describe('metrics of Claude Code', () => {
  const session = `session-${hex(4)}`
  beforeAll(async () => {
    for (const body of claudeCodeMetrics(session, minute + 150_000))
      expect(await send('metrics', body)).toEqual({ status: 200, body: {} })
  })

  it('are listed with what is known of them', async () => {
    const path = `${owner.base}/otlp-metrics?text=CLAUDE_code`
    const { data } = (await owner.client.get<Reply<'listOtlpMetrics'>>(path)).body
    expect(data.map(({ name }) => name)).toEqual([
      'claude_code.active_time.total',
      'claude_code.commit.count',
      'claude_code.cost.usage',
      'claude_code.lines_of_code.count',
      'claude_code.session.count',
      'claude_code.token.usage',
    ])
    expect(data.at(-1)).toMatchObject({
      type: 'sum',
      unit: 'tokens',
      temporality: 'delta',
      monotonic: true,
      series: 5,
      lastAt: iso(minute + 150_000).replace('Z', '000Z'),
    })
  })

  it('add up to tokens by type and model, cost and sessions', async () => {
    const whole = { stepSeconds: 86_400, where: JSON.stringify({ 'session.id': session }) }
    const total = async (name: string) => (await values(`claude_code.${name}`, whole))?.reduce(plus, 0)
    expect(await total('token.usage')).toBe(16_420)
    expect(await total('cost.usage')).toBeCloseTo(0.0225, 12)
    expect(await total('session.count')).toBe(1)
    const byType = await series('claude_code.token.usage', { ...whole, groupBy: 'type, model' })
    expect(
      byType.groups.map(({ labels, points }) => [...labels.map(({ value }) => value), points[0]?.value]),
    ).toEqual([
      ['cacheRead', 'claude-sonnet-5', 15_000],
      ['cacheCreation', 'claude-sonnet-5', 700],
      ['output', 'claude-sonnet-5', 500],
      ['input', 'claude-haiku-5', 200],
      ['input', 'claude-sonnet-5', 20],
    ])
    const first = await series('claude_code.token.usage', { ...whole, groupBy: 'type', groups: 1 })
    expect([first.groups.length, first.omitted]).toEqual([1, 3])
  })

  it('tell attributes to group by, and nobody’s address', async () => {
    const path = pathOf(otlpMetricRoutes.readOtlpMetric, { params: params('claude_code.token.usage') })
    const { body } = await owner.client.get<Reply<'readOtlpMetric'>>(path)
    expect(body.attributes).toContainEqual({
      name: 'type',
      count: 4,
      values: ['input', 'cacheCreation', 'cacheRead', 'output'],
    })
    expect(body.resource).toContainEqual({ name: 'service.name', count: 1, values: ['claude-code'] })
    expect(JSON.stringify(body)).not.toContain('dev@example.com')
  })
})

const plus = (sum: number, value: number | null): number => sum + (value ?? 0)

describe('counters', () => {
  it('that hold all since a beginning add differences, also when they begin anew', async () => {
    const name = fresh()
    const [begun, restarted] = [minute + 1000, minute + 150_000]
    const points = [...everyMinute([10, 30, 30], begun), ...everyMinute([5, 25], restarted)].map(
      (point, at) => ({ ...point, atMs: minute + at * 60_000 + 30_000 }),
    )
    await send('metrics', metricsOf([sumOf(name, 'cumulative', points)]))
    expect(await values(name)).toEqual([10, 20, 0, 5, 20])
    expect(await values(name, { from: iso(minute + 60_000) })).toEqual([20, 0, 5, 20])
    expect(await values(name, { aggregation: 'rate' })).toEqual([10, 20, 0, 5, 20].map((n) => n / 60))
    expect(await values(name, { aggregation: 'max', stepSeconds: 86_400 })).toEqual([20])
  })

  it('that fall have begun anew, whatever they say', async () => {
    const name = fresh()
    await send('metrics', metricsOf([sumOf(name, 'cumulative', everyMinute([10, 30, 4, 6], minute + 1))]))
    expect(await values(name)).toEqual([10, 20, 4, 2])
  })

  it('whose beginning is unknown or long ago count from their first point', async () => {
    for (const sinceMs of [undefined, minute + 30_000, minute - 600_000]) {
      const name = fresh()
      await send('metrics', metricsOf([sumOf(name, 'cumulative', everyMinute([1000, 1003, 1004], sinceMs))]))
      expect(await values(name), String(sinceMs)).toEqual([0, 3, 1])
    }
  })

  it('of several processes are told apart and added up', async () => {
    const name = fresh()
    const points = everyMinute([10, 20], minute + 1)
    for (const host of ['a', 'b'])
      await send('metrics', metricsOf([sumOf(name, 'cumulative', points)], { 'host.name': host }))
    expect(await values(name)).toEqual([20, 20])
    expect(await values(name, { where: '{"host.name":"a"}' })).toEqual([10, 10])
    expect((await series(name, { groupBy: 'host.name' })).groups).toHaveLength(2)
    expect((await series(name, { groupBy: 'none' })).groups[0]?.labels).toEqual([
      { name: 'none', value: null },
    ])
  })

  it('that fall and rise are a state when they hold all, and changes when they do not', async () => {
    const [level, changes] = [fresh(), fresh()]
    const points = everyMinute([5, 3, 4], minute + 1)
    await send(
      'metrics',
      metricsOf([
        sumOf(level, 'cumulative', points, { isMonotonic: false }),
        sumOf(changes, 'delta', points, { isMonotonic: false }),
      ]),
    )
    expect(await values(level)).toEqual([5, 3, 4])
    expect(await values(changes, { stepSeconds: 86_400 })).toEqual([12])
  })
})

describe('gauges', () => {
  it('are averaged; their sum is of the last value of each series', async () => {
    const name = fresh()
    for (const host of ['a', 'b']) {
      const points = [1, 2, 6].map((value, at) => ({ atMs: minute + at * 10_000, value }))
      await send('metrics', metricsOf([gaugeOf(name, points)], { 'host.name': host }))
    }
    const one = async (aggregation: string) => (await values(name, { aggregation }))?.[0]
    expect(await values(name)).toEqual([3])
    expect(await one('sum')).toBe(12)
    expect(await one('min')).toBe(1)
    expect(await one('max')).toBe(6)
    expect(await one('p50')).toBe(2)
    expect(await one('count')).toBe(6)
  })
})

describe('distributions', () => {
  const explicitBounds = [10, 20, 50]

  it('tell quantiles, means and rates by their buckets', async () => {
    for (const temporality of ['delta', 'cumulative'] as const) {
      const name = fresh()
      const more = (times: number) => ({
        count: String(10 * times),
        sum: 180 * times,
        explicitBounds,
        bucketCounts: [4, 4, 2, 0].map((n) => String(n * times)),
      })
      const points = [1, temporality === 'delta' ? 1 : 2].map((times, at) => ({
        atMs: minute + at * 60_000 + 30_000,
        sinceMs: minute + 1,
        more: more(times),
      }))
      await send('metrics', metricsOf([histogramOf(name, 'histogram', temporality, points)]))
      expect(await values(name, { aggregation: 'p50' }), temporality).toEqual([12.5, 12.5])
      expect(await values(name), temporality).toEqual([42.5, 42.5])
      expect(await values(name, { aggregation: 'avg' })).toEqual([18, 18])
      expect(await values(name, { aggregation: 'count' })).toEqual([10, 10])
      expect(await values(name, { aggregation: 'sum' })).toEqual([180, 180])
      expect(await values(name, { aggregation: 'rate' })).toEqual([10 / 60, 10 / 60])
      expect(await values(name, { aggregation: 'max' })).toEqual([50, 50])
    }
  })

  it('that count in powers are compared also when their buckets have become broader', async () => {
    const name = fresh()
    const points = [
      { scale: 1, positive: { offset: 0, bucketCounts: ['2', '2'] }, count: '4', sum: 6 },
      { scale: 0, positive: { offset: 0, bucketCounts: ['4', '8'] }, count: '12', sum: 30 },
    ].map((more, at) => ({ atMs: minute + at * 60_000 + 30_000, sinceMs: minute + 1, more }))
    await send('metrics', metricsOf([histogramOf(name, 'exponentialHistogram', 'cumulative', points)]))
    const [first, second] = (await values(name, { aggregation: 'p50' })) ?? []
    expect(first).toBeCloseTo(Math.SQRT2, 9)
    expect(second).toBeCloseTo(3, 9)
  })

  it('without buckets tell the quantiles that they have', async () => {
    const name = fresh()
    const quantileValues = [
      { quantile: 0.5, value: 3 },
      { quantile: 0.99, value: 9 },
    ]
    const points = [10, 14].map((count, at) => ({
      atMs: minute + at * 60_000 + 30_000,
      sinceMs: minute + 1,
      more: { count: String(count), sum: count * 4, quantileValues },
    }))
    await send('metrics', metricsOf([summaryOf(name, points)]))
    expect(await values(name, { aggregation: 'p50' })).toEqual([3, 3])
    expect(await values(name, { aggregation: 'p95' })).toEqual([null, null])
    expect(await values(name, { aggregation: 'count' })).toEqual([10, 4])
  })
})

describe('points', () => {
  it('that come again change nothing', async () => {
    const name = fresh()
    const other = await senderFor(owner, server.url)
    const body = metricsOf([sumOf(name, 'delta', everyMinute([1, 2, 3]))])
    await Promise.all([send('metrics', body), other('metrics', body), send('metrics', body)])
    expect(await values(name, { stepSeconds: 86_400 })).toEqual([6])
    const { rows } = await database.query(
      `SELECT p.* FROM traces.metric_points p JOIN traces.metric_series s ON s.id = p.series_id WHERE s.name = $1`,
      [name],
    )
    expect(rows).toHaveLength(3)
  })

  it('are of one series in whatever order their attributes come', async () => {
    const name = fresh()
    for (const attributes of [
      { a: '1', b: '2' },
      { b: '2', a: '1' },
    ])
      await send('metrics', metricsOf([gaugeOf(name, [{ atMs: minute, value: 1, attributes }])]))
    expect(await values(name, { aggregation: 'count' })).toEqual([1])
  })

  it('that say there was no value leave a gap', async () => {
    const name = fresh()
    const points = [...everyMinute([1, 2]), { atMs: minute + 150_000, more: { flags: 1 } }]
    expect((await send('metrics', metricsOf([gaugeOf(name, points)]))).body).toEqual({})
    expect(await values(name)).toEqual([1, 2])
  })
})

describe('bad input', () => {
  const good: PointOf = { atMs: minute, value: 1 }

  it.each<[string, (name: string) => object]>([
    ['in 1970', (name) => gaugeOf(name, [good, { atMs: 1, value: 1 }])],
    ['in 2100', (name) => gaugeOf(name, [good, { atMs: 4_102_444_800_000, value: 1 }])],
    ['that begin after their time', (name) => gaugeOf(name, [good, { ...good, sinceMs: minute + 5 }])],
    [
      'with attributes without end',
      (name) => gaugeOf(name, [good, { ...good, attributes: { long: 'x '.repeat(40_000) } }]),
    ],
  ])('leaves out points %s, says so, and stores the others', async (_, metric) => {
    const name = fresh()
    const { status, body } = await send('metrics', metricsOf([metric(name)]))
    expect(status).toBe(200)
    expect(body.partialSuccess?.['rejectedDataPoints']).toBe('1')
    expect(body.partialSuccess?.['errorMessage']).toMatch(/1 × /)
    expect(await values(name, { aggregation: 'count' })).toEqual([1])
  })

  it('leaves out sums that do not say how they add up, and metrics without a name', async () => {
    const nameless = metricsOf([gaugeOf('', [good]), { name: 'sum', sum: { dataPoints: [{ asInt: '1' }] } }])
    const { body } = await send('metrics', nameless)
    expect(body.partialSuccess).toEqual({
      rejectedDataPoints: '2',
      errorMessage: '1 × metric: must have a name; 1 × aggregation temporality: must be told',
    })
  })

  it('keeps attributes of any name, up to two thousand, and no NUL', async () => {
    const name = fresh()
    const many = Array.from({ length: 10_000 }, (_, index): [string, string] => [`a${index}`, 'x'])
    const attributes = Object.fromEntries([['__proto__', 'a\0b\ud800'], ...many])
    expect((await send('metrics', metricsOf([gaugeOf(name, [{ ...good, attributes }])]))).status).toBe(200)
    const found = await series(name, { groupBy: '__proto__' })
    expect(found.groups[0]?.labels).toEqual([{ name: '__proto__', value: 'a\uFFFDb\uFFFD' }])
  })

  it('keeps a distribution whose buckets cannot be right without them', async () => {
    const name = fresh()
    const more = { count: '3', sum: 9, explicitBounds: [5, 1], bucketCounts: ['1', '1', '1'] }
    await send('metrics', metricsOf([histogramOf(name, 'histogram', 'delta', [{ atMs: minute, more }])]))
    expect(await values(name, { aggregation: 'avg' })).toEqual([3])
    expect(await values(name, { aggregation: 'p95' })).toEqual([null])
  })

  it('is refused in questions, and what is not there is not found', async () => {
    const name = fresh()
    await send('metrics', metricsOf([gaugeOf(name, [good])]))
    const ask = async (path: string) =>
      (await owner.client.get(`${owner.base}/otlp-metrics${path}`, { allowFailure: true })).status
    for (const query of [
      'aggregation=odd',
      'aggregation=rate',
      'where=x',
      'where=[]',
      'where={"a":1}',
      'groupBy=,',
      'stepSeconds=0',
      'stepSeconds=1',
      `from=${iso(minute)}&to=${iso(minute)}`,
      'from=2020-01-01T00:00:00Z',
    ])
      expect(await ask(`/${name}/series?${query}`), query).toBe(400)
    expect(await ask('/none')).toBe(404)
    expect(await ask('/none/series')).toBe(404)
    for (const query of ['cursor=bm9uZQ', 'from=now', 'limit=501']) expect(await ask(`?${query}`)).toBe(400)
  })

  it('lists a page at a time', async () => {
    const prefix = fresh()
    const names = ['a', 'b', 'c'].map((end) => `${prefix}.${end}`)
    await send('metrics', metricsOf(names.map((name) => gaugeOf(name, [good]))))
    const ask = async (more: string) =>
      (
        await owner.client.get<Reply<'listOtlpMetrics'>>(
          `${owner.base}/otlp-metrics?text=${prefix}&limit=2${more}`,
        )
      ).body
    const first = await ask('')
    const rest = await ask(`&cursor=${first.meta.nextCursor}`)
    expect([...first.data, ...rest.data].map(({ name }) => name)).toEqual(names)
  })
})
