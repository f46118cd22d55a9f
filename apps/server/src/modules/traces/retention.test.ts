import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { encodeTraces, type OtlpSpan } from '@atrium/wire/otlp'
import type { RouteReply, traceRoutes } from '@atrium/contract'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { logOf, logsOf } from './testing/logs.ts'
import { gaugeOf, metricsOf } from './testing/metrics.ts'
import { senderFor } from './testing/otlp-json.ts'
import { createUpkeep } from './upkeep.ts'
import { batchOf, hex, keyOf, nowNs, spanOf } from './testing/spans.ts'

type Reply<Name extends keyof typeof traceRoutes> = RouteReply<(typeof traceRoutes)[Name]>

let server: TestServer
let owner: Person
let other: Person
let database: pg.Client

beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
  const invited = await server.invite(owner, 'member')
  const own = await invited.client.post<{ id: string }>('/api/v1/workspaces', { name: 'Other' })
  other = { ...invited, workspaceId: own.body.id, base: `/api/v1/workspaces/${own.body.id}` }
  database = new pg.Client({ connectionString: server.roles.job })
  await database.connect()
})
afterAll(async () => {
  await database.end()
  await server[Symbol.asyncDispose]()
})

const dayNs = 86_400_000_000_000n

/** A span of a trace of its own, so many days old. */
const aged = (days: number, over: Partial<OtlpSpan> = {}): OtlpSpan => {
  const startNs = nowNs() - BigInt(days) * dayNs
  return spanOf({ startNs, endNs: startNs + 1_000_000n, ...over })
}

async function send(person: Person, spans: OtlpSpan[]): Promise<void> {
  const reply = await fetch(new URL('/v1/traces', server.url), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await keyOf(person, ['telemetry:write'])}`,
      'content-type': 'application/x-protobuf',
    },
    body: Buffer.from(encodeTraces(batchOf(spans), 'protobuf')),
  })
  expect(reply.status).toBe(200)
}

/** The work of the jobs, which run by the hour and by the day. */
const upkeep = () => createUpkeep(server.running.platform)

const keep = (person: Person, traces: number) =>
  person.client.patch<Reply<'updateTelemetrySettings'>>(`${person.base}/telemetry-settings`, {
    retentionDays: { traces },
  })

/** How many days old the traces are that the API lists. */
async function agesOf(person: Person): Promise<number[]> {
  const { body } = await person.client.get<Reply<'listTraces'>>(`${person.base}/traces?limit=100`)
  return body.data.map(({ startedAt }) => Math.round((Date.now() - Date.parse(startedAt)) / 86_400_000))
}

const dayOf = (daysAgo: number): string =>
  new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '')

async function parts(): Promise<string[]> {
  const { rows } = await database.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c WHERE c.relispartition AND c.relkind = 'r'
     AND c.relnamespace = 'traces'::regnamespace ORDER BY 1`,
  )
  return rows.map(({ name }) => name)
}

const countIn = async (table: string, person: Person): Promise<number> =>
  (
    await database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM ${table} WHERE workspace_id = $1`,
      [person.workspaceId],
    )
  ).rows[0]?.count ?? -1

describe('the days of telemetry', () => {
  it('are made ahead, for today and the week to come, as those that spans have waited for', async () => {
    await send(owner, [aged(0)])
    await upkeep().openDays()
    await upkeep().openDays()
    const names = await parts()
    for (let ahead = 0; ahead <= 7; ahead += 1)
      expect(names).toEqual(expect.arrayContaining([`spans_${dayOf(-ahead)}`, `chunks_${dayOf(-ahead)}`]))
    const { rows } = await database.query<{ indexes: number; forced: boolean; storage: string }>(
      `SELECT (SELECT count(*)::int FROM pg_index WHERE indrelid = c.oid) AS indexes, c.relforcerowsecurity AS forced,
         (SELECT string_agg(DISTINCT attstorage::text, '') FROM pg_attribute WHERE attrelid = c.oid AND attname = 'body') AS storage
       FROM pg_class c WHERE c.oid = ANY (ARRAY['traces.spans_${dayOf(-3)}', 'traces.chunks_${dayOf(-3)}']::regclass[]) ORDER BY c.relname`,
    )
    expect(rows).toEqual([
      { indexes: 1, forced: true, storage: 'e' },
      { indexes: 1, forced: true, storage: null },
    ])
  })
})

describe('retention', () => {
  it('is 30 days unless somebody who may change the workspace says otherwise, which is audited', async () => {
    const path = `${owner.base}/telemetry-settings`
    const read = async () => (await owner.client.get<Reply<'readTelemetrySettings'>>(path)).body
    expect(await read()).toEqual({ retentionDays: { traces: 30, logs: 30, metrics: 30 } })
    const { body } = await owner.client.patch(path, { retentionDays: { logs: 7 } })
    expect(body).toEqual({ retentionDays: { traces: 30, logs: 7, metrics: 30 } })
    expect(await read()).toEqual(body)
    const audit = await owner.client.get<{ data: { action: string; details: unknown }[] }>(
      `${owner.base}/audit?limit=5`,
    )
    expect(audit.body.data).toContainEqual(
      expect.objectContaining({ action: 'telemetry-settings.changed', details: body }),
    )
    const member = await server.invite(owner, 'member')
    const asMember = await member.client.patch(path, { retentionDays: { traces: 1 } }, { allowFailure: true })
    expect(asMember.status).toBe(403)
    for (const traces of [0, 401, 1.5, '7', null]) {
      const reply = await owner.client.patch(path, { retentionDays: { traces } }, { allowFailure: true })
      expect(reply.status, String(traces)).toBe(400)
    }
  })

  it('drops days that nobody keeps, deletes the rows of those who keep less than others, and leaves all else', async () => {
    await keep(owner, 10)
    await keep(other, 100)
    for (const person of [owner, other])
      await send(
        person,
        [1, 9, 11, 60, 101, 150].map((days) => aged(days)),
      )
    expect(await parts()).toEqual(expect.arrayContaining([`spans_${dayOf(150)}`, `chunks_${dayOf(60)}`]))

    await upkeep().removeOld()

    expect((await agesOf(owner)).filter((age) => age > 0)).toEqual([1, 9])
    expect(await agesOf(other)).toEqual([1, 9, 11, 60])
    const names = await parts()
    for (const table of ['spans', 'chunks']) {
      expect(names).toEqual(expect.arrayContaining([11, 60].map((days) => `${table}_${dayOf(days)}`)))
      expect(names).not.toContain(`${table}_${dayOf(101)}`)
      expect(names).not.toContain(`${table}_${dayOf(150)}`)
      expect(await countIn(`traces.${table}_${dayOf(60)}`, owner)).toBe(0)
      expect(await countIn(`traces.${table}_${dayOf(60)}`, other)).toBe(1)
      expect(await countIn(`traces.${table}_${dayOf(9)}`, owner)).toBe(1)
    }
    expect(names).toContain(`spans_${dayOf(-7)}`)
  })

  it('keeps each signal for as long as was said of it', async () => {
    for (const person of [owner, other])
      await person.client.patch(`${person.base}/telemetry-settings`, { retentionDays: { logs: 5 } })
    const sendOtlp = await senderFor(owner, server.url)
    const now = Date.now()
    const records = [4, 6, 200].map((days) => logOf({ atMs: now - days * 86_400_000, body: `${days} days` }))
    expect((await sendOtlp('logs', logsOf(records))).status).toBe(200)
    const points = [60, 6].map((days) => ({ atMs: now - days * 86_400_000, value: 1 }))
    const metrics = [gaugeOf('goes on', points), gaugeOf('has ended', points.slice(0, 1))]
    expect((await sendOtlp('metrics', metricsOf(metrics))).status).toBe(200)
    await send(owner, [aged(6, { name: 'six' })])

    await upkeep().removeOld()

    const { body } = await owner.client.get<Reply<'listTraces'>>(`${owner.base}/traces?limit=100`)
    expect(body.data.map(({ name }) => name)).toContain('six')
    const logs = await owner.client.get<{ data: { message: string }[] }>(`${owner.base}/logs`)
    expect(logs.body.data.map(({ message }) => message)).toEqual(['4 days'])
    const names = await parts()
    for (const table of ['logs', 'log_chunks']) {
      expect(names).toContain(`${table}_${dayOf(4)}`)
      expect(names).not.toContain(`${table}_${dayOf(6)}`)
      expect(names).not.toContain(`${table}_${dayOf(200)}`)
    }
    expect(names).toEqual(expect.arrayContaining([`spans_${dayOf(6)}`, `metric_points_${dayOf(6)}`]))
    expect(names).not.toContain(`metric_points_${dayOf(60)}`)
    const { rows: series } = await database.query('SELECT name FROM traces.metric_series')
    expect(series).toEqual([{ name: 'goes on' }])
  })

  it('keeps a trace that goes on for as long as one of its spans is kept', async () => {
    await keep(owner, 10)
    const traceId = hex(16)
    // As long as this one runs, its trace has no end yet.
    const endNs = nowNs()
    await send(owner, [aged(12, { traceId, endNs }), aged(2, { traceId, parentSpanId: hex(8) })])
    const goneId = hex(16)
    await send(owner, [aged(12, { traceId: goneId, endNs })])

    await upkeep().removeOld()

    const status = async (id: string) =>
      (await owner.client.get(`${owner.base}/traces/${id}`, { allowFailure: true })).status
    expect([await status(traceId), await status(goneId)]).toEqual([200, 404])
    const { body } = await owner.client.get<Reply<'listSpans'>>(`${owner.base}/traces/${traceId}/spans`)
    expect(body.data).toHaveLength(1)
  })

  it('takes spans again of a day that it has dropped', async () => {
    await keep(owner, 10)
    await keep(other, 10)
    await send(owner, [aged(200)])
    await upkeep().removeOld()
    expect(await parts()).not.toContain(`spans_${dayOf(200)}`)
    await send(owner, [aged(200)])
    expect(await agesOf(owner)).toContain(200)
  })

  it('goes on with other days and fails when a day cannot be dropped, which waits two seconds at a time', async () => {
    await keep(owner, 10)
    await keep(other, 10)
    await send(owner, [aged(300), aged(301)])
    const reader = new pg.Client({ connectionString: server.roles.job })
    await reader.connect()
    await reader.query('BEGIN')
    await reader.query('SELECT count(*) FROM traces.chunks')
    const failing = upkeep().removeOld()
    await expect(failing).rejects.toMatchObject({
      message: expect.stringMatching(/days of telemetry could not be removed/),
      cause: { code: '55P03' },
    })
    expect(await parts()).not.toContain(`spans_${dayOf(300)}`)
    await reader.end()
    await upkeep().removeOld()
    expect(await parts()).not.toContain(`chunks_${dayOf(300)}`)
  }, 120_000)
})
