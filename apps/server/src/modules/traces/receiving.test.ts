import { gzipSync, zstdCompressSync } from 'node:zlib'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { logOf, logsOf } from './testing/logs.ts'
import { gaugeOf, metricsOf } from './testing/metrics.ts'
import { keyOf } from './testing/spans.ts'

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

const json = { 'content-type': 'application/json' }
const protobuf = { 'content-type': 'application/x-protobuf' }
/** A resource, a scope and a record whose lengths tell of more than there is. */
const truncated = Buffer.from([0x0a, 0x20, 0x12, 0x10, 0x12, 0x08, 0x0a, 0x04])

/** Traces are tried in `ingest.test.ts`. */
const signals = [
  {
    path: '/v1/logs',
    table: 'traces.logs',
    good: () => logsOf([logOf({ body: 'hello' })]),
    many: (count: number) => logsOf(Array.from({ length: count }, () => ({}))),
  },
  {
    path: '/v1/metrics',
    table: 'traces.metric_points',
    good: () => metricsOf([gaugeOf('test.gauge', [{ atMs: Date.now(), value: Math.random() }])]),
    many: (count: number) =>
      metricsOf([{ name: 'test.many', gauge: { dataPoints: Array.from({ length: count }, () => ({})) } }]),
  },
]

describe.each(signals)('$path', ({ path, table, good, many }) => {
  const post = (body: Uint8Array | string, headers: Record<string, string>, method = 'POST') =>
    fetch(new URL(path, server.url), {
      method,
      headers: { authorization: `Bearer ${key}`, ...headers },
      ...(method === 'POST' ? { body: typeof body === 'string' ? body : Buffer.from(body) } : {}),
    })
  const text = () => JSON.stringify(good())
  const count = async (workspaceId = owner.workspaceId) =>
    (await database.query(`SELECT FROM ${table} WHERE workspace_id = $1`, [workspaceId])).rowCount ?? 0

  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('takes a body in %s and has committed it once it answers', async (encoding, pack) => {
    const before = await count()
    const reply = await post(pack(text()), { ...json, 'content-encoding': encoding })
    expect([reply.status, await reply.json()]).toEqual([200, {}])
    expect(await count()).toBe(before + 1)
  })

  it.each<[string, number, () => Promise<Response>]>([
    ['another content type', 415, () => post(text(), { 'content-type': 'text/plain' })],
    ['another encoding', 415, () => post(text(), { ...json, 'content-encoding': 'br' })],
    ['another method', 405, () => post('', json, 'GET')],
    ['a truncated protobuf', 400, () => post(truncated, protobuf)],
    ['broken JSON', 400, () => post(text().slice(0, -5), json)],
    ['JSON of another shape', 400, () => post('[1]', json)],
    ['broken gzip', 400, () => post('no gzip', { ...json, 'content-encoding': 'gzip' })],
    [
      'a gzip bomb',
      413,
      () => post(gzipSync(Buffer.alloc(80 * 1024 * 1024)), { ...json, 'content-encoding': 'gzip' }),
    ],
    ['too many records', 413, () => post(JSON.stringify(many(100_001)), json)],
    ['no key', 401, () => post(text(), { ...json, authorization: '' })],
    [
      'a key that may not send',
      403,
      async () => post(text(), { ...json, authorization: `Bearer ${await keyOf(owner, ['trace:read'])}` }),
    ],
  ])('refuses %s with %i and stores nothing', async (_, status, attempt) => {
    const before = await count()
    const reply = await attempt()
    expect(reply.status).toBe(status)
    if (status !== 405) expect(await reply.text()).not.toBe('')
    expect(await count()).toBe(before)
  })

  it('stores in the workspace of the key and in no other', async () => {
    const invited = await server.invite(owner, 'member')
    const own = await invited.client.post<{ id: string }>('/api/v1/workspaces', { name: 'Other' })
    const other = { ...invited, base: `/api/v1/workspaces/${own.body.id}` }
    const before = await count()
    const headers = { authorization: `Bearer ${await keyOf(other, ['telemetry:write'])}`, ...json }
    expect((await post(text(), headers)).status).toBe(200)
    expect([await count(), await count(own.body.id)]).toEqual([before, 1])
  })
})
