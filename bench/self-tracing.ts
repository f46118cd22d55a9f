/** What it costs the gateway to keep its calls among the traces of their workspaces: processor per call, with and without. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent } from 'undici'
import { apiKey, type Atrium, createAtrium } from './lib/atrium.ts'
import { call, type Callee, startListening, untilListed } from './lib/canned.ts'
import { costOf } from './lib/cost.ts'
import { openDatabase } from './lib/database.ts'
import { type Bench, runBench } from './lib/run.ts'
import { inParallel, quantile, range } from './lib/stats.ts'

interface Size {
  readonly warmCalls: number
  readonly jsonCalls: number
  readonly streams: number
  readonly rounds: number
}

const full: Size = { warmCalls: 15_000, jsonCalls: 3000, streams: 600, rounds: 7 }
const quick: Size = { warmCalls: 300, jsonCalls: 300, streams: 64, rounds: 1 }

/** Everything that a round has caused is written by then. */
const settleMs = 2500

const forms = ['JSON call', 'stream of 52 events'] as const
type Form = (typeof forms)[number]

/** A server, and what a call has cost it in each round, in milliseconds. */
interface Side extends Callee {
  readonly atrium: Atrium
  readonly nodeMs: Record<Form, number[]>
  readonly databaseMs: Record<Form, number[]>
  calls: number
  failures: number
}

await runBench('self-tracing', async (bench) => {
  const { options, say, scope } = bench
  const size = options.quick ? quick : full
  const provider = await startListening(scope, 'canned-provider.ts', [])
  const agent = new Agent({ connections: 256, pipelining: 1 })
  scope.defer(() => agent.destroy())
  const off = await openSide(bench, provider.url, 'off')
  const on = await openSide(bench, provider.url, 'on')
  say('warming up')
  for (const side of [off, on]) await send(agent, side, size.warmCalls, 16, false)
  await sleep(settleMs)
  for (const round of range(size.rounds)) {
    say(`round ${round + 1} of ${size.rounds}`)
    for (const side of round % 2 === 0 ? [off, on] : [on, off]) {
      await measure(agent, side, 'JSON call', size.jsonCalls, 16)
      await measure(agent, side, 'stream of 52 events', size.streams, 32)
    }
  }
  await judge(bench, off, on)
})

async function openSide({ scope, options }: Bench, providerUrl: string, selfTracing: string): Promise<Side> {
  const atrium = scope.use(
    await createAtrium({
      providerUrl,
      profile: options.profile,
      environment: { ATRIUM_SELF_TRACING: selfTracing },
    }),
  )
  await atrium.start()
  await untilListed(atrium)
  const figures = (): Record<Form, number[]> => ({ 'JSON call': [], 'stream of 52 events': [] })
  return {
    atrium,
    url: atrium.url,
    model: 'openai/canned-1',
    headers: { authorization: `Bearer ${apiKey}` },
    nodeMs: figures(),
    databaseMs: figures(),
    calls: 0,
    failures: 0,
  }
}

async function measure(agent: Agent, side: Side, form: Form, count: number, width: number): Promise<void> {
  const { nodeMs, databaseMs } = await costOf(side.atrium, async () => {
    await send(agent, side, count, width, form !== 'JSON call')
    await sleep(settleMs)
  })
  side.nodeMs[form].push(nodeMs / count)
  side.databaseMs[form].push(databaseMs / count)
}

async function send(agent: Agent, side: Side, count: number, width: number, stream: boolean): Promise<void> {
  const firsts = await inParallel(range(count), width, () => call(agent, side, stream))
  side.calls += count
  side.failures += firsts.filter((first) => Number.isNaN(first)).length
}

async function judge({ figures }: Bench, off: Side, on: Side): Promise<void> {
  const whole = ({ nodeMs, databaseMs }: Side, form: Form): number =>
    quantile(
      nodeMs[form].map((ms, round) => ms + (databaseMs[form][round] ?? 0)),
      0.5,
    )
  for (const form of forms) {
    for (const [name, { nodeMs, databaseMs }] of [
      ['off', off],
      ['on', on],
    ] as const) {
      figures.info(`${form}, ${name}: Node`, quantile(nodeMs[form], 0.5), 'ms')
      figures.info(`${form}, ${name}: PostgreSQL`, quantile(databaseMs[form], 0.5), 'ms')
    }
  }
  for (const form of forms)
    figures.speed(`${form}: on, times off`, whole(on, form) / whole(off, form), '×', { atMost: 1.15 })
  figures.correct('answers that were not whole', off.failures + on.failures, { exactly: 0 })
  figures.correct('calls without a span', on.calls - (await spansIn(on)), { exactly: 0 })
  figures.correct('spans where there should be none', await spansIn(off), { exactly: 0 })
}

async function spansIn({ atrium }: Side): Promise<number> {
  await using db = await openDatabase(atrium)
  const [row] = await db.rows<{ count: number }>('SELECT count(*)::int AS count FROM traces.spans')
  return row?.count ?? Number.NaN
}
