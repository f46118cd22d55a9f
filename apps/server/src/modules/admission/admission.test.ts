import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type KeyLimits, unlimited } from '@atrium/contract'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { openBus } from '#platform/bus'
import { createClock } from '#platform/clock'
import { openDatabase } from '#platform/db'
import { AppError } from '#platform/errors'
import { silentLog } from '#platform/log'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createAdmission } from './service.ts'
import type { Admission, Ticket } from './types.ts'

let server: TestServer
let owner: Person
beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
})
afterAll(() => server[Symbol.asyncDispose]())

let processes = new AsyncDisposableStack()
afterEach(async () => {
  await processes.disposeAsync()
  processes = new AsyncDisposableStack()
})

/** Admission as a process of its own has it: with its own connections and its own lease. */
async function open(scope: AsyncDisposableStack = processes): Promise<Admission> {
  const log = silentLog()
  const pool = { maxConnections: 4, log, applicationName: 'test' }
  const jobDb = scope.use(openDatabase({ ...pool, url: server.roles.job }))
  const bus = scope.use(await openBus(server.roles.app, log))
  return createAdmission({ jobDb, bus, log, clock: createClock() }, scope)
}

/** Calls with a key of its own that has these limits. */
function caller(limits: Partial<KeyLimits>, personId: string = randomUUID()) {
  const request = {
    workspaceId: owner.workspaceId,
    keyId: randomUUID(),
    personId,
    limits: { ...unlimited, ...limits },
  }
  return async (admission: Admission, estimatedTokens = 10): Promise<Ticket> =>
    admission.admit({ ...request, estimatedTokens })
}

type Attempt = { ticket: Ticket } | { refusal: AppError }

async function attempt(made: Promise<Ticket>): Promise<Attempt> {
  try {
    return { ticket: await made }
  } catch (error) {
    if (error instanceof AppError && error.code === 'RATE_LIMIT_EXCEEDED') return { refusal: error }
    throw error
  }
}

async function attempts(
  made: readonly Promise<Ticket>[],
): Promise<{ tickets: Ticket[]; refusals: AppError[] }> {
  const all = await Promise.all(made.map(attempt))
  return {
    tickets: all.flatMap((one) => ('ticket' in one ? [one.ticket] : [])),
    refusals: all.flatMap((one) => ('refusal' in one ? [one.refusal] : [])),
  }
}

describe('requests per minute', () => {
  it('let in exactly the limit when two processes are stormed at once', async () => {
    const [one, two] = [await open(), await open()]
    const call = caller({ rpm: 20 })
    const { tickets, refusals } = await attempts(
      Array.from({ length: 200 }, (_, index) => call(index % 2 ? one : two)),
    )
    expect([tickets.length, refusals.length]).toEqual([20, 180])
  })

  it('come back one by one as time passes', async () => {
    const admission = await open()
    const call = caller({ rpm: 40 })
    expect((await attempts(Array.from({ length: 50 }, () => call(admission)))).tickets).toHaveLength(40)
    await sleep(1600)
    expect((await attempts(Array.from({ length: 10 }, () => call(admission)))).tickets).toHaveLength(1)
  })

  it('say what is left, and on a refusal when to come back', async () => {
    const admission = await open()
    const call = caller({ rpm: 2 })
    const first = await call(admission)
    expect(first.headers).toMatchObject({
      'ratelimit-limit': '2',
      'ratelimit-remaining': '1',
      'ratelimit-reset': '30',
      'ratelimit-policy': '"key-requests";q=2;w=60',
      ratelimit: '"key-requests";r=1;t=30',
    })
    await call(admission)
    const { refusals } = await attempts([call(admission)])
    expect(refusals[0]).toMatchObject({
      status: 429,
      retryAfterSeconds: 30,
      details: { scope: 'key', unit: 'requests', limit: 2, remaining: 0 },
      headers: { 'ratelimit-limit': '2', 'ratelimit-remaining': '0', 'ratelimit-reset': '60' },
    })
  })

  it('of high limits stay within the limit, what flows off meanwhile, and two hundredths per process', async () => {
    const all = [await open(), await open(), await open()]
    const call = caller({ rpm: 3000 })
    const started = performance.now()
    let admitted = 0
    while (performance.now() - started < 3000) {
      const { tickets } = await attempts(all.flatMap((one) => Array.from({ length: 40 }, () => call(one))))
      admitted += tickets.length
      await sleep(5)
    }
    const elapsed = performance.now() - started
    expect(admitted).toBeLessThanOrEqual(3000 * (1 + elapsed / 60_000) + 3 * 60)
    expect(admitted).toBeGreaterThan(3000 * 0.94)
  })
})

describe('tokens per minute', () => {
  it('count what calls took instead of what was expected', async () => {
    const [one, two] = [await open(), await open()]
    const call = caller({ tpm: 1000 })
    const ticket = await call(one, 1000)
    expect((await attempts([call(two, 500)])).refusals).toHaveLength(1)
    ticket.release(200)
    await expect.poll(async () => (await attempts([call(two, 700)])).tickets.length).toBe(1)
    expect((await attempts([call(two, 300)])).refusals).toHaveLength(1)
  })

  it('are owed when a call took more', async () => {
    const [one, two] = [await open(), await open()]
    const call = caller({ tpm: 1000 })
    const ticket = await call(one, 100)
    ticket.release(1500)
    await sleep(600)
    const { refusals } = await attempts([call(two, 100)])
    expect(refusals[0]?.retryAfterSeconds).toBeGreaterThan(30)
  })

  it('are owed for two minutes at most, however much a call says that it took', async () => {
    const admission = await open()
    const call = caller({ tpm: 6000 })
    const ticket = await call(admission, 10)
    ticket.release(1e18)
    await sleep(300)
    // More than what is held aside for the next calls.
    const { refusals } = await attempts([call(admission, 500)])
    expect(refusals[0]?.retryAfterSeconds).toBeGreaterThan(30)
    expect(refusals[0]?.retryAfterSeconds).toBeLessThanOrEqual(120)
  })

  it('refuse a call that is larger than the limit without asking it to come back', async () => {
    const { refusals } = await attempts([caller({ tpm: 1000 })(await open(), 1001)])
    expect(refusals[0]?.retryAfterSeconds).toBeUndefined()
    expect(refusals[0]?.message).toContain('1001 tokens')
  })

  it('take nothing of other limits for a call that they refuse', async () => {
    const admission = await open()
    const call = caller({ rpm: 2, tpm: 100 })
    for (let count = 0; count < 5; count++) await attempts([call(admission, 101)])
    expect((await attempts([call(admission, 50), call(admission, 50)])).tickets).toHaveLength(2)
  })
})

describe('calls at once', () => {
  it('never exceed the limit across processes and come back when calls end', async () => {
    const [one, two] = [await open(), await open()]
    const call = caller({ concurrency: 5 })
    const storm = () => attempts(Array.from({ length: 40 }, (_, index) => call(index % 2 ? one : two)))
    const first = await storm()
    expect(first.tickets).toHaveLength(5)
    expect(first.refusals[0]).toMatchObject({ retryAfterSeconds: 1, details: { unit: 'concurrency' } })
    for (const ticket of first.tickets.slice(0, 2)) ticket.release(0)
    await sleep(100)
    expect((await storm()).tickets).toHaveLength(2)
  })

  it('count a ticket that is released twice once', async () => {
    const admission = await open()
    const call = caller({ concurrency: 2 })
    const [first] = [await call(admission), await call(admission)]
    first.release(0)
    first.release(0)
    await sleep(50)
    expect((await attempts([call(admission), call(admission)])).tickets).toHaveLength(1)
  })

  it('are free at once when a process closes', async () => {
    const leaving = new AsyncDisposableStack()
    const [one, two] = [await open(leaving), await open()]
    const call = caller({ concurrency: 1 })
    await call(one)
    expect((await attempts([call(two)])).refusals).toHaveLength(1)
    await leaving.disposeAsync()
    await sleep(50)
    expect((await attempts([call(two)])).tickets).toHaveLength(1)
  })

  it('hold over a thousand calls that come and go', async () => {
    const all = [await open(), await open()]
    const call = caller({ concurrency: 200 })
    let underWay = 0
    let most = 0
    const one = async (index: number): Promise<void> => {
      for (let count = 0; count < 10; count++) {
        const admission = all[index % 2]
        const made = admission && (await attempt(call(admission)))
        if (made && 'ticket' in made) {
          most = Math.max(most, ++underWay)
          await sleep(5)
          underWay -= 1
          made.ticket.release(0)
        }
        await sleep(2)
      }
    }
    await Promise.all(Array.from({ length: 300 }, (_, index) => one(index)))
    expect(most).toBeLessThanOrEqual(200)
    await sleep(1600)
    const { tickets } = await attempts(
      all.flatMap((admission) => Array.from({ length: 100 }, () => call(admission))),
    )
    expect(tickets.length).toBeGreaterThan(190)
  })
})

describe('limits of a workspace and of its people', () => {
  const set = (change: object) => owner.client.patch(`${owner.base}/rate-limits`, change)

  it('hold besides those of the key, in all processes, as soon as they are set', async () => {
    const [one, two] = [await open(), await open()]
    const personId = randomUUID()
    const calls = [caller({}, personId), caller({}, personId), caller({})] as const
    for (const call of calls) await call(one)
    await set({ person: { concurrency: 1 }, workspace: { concurrency: 2 } })
    await sleep(200)
    const held = await calls[0](one)
    const { refusals } = await attempts([calls[1](two)])
    expect(refusals[0]?.details).toMatchObject({ scope: 'person', limit: 1 })
    await calls[2](two)
    const another = await attempts([caller({})(one)])
    expect(another.refusals[0]?.details).toMatchObject({ scope: 'workspace', limit: 2 })
    held.release(0)
    await set({ person: { concurrency: null }, workspace: { concurrency: null } })
    await sleep(200)
    expect((await calls[1](two)).headers).toEqual({})
  })

  it('are set by admins only, kept, and written into the audit log', async () => {
    const member = await server.invite(owner, 'member')
    const failing = { allowFailure: true }
    const path = `${owner.base}/rate-limits`
    expect((await member.client.patch(path, { person: { rpm: 5 } }, failing)).status).toBe(403)
    await set({ person: { rpm: 5, tpm: 1000 } })
    await set({ person: { tpm: null } })
    const expected = { workspace: unlimited, person: { rpm: 5, tpm: null, concurrency: null } }
    expect((await member.client.get(path)).body).toEqual(expected)
    for (const bad of [0, -1, 1.5, 1e10, '5', {}]) {
      expect((await owner.client.patch(path, { person: { rpm: bad } }, failing)).status).toBe(400)
    }
    const audit = await owner.client.get(`${owner.base}/audit`)
    expect(audit.text).toContain('rate-limits.updated')
    await set({ person: { rpm: null } })
  })
})
