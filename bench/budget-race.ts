/** Two processes spend one budget to its end while one of them is killed: not a nano-dollar too much, none lost, each explained. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { z } from 'zod'
import type { Api } from './lib/api.ts'
import { apiKey, type Atrium, createAtrium } from './lib/atrium.ts'
import { type DatabaseLook, openDatabase } from './lib/database.ts'
import { openRig } from './lib/rig.ts'
import { type Bench, runBench } from './lib/run.ts'
import { range } from './lib/stats.ts'
import { fakeModel } from './lib/turn.ts'

/** The fake model has no price, so each call reserves and costs exactly this. */
const callNanoUsd = 1000n
const callers = 200
/** Leases run out after ten seconds; whoever is left looks every second. */
const settleMs = 15_000

const verification = z.object({ balanced: z.boolean(), overLimit: z.number(), entries: z.number() })
const usage = z.object({ totals: z.object({ calls: z.number() }) })

await runBench('budget-race', async (bench) => {
  const { say, options } = bench
  const calls = options.quick ? 400 : 1000
  const { provider, atrium, api } = await openRig(bench)
  const second = await startSecond(bench, provider.url, atrium)
  await using db = await openDatabase(atrium)
  const agent = new Agent({ connections: 1024, pipelining: 1 })
  bench.scope.defer(() => agent.destroy())
  const budgetId = await makeBudget(api, calls)
  await provider.reset()

  const watch = watchSpending(db, budgetId)
  const race: Race = { agent, answered: 0, ids: [], refused: 0, broken: 0, failures: [] }
  say(`${callers} callers, a budget of ${calls} calls`)
  const running = Promise.all(
    range(callers).map((index) => callOn(race, index % 2 ? [atrium] : [second, atrium])),
  )
  while (race.answered < calls / 2 && race.refused === 0) await sleep(2)
  const atKill = race.answered
  await second.kill('node')
  say(`killed one process after ${atKill} answers`)
  await running
  const first = { answered: race.answered, refused: race.refused, spent: await spentNow(db, budgetId) }

  say(`${first.answered} answers, ${race.broken} broken off; waiting for the leases of the dead`)
  await untilAlone(db)
  const uncertain = await countHolds(db, 'expired')
  await Promise.all(range(20).map(() => callOn(race, [atrium])))
  await untilSettled(db)
  await watch.stop()
  await judge(bench, {
    api,
    db,
    budgetId,
    calls,
    race,
    first,
    uncertain,
    watch,
    sent: (await provider.calls()).length,
  })
})

interface Race {
  readonly agent: Agent
  answered: number
  /** Of the calls that were answered. */
  readonly ids: string[]
  refused: number
  /** By the kill. */
  broken: number
  readonly failures: string[]
}

/** A second process on the database of the first, with a data directory of its own. */
async function startSecond({ scope, options }: Bench, providerUrl: string, first: Atrium): Promise<Atrium> {
  const root = join(first.dataDir, 'postgres')
  const password = (await readFile(join(root, 'password'), 'utf8')).trim()
  const host = encodeURIComponent(join(root, 'run'))
  const url = `postgresql://postgres:${encodeURIComponent(password)}@localhost/atrium?host=${host}`
  const second = scope.use(
    await createAtrium({ providerUrl, profile: options.profile, environment: { DATABASE_URL: url } }),
  )
  await second.start()
  return second
}

async function makeBudget(api: Api, calls: number): Promise<string> {
  const body = {
    name: 'Race',
    scope: 'workspace',
    period: 'total',
    limitNanoUsd: (callNanoUsd * BigInt(calls)).toString(),
    unknownPrice: { rule: 'ceiling', nanoUsd: callNanoUsd.toString() },
  }
  const made = await api.json({ method: 'POST', path: `${api.base}/budgets`, body })
  return z.object({ id: z.string() }).parse(made).id
}

/** One call after the other, by the first process that lives, until the budget refuses. */
async function callOn(race: Race, ways: readonly Atrium[]): Promise<void> {
  let way = 0
  while (race.failures.length < 20) {
    const atrium = ways[way]
    if (!atrium) return
    try {
      const { status, id } = await call(race.agent, atrium.url)
      if (status === 200) {
        race.answered++
        race.ids.push(id)
      } else if (status === 402) return void race.refused++
      else race.failures.push(`answered ${status}`)
    } catch (error) {
      if (way + 1 < ways.length) {
        race.broken++
        way++
      } else race.failures.push(String(error))
    }
  }
}

async function call(agent: Agent, origin: string): Promise<{ status: number; id: string }> {
  const { statusCode, headers, body } = await request(`${origin}/v1/chat/completions`, {
    dispatcher: agent,
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: fakeModel,
      messages: [{ role: 'user', content: 'one call' }],
      max_tokens: 16,
    }),
  })
  await body.dump()
  return { status: statusCode, id: String(headers['x-atrium-call']) }
}

interface Watch {
  looks: number
  /** Most that was spent and leased at any look. */
  most: bigint
  stop(): Promise<void>
}

/** Looks at the budget over and over while it is spent. */
function watchSpending(db: DatabaseLook, budgetId: string): Watch {
  let stopped = false
  const watch: Watch = { looks: 0, most: 0n, stop: () => ((stopped = true), running) }
  const running = (async () => {
    while (!stopped) {
      const [row] = await db.rows<{ taken: string }>(
        'SELECT spent_nano_usd + leased_nano_usd AS taken FROM ledger.budget_periods WHERE budget_id = $1',
        [budgetId],
      )
      const taken = BigInt(row?.taken ?? 0)
      if (taken > watch.most) watch.most = taken
      watch.looks++
      await sleep(20)
    }
  })()
  return watch
}

async function spentNow(db: DatabaseLook, budgetId: string): Promise<bigint> {
  const [row] = await db.rows<{ spent: string }>(
    'SELECT spent_nano_usd AS spent FROM ledger.budget_periods WHERE budget_id = $1',
    [budgetId],
  )
  return BigInt(row?.spent ?? 0)
}

async function countHolds(db: DatabaseLook, state: string): Promise<number> {
  const [row] = await db.rows<{ count: number }>(
    'SELECT count(*)::int AS count FROM ledger.holds WHERE state = $1',
    [state],
  )
  return row?.count ?? Number.NaN
}

/** Until the dead process was taken over. */
async function untilAlone(db: DatabaseLook): Promise<void> {
  const deadline = performance.now() + settleMs
  for (;;) {
    const rows = await db.rows('SELECT 1 FROM ledger.processes')
    if (rows.length === 1) return
    if (performance.now() > deadline) throw new Error('nobody took over from the process that was killed')
    await sleep(100)
  }
}

async function untilSettled(db: DatabaseLook): Promise<void> {
  const deadline = performance.now() + settleMs
  while ((await countHolds(db, 'held')) > 0 && performance.now() < deadline) await sleep(50)
  // What has just been settled is committed with the next tick.
  await sleep(500)
}

interface Records {
  /** Calls that were answered and have no row. */
  readonly unanswered: number
  /** Calls that the ledger has held for and that have no row. */
  readonly missing: number
  /** Rows whose cost is known and another than that of the ledger. */
  readonly different: number
  /** Rows of calls whose process was killed under them. */
  readonly interrupted: number
  readonly rows: number
}

/** What the rows of calls say, beside the ledger. */
async function compareRecords(db: DatabaseLook, answered: readonly string[]): Promise<Records> {
  const [found] = await db.rows<Records>(
    `WITH held AS (
      SELECT call_id AS id, sum(coalesce(cost_nano_usd, charged_nano_usd)) AS cost FROM ledger.holds GROUP BY 1
    )
    SELECT (SELECT count(*)::int FROM unnest($1::uuid[]) AS a (id)
        WHERE NOT EXISTS (SELECT 1 FROM models.calls c WHERE c.id = a.id AND c.status = 'finished')) AS unanswered,
      (SELECT count(*)::int FROM held h WHERE NOT EXISTS (SELECT 1 FROM models.calls c WHERE c.id = h.id)) AS missing,
      (SELECT count(*)::int FROM held h JOIN models.calls c USING (id) WHERE c.cost_nano_usd <> h.cost) AS different,
      (SELECT count(*)::int FROM models.calls WHERE error_code = 'PROCESS_ENDED') AS interrupted,
      (SELECT count(*)::int FROM models.calls) AS rows`,
    [answered],
  )
  if (!found) throw new Error('the records could not be compared')
  return found
}

async function judgeRecords({ figures }: Bench, { api, db, race, uncertain }: Outcome): Promise<void> {
  const records = await compareRecords(db, race.ids)
  const { totals } = usage.parse(await api.json({ path: `${api.base}/usage` }))
  figures.info('rows of calls whose process was killed under them', records.interrupted)
  figures.correct('answered calls without a row of their own', records.unanswered, { exactly: 0 })
  figures.correct('calls held for without a row', records.missing, { exactly: 0 })
  figures.correct('calls of unknown outcome without a row that says so', uncertain - records.interrupted, {
    exactly: 0,
  })
  figures.correct('rows that name another cost than the ledger', records.different, { exactly: 0 })
  figures.correct('rows that usage does not count', records.rows - totals.calls, { exactly: 0 })
}

interface Outcome {
  readonly api: Api
  readonly db: DatabaseLook
  readonly budgetId: string
  readonly calls: number
  readonly race: Race
  readonly first: { readonly answered: number; readonly refused: number; readonly spent: bigint }
  readonly uncertain: number
  readonly watch: Watch
  readonly sent: number
}

async function judge(bench: Bench, outcome: Outcome): Promise<void> {
  const { figures, say } = bench
  const { api, db, budgetId, calls, race, first, uncertain, watch, sent } = outcome
  const limit = callNanoUsd * BigInt(calls)
  const spent = await spentNow(db, budgetId)
  const book = verification.parse(await api.json({ path: `${api.base}/ledger/verification` }))
  figures.info('answers until the first refusals', first.answered)
  figures.info('answers after the leases of the dead ran out', race.answered - first.answered)
  figures.info('calls broken off by the kill', race.broken)
  figures.info('calls whose outcome is unknown, counted as spent', uncertain)
  figures.info('looks at the budget', watch.looks)
  figures.correct(
    'most ever spent and leased beyond the budget',
    beyond(watch.most, limit),
    { exactly: 0 },
    'n$',
  )
  figures.correct('spent at the end beyond the budget', beyond(spent, limit), { exactly: 0 }, 'n$')
  figures.correct('left at the end that nobody can spend', beyond(limit, spent), { exactly: 0 }, 'n$')
  figures.correct('calls that reached the provider', sent, { atMost: calls })
  figures.correct('answers that were not charged', Math.max(0, race.answered - Number(spent / callNanoUsd)), {
    exactly: 0,
  })
  figures.correct('calls that failed otherwise', race.failures.length, { exactly: 0 })
  figures.correct('the book balances to the nano-dollar', Number(book.balanced), { exactly: 1 })
  figures.correct('periods beyond their limit', book.overLimit, { exactly: 0 })
  figures.info('entries in the book', book.entries)
  await judgeRecords(bench, outcome)
  for (const failure of race.failures.slice(0, 5)) say(`  ${failure}`)
}

/** How much more the first is. */
function beyond(amount: bigint, limit: bigint): number {
  return amount > limit ? Number(amount - limit) : 0
}
