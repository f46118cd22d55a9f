/** How many spans are stored per second, durably, by a server that shares two cores with its sender and its database. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeTraces, type Encoding } from '@atrium/wire/otlp'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { Agent } from 'undici'
import { apiKey, type Atrium, createAtrium } from './lib/atrium.ts'
import { costOf } from './lib/cost.ts'
import { type DatabaseLook, openDatabase } from './lib/database.ts'
import { type Bench, runBench } from './lib/run.ts'
import { batchOfSpans, spansPerBatch } from './lib/spans.ts'
import { inParallel, quantile, randomFrom, range } from './lib/stats.ts'

/** Batches on their way at once. */
const senders = 4

interface Size {
  readonly warmBatches: number
  readonly batches: number
  readonly rounds: number
}

const full: Size = { warmBatches: 60, batches: 160, rounds: 3 }
const quick: Size = { warmBatches: 4, batches: 16, rounds: 1 }

await runBench('ingest', async (bench) => {
  const { scope, options, say, figures } = bench
  const size = options.quick ? quick : full
  const atrium = scope.use(await createAtrium({ profile: options.profile }))
  await atrium.start()
  const agent = new Agent({ connections: senders, pipelining: 1 })
  scope.defer(() => agent.destroy())
  const db = scope.use(await openDatabase(atrium))
  const way = { bench, atrium, agent, random: randomFrom(options.seed) }
  say('warming up')
  for (const encoding of ['protobuf', 'json'] as const) await send(way, encoding, size.warmBatches)
  const before = await storedSpans(db)
  const rates = { protobuf: [] as number[], json: [] as number[] }
  for (const round of range(size.rounds)) {
    say(`round ${round + 1} of ${size.rounds}`)
    for (const encoding of ['protobuf', 'json'] as const)
      rates[encoding].push(await measure(way, encoding, size.batches, round === 0))
  }
  const sent = 2 * size.rounds * size.batches * spansPerBatch
  figures.correct('spans acknowledged and not stored', before + sent - (await storedSpans(db)), {
    exactly: 0,
  })
  figures.speed('protobuf: spans stored per second', quantile(rates.protobuf, 0.5), '', { atLeast: 10_000 })
  figures.speed('JSON: spans stored per second', quantile(rates.json, 0.5), '', { atLeast: 5000 })
  await judgeDisk(bench, db)
  figures.info(
    'COPY of the same rows into one table with the same key, rows per second',
    await copyLimit(atrium, db),
  )
})

interface Way {
  readonly bench: Bench
  readonly atrium: Atrium
  readonly agent: Agent
  readonly random: () => number
}

/** Sends batches that were encoded before, and gives the spans per second that were acknowledged. */
async function measure(way: Way, encoding: Encoding, batches: number, tells: boolean): Promise<number> {
  const { figures } = way.bench
  const spans = batches * spansPerBatch
  const bodies = range(batches).map(() => encodeTraces([batchOfSpans(way.random)], encoding))
  const startedAt = performance.now()
  const { nodeMs, databaseMs } = await costOf(way.atrium, () => post(way, encoding, bodies))
  const seconds = (performance.now() - startedAt) / 1000
  if (tells) {
    figures.info(`${encoding}: bytes per span`, (bodies[0]?.length ?? 0) / spansPerBatch)
    figures.info(`${encoding}: processor per span, Node`, (nodeMs * 1000) / spans, 'µs')
    figures.info(`${encoding}: processor per span, PostgreSQL`, (databaseMs * 1000) / spans, 'µs')
  }
  return spans / seconds
}

async function send(way: Way, encoding: Encoding, batches: number): Promise<void> {
  await post(
    way,
    encoding,
    range(batches).map(() => encodeTraces([batchOfSpans(way.random)], encoding)),
  )
}

async function post(
  { atrium, agent }: Way,
  encoding: Encoding,
  bodies: readonly Uint8Array[],
): Promise<void> {
  await inParallel(bodies, senders, async (body) => {
    const reply = await agent.request({
      origin: atrium.url,
      path: '/v1/traces',
      method: 'POST',
      headers: {
        authorization: `Bearer ${apiKey}`,
        'content-type': encoding === 'json' ? 'application/json' : 'application/x-protobuf',
      },
      body,
    })
    const text = await reply.body.text()
    if (reply.statusCode !== 200) throw new Error(`the server answered ${reply.statusCode}: ${text}`)
  })
}

async function storedSpans(db: DatabaseLook): Promise<number> {
  const [row] = await db.rows<{ count: number }>('SELECT count(*)::int AS count FROM traces.spans')
  return row?.count ?? 0
}

async function judgeDisk({ figures }: Bench, db: DatabaseLook): Promise<void> {
  const [row] = await db.rows<{ bytes: number }>(
    `SELECT sum(pg_total_relation_size(c.oid))::float8 AS bytes FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'traces' AND c.relkind = 'r'`,
  )
  figures.speed('bytes on disk per span', (row?.bytes ?? Number.NaN) / (await storedSpans(db)), '', {
    atMost: 700,
  })
}

/** What PostgreSQL takes of the stored rows by COPY, in one transaction, with the primary key alone: nothing is faster. */
async function copyLimit({ dataDir }: Atrium, db: DatabaseLook): Promise<number> {
  const rows = await db.rows<{ line: string }>(
    `SELECT array_to_string(ARRAY(SELECT coalesce(value, '\\N') FROM json_each_text(to_json(s)) WITH ORDINALITY AS e (key, value, n)
       ORDER BY n), E'\\t') AS line FROM (SELECT * FROM traces.spans LIMIT 100000) AS s`,
  )
  const root = join(dataDir, 'postgres')
  const client = new pg.Client({
    host: join(root, 'run'),
    user: 'postgres',
    password: (await readFile(join(root, 'password'), 'utf8')).trim(),
    database: 'atrium',
  })
  await client.connect()
  try {
    await client.query(
      `CREATE TABLE public.copied (LIKE traces.spans, PRIMARY KEY (workspace_id, trace_id, span_id, started_at))`,
    )
    const data = `${rows.map(({ line }) => line).join('\n')}\n`
    const startedAt = performance.now()
    const stream = client.query(copyFrom('COPY public.copied FROM STDIN'))
    await new Promise<void>((resolve, reject) => {
      stream.once('finish', resolve).once('error', reject)
      stream.end(data)
    })
    return rows.length / ((performance.now() - startedAt) / 1000)
  } finally {
    await client.end()
  }
}
