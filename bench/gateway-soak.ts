/** A hundred thousand calls of all kinds, some cancelled, some with faults: memory stays, nothing leaks, the books agree. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent } from 'undici'
import { z } from 'zod'
import { type Api, openApi } from './lib/api.ts'
import { type Atrium, createAtrium } from './lib/atrium.ts'
import { type DatabaseLook, openDatabase } from './lib/database.ts'
import { type Footprint, footprintOf, measurable, openSockets } from './lib/footprint.ts'
import {
  aliasOf,
  brittleModel,
  type Answered,
  makeCall,
  planCall,
  type PlannedCall,
  type ProviderKind,
  providerKinds,
  shakyModel,
  steadyModel,
} from './lib/mixed-calls.ts'
import { type ProviderProcess, startProvider } from './lib/provider.ts'
import { type Bench, runBench } from './lib/run.ts'
import { inParallel, randomFrom, range } from './lib/stats.ts'

const width = 48
/** After the share of calls that counts as warm-up. */
const warmShare = 0.1
const mostGrowthMb = 20
/** The longest that any call may take to be answered and recorded. */
const patienceMs = 30_000

const health = z.object({ data: z.array(z.object({ inFlight: z.number() })) })
const verification = z.object({ balanced: z.boolean(), overLimit: z.number(), entries: z.number() })
/** Every call beside what the ledger has for it. */
const storedCalls = `
  SELECT c.trace_id, c.id, c.status, c.attempts, coalesce(h.holds, 0) AS holds, coalesce(h.settled, 0) AS settled,
    h.cost <> c.cost_nano_usd AS cost_differs, c.cost_nano_usd AS cost, c.lost_nano_usd AS lost, h.cost AS booked
  FROM models.calls c LEFT JOIN (
    SELECT call_id, count(*)::int AS holds, sum(cost_nano_usd) AS cost,
      count(*) FILTER (WHERE state = 'settled' AND settled_at IS NOT NULL)::int AS settled
    FROM ledger.holds GROUP BY call_id
  ) h ON h.call_id = c.id WHERE c.purpose = 'gateway'`

await runBench('gateway-soak', async (bench) => {
  const { options, scope, say } = bench
  const calls = options.quick ? 2000 : 100_000
  const provider = scope.use(
    await startProvider({
      keepCalls: 100,
      models: [...Object.values(steadyModel), shakyModel, brittleModel],
    }),
  )
  const folder = await mkdtemp(join(tmpdir(), 'atrium-soak-'))
  scope.defer(() => rm(folder, { recursive: true, force: true }))
  const memory = join(folder, 'memory.jsonl')
  const atrium = scope.use(await createAtrium({ profile: options.profile, environment: environment(memory) }))
  await atrium.start()
  const atStart = await openSockets(atrium.pid)
  const api = scope.use(await openApi(atrium))
  const key = await setUp(api, provider)
  await using db = await openDatabase(atrium)

  const soak: Soak = { atrium, key, random: randomFrom(options.seed), made: new Map(), lost: [] }
  const warmUp = Math.round(calls * warmShare)
  await run(bench, soak, warmUp)
  const warm = await footprintOf(atrium, memory, atStart)
  await run(bench, soak, calls - warmUp)
  say('waiting until everything is recorded and connections are let go')
  const restless = await untilAtRest(api, db, soak.made.size)
  const end = await footprintOf(atrium, memory, atStart)
  judgeAnswers(bench, soak)
  await judgeBooks(bench, api, db, soak)
  judgeRest(bench, restless, atStart, { warm, end })
})

function environment(memory: string): Record<string, string> {
  return { ATRIUM_EGRESS_ALLOW: '127.0.0.1/32', ...measurable(memory) }
}

/** Connections, aliases that fail over, a budget that lasts, and a key with limits that are wide enough. */
async function setUp(api: Api, provider: ProviderProcess): Promise<string> {
  const post = (path: string, body: unknown): Promise<unknown> =>
    api.json({ method: 'POST', path: `${api.base}/${path}`, body })
  for (const kind of providerKinds) await connect(post, kind, provider.url)
  const limitNanoUsd = (10n ** 16n).toString()
  const unknownPrice = { rule: 'ceiling', nanoUsd: '1000' }
  await post('budgets', { name: 'Soak', scope: 'workspace', period: 'day', limitNanoUsd, unknownPrice })
  const limits = { rpm: 10_000_000, tpm: 1_000_000_000, concurrency: 10_000 }
  await api.json({
    method: 'PATCH',
    path: `${api.base}/rate-limits`,
    body: { workspace: limits, person: limits },
  })
  const made = await post('api-keys', { name: 'soak', scopes: ['gateway:call'], limits })
  const { id, secret } = z.object({ id: z.string(), secret: z.string() }).parse(made)
  await post('budgets', {
    name: 'Key',
    scope: 'key',
    scopeId: id,
    period: 'total',
    limitNanoUsd,
    unknownPrice,
  })
  return secret
}

async function connect(
  post: (path: string, body: unknown) => Promise<unknown>,
  kind: ProviderKind,
  url: string,
): Promise<void> {
  const baseUrl = kind.startsWith('openai') ? `${url}/v1` : url
  const made = await post('connections', { name: kind, slug: kind, kind, baseUrl, apiKey: 'sk-soak' })
  const { id } = z.object({ id: z.string() }).parse(made)
  for (const upstreamId of new Set([steadyModel[kind], shakyModel, brittleModel]))
    await post(`connections/${id}/models`, { upstreamId })
  const targets = [
    { model: `${kind}/${shakyModel}`, priority: 1 },
    { model: `${kind}/${steadyModel[kind]}`, priority: 2 },
  ]
  const policy = { plan: { strategy: 'priority', targets }, timeouts: { firstTokenMs: 1000, totalMs: 5000 } }
  await post('aliases', { name: aliasOf(kind), policy })
}

interface Soak {
  readonly atrium: Atrium
  readonly key: string
  readonly random: () => number
  /** Every call that was made, by its trace. */
  readonly made: Map<string, Made>
  /** What was not answered as it should be. */
  readonly lost: string[]
}

interface Made {
  readonly fate: PlannedCall['fate']
  readonly callId: string | undefined
  readonly status: number
}

async function run({ say }: Bench, soak: Soak, calls: number): Promise<void> {
  const agent = new Agent({
    connections: 4096,
    pipelining: 1,
    bodyTimeout: patienceMs,
    headersTimeout: patienceMs,
  })
  const startedAt = performance.now()
  try {
    await inParallel(range(calls), width, async (index) => {
      if (index > 0 && index % 10_000 === 0) say(`${soak.made.size} calls`)
      await callOnce(agent, soak, planCall(soak.random))
    })
  } finally {
    await agent.destroy()
  }
  const seconds = (performance.now() - startedAt) / 1000
  say(`${calls} calls took ${seconds.toFixed(0)} s`)
}

async function callOnce(agent: Agent, { atrium, key, made, lost }: Soak, call: PlannedCall): Promise<void> {
  const answered = await makeCall(agent, atrium.url, key, call).catch((error: unknown) => String(error))
  if (typeof answered === 'string') {
    made.set(call.traceId, { fate: call.fate, callId: undefined, status: 0 })
    // A provider that cuts a stream may cut it for the client too; nothing else may.
    if (call.fate !== 'faulty' || answered.includes('Timeout')) lost.push(describe(call, answered))
    return
  }
  made.set(call.traceId, { fate: call.fate, callId: answered.callId, status: answered.status })
  if (!isRight(call, answered)) lost.push(describe(call, `${answered.status}: ${answered.said}`))
}

function isRight({ fate }: PlannedCall, { status, whole }: Answered): boolean {
  switch (fate) {
    case 'plain':
    case 'failing-over':
      return whole
    case 'cancelled':
      return status === 200
    case 'faulty':
      return status === 200 || status >= 400
  }
}

function describe({ fate, model, stream, dialect, text }: PlannedCall, got: string): string {
  return `${fate} ${stream ? 'stream' : 'call'} ${dialect.path(model, stream)} to ${model} “${text}”: ${got}`
}

/** What still goes on in the server. */
interface Restless {
  readonly held: number
  readonly slots: number
  readonly inFlight: number
}

/** Waits until every call is recorded and nothing goes on, for as long as patience lasts; gives what still does. */
async function untilAtRest(api: Api, db: DatabaseLook, calls: number): Promise<Restless> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const [row] = await db.rows<{ calls: number; held: number; slots: number }>(
      `SELECT (SELECT count(*)::int FROM models.calls WHERE purpose = 'gateway') AS calls,
        (SELECT count(*)::int FROM ledger.holds WHERE state = 'held') AS held,
        (SELECT coalesce(sum(level), 0)::float8 FROM admission.buckets WHERE unit = 'slots') AS slots`,
    )
    const models = health.parse(await api.json({ path: `${api.base}/model-health` })).data
    const inFlight = models.reduce((sum, model) => sum + model.inFlight, 0)
    const { calls: stored = 0, held = Number.NaN, slots = Number.NaN } = row ?? {}
    const isAtRest = stored >= calls && held === 0 && slots === 0 && inFlight === 0
    if (isAtRest || performance.now() > deadline) return { held, slots, inFlight }
    await sleep(250)
  }
}

function judgeAnswers({ figures, say }: Bench, { made, lost }: Soak): void {
  const count = (fate: PlannedCall['fate']): number =>
    made.values().reduce((sum, one) => sum + Number(one.fate === fate), 0)
  figures.info('calls', made.size)
  figures.info('cancelled by the client in the middle', count('cancelled'))
  figures.info('with a fault that the client sees', count('faulty'))
  figures.info('with a fault where another deployment answers', count('failing-over'))
  figures.correct('calls that were not answered as they should be', lost.length, { exactly: 0 })
  for (const one of lost.slice(0, 10)) say(`  ${one}`)
}

interface Stored {
  readonly trace_id: string | null
  readonly id: string
  readonly status: string
  readonly attempts: number
  readonly holds: number
  readonly settled: number
  readonly cost_differs: boolean
}

async function judgeBooks({ figures, say }: Bench, api: Api, db: DatabaseLook, soak: Soak): Promise<void> {
  const rows = await db.rows<Stored>(storedCalls)
  const byTrace = Map.groupBy(rows, (row) => row.trace_id ?? '')
  const rowsOf = (trace: string): Stored[] => byTrace.get(trace) ?? []
  const made = [...soak.made]
  const wrong = (name: string, among: readonly unknown[]): void => {
    figures.correct(name, among.length, { exactly: 0 })
    for (const one of among.slice(0, 3)) say(`  ${name}: ${JSON.stringify(one)}`)
  }
  wrong(
    'calls without exactly one row of calls',
    made.filter(([trace]) => rowsOf(trace).length !== 1),
  )
  wrong(
    'rows of calls that nobody made',
    rows.filter((row) => !soak.made.has(row.trace_id ?? '')),
  )
  wrong(
    'answers that name another call',
    made.filter(([trace, { callId }]) => callId !== undefined && rowsOf(trace)[0]?.id !== callId),
  )
  figures.info(
    'attempts at a provider',
    rows.reduce((sum, row) => sum + row.attempts, 0),
  )
  figures.info('calls of more than one attempt', rows.filter((row) => row.attempts > 1).length)
  wrong(
    'calls refused without an attempt',
    rows.filter((row) => row.attempts === 0),
  )
  wrong(
    'attempts without exactly one settled row of the ledger',
    rows.filter((row) => row.settled !== row.attempts || row.holds !== row.settled),
  )
  wrong(
    'calls of a known cost that is another one in the ledger',
    rows.filter((row) => row.cost_differs),
  )
  const orphans = await db.rows(
    'SELECT call_id FROM ledger.holds h WHERE NOT EXISTS (SELECT 1 FROM models.calls c WHERE c.id = h.call_id)',
  )
  wrong('rows of the ledger without a call', orphans)
  const book = verification.parse(await api.json({ path: `${api.base}/ledger/verification` }))
  figures.info('entries in the book', book.entries)
  figures.correct('the book balances to the nano-dollar', Number(book.balanced), { exactly: 1 })
  figures.correct('periods beyond their limit', book.overLimit, { exactly: 0 })
}

interface Footprints {
  readonly warm: Footprint
  readonly end: Footprint
}

function judgeRest(
  { figures, say }: Bench,
  left: Restless,
  socketsAtStart: number,
  { warm, end }: Footprints,
): void {
  figures.correct('holds that were never settled', left.held, { exactly: 0 })
  figures.correct('slots that were never given back', left.slots, { exactly: 0 })
  figures.correct('calls under way at a provider', left.inFlight, { exactly: 0 })
  figures.correct('sockets more than at the start', end.sockets - socketsAtStart, { atMost: 0 })
  figures.info('sockets more than after the warm-up', end.sockets - warm.sockets)
  figures.info('resident memory after the warm-up', warm.residentMb, 'MB')
  figures.info('resident memory at the end', end.residentMb, 'MB')
  figures.info('growth of live objects', end.heapMb - warm.heapMb, 'MB')
  figures.info('growth of the heap that holds them', end.heapTakenMb - warm.heapTakenMb, 'MB')
  figures.info('growth of memory outside the heap', end.externalMb - warm.externalMb, 'MB')
  figures.speed('growth of resident memory after the warm-up', end.residentMb - warm.residentMb, 'MB', {
    atMost: mostGrowthMb,
  })
  say(`handles after the warm-up ${JSON.stringify(warm.handles)}, at the end ${JSON.stringify(end.handles)}`)
}
