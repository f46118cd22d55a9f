/** Sends each message fifty times at once under one key: one message, one run, one call to the provider. */
import { setTimeout as sleep } from 'node:timers/promises'
import { markerOf } from '@atrium/testkit/provider'
import type { Answer, Api } from './lib/api.ts'
import type { Atrium } from './lib/atrium.ts'
import { type DatabaseLook, openDatabase } from './lib/database.ts'
import { openRig } from './lib/rig.ts'
import { type Bench, runBench } from './lib/run.ts'
import { inParallel, quantile, randomFrom, range } from './lib/stats.ts'
import {
  makeConversation,
  orderTurn,
  runAccepted,
  runStillWritten,
  turnCall,
  type TurnOrder,
} from './lib/turn.ts'

const repeats = 50
/** Long enough for all repeats to come while the answer is still being written. */
const script = '[[fake tokens=30 rate=60]]'

/** What was answered, counted; all but the conflicts must never happen. */
interface Faults {
  /** Accepted submits beyond the first. */
  acceptedTwice: number
  /** Answers 409 that name the run. */
  conflicts: number
  /** Answers that are neither the first, nor a 409 that names the run, nor the stored one. */
  strangeAnswers: number
  /** The same key with another body was not refused with 422. */
  otherBodies: number
  /** After the end, the stored answer did not come back, or without its mark. */
  badReplays: number
}

await runBench('chat-idempotency', async (bench) => {
  const { options, say, figures } = bench
  const rounds = options.quick ? 12 : 200
  const { provider, atrium, api } = await openRig(bench)
  const faults: Faults = { acceptedTwice: 0, conflicts: 0, strangeAnswers: 0, otherBodies: 0, badReplays: 0 }
  const random = randomFrom(options.seed)
  const tookMs: number[] = []
  const calm: TurnOrder[] = []
  const broken: TurnOrder[] = []

  for (let round = 0; round < rounds; round++) {
    const conversationId = await makeConversation(api)
    const order = orderTurn(conversationId, `round ${round} ${script}`)
    if (round % 6 === 5) {
      broken.push(order)
      await brokenRound(api, atrium, order, faults, {
        what: round % 12 === 5 ? 'node' : 'tree',
        afterMs: random() * 150,
      })
    } else {
      calm.push(order)
      tookMs.push(await calmRound(api, order, faults))
    }
    if (round % 25 === 24) say(`${round + 1} rounds: ${JSON.stringify(faults)}`)
  }

  await using db = await openDatabase(atrium)
  await untilAllEnded(db)
  for (const order of [...calm, ...broken]) await replay(api, order, faults)
  await judgeStored(bench, db, [...calm, ...broken])
  const { turnsByMarker } = await provider.stats()
  const callsOf = ({ text }: TurnOrder): number => turnsByMarker[markerOf(text)] ?? 0
  figures.correct(
    'rounds without exactly one provider call',
    calm.filter((order) => callsOf(order) !== 1).length,
    { exactly: 0 },
  )
  figures.correct(
    'rounds with a kill: more than one call',
    broken.filter((order) => callsOf(order) > 1).length,
    { exactly: 0 },
  )
  figures.info(
    'rounds with a kill: killed before the call',
    broken.filter((order) => callsOf(order) === 0).length,
  )
  judge(bench, faults, calm.length, broken.length)
  figures.info('fifty submits answered, median', quantile(tookMs, 0.5), 'ms')
  figures.info('fifty submits answered, p99', quantile(tookMs, 0.99), 'ms')
})

/** Fifty submits at once, and the same key for something else while the answer is being written. */
async function calmRound(api: Api, order: TurnOrder, faults: Faults): Promise<number> {
  const startedAt = performance.now()
  const answers = await Promise.all(range(repeats).map(() => api.send(turnCall(api, order))))
  const tookMs = performance.now() - startedAt
  judgeAnswers(answers, faults)
  await otherBody(api, order, faults)
  return tookMs
}

/** Fifty submits, a kill in the middle of them, and fifty more after the restart. */
async function brokenRound(
  api: Api,
  atrium: Atrium,
  order: TurnOrder,
  faults: Faults,
  kill: { what: 'node' | 'tree'; afterMs: number },
): Promise<void> {
  const submits = range(repeats).map(() => api.send(turnCall(api, order)).catch(() => undefined))
  await sleep(kill.afterMs)
  await atrium.kill(kill.what)
  const before = (await Promise.all(submits)).filter((answer) => answer !== undefined)
  await atrium.start()
  const after = await Promise.all(range(repeats).map(() => api.send(turnCall(api, order))))
  // Some of those before the kill got no answer, or an error that says so.
  judgeAnswers([...before.filter(({ status }) => status < 500), ...after], faults)
  await otherBody(api, order, faults)
}

function judgeAnswers(answers: readonly Answer[], faults: Faults): void {
  const runs = new Set<unknown>()
  const firsts = answers.filter((answer) => answer.status === 200 && !isReplayed(answer))
  faults.acceptedTwice += Math.max(0, firsts.length - 1)
  for (const answer of answers) {
    if (runStillWritten(answer) !== undefined) faults.conflicts += 1
    const runId = runAccepted(answer) ?? runStillWritten(answer)
    if (runId === undefined) faults.strangeAnswers += 1
    else runs.add(runId)
  }
  faults.acceptedTwice += Math.max(0, runs.size - 1)
}

function isReplayed({ headers }: Answer): boolean {
  return headers['idempotent-replayed'] === 'true'
}

async function otherBody(api: Api, order: TurnOrder, faults: Faults): Promise<void> {
  const { status } = await api.send(turnCall(api, { ...order, text: `${order.text} but not the same` }))
  if (status !== 422) faults.otherBodies += 1
}

/** After the end of the run, its key gives the stored answer, and another body is refused still. */
async function replay(api: Api, order: TurnOrder, faults: Faults): Promise<void> {
  const [one, other] = [await api.send(turnCall(api, order)), await api.send(turnCall(api, order))]
  const good = [one, other].every((answer) => answer.status === 200 && isReplayed(answer))
  if (!good || one.text !== other.text) faults.badReplays += 1
  await otherBody(api, order, faults)
}

async function untilAllEnded(db: DatabaseLook): Promise<void> {
  const deadline = performance.now() + 20_000
  while (performance.now() < deadline) {
    const [row] = await db.rows<{ count: number }>(
      `SELECT count(*)::int AS count FROM chat.runs WHERE ended_at IS NULL`,
    )
    if (row?.count === 0) return
    await sleep(100)
  }
}

async function judgeStored(
  { figures }: Bench,
  db: DatabaseLook,
  orders: readonly TurnOrder[],
): Promise<void> {
  const stored = await inParallel(orders, 1, async ({ conversationId }) => {
    const [row] = await db.rows<{ messages: number; runs: number }>(
      `SELECT (SELECT count(*)::int FROM chat.messages WHERE conversation_id = $1 AND role = 'user') AS messages,
         (SELECT count(*)::int FROM chat.runs WHERE conversation_id = $1) AS runs`,
      [conversationId],
    )
    return row
  })
  figures.info('rounds', orders.length)
  figures.correct('rounds without exactly one message', stored.filter((row) => row?.messages !== 1).length, {
    exactly: 0,
  })
  figures.correct('rounds without exactly one run', stored.filter((row) => row?.runs !== 1).length, {
    exactly: 0,
  })
}

function judge({ figures }: Bench, faults: Faults, calm: number, broken: number): void {
  figures.info('submits under one key, each round', repeats)
  figures.correct('repeats told that the run is still written', faults.conflicts, { atLeast: calm })
  figures.info('rounds without a kill', calm)
  figures.info('rounds with a kill and a resubmit', broken)
  figures.correct('submits accepted beyond the first', faults.acceptedTwice, { exactly: 0 })
  figures.correct('answers that are neither first, 409 nor stored', faults.strangeAnswers, { exactly: 0 })
  figures.correct('same key, other body: not refused with 422', faults.otherBodies, { exactly: 0 })
  figures.correct('stored answers not given again with their mark', faults.badReplays, { exactly: 0 })
}
