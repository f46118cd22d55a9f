import type { insightRoutes, RouteReply } from '@atrium/contract'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { encodeTraces, type OtlpSpan } from '@atrium/wire/otlp'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

type Reply<Name extends keyof typeof insightRoutes> = RouteReply<(typeof insightRoutes)[Name]>

let server: TestServer
let owner: Person
let key: string
let database: pg.Client

beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
  const made = await owner.client.post<{ secret: string }>(`${owner.base}/api-keys`, {
    name: 'Agent',
    scopes: ['telemetry:write'],
  })
  key = made.body.secret
  database = new pg.Client({ connectionString: server.roles.job })
  await database.connect()
})
afterAll(async () => {
  await database.end()
  await server[Symbol.asyncDispose]()
})

const hex = (bytes: number): string =>
  Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('hex')
const dayMs = 86_400_000
const minuteMs = 60_000

interface Made {
  readonly atMs: number
  readonly tookMs?: number
  readonly failed?: boolean
  readonly attributes?: Record<string, string | number>
}

/** A call of a model by the agent of a test, unless its attributes say otherwise. */
function made({ atMs, tookMs = 1000, failed = false, attributes = {} }: Made): OtlpSpan {
  const startNs = BigInt(Math.round(atMs * 1000)) * 1000n
  return {
    traceId: hex(16),
    spanId: hex(8),
    parentSpanId: '',
    traceState: '',
    name: 'chat',
    kind: 3,
    startNs,
    endNs: startNs + BigInt(Math.round(tookMs * 1e6)),
    attributes: new Map<string, string | number>(
      Object.entries({ 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-5', ...attributes }),
    ),
    events: [],
    links: [],
    status: { code: failed ? 2 : 0, message: '' },
    dropped: 0,
  }
}

async function send(service: string, spans: OtlpSpan[]): Promise<void> {
  const batch = {
    resource: new Map([['service.name', service]]),
    scope: { name: '', version: '', attributes: new Map() },
    records: spans,
  }
  const reply = await fetch(new URL('/v1/traces', server.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-protobuf' },
    body: Buffer.from(encodeTraces([batch], 'protobuf')),
  })
  expect(reply.status).toBe(200)
}

async function untilSummed(): Promise<void> {
  await expect
    .poll(async () => (await database.query('SELECT FROM traces.usage_pending')).rowCount, {
      timeout: 10_000,
    })
    .toBe(0)
}

const ask = async <T>(path: string, query: Record<string, string | number>): Promise<T> => {
  const text = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))
  return (await owner.client.get<T>(`${owner.base}/metrics/${path}?${text.toString()}`)).body
}

const iso = (ms: number): string => new Date(ms).toISOString()
const lastMinute = (): number => Math.floor(Date.now() / minuteMs) * minuteMs
let services = 0
const newService = (): string => `service-${++services}`

describe('metrics', () => {
  it('show a span within two seconds, also to those who asked just before', async () => {
    const service = newService()
    const tookMs: number[] = []
    for (let sent = 1; sent <= 5; sent += 1) {
      const before = await ask<Reply<'readMetricUsage'>>('usage', { service })
      expect(before.totals.spans).toBe(sent - 1)
      const sentAt = performance.now()
      await send(service, [made({ atMs: Date.now() })])
      await expect
        .poll(async () => (await ask<Reply<'readMetricUsage'>>('usage', { service })).totals.spans, {
          timeout: 5000,
          interval: 20,
        })
        .toBe(sent)
      tookMs.push(performance.now() - sentAt)
    }
    expect(Math.max(...tookMs)).toBeLessThan(2000)
  })

  it('add up what was used, split by a dimension, the first members apart from all others', async () => {
    const service = newService()
    const atMs = lastMinute() - 10 * minuteMs
    const tokens = { 'gen_ai.usage.input_tokens': 100, 'gen_ai.usage.output_tokens': 7 }
    await send(service, [
      ...[1, 2, 3].map(() => made({ atMs, attributes: tokens })),
      made({ atMs: atMs + minuteMs, failed: true, attributes: { 'gen_ai.request.model': 'small' } }),
      made({ atMs, attributes: { 'gen_ai.request.model': 'tiny' } }),
      made({ atMs: atMs - 60 * minuteMs, attributes: tokens }),
    ])
    await untilSummed()
    const answer = await ask<Reply<'readMetricUsage'>>('usage', {
      service,
      from: iso(atMs),
      to: iso(atMs + 60 * minuteMs),
      by: 'model',
      top: 1,
      compare: 'previous',
    })
    expect(answer.period).toEqual({ from: iso(atMs), to: iso(atMs + 60 * minuteMs), interval: '1m' })
    expect(answer.previousPeriod).toEqual({ from: iso(atMs - 60 * minuteMs), to: iso(atMs) })
    const told = { input: 300, cacheRead: 0, cacheWrite: 0, output: 21, reasoning: 0, total: 321 }
    expect(answer.totals).toEqual({
      spans: 5,
      errors: 1,
      runs: 5,
      modelCalls: 5,
      toolCalls: 0,
      tokens: told,
    })
    expect(answer.previous?.tokens?.total).toBe(107)
    expect(answer.points).toHaveLength(60)
    expect(answer.points.map(({ figures }) => figures.spans).slice(0, 3)).toEqual([4, 1, 0])
    expect(answer.groups.map(({ member, isOther, totals }) => [member, isOther, totals.spans])).toEqual([
      ['gpt-5', false, 3],
      [null, true, 2],
    ])
    // Models were called, and nobody told tokens.
    expect(answer.groups[1]?.totals.tokens).toBeNull()
    expect(answer.groups[0]?.previous?.spans).toBe(1)
  })

  it('never take an unknown cost for none', async () => {
    const service = newService()
    const atMs = lastMinute() - 5 * minuteMs
    const priced = (dollars: number, model: string) => ({
      'gen_ai.request.model': model,
      'gen_ai.usage.cost': dollars,
    })
    await send(service, [
      made({ atMs, attributes: priced(0.25, 'dear') }),
      made({ atMs, attributes: priced(0.01, 'cheap') }),
      made({ atMs, attributes: { 'gen_ai.request.model': 'unknown' } }),
      made({ atMs, attributes: { 'gen_ai.request.model': 'unknown' } }),
      made({ atMs, attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.request.model': '' } }),
    ])
    await untilSummed()
    const answer = await ask<Reply<'readMetricCost'>>('cost', { service, by: 'model' })
    expect(answer.totals).toEqual({ costNanoUsd: '260000000', priced: 2, unpriced: 2 })
    expect(answer.groups.map(({ member, totals }) => [member, totals.costNanoUsd])).toEqual([
      ['dear', '250000000'],
      ['cheap', '10000000'],
      ['unknown', null],
      [null, '0'],
    ])
  })

  it('give percentiles within one per cent, of models, tools and agents apart', async () => {
    const service = newService()
    const atMs = lastMinute() - 5 * minuteMs
    const calls = Array.from({ length: 100 }, (_, at) =>
      made({
        atMs,
        tookMs: (at + 1) * 10,
        failed: at < 10,
        attributes: { 'gen_ai.server.time_to_first_token': (at + 1) / 1000 },
      }),
    )
    const tool = { 'gen_ai.operation.name': 'execute_tool' }
    await send(service, [...calls, made({ atMs, tookMs: 60_000, attributes: tool })])
    await untilSummed()
    const within = (value: number | undefined, exact: number) => {
      expect(value).toBeGreaterThan(exact * 0.99)
      expect(value).toBeLessThan(exact * 1.01)
    }
    const models = await ask<Reply<'readMetricPerformance'>>('performance', { service })
    expect(models.totals).toMatchObject({ spans: 100, errors: 10, errorRate: 0.1 })
    within(models.totals.latencyMs?.p50, 500)
    within(models.totals.latencyMs?.p95, 950)
    within(models.totals.latencyMs?.p99, 990)
    within(models.totals.firstTokenMs?.p50, 50)
    expect(models.points.filter(({ figures }) => figures.latencyMs !== null)).toHaveLength(1)
    expect(models.points.find(({ figures }) => figures.spans === 0)?.figures).toEqual({
      spans: 0,
      errors: 0,
      errorRate: null,
      latencyMs: null,
      firstTokenMs: null,
    })
    const tools = await ask<Reply<'readMetricPerformance'>>('performance', { service, of: 'tool' })
    within(tools.totals.latencyMs?.p50, 60_000)
    expect(tools.totals).toMatchObject({ spans: 1, firstTokenMs: null })
    const all = await ask<Reply<'readMetricPerformance'>>('performance', { service, of: 'all' })
    expect(all.totals.spans).toBe(101)

    const home = await ask<Reply<'readHomeKpis'>>('home-kpis', { service })
    expect(home.current).toMatchObject({ spans: 101, modelCalls: 100, toolCalls: 1, activeUsers: null })
    within(home.current.latencyMs?.p95, 950)
    expect(home.previous).toMatchObject({ spans: 0, errorRate: null, latencyMs: null, costNanoUsd: '0' })
  })

  it('tell users apart by hour, count them, and say what is not kept by user', async () => {
    const team = newService()
    const atMs = lastMinute() - 5 * minuteMs
    const of = (user: string, extra = {}) => ({ 'user.id': user, 'atrium.team': team, ...extra })
    await send('users', [
      made({ atMs, attributes: of('ann') }),
      made({ atMs, attributes: of('ann', { 'gen_ai.request.model': 'small' }) }),
      made({ atMs, attributes: of('bob') }),
    ])
    await untilSummed()
    const filter = { team }
    const byUser = await ask<Reply<'readMetricUsage'>>('usage', { ...filter, by: 'user' })
    expect(byUser.period.interval).toBe('1h')
    expect(
      byUser.groups.filter(({ member }) => member !== null).map((one) => [one.member, one.totals.spans]),
    ).toEqual([
      ['ann', 2],
      ['bob', 1],
    ])
    const ofAnn = await ask<Reply<'readMetricUsage'>>('usage', { ...filter, user: 'ann', by: 'model' })
    expect(ofAnn.groups.map(({ member }) => member)).toEqual(['gpt-5', 'small'])
    expect((await ask<Reply<'readHomeKpis'>>('home-kpis', filter)).current.activeUsers).toBe(2)
    for (const query of [
      'user=ann&agent=x',
      'by=user&version=1',
      'user=ann&by=service',
      'user=ann&interval=1m',
    ])
      expect(await statusOf(`usage?${query}`), query).toBe(400)
  })

  it('equal a recount for ranges with any ends', async () => {
    const service = newService()
    const now = Date.now()
    const spans = Array.from({ length: 600 }, () => made({ atMs: now - Math.random() ** 2 * 20 * dayMs }))
    await send(service, spans)
    await untilSummed()
    for (let round = 0; round < 30; round += 1) {
      const [a, b] = [Math.random(), Math.random()].map((part) => now - part ** 2 * 20 * dayMs)
      const [from, to] = [Math.min(a ?? 0, b ?? 0), Math.max(a ?? 0, b ?? 0)]
      const answer = await ask<Reply<'readMetricUsage'>>('usage', {
        service,
        from: iso(from),
        to: iso(to),
        interval: ['auto', '1h', '1d'][round % 3] ?? 'auto',
        compare: 'previous',
      })
      const { period, previousPeriod, totals, previous, points } = answer
      expect(Date.parse(period.from)).toBeLessThanOrEqual(from)
      expect(Date.parse(period.to)).toBeGreaterThanOrEqual(to)
      const recount = async (range: { from: string; to: string } | null) =>
        (
          await database.query<{ spans: number }>(
            `SELECT count(*)::int AS spans FROM traces.spans WHERE service = $1 AND started_at >= $2 AND started_at < $3`,
            [service, range?.from, range?.to],
          )
        ).rows[0]?.spans
      expect(totals.spans).toBe(await recount(period))
      expect(previous?.spans).toBe(await recount(previousPeriod))
      expect(points.reduce((sum, { figures }) => sum + figures.spans, 0)).toBe(totals.spans)
    }
  })

  it('keep answers until spans come that change them', async () => {
    const service = newService()
    const old = Math.floor(Date.now() / dayMs - 12) * dayMs
    const asked = `usage?service=${service}&from=${iso(old)}&to=${iso(old + dayMs)}`
    const look = async () => {
      const { body, headers } = await owner.client.get<Reply<'readMetricUsage'>>(
        `${owner.base}/metrics/${asked}`,
      )
      return [body.totals.spans, headers.get('x-cache')]
    }
    expect(await look()).toEqual([0, 'miss'])
    expect(await look()).toEqual([0, 'hit'])
    // Of another day.
    await send(service, [made({ atMs: Date.now() })])
    await untilSummed()
    await new Promise((resolve) => setTimeout(resolve, 1500))
    expect(await look()).toEqual([0, 'hit'])
    await send(service, [made({ atMs: old + 1000 })])
    await expect.poll(look, { timeout: 3000, interval: 50 }).toEqual([1, 'miss'])
    expect(await look()).toEqual([1, 'hit'])
  })

  it('refuse what they cannot answer, and those who may not read traces', async () => {
    const cases = [
      'from=yesterday',
      `from=${iso(Date.now())}&to=${iso(Date.now() - 1000)}`,
      `from=${iso(Date.now() - 401 * dayMs)}`,
      `from=${iso(Date.now() - 9 * dayMs)}&to=${iso(Date.now() - 9 * dayMs + 1000)}&interval=1m`,
      `from=${iso(Date.now() - 200 * dayMs)}&interval=1h`,
      'interval=2h',
      'by=tool',
      'top=21',
      'service=',
    ]
    for (const query of cases) expect(await statusOf(`usage?${query}`), query).toBe(400)
    const member = await server.invite(owner, 'member')
    const refused = await member.client.get(`${owner.base}/metrics/home-kpis`, { allowFailure: true })
    expect(refused.status).toBe(403)
  })
})

async function statusOf(path: string): Promise<number> {
  return (await owner.client.get(`${owner.base}/metrics/${path}`, { allowFailure: true })).status
}
