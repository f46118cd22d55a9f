import { recountUsage, startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { encodeTraces, type OtlpSpan } from '@atrium/wire/otlp'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hex, keyOf, nowNs, spanOf } from '../testing/spans.ts'

let server: TestServer
let owner: Person
let database: pg.Client

beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
  database = new pg.Client({ connectionString: server.roles.job })
  await database.connect()
})
afterAll(async () => {
  await database.end()
  await server[Symbol.asyncDispose]()
})

const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T
const day = 86_400_000_000_000n

/** A span of some days around now, of which some things are told and others are not. */
function randomSpan(): OtlpSpan {
  const startNs =
    nowNs() - BigInt(Math.floor(Math.random() * 7200)) * 1_000_000_000n - pick([0n, 0n, 0n, day, 40n * day])
  const attributes = new Map<string, string | number>([
    [
      'gen_ai.operation.name',
      pick(['chat', 'chat', 'embeddings', 'execute_tool', 'invoke_agent', 'retrieval']),
    ],
    ['gen_ai.agent.name', pick(['shopper', 'baker'])],
    ['user.id', pick(['ann', 'bob', 'cy'])],
    ['gen_ai.request.model', pick(['gpt-5', 'gpt-5-mini'])],
    ['gen_ai.usage.input_tokens', Math.floor(Math.random() * 1e12)],
    ['gen_ai.usage.output_tokens', Math.floor(Math.random() * 800)],
    ['gen_ai.usage.reasoning.output_tokens', 3],
    ['gen_ai.usage.cost', pick([0, 0.0123, 999_999_999])],
    ['gen_ai.server.time_to_first_token', Math.random()],
  ])
  for (const name of attributes.keys()) if (Math.random() < 0.3) attributes.delete(name)
  return spanOf({
    startNs,
    endNs: startNs + BigInt(Math.floor(Math.random() ** 6 * 1e12)),
    parentSpanId: Math.random() < 0.3 ? '' : hex(8),
    kind: 1,
    status: { code: pick([0, 1, 2]), message: '' },
    attributes,
  })
}

async function send(key: string, records: OtlpSpan[]): Promise<void> {
  const origin = { 'service.name': pick(['shop', 'bakery']), 'deployment.environment.name': 'production' }
  const batch = {
    resource: new Map(Object.entries(origin)),
    scope: { name: '', version: '', attributes: new Map() },
    records,
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

async function expectExact(): Promise<void> {
  await untilSummed()
  const sums = await recountUsage(async (text) => (await database.query(text)).rows)
  for (const { table, stored, recounted } of sums) expect(stored, table).toEqual(recounted)
}

describe('sums of spans', () => {
  it('equal a recount, whatever was sent twice, late, or by several at once', async () => {
    const keys = await Promise.all([0, 1, 2].map(() => keyOf(owner, ['telemetry:write'])))
    const [one = ''] = keys
    const first = Array.from({ length: 300 }, randomSpan)
    await send(one, first)
    await Promise.all(
      keys.flatMap((key) =>
        Array.from({ length: 6 }, async () => {
          const fresh = Array.from({ length: 120 }, randomSpan)
          // Some were stored before, some come twice in one request, and the whole request comes twice.
          const batch = [...fresh, ...first.slice(0, 40), ...fresh.slice(0, 15)]
          await Promise.all([send(key, batch), send(key, batch.toReversed())])
        }),
      ),
    )
    await expectExact()

    // More for rows that are there, in another pass.
    await send(
      one,
      first.map((span) => ({ ...span, spanId: hex(8) })),
    )
    await expectExact()
    const { rows } = await database.query<{ spans: string }>(
      'SELECT sum(spans) AS spans FROM traces.usage_1d',
    )
    expect(rows).toEqual([{ spans: String(300 + 18 * 120 + 300) }])
  })

  it('leave nothing half when adding fails, and keep no other workspace back', async () => {
    const broken = '01890000-0000-7000-8000-000000000001'
    const app = new pg.Client({ connectionString: server.roles.app })
    await app.connect()
    try {
      await app.query(`SELECT set_config('app.workspace_id', $1, false)`, [broken])
      await app.query(`INSERT INTO traces.usage_pending (workspace_id, body) VALUES ($1, '[[60,[null]')`, [
        broken,
      ])
      await send(await keyOf(owner, ['telemetry:write']), [randomSpan()])
      await expect
        .poll(
          async () =>
            (
              await database.query('SELECT FROM traces.usage_pending WHERE workspace_id = $1', [
                owner.workspaceId,
              ])
            ).rowCount,
          { timeout: 5000 },
        )
        .toBe(0)
      const left = await database.query('SELECT workspace_id FROM traces.usage_pending')
      expect(left.rows).toEqual([{ workspace_id: broken }])
      await database.query('DELETE FROM traces.usage_pending')
    } finally {
      await app.end()
    }
    await expectExact()
  })
})
