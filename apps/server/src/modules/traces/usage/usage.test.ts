import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { encodeTraces, type OtlpSpan } from '@atrium/wire/otlp'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hex, keyOf, nowNs, spanOf } from '../testing/spans.ts'
import { addEncoded, type Histogram } from './histogram.ts'

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

const all = [
  'service',
  'operation',
  'provider',
  'model',
  'agent',
  'environment',
  'version',
  'team',
  'project',
] as const
const ofUsers = ['operation', 'provider', 'model', 'environment', 'team', 'project', 'end_user'] as const

const sums = [
  'spans',
  'errors',
  'runs',
  'model_calls',
  'tool_calls',
  'told',
  'priced',
  'unpriced',
  'input_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'output_tokens',
  'reasoning_tokens',
  'cost_nano_usd',
].join(', ')

const isCall = `coalesce(operation IN ('chat', 'text_completion', 'generate_content', 'embeddings'), model IS NOT NULL)`
const tokens = [
  'input_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'output_tokens',
  'reasoning_tokens',
]

const buckets = (column: string) =>
  `coalesce((SELECT jsonb_object_agg(bucket, n) FROM (
    SELECT greatest(0, ceil(ln(v::float8) / ln(1.02::float8)))::int AS bucket, count(*) AS n
    FROM unnest(array_agg(greatest(${column}, 1)) FILTER (WHERE ${column} IS NOT NULL)) AS v GROUP BY 1) AS h), '{}')`

/** What the spans themselves add up to, by unit of time and these dimensions. */
async function recount(unit: string, dimensions: readonly string[]): Promise<string[]> {
  const { rows } = await database.query<Record<string, unknown>>(`
    SELECT extract(epoch FROM date_trunc('${unit}', started_at, 'UTC'))::float8 AS start, ${dimensions.join(', ')},
      count(*) AS spans, count(*) FILTER (WHERE status = 2) AS errors, count(*) FILTER (WHERE parent_id IS NULL) AS runs,
      count(*) FILTER (WHERE ${isCall}) AS model_calls, count(*) FILTER (WHERE operation = 'execute_tool') AS tool_calls,
      count(*) FILTER (WHERE coalesce(${tokens.join(', ')}) IS NOT NULL) AS told, count(cost_nano_usd) AS priced,
      count(*) FILTER (WHERE ${isCall} AND cost_nano_usd IS NULL) AS unpriced,
      ${tokens.map((name) => `coalesce(sum(${name}), 0) AS ${name}`).join(', ')},
      coalesce(sum(cost_nano_usd), 0) AS cost_nano_usd, ${buckets('duration_ns')} AS latency,
      ${buckets('first_token_ns')} AS first_token
    FROM traces.spans ${dimensions.includes('end_user') ? 'WHERE end_user IS NOT NULL' : ''}
    GROUP BY 1, ${dimensions.join(', ')}`)
  return rows.map((row) => JSON.stringify(row)).toSorted()
}

async function summed(table: string, dimensions: readonly string[]): Promise<string[]> {
  const { rows } = await database.query<{ latency: Buffer; first_token: Buffer }>(`
    SELECT extract(epoch FROM start)::float8 AS start, ${dimensions.join(', ')}, ${sums}, latency, first_token
    FROM traces.${table} u JOIN traces.usage_series s ON s.workspace_id = u.workspace_id AND s.id = u.series_id`)
  const decoded = rows.map((row) => ({
    ...row,
    latency: shown(row.latency),
    first_token: shown(row.first_token),
  }))
  return decoded.map((row) => JSON.stringify(row)).toSorted()
}

function shown(bytes: Buffer): Record<string, number> {
  const histogram: Histogram = new Map()
  addEncoded(histogram, bytes)
  return Object.fromEntries(histogram)
}

const tables = [
  ['usage_1m', 'minute', all],
  ['usage_1h', 'hour', all],
  ['usage_1d', 'day', all],
  ['user_usage_1h', 'hour', ofUsers],
  ['user_usage_1d', 'day', ofUsers],
] as const

async function expectExact(): Promise<void> {
  await untilSummed()
  for (const [table, unit, dimensions] of tables)
    expect(await summed(table, dimensions), table).toEqual(await recount(unit, dimensions))
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
