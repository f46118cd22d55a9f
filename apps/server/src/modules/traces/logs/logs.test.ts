import type { logRoutes, RouteReply } from '@atrium/contract'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { claudeCodeEvents, codexEvents, logOf, logsOf } from '../testing/logs.ts'
import { senderFor, valueOf } from '../testing/otlp-json.ts'
import { hex, keyOf } from '../testing/spans.ts'

type Reply<Name extends keyof typeof logRoutes> = RouteReply<(typeof logRoutes)[Name]>

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

const list = async (query: string) =>
  (await owner.client.get<Reply<'listLogs'>>(`${owner.base}/logs?${query}`)).body
const open = async (id: string) => (await owner.client.get<Reply<'readLog'>>(`${owner.base}/logs/${id}`)).body
/** Records that arrived, were new and came twice. */
async function arrivals(): Promise<number[]> {
  const { rows } = await database.query<{ counts: string[] }>(
    `SELECT array[sum(accepted), sum(stored), sum(duplicate)]::text[] AS counts FROM traces.arrivals WHERE signal = 'logs'`,
  )
  return (rows[0]?.counts ?? []).map(Number)
}
const fresh = (): string => `s-${hex(4)}`

describe('log records', () => {
  it('are listed with what they are about, and opened with what they carry', async () => {
    const session = fresh()
    const [traceId, spanId] = [hex(16), hex(8)]
    const record = logOf({
      body: 'Card declined for anna@example.com',
      attributes: { 'session.id': session, 'user.id': 'u-7', 'cart.items': [1, 2], password: 'hunter2' },
      more: { severityNumber: 13, severityText: 'WARN', eventName: 'card.declined', traceId, spanId },
    })
    expect(await send('logs', logsOf([record]))).toEqual({ status: 200, body: {} })
    const { data } = await list(`session=${session}`)
    expect(data).toMatchObject([
      {
        severity: 'warn',
        event: 'card.declined',
        message: 'Card declined for [redacted:email]',
        service: 'shop',
        session,
        user: 'u-7',
        traceId,
        spanId,
        costNanoUsd: null,
      },
    ])
    const opened = await open(data[0]?.id ?? '')
    expect(opened).toMatchObject({ ...data[0], severityNumber: 13, severityText: 'WARN', tooLarge: false })
    expect(opened.body).toBe('Card declined for [redacted:email]')
    expect(opened.attributes).toContainEqual({ name: 'cart.items', value: [1, 2] })
    expect(opened.resource).toContainEqual({ name: 'service.name', value: 'shop' })
    expect(JSON.stringify(opened)).not.toMatch(/anna@|hunter2/)
  })

  it('of Claude Code tell model, tokens, cost, tool, person and session', async () => {
    const session = fresh()
    await send('logs', claudeCodeEvents(session))
    const { data } = await list(`session=${session}`)
    const user = '0d1f3c52-5a0e-4a6b-9c1e-5f6a7b8c9d0e'
    expect(data.map(({ event, message }) => [event, message])).toEqual([
      ['claude_code.api_error', 'Overloaded'],
      ['claude_code.tool_result', 'claude_code.tool_result'],
      ['claude_code.api_request', 'claude_code.api_request'],
      ['claude_code.user_prompt', 'Fix the failing test'],
    ])
    expect(new Set(data.map((one) => `${one.user} ${one.service} ${one.version}`))).toEqual(
      new Set([`${user} claude-code 2.1.0`]),
    )
    expect(data[2]).toMatchObject({
      model: 'claude-sonnet-5',
      durationMs: 4200,
      tokens: { input: 12, output: 340, cacheRead: 15_000, cacheWrite: 700, reasoning: null },
      costNanoUsd: '12300000',
    })
    expect(data[1]).toMatchObject({ tool: 'Bash', durationMs: 830 })
    expect(JSON.stringify(await open(data[0]?.id ?? ''))).not.toContain('dev@example.com')
  })

  it('of Codex tell tokens that do not overlap', async () => {
    const session = fresh()
    await send('logs', codexEvents(session))
    const { data } = await list(`session=${session}&event=codex.sse_event`)
    expect(data).toMatchObject([
      {
        model: 'gpt-5-codex',
        user: 'acc-77',
        version: '0.130.0',
        tokens: { input: 300, cacheRead: 600, cacheWrite: null, output: 150, reasoning: 100 },
      },
    ])
    expect((await list(`session=${session}&tool=shell`)).data).toMatchObject([{ durationMs: 95 }])
  })

  it('that come again change nothing, and equal ones of one request are all kept', async () => {
    const session = fresh()
    const record = logOf({ body: 'retrying', attributes: { 'session.id': session } })
    const other = await senderFor(owner, server.url)
    const body = logsOf([record, record, record])
    const before = await arrivals()
    await Promise.all([send('logs', body), other('logs', body), send('logs', body)])
    await send('logs', body)
    expect((await list(`session=${session}`)).data).toHaveLength(3)
    const after = await arrivals()
    expect(after.map((count, at) => count - (before[at] ?? 0))).toEqual([12, 3, 9])
    const { rows } = await database.query(
      'SELECT FROM traces.log_chunks c WHERE NOT EXISTS (SELECT FROM traces.logs l WHERE l.chunk_id = c.id)',
    )
    expect(rows).toEqual([])
  })

  it('are found by each of the things that they are about', async () => {
    const session = fresh()
    await send('logs', claudeCodeEvents(session))
    const traceId = hex(16)
    const more = { severityText: 'error', severityNumber: 0, traceId, spanId: hex(8) }
    await send(
      'logs',
      logsOf([logOf({ body: 'Paying FAILED', attributes: { 'session.id': session }, more })]),
    )
    const counts = new Map([
      ['severity=trace', 5],
      ['severity=error', 1],
      ['severity=fatal', 0],
      ['event=claude_code.api_request', 1],
      ['service=claude-code', 4],
      ['service=bakery', 0],
      ['model=claude-sonnet-5', 2],
      ['tool=Bash', 1],
      ['user=nobody', 0],
      ['environment=test', 0],
      [`traceId=${traceId}`, 1],
      ['text=failing%20TEST', 1],
      ['text=failed', 1],
      ['text=nowhere', 0],
      [`from=${new Date(Date.now() - 60_000).toISOString()}`, 5],
      [`to=${new Date(Date.now() - 60_000).toISOString()}`, 0],
    ])
    for (const [query, count] of counts)
      expect((await list(`session=${session}&${query}`)).data, query).toHaveLength(count)
  })

  it('of one microsecond are paged through, each once', async () => {
    const session = fresh()
    const atMs = Date.now()
    const records = Array.from({ length: 7 }, (_, at) =>
      logOf({ atMs, body: `line ${at}`, attributes: { 'session.id': session } }),
    )
    await send('logs', logsOf(records))
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page: Reply<'listLogs'> = await list(
        `session=${session}&limit=3${cursor === null ? '' : `&cursor=${cursor}`}`,
      )
      seen.push(...page.data.map(({ message }) => message))
      cursor = page.meta.nextCursor
    } while (cursor !== null)
    expect(seen.toSorted()).toEqual(Array.from({ length: 7 }, (_, at) => `line ${at}`))
  })

  it('without a time have the one when they were seen, and structured bodies stay structured', async () => {
    const session = fresh()
    const attributes = { 'session.id': session }
    const body = { kvlistValue: { values: [{ key: 'reason', value: valueOf('funds') }] } }
    const seenMs = Date.now() - 5000
    const more = { timeUnixNano: '0', observedTimeUnixNano: `${seenMs}000000`, body }
    await send(
      'logs',
      logsOf([logOf({ attributes, more }), logOf({ attributes, more: { timeUnixNano: '0' } })]),
    )
    const { data } = await list(`session=${session}`)
    expect(Math.abs(Date.parse(data[0]?.at ?? '') - Date.now())).toBeLessThan(60_000)
    expect(Date.parse(data[1]?.at ?? '')).toBe(seenMs)
    expect((await open(data[1]?.id ?? '')).body).toEqual({ pairs: [['reason', 'funds']] })
    expect(data[1]?.message).toContain('funds')
  })
})

describe('bad input', () => {
  it.each([
    ['in 1970', { timeUnixNano: '1' }],
    ['in 2100', { timeUnixNano: '4102444800000000000' }],
    ['with a trace id of another length', { traceId: 'abcd' }],
    ['with a span id of another length', { spanId: 'abcd' }],
  ])('leaves out a record %s, says so, and stores the others', async (_, more) => {
    const session = fresh()
    const attributes = { 'session.id': session }
    const { status, body } = await send('logs', logsOf([logOf({ attributes, more }), logOf({ attributes })]))
    expect(status).toBe(200)
    expect(body.partialSuccess?.['rejectedLogRecords']).toBe('1')
    expect(body.partialSuccess?.['errorMessage']).toMatch(/1 × /)
    expect((await list(`session=${session}`)).data).toHaveLength(1)
  })

  it('keeps attributes of any name, up to two thousand, and NUL in no column', async () => {
    const session = fresh()
    const many = Array.from({ length: 10_000 }, (_, index): [string, string] => [`a${index}`, 'x'])
    const attributes = Object.fromEntries([['session.id', session], ['__proto__', 'polluted'], ...many])
    await send('logs', logsOf([logOf({ body: 'nul\0 here \ud800', attributes })]))
    const { data } = await list(`session=${session}`)
    expect(data[0]?.message).toBe('nul\uFFFD here \uFFFD')
    const opened = await open(data[0]?.id ?? '')
    expect(opened.attributes).toContainEqual({ name: '__proto__', value: 'polluted' })
    expect(opened.attributes).toHaveLength(2000)
    expect(opened.dropped).toBe(8002)
  })

  it('is refused in questions, and what is not there is not found', async () => {
    const ask = async (path: string) =>
      (await owner.client.get(`${owner.base}/logs${path}`, { allowFailure: true })).status
    for (const query of ['cursor=bm9uZQ', 'severity=odd', 'from=now', 'traceId=12', 'text=', 'limit=101'])
      expect(await ask(`?${query}`), query).toBe(400)
    expect(await ask('/zz')).toBe(400)
    expect(await ask(`/${'f'.repeat(48)}`)).toBe(400)
    expect(await ask(`/000${'f'.repeat(45)}`)).toBe(404)
  })

  it('another key reads nothing: neither of members nor of senders', async () => {
    const member = await server.invite(owner, 'member')
    const path = `${owner.base}/logs`
    expect((await member.client.get(path, { allowFailure: true })).status).toBe(403)
    const ask = async (scopes: string[]) =>
      (
        await fetch(new URL(path, server.url), {
          headers: { authorization: `Bearer ${await keyOf(owner, scopes)}` },
        })
      ).status
    expect(await ask(['trace:read'])).toBe(200)
    expect(await ask(['telemetry:write'])).toBe(403)
  })
})
