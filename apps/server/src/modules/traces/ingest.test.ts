import { gzipSync, zstdCompressSync } from 'node:zlib'
import { encodeTraces, type OtlpSpan } from '@atrium/wire/otlp'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unpack } from './chunks.ts'
import { batchOf, keyOf, spanOf } from './testing/spans.ts'

let server: TestServer
let owner: Person
let key: string
let database: pg.Client

beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
  key = await keyOf(owner, ['telemetry:write'])
  database = new pg.Client({ connectionString: server.roles.job })
  await database.connect()
})
afterAll(async () => {
  await database.end()
  await server[Symbol.asyncDispose]()
})

interface Sent {
  readonly status: number
  readonly json: {
    partialSuccess?: { rejectedSpans?: string | number; errorMessage?: string }
    message?: string
  }
  readonly headers: Headers
}

async function send(
  spans: OtlpSpan[],
  headers: Record<string, string> = {},
  change = (body: Uint8Array) => body,
): Promise<Sent> {
  return post(change(encodeTraces(batchOf(spans), 'json')), {
    'content-type': 'application/json',
    ...headers,
  })
}

async function post(body: Uint8Array | string, headers: Record<string, string>): Promise<Sent> {
  const reply = await fetch(new URL('/v1/traces', server.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, ...headers },
    body: typeof body === 'string' ? body : Buffer.from(body),
  })
  const text = await reply.text()
  const isJson = reply.headers.get('content-type') === 'application/json'
  return {
    status: reply.status,
    json: isJson && text !== '' ? (JSON.parse(text) as Sent['json']) : {},
    headers: reply.headers,
  }
}

const stored = async (traceId: string) =>
  (
    await database.query<Record<string, unknown>>(
      `SELECT s.*, s.started_at = t.started_at AS is_first, c.body FROM traces.spans s
       JOIN traces.traces t ON t.workspace_id = s.workspace_id AND t.id = s.trace_id
       JOIN traces.chunks c ON c.workspace_id = s.workspace_id AND c.id = s.chunk_id
       WHERE s.trace_id = $1 ORDER BY s.started_at`,
      [traceId],
    )
  ).rows

describe('OTLP over HTTP', () => {
  it('stores a span with what it is about, and what it carries beside it', async () => {
    const span = spanOf()
    expect((await send([span])).status).toBe(200)
    const [row] = await stored(span.traceId)
    expect(row).toMatchObject({
      workspace_id: owner.workspaceId,
      name: 'chat gpt-5',
      service: 'shop',
      operation: 'chat',
      provider: 'openai',
      model: 'gpt-5',
      environment: 'production',
      version: '1.2.3',
      input_tokens: '100',
      cache_read_tokens: '20',
      output_tokens: '30',
      duration_ns: '1500000000',
      cost_nano_usd: null,
    })
    const payloads = await unpack(row?.['body'] as Buffer)
    expect(payloads[row?.['chunk_place'] as number]).toMatchObject({
      attributes: expect.arrayContaining([['app.tenant', 'blue']]),
    })
  })

  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('takes protobuf and JSON in %s', async (encoding, pack) => {
    for (const form of ['protobuf', 'json'] as const) {
      const span = spanOf()
      const type = form === 'json' ? 'application/json' : 'application/x-protobuf'
      const reply = await post(pack(encodeTraces(batchOf([span]), form)), {
        'content-type': type,
        'content-encoding': encoding,
      })
      expect(reply.status).toBe(200)
      expect(reply.headers.get('content-type')).toBe(type)
      expect(await stored(span.traceId)).toHaveLength(1)
    }
  })

  it('adds spans up by trace, in whatever order and however often they come', async () => {
    const root = spanOf({
      name: 'answer the customer',
      attributes: new Map([['gen_ai.agent.name', 'support']]),
    })
    const { traceId } = root
    const late = { traceId, parentSpanId: root.spanId }
    const call = spanOf({ ...late, startNs: root.startNs + 10n, endNs: root.startNs + 1_000_000n })
    const tool = spanOf({
      ...late,
      attributes: new Map([
        ['gen_ai.operation.name', 'execute_tool'],
        ['gen_ai.tool.name', 'lookup'],
      ]),
      startNs: root.startNs + 20n,
      endNs: root.startNs + 3_000_000_020n,
      status: { code: 2, message: 'no such order' },
    })
    await Promise.all([send([tool]), send([call]), send([tool, call])])
    await send([root, tool])
    const { rows } = await database.query('SELECT * FROM traces.traces WHERE id = $1', [traceId])
    expect(rows).toMatchObject([
      {
        name: 'answer the customer',
        spans: 3,
        errors: 1,
        model_calls: 1,
        tool_calls: 1,
        models: ['gpt-5'],
        tokens: '150',
        agent: 'support',
      },
    ])
    const ended: Date = rows[0].ended_at
    const started: Date = rows[0].started_at
    expect(ended.getTime() - started.getTime()).toBe(3000)
  })

  it('counts what arrived, was new, came twice and was refused', async () => {
    const counting = await keyOf(owner, ['telemetry:write'])
    const authorization = `Bearer ${counting}`
    const spans = [spanOf(), spanOf()]
    await send(spans, { authorization })
    await send([...spans, spanOf(), spanOf({ traceId: '00' })], { authorization })
    const { rows } = await database.query(
      `SELECT accepted, stored, duplicate, rejected FROM traces.arrivals ORDER BY accepted DESC, stored DESC`,
    )
    expect(rows).toContainEqual({ accepted: '5', stored: '3', duplicate: '2', rejected: '1' })
  })

  it('stores nothing raw of what is redacted', async () => {
    const span = spanOf({
      name: 'mail to anna@example.com',
      attributes: new Map([
        ['gen_ai.prompt', 'Write to anna@example.com'],
        ['http.request.header.authorization', 'Bearer abc'],
      ]),
    })
    await send([span])
    const [row] = await stored(span.traceId)
    expect(row?.['name']).toBe('mail to [redacted:email]')
    const text = JSON.stringify(await unpack(row?.['body'] as Buffer))
    expect(text).not.toContain('anna@')
    expect(text).not.toContain('Bearer abc')
  })
})

describe('bad input', () => {
  it('cuts a text that is too long at the end of a line, and takes its time in turns', async () => {
    const line = 'one line of a very long text\n'
    const long = line.repeat(20_000)
    const hostile = 'a@'.repeat(100_000)
    const span = spanOf({
      attributes: new Map([
        ['app.long', long],
        ['app.hostile', hostile],
      ]),
    })
    const sent = send([
      span,
      ...Array.from({ length: 10 }, () => spanOf({ attributes: new Map([['x', hostile]]) })),
    ])
    const askedAt = performance.now()
    await server.client().get('/healthz')
    expect(performance.now() - askedAt).toBeLessThan(2000)
    expect((await sent).status).toBe(200)
    const [row] = await stored(span.traceId)
    const [payload] = (await unpack(row?.['body'] as Buffer)) as { attributes: [string, string][] }[]
    const kept = new Map(payload?.attributes).get('app.long') ?? ''
    expect(kept).toMatch(/text\n… \(\d+ more characters\)$/)
    expect(kept.length).toBeLessThan(257 * 1024)
  })

  it.each([
    ['a trace id of another length', { traceId: 'abcd' }],
    ['a trace id of zeros', { traceId: '0'.repeat(32) }],
    ['a span id of another length', { spanId: 'abcd' }],
    ['a parent of another length', { parentSpanId: 'abcd' }],
    ['a start in 1970', { startNs: 1n, endNs: 2n }],
    ['a start in 2100', { startNs: 4_102_444_800_000_000_000n, endNs: 4_102_444_800_000_000_001n }],
  ])('leaves out a span with %s, says so, and stores the others', async (_, over) => {
    const good = spanOf()
    const { status, json } = await send([spanOf(over), good])
    expect(status).toBe(200)
    expect(Number(json.partialSuccess?.rejectedSpans)).toBe(1)
    expect(json.partialSuccess?.errorMessage).toMatch(/1 × /)
    expect(await stored(good.traceId)).toHaveLength(1)
  })

  it('keeps attributes of any name, and NUL in no column', async () => {
    const many = Array.from({ length: 10_000 }, (_, index): [string, string] => [`a${index}`, 'x'])
    const span = spanOf({
      name: 'nul\0name',
      attributes: new Map([['__proto__', 'polluted'], ['constructor', 'x'], ...many]),
    })
    expect((await send([span])).status).toBe(200)
    const [row] = await stored(span.traceId)
    expect(row?.['name']).toBe('nul\uFFFDname')
    const [payload] = (await unpack(row?.['body'] as Buffer)) as {
      attributes: [string, string][]
      dropped: number
    }[]
    expect(payload?.attributes.slice(0, 2)).toEqual([
      ['__proto__', 'polluted'],
      ['constructor', 'x'],
    ])
    expect(payload?.dropped).toBe(8002)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it.each([
    ['another content type', 415, () => post('x', { 'content-type': 'text/plain' })],
    ['another encoding', 415, () => send([spanOf()], { 'content-encoding': 'br' })],
    [
      'a truncated protobuf',
      400,
      () => post(encodeTraces(batchOf([spanOf()]), 'protobuf').slice(0, -7), protobuf),
    ],
    ['broken JSON', 400, () => post('{"resourceSpans":[', { 'content-type': 'application/json' })],
    ['broken gzip', 400, () => post('no gzip', { ...protobuf, 'content-encoding': 'gzip' })],
    [
      'a gzip bomb',
      413,
      () => post(gzipSync(Buffer.alloc(80 * 1024 * 1024)), { ...protobuf, 'content-encoding': 'gzip' }),
    ],
    ['too many spans', 413, () => post(manySpans(), protobuf)],
    ['no key', 401, () => send([spanOf()], { authorization: '' })],
    ['an unknown key', 401, () => send([spanOf()], { authorization: `Bearer atr_${'x'.repeat(42)}` })],
  ])('refuses %s with %i and stores nothing', async (_, status, attempt) => {
    const before = await database.query('SELECT count(*) FROM traces.spans')
    const reply = await attempt()
    expect(reply.status).toBe(status)
    expect((await database.query('SELECT count(*) FROM traces.spans')).rows).toEqual(before.rows)
  })

  it('refuses a key that may not send telemetry, and browsers', async () => {
    const other = await keyOf(owner, ['gateway:call'])
    expect((await send([spanOf()], { authorization: `Bearer ${other}` })).status).toBe(403)
  })

  it('puts spans into the workspace of the key, whatever a header says', async () => {
    const span = spanOf()
    await send([span], { 'x-atrium-workspace': '01890000-0000-7000-8000-000000000001' })
    expect(await stored(span.traceId)).toMatchObject([{ workspace_id: owner.workspaceId }])
  })
})

const protobuf = { 'content-type': 'application/x-protobuf' }

function manySpans(): Uint8Array {
  const [batch] = batchOf([])
  const span = spanOf({ attributes: new Map() })
  return encodeTraces(
    batch ? [{ ...batch, records: Array.from({ length: 100_001 }, () => span) }] : [],
    'protobuf',
  )
}
