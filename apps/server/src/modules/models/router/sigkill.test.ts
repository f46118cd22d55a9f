import { setTimeout as sleep } from 'node:timers/promises'
import type { Budget, CallSummary, UsageTotals } from '@atrium/contract'
import { openFleet, type Fleet, type Program } from '@atrium/testkit/programs'
import { afterAll, beforeAll, expect, it } from 'vitest'

let fleet: Fleet
let program: Program
let key: string
let budget: Budget
beforeAll(async () => {
  fleet = await openFleet()
  program = await fleet.start()
  const { client, base } = program.owner
  const rate = { base: '1000000', tiers: [] }
  await client.post(`${base}/price-overrides`, {
    modelPattern: 'fake-1',
    effectiveFrom: new Date(Date.now() - 86_400_000).toISOString(),
    sheet: { rates: { input: rate, output: rate }, perCall: '0' },
  })
  const made = await client.post<Budget>(`${base}/budgets`, {
    name: 'All',
    scope: 'workspace',
    period: 'total',
    limitNanoUsd: '1000000000',
  })
  budget = made.body
  const keyed = await client.post<{ secret: string }>(`${base}/api-keys`, {
    name: 'sdk',
    scopes: ['gateway:call'],
  })
  key = keyed.body.secret
  await answered(program, 'the models are known by now')
}, 60_000)
afterAll(() => fleet[Symbol.asyncDispose]())

/** The times of a lease, of taking over and of a busy machine. */
const patience = { timeout: 60_000, interval: 200 }
const endless = '[[fake tokens=3000 rate=5]]'

const ask = (at: Program, content: string, stream: boolean): Promise<Response> =>
  fetch(new URL('/v1/chat/completions', at.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'openai/fake-1',
      max_tokens: 200,
      stream,
      messages: [{ role: 'user', content }],
    }),
  })

/** A call that a client has read to its end. */
async function answered(at: Program, content: string, stream = false): Promise<string> {
  const reply = await ask(at, content, stream)
  expect(reply.status, await reply.text()).toBe(200)
  return reply.headers.get('x-atrium-call') ?? ''
}

/** A call whose answer has begun; the rest of it is read in the background. */
async function begun(at: Program, content = endless): Promise<string> {
  const reply = await ask(at, content, true)
  expect(reply.status).toBe(200)
  void reply.text().catch(() => undefined)
  return reply.headers.get('x-atrium-call') ?? ''
}

/** What calls under load ask for: answers that end at once, and some that take a while. */
const prompts = ['hello', '[[fake tokens=40 rate=200]]', 'hello [[fake tokens=5]]'] as const

async function kill(victim: Program): Promise<void> {
  victim.signal('SIGKILL')
  await victim.ended
}

interface Kept {
  readonly id: string
  readonly status: string
  readonly error: string | null
  readonly cost: string | null
}

async function kept(ids: readonly string[]): Promise<Map<string, Kept>> {
  const { rows } = await fleet.database.query<Kept>(
    `SELECT id, status, error_code AS error, cost_nano_usd::text AS cost FROM models.calls WHERE id = ANY ($1)`,
    [ids],
  )
  return new Map(rows.map((row) => [row.id, row]))
}

const outcomesOf = async (ids: readonly string[]): Promise<string[]> => {
  const rows = await kept(ids)
  return ids.map((id) => {
    const row = rows.get(id)
    return row ? (row.error ?? row.status) : 'no row'
  })
}

const each = (ids: readonly string[], outcome: string): string[] => ids.map(() => outcome)

/** Calls, the book, the budget and the shown usage name one sum. */
async function expectOneSum(at: Program): Promise<void> {
  const { client, base } = at.owner
  const { rows } = await fleet.database.query<{ calls: string; held: string; count: number }>(`
    SELECT (SELECT sum(cost_nano_usd)::text FROM models.calls) AS calls, (SELECT count(*)::int FROM models.calls) AS count,
      (SELECT sum(coalesce(cost_nano_usd, charged_nano_usd))::text FROM ledger.holds) AS held`)
  const [sum] = rows
  const now = await client.get<Budget>(`${base}/budgets/${budget.id}`)
  const usage = await client.get<{ totals: UsageTotals }>(`${base}/usage`)
  expect({
    book: sum?.held,
    budget: now.body.spentNanoUsd,
    usage: usage.body.totals.cost.nanoUsd,
    count: usage.body.totals.calls,
  }).toEqual({ book: sum?.calls, budget: sum?.calls, usage: sum?.calls, count: sum?.count })
}

it('explains what was spent after SIGKILL, however often the successor is killed as well', async () => {
  const streams = await Promise.all(Array.from({ length: 8 }, () => begun(program)))
  const whole: string[] = []
  for (let call = 0; call < 6; call += 1) whole.push(await answered(program, 'hello', call % 2 === 1))
  // Of the last ones nothing is in the database yet.
  whole.push(...(await Promise.all(Array.from({ length: 5 }, () => answered(program, 'hello')))))
  await kill(program)

  const second = await fleet.start()
  const between = [await answered(second, 'hello'), await answered(second, 'hello', true)]
  await kill(second)

  program = await fleet.start()
  await expect
    .poll(() => outcomesOf([...whole, ...between]), patience)
    .toEqual(each([...whole, ...between], 'finished'))
  await expect.poll(() => outcomesOf(streams), patience).toEqual(each(streams, 'PROCESS_ENDED'))
  await expect.poll(() => expectOneSum(program), patience).toBeUndefined()

  const { client, base } = program.owner
  const failed = await client.get<{ data: CallSummary[] }>(`${base}/calls?status=failed&limit=100`)
  expect(failed.body.data.map(({ id }) => id).toSorted()).toEqual(streams.toSorted())
  expect(failed.body.data[0]).toMatchObject({
    model: 'openai/fake-1',
    upstreamModel: 'fake-1',
    purpose: 'gateway',
    dialect: 'openai-chat',
    estimated: true,
    person: { id: program.owner.id },
    key: { name: 'sdk' },
    connection: { name: 'OpenAI' },
  })
}, 150_000)

it('is done by the process that lives when one of several is killed', async () => {
  const victim = await fleet.start()
  const streams = await Promise.all(Array.from({ length: 4 }, () => begun(victim)))
  const whole = await Promise.all(Array.from({ length: 4 }, () => answered(victim, 'hello', true)))
  const mine = await begun(program, '[[fake tokens=150 rate=10]]')
  await kill(victim)
  await expect.poll(() => outcomesOf([...whole, mine]), patience).toEqual(each([...whole, mine], 'finished'))
  await expect.poll(() => outcomesOf(streams), patience).toEqual(each(streams, 'PROCESS_ENDED'))
  await expect.poll(() => expectOneSum(program), patience).toBeUndefined()
}, 150_000)

it.each([150, 400, 900])(
  'loses no call of those under load, %i ms after its beginning',
  async (afterMs) => {
    const victim = await fleet.start()
    const ids: string[] = []
    const caller = async (_: unknown, index: number): Promise<void> => {
      for (;;) ids.push(await answered(victim, prompts[index % prompts.length] ?? '', index % 2 === 0))
    }
    const callers = Promise.allSettled(Array.from({ length: 24 }, caller))
    await expect.poll(() => ids.length, patience).toBeGreaterThan(0)
    await sleep(afterMs)
    await kill(victim)
    await callers
    await expect.poll(() => outcomesOf(ids), patience).toEqual(each(ids, 'finished'))
    await expect.poll(() => expectOneSum(program), patience).toBeUndefined()
  },
  150_000,
)

it('lets the real end of a call take the place of a presumed one when its process was only slow', async () => {
  const slow = await fleet.start()
  const stream = await begun(slow, '[[fake tokens=150 rate=30]]')
  await sleep(1000)
  slow.signal('SIGSTOP')
  await expect.poll(() => outcomesOf([stream]), patience).toEqual(['PROCESS_ENDED'])
  await expectOneSum(program)
  // Time that is closed is summed up apart.
  await fleet.database.query(
    `SELECT models.close_usage($1, date_bin('15 minutes', now(), 'epoch') + interval '15 minutes')`,
    [program.owner.workspaceId],
  )
  slow.signal('SIGCONT')
  await expect.poll(() => outcomesOf([stream]), patience).toEqual(['finished'])
  await expect.poll(() => expectOneSum(program), patience).toBeUndefined()
  await kill(slow)
}, 150_000)
