import type { RouteReply, usageRoutes, UsageTotals } from '@atrium/contract'
import { startConversation, startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seedCalls, seededCall, type SeededCall } from './testing.ts'

let server: TestServer
let owner: Person
let member: Person
let database: pg.Client
let seeded: SeededCall[]

const keys = [randomUUID(), randomUUID(), null]
const teams = [randomUUID(), null]
const connections = [randomUUID(), randomUUID()]
const models = ['gpt-4o', 'claude-sonnet-4-5', 'gemini-2.5-pro', null]

beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
  member = await server.invite(owner, 'member')
  database = new pg.Client({ connectionString: server.roles.job })
  await database.connect()
  seeded = manyCalls(600)
  const late = seeded.filter((_, index) => index % 13 === 0)
  const early = seeded.filter((_, index) => index % 13 !== 0)
  for (let at = 0; at < early.length; at += 50)
    await seedCalls(database, owner.workspaceId, early.slice(at, at + 50))
  // Most of the time is closed, in two steps; some calls come when theirs is.
  for (const until of ['2026-03-12T07:15:00Z', '2026-04-02T21:45:00Z'])
    await database.query('SELECT models.close_usage($1, $2)', [owner.workspaceId, until])
  await seedCalls(database, owner.workspaceId, late)
})
afterAll(async () => {
  await database.end()
  await server[Symbol.asyncDispose]()
})

/** Calls spread over forty days around the begin of summer time, by a fixed walk through all that may differ. */
function manyCalls(count: number): SeededCall[] {
  const pick = <T>(list: readonly T[], index: number): T => list[index % list.length] as T
  const begin = Date.parse('2026-03-01T00:00:00Z')
  return Array.from({ length: count }, (_, index) => {
    const upstream = pick(models, index * 7)
    return seededCall(pick([owner.id, member.id, member.id], index), {
      created_at: new Date(begin + index * 5_759_123).toISOString(),
      upstream_model: upstream,
      model: upstream === null ? 'fast' : `c/${upstream}`,
      alias: index % 5 === 0 ? 'fast' : null,
      connection_id: upstream === null ? null : pick(connections, index),
      key_id: pick(keys, Math.floor(index / 4)),
      team_id: pick(teams, index),
      purpose: pick(['chat', 'title', 'gateway'] as const, index),
      status: pick(['finished', 'finished', 'failed', 'aborted'] as const, index),
      input_uncached: index * 3,
      input_cache_read: index,
      output_text: index * 2,
      cost_nano_usd: index % 11 === 0 ? null : String(index * 1_234_567),
      first_token_ms: index % 4 === 2 ? null : index,
      estimated: index % 9 === 0,
      total_ms: index + 1,
    })
  })
}

type Reply<Name extends keyof typeof usageRoutes> = RouteReply<(typeof usageRoutes)[Name]>

async function ask<T>(person: Person, path: string, query: Record<string, string> = {}): Promise<T> {
  return (await person.client.get<T>(`${person.base}/${path}?${new URLSearchParams(query).toString()}`)).body
}

/** What the API should say of these calls, counted one by one. */
function recount(calls: readonly SeededCall[]) {
  const sum = (of: (call: SeededCall) => number) => calls.reduce((total, call) => total + of(call), 0)
  return {
    calls: calls.length,
    failed: sum((call) => Number(call.status === 'failed')),
    aborted: sum((call) => Number(call.status === 'aborted')),
    unpriced: sum((call) => Number(call.cost_nano_usd === null)),
    estimated: sum((call) => Number(call.estimated)),
    inputUncached: sum((call) => call.input_uncached),
    cacheRead: sum((call) => call.input_cache_read),
    outputText: sum((call) => call.output_text),
    nanoUsd: calls.reduce((total, call) => total + BigInt(call.cost_nano_usd ?? 0), 0n).toString(),
  }
}

const told = ({ calls, failed, aborted, unpriced, estimated, tokens, cost }: UsageTotals) => ({
  calls,
  failed,
  aborted,
  unpriced,
  estimated,
  inputUncached: tokens.inputUncached,
  cacheRead: tokens.cacheRead,
  outputText: tokens.outputText,
  nanoUsd: cost.nanoUsd,
})

const between = (from: string, to: string) =>
  seeded.filter(({ created_at: at }) => at >= new Date(from).toISOString() && at < new Date(to).toISOString())

const wide = { from: '2026-03-01T00:00:00Z', to: '2026-04-15T00:00:00Z' }

describe('the sums', () => {
  it.each([
    ['whole hours', '2026-03-05T00:00:00Z', '2026-03-20T03:00:00Z'],
    ['bounds within hours', '2026-03-05T10:17:31.123Z', '2026-03-21T23:59:59.999Z'],
    ['bounds within one hour', '2026-03-05T10:01:00Z', '2026-03-05T10:59:00Z'],
    ['a whole month', '2026-03-01T00:00:00Z', '2026-04-01T00:00:00Z'],
    ['a whole month and what lies around it', '2026-02-20T05:17:00Z', '2026-04-11T10:10:10Z'],
    ['a range without calls', '2025-03-05T10:01:00Z', '2025-03-06T10:59:00Z'],
  ])('of %s are those of a recount', async (_, from, to) => {
    const { totals } = await ask<Reply<'readUsage'>>(owner, 'usage', { from, to })
    expect(told(totals)).toEqual(recount(between(from, to)))
  })

  it('compare with the period before, of the same length', async () => {
    const query = { from: '2026-03-15T06:30:00Z', to: '2026-03-22T06:30:00Z', compare: 'previous' }
    const { totals, previous } = await ask<Reply<'readUsage'>>(owner, 'usage', query)
    expect(told(totals)).toEqual(recount(between(query.from, query.to)))
    expect(previous && told(previous)).toEqual(recount(between('2026-03-08T06:30:00Z', query.from)))
  })

  it.each([
    ['person', (call: SeededCall) => call.person_id],
    ['team', (call: SeededCall) => call.team_id],
    ['key', (call: SeededCall) => call.key_id],
    ['model', (call: SeededCall) => call.upstream_model ?? call.model],
    ['alias', (call: SeededCall) => call.alias],
    ['connection', (call: SeededCall) => call.connection_id],
    ['purpose', (call: SeededCall) => call.purpose],
  ] as const)('by %s are those of a recount, the most expensive first', async (by, memberOf) => {
    // With a whole month, and without one.
    for (const from of [wide.from, '2026-03-02T11:11:11Z']) {
      const query = { ...wide, from, by }
      const { data } = await ask<Reply<'listUsageGroups'>>(owner, 'usage/groups', query)
      const calls = between(query.from, query.to)
      expect(new Set(data.map((group) => group.id))).toEqual(new Set(calls.map(memberOf)))
      for (const { id, totals } of data)
        expect(told(totals)).toEqual(recount(calls.filter((call) => memberOf(call) === id)))
      const costs = data.map(({ totals }) => BigInt(totals.cost.nanoUsd))
      expect(costs).toEqual(costs.toSorted((a, b) => (a < b ? 1 : -1)))
    }
  })

  it('come page by page, each member once', async () => {
    const all = await ask<Reply<'listUsageGroups'>>(owner, 'usage/groups', { ...wide, by: 'model' })
    const seen: (string | null)[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page: Reply<'listUsageGroups'> = await ask(owner, 'usage/groups', {
        ...wide,
        by: 'model',
        limit: '1',
        ...(cursor ? { cursor } : {}),
      })
      seen.push(...page.data.map((group) => group.id))
      cursor = page.meta.nextCursor
    }
    expect(seen).toEqual(all.data.map((group) => group.id))
  })

  it('take filters together', async () => {
    const [key] = keys
    const query = {
      ...wide,
      from: '2026-03-02T11:11:11Z',
      keyId: key ?? '',
      model: 'gpt-4o',
      purpose: 'chat',
    }
    const { totals } = await ask<Reply<'readUsage'>>(owner, 'usage', query)
    const calls = between(query.from, query.to).filter(
      (call) => call.key_id === key && call.upstream_model === 'gpt-4o' && call.purpose === 'chat',
    )
    expect(calls.length).toBeGreaterThan(0)
    expect(told(totals)).toEqual(recount(calls))
  })
})

describe('the series', () => {
  const label = (timeZone: string) => {
    const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' })
    return (call: SeededCall) => format.format(new Date(call.created_at))
  }

  it.each([
    ['UTC', 24],
    ['Europe/Berlin', 24],
    ['Asia/Kathmandu', 24],
    ['America/St_Johns', 23],
  ])('has the days of %s, empty ones too, over the begin of summer time', async (timeZone, days) => {
    const query = { from: '2026-03-20T13:20:00Z', to: '2026-04-12T02:10:00Z', timeZone }
    const { points } = await ask<Reply<'readUsageSeries'>>(owner, 'usage/series', query)
    const calls = between(query.from, query.to)
    const dayOf = label(timeZone)
    for (const { label: day, totals } of points)
      expect([day, told(totals)]).toEqual([day, recount(calls.filter((call) => dayOf(call) === day))])
    expect(points.reduce((sum, { totals }) => sum + totals.calls, 0)).toBe(calls.length)
    expect(points).toHaveLength(days)
  })

  it('counts a day of 23 hours as one day of 23 hours', async () => {
    const query = {
      from: '2026-03-28T23:00:00Z',
      to: '2026-03-29T22:00:00Z',
      timeZone: 'Europe/Berlin',
      interval: 'hour',
    }
    const { points } = await ask<Reply<'readUsageSeries'>>(owner, 'usage/series', query)
    expect(points).toHaveLength(23)
    expect(points.map((point) => point.label)).not.toContain('2026-03-29T02:00')
    expect(points.at(-1)?.label).toBe('2026-03-29T23:00')
  })

  it('follows the most expensive members', async () => {
    const query = { ...wide, by: 'connection', top: '1' }
    const { groups } = await ask<Reply<'readUsageSeries'>>(owner, 'usage/series', query)
    const best = await ask<Reply<'listUsageGroups'>>(owner, 'usage/groups', { ...wide, by: 'connection' })
    expect(groups).toHaveLength(1)
    expect(groups[0]?.id).toBe(best.data[0]?.id)
    const calls = groups[0]?.points.reduce((sum, { totals }) => sum + totals.calls, 0)
    expect(calls).toBe(best.data[0]?.totals.calls)
  })
})

describe('a member', () => {
  it('sees the own usage alone, and nobody else’s when asking for it', async () => {
    const { totals } = await ask<Reply<'readUsage'>>(member, 'usage', wide)
    const own = seeded.filter((call) => call.person_id === member.id)
    expect(told(totals)).toEqual(recount(own))
    const people = await ask<Reply<'listUsageGroups'>>(member, 'usage/groups', { ...wide, by: 'person' })
    expect(people.data.map(({ id }) => id)).toEqual([member.id])
    for (const path of ['usage', 'usage/series', 'calls', 'usage/export']) {
      const reply = await member.client.get(`${member.base}/${path}?personId=${owner.id}`, {
        allowFailure: true,
      })
      expect([path, reply.status]).toEqual([path, 403])
    }
  })

  it('opens own calls and finds no others', async () => {
    const mine = seeded.find((call) => call.person_id === member.id)
    const theirs = seeded.find((call) => call.person_id === owner.id)
    const call = await ask<Reply<'readCall'>>(member, `calls/${mine?.id}`)
    expect(call.id).toBe(mine?.id)
    const other = await member.client.get(`${member.base}/calls/${theirs?.id}`, { allowFailure: true })
    expect(other.status).toBe(404)
    expect((await ask<Reply<'readCall'>>(owner, `calls/${mine?.id}`)).person.id).toBe(member.id)
  })
})

describe('single calls', () => {
  it('come page by page, each once, the newest first', async () => {
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const query = { ...wide, limit: '100', status: 'finished', ...(cursor ? { cursor } : {}) }
      const page: Reply<'listCalls'> = await ask(owner, 'calls', query)
      seen.push(...page.data.map((call) => call.id))
      cursor = page.meta.nextCursor
    }
    const expected = between(wide.from, wide.to).filter((call) => call.status === 'finished')
    expect(seen).toEqual(expected.map((call) => call.id).toReversed())
  })

  it('of a conversation are there with their “why” as soon as they have ended', async () => {
    const chat = await startConversation(owner, 'atrium/guide')
    await chat.send('hello')
    const { data } = await ask<Reply<'listCalls'>>(owner, 'calls', { purpose: 'chat', limit: '1' })
    const call = await ask<Reply<'readCall'>>(owner, `calls/${data[0]?.id}`)
    expect(call).toMatchObject({ model: 'atrium/guide', status: 'finished', person: { id: owner.id } })
    expect(call.why).toMatchObject({ chosen: 'atrium/guide' })
    expect(call.ratings).toHaveLength(1)
    const { totals } = await ask<Reply<'readUsage'>>(owner, 'usage', { model: 'guide' })
    expect(totals.calls).toBeGreaterThan(0)
  })
})

describe('the export', () => {
  it('has a line for each call, and nothing that a spreadsheet would run', async () => {
    const from = '2026-06-01T00:00:00Z'
    const to = '2026-06-02T00:00:00Z'
    const evil = ['=HYPERLINK("http://x")', '+1', '-1', '@SUM(A1)', '\tx', 'a "quoted", text', '＝SUM(A1)']
    await seedCalls(
      database,
      owner.workspaceId,
      evil.map((model, index) =>
        seededCall(owner.id, {
          model,
          created_at: `2026-06-01T00:00:0${index}.000Z`,
          cost_nano_usd: '1500000',
        }),
      ),
    )
    const response = await owner.client.raw(`${owner.base}/usage/export?from=${from}&to=${to}`)
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    const [head = '', ...lines] = (await response.text()).trimEnd().split('\r\n')
    expect(head.split(',').at(-1)).toBe('cost_usd')
    expect(lines).toHaveLength(evil.length)
    expect(lines.map((line) => line.split(',').at(-1))).toEqual(evil.map(() => '0.0015'))
    const place = head.split(',').indexOf('model')
    expect(lines[0]).toContain(`"'=HYPERLINK(""http://x"")"`)
    expect(lines.slice(1, 5).map((line) => line.split(',')[place])).toEqual([
      "'+1",
      "'-1",
      "'@SUM(A1)",
      "'\tx",
    ])
    expect(lines[5]).toContain('"a ""quoted"", text"')
    expect(lines[6]?.split(',')[place]).toBe("'＝SUM(A1)")
  })

  it('holds more calls than one piece takes, each once', async () => {
    const query = new URLSearchParams(wide).toString()
    const text = await (await owner.client.raw(`${owner.base}/usage/export?${query}`)).text()
    const ids = text
      .trimEnd()
      .split('\r\n')
      .slice(1)
      .map((line) => line.split(',')[0])
    expect(ids).toEqual(between(wide.from, wide.to).map((call) => call.id))
  })
})

describe('a question that makes no sense', () => {
  it.each([
    ['usage?from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z', 'from'],
    ['usage?from=2020-03-02T00:00:00Z&to=2026-03-01T00:00:00Z', 'from'],
    ['usage?timeZone=Mars/Olympus', 'timeZone'],
    ['usage?timeZone=%2B02:00', 'timeZone'],
    ['usage?from=yesterday', 'from'],
    ['usage?personId=1', 'personId'],
    ['usage/series?interval=hour&from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z', 'interval'],
    ['usage/groups?by=colour', 'by'],
    ['usage/groups', 'by'],
    ['usage/groups?by=model&cursor=WyJ4IiwieSJd', 'cursor'],
    ['calls?cursor=WzFd', 'cursor'],
    ['calls?status=odd', 'status'],
    ['usage/export?purpose=odd', 'purpose'],
  ])('%s answers 400 and says what', async (path, what) => {
    const reply = await owner.client.get(`${owner.base}/${path}`, { allowFailure: true })
    expect(reply.status).toBe(400)
    expect(reply.text).toContain(what)
  })
})
