/** Kills the server over and over while spans arrive: what was acknowledged is stored, once, and sums are exact. */
import { setTimeout as sleep } from 'node:timers/promises'
import { recountUsage } from '@atrium/testkit'
import { encodeTraces } from '@atrium/wire/otlp'
import { Agent } from 'undici'
import { apiKey, type Atrium, createAtrium } from './lib/atrium.ts'
import { type DatabaseLook, openDatabase } from './lib/database.ts'
import { type Bench, runBench } from './lib/run.ts'
import { batchOfSpans } from './lib/spans.ts'
import { quantile, randomFrom, range } from './lib/stats.ts'

/** Exporters that send at once, each one batch after the other. */
const senders = 4
/** Small enough that many are on their way when a kill comes. */
const spansPerRequest = 128
/** As the specification of OTLP has it: what may be sent again is sent again, the wait grows, and `Retry-After` is obeyed. */
const firstRetryMs = 50
const longestRetryMs = 2000
const retryable = new Set([429, 502, 503, 504])
const summedMs = 30_000

await runBench('ingest-durability', async (bench) => {
  const { options, scope, say } = bench
  const kills = options.quick ? 4 : 52
  const atrium = scope.use(await createAtrium({ profile: options.profile }))
  await atrium.start()
  const agent = new Agent({ connections: senders, pipelining: 1 })
  scope.defer(() => agent.destroy())
  const load: Load = { atrium, agent, sent: new Map(), acknowledged: 0, retried: 0, stopped: false }
  const sending = range(senders).map((index) => exporter(load, randomFrom(options.seed + index)))
  const bootMs = await killOften(bench, load, kills)
  load.stopped = true
  await Promise.all(sending)
  say(`${load.acknowledged} requests lived through ${kills} kills; comparing`)
  await using db = await openDatabase(atrium)
  bench.figures.info('kills', kills)
  bench.figures.info('requests acknowledged', load.acknowledged)
  bench.figures.info('requests sent again', load.retried)
  bench.figures.info('spans', load.sent.size)
  await judgeSpans(bench, load, db)
  await judgeSums(bench, db)
  bench.figures.info('restart to ready, median', quantile(bootMs, 0.5) / 1000, 's')
})

interface Load {
  readonly atrium: Atrium
  readonly agent: Agent
  /** Spans of acknowledged requests: `trace span`, with the name that each was sent under. */
  readonly sent: Map<string, string>
  acknowledged: number
  retried: number
  stopped: boolean
}

/** Sends one batch after the other, each until it is acknowledged. */
async function exporter(load: Load, random: () => number): Promise<void> {
  while (!load.stopped) {
    const batch = batchOfSpans(random, spansPerRequest)
    await exportSurely(load, encodeTraces([batch], 'protobuf'))
    for (const { traceId, spanId, name } of batch.records) load.sent.set(`${traceId} ${spanId}`, name)
    load.acknowledged += 1
  }
}

async function exportSurely(load: Load, body: Uint8Array): Promise<void> {
  for (let wait = firstRetryMs; ; wait = Math.min(wait * 2, longestRetryMs)) {
    const answer = await exportOnce(load, body)
    if (answer.status === 200) return
    if (answer.status !== 0 && !retryable.has(answer.status))
      throw new Error(`the server answered ${answer.status}: ${answer.text}`)
    load.retried += 1
    await sleep(answer.retryAfterMs ?? wait)
  }
}

/** Status 0 when the connection broke: nobody knows whether it was stored. */
async function exportOnce({ atrium, agent }: Load, body: Uint8Array) {
  try {
    const {
      statusCode,
      headers,
      body: reply,
    } = await agent.request({
      origin: atrium.url,
      path: '/v1/traces',
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/x-protobuf' },
      body,
    })
    const text = await reply.text()
    const after = Number(headers['retry-after'])
    return { status: statusCode, text, retryAfterMs: Number.isFinite(after) ? after * 1000 : null }
  } catch {
    return { status: 0, text: '', retryAfterMs: null }
  }
}

/** Kills Node alone and the whole tree by turns, each time after some requests of the new process were acknowledged. */
async function killOften({ options, say }: Bench, load: Load, kills: number): Promise<number[]> {
  const random = randomFrom(options.seed)
  const bootMs: number[] = []
  for (let kill = 1; kill <= kills; kill += 1) {
    const before = load.acknowledged
    while (load.acknowledged < before + senders) await sleep(5)
    await sleep(random() * 1000)
    await load.atrium.kill(kill % 2 === 0 ? 'node' : 'tree')
    bootMs.push(await load.atrium.start())
    if (kill % 10 === 0) say(`${kill} kills, ${load.acknowledged} requests`)
  }
  return bootMs
}

async function judgeSpans({ figures }: Bench, { sent }: Load, db: DatabaseLook): Promise<void> {
  const stored = await db.rows<{ id: string; name: string; kept: boolean }>(
    `SELECT replace(s.trace_id::text, '-', '') || ' ' || lpad(to_hex(s.span_id), 16, '0') AS id, s.name, c.id IS NOT NULL AS kept
     FROM traces.spans s LEFT JOIN traces.chunks c ON c.workspace_id = s.workspace_id AND c.id = s.chunk_id
     WHERE s.service = 'shop-agents'`,
  )
  const names = new Map(stored.map(({ id, name }) => [id, name]))
  const lost = [...sent].filter(([id, name]) => names.get(id) !== name)
  figures.correct('spans acknowledged and lost or changed', lost.length, { exactly: 0 })
  figures.correct('spans stored twice', stored.length - names.size, { exactly: 0 })
  figures.correct('spans stored that nobody acknowledged', names.size - sent.size + lost.length, {
    exactly: 0,
  })
  figures.correct('spans without what they carried', stored.filter(({ kept }) => !kept).length, {
    exactly: 0,
  })
  const [row] = await db.rows<{ wrong: number }>(
    `SELECT count(*)::int AS wrong FROM (SELECT workspace_id, trace_id, count(*) AS spans FROM traces.spans GROUP BY 1, 2) AS s
     FULL JOIN traces.traces t ON t.workspace_id = s.workspace_id AND t.id = s.trace_id WHERE t.spans IS DISTINCT FROM s.spans`,
  )
  figures.correct('traces whose count of spans is wrong', row?.wrong ?? Number.NaN, { exactly: 0 })
}

async function judgeSums({ figures }: Bench, db: DatabaseLook): Promise<void> {
  const deadline = performance.now() + summedMs
  const waiting = async () => (await db.rows('SELECT FROM traces.usage_pending')).length
  while ((await waiting()) > 0 && performance.now() < deadline) await sleep(100)
  figures.correct('sums that wait after half a minute', await waiting(), { exactly: 0 })
  const sums = await recountUsage((text) => db.rows(text))
  figures.info(
    'rows of sums',
    sums.reduce((count, { stored }) => count + stored.length, 0),
  )
  const wrong = sums.map(
    ({ stored, recounted }) => new Set(stored).symmetricDifference(new Set(recounted)).size,
  )
  figures.correct(
    'rows of sums that differ from a recount',
    wrong.reduce((sum, count) => sum + count, 0),
    { exactly: 0 },
  )
}
