import { setTimeout as sleep } from 'node:timers/promises'
import { startTestServer, type TestServer } from '@atrium/testkit'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { changedTopic } from './peers.ts'
import { type Bench, callOf, codeOf, finish, newId, openBench, verified } from './test-support.ts'

let server: TestServer
let bench: Bench
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(async () => {
  bench = await openBench(server)
})
afterEach(() => bench[Symbol.asyncDispose]())

interface Spending {
  readonly spent: bigint
  readonly leased: bigint
}

const spending = async (budgetId: string): Promise<Spending[]> => {
  const rows = await bench.own<{ spent: string; leased: string }>(
    `SELECT spent_nano_usd AS spent, leased_nano_usd AS leased FROM ledger.budget_periods
    WHERE budget_id = $1 ORDER BY starts_at`,
    [budgetId],
  )
  return rows.map(({ spent, leased }) => ({ spent: BigInt(spent), leased: BigInt(leased) }))
}

/** Until everything that was settled is in the database. */
async function untilCommitted(calls: number): Promise<void> {
  for (;;) {
    const rows = await bench.own(`SELECT 1 FROM ledger.holds WHERE state = 'settled'`)
    if (rows.length >= calls) return
    await sleep(10)
  }
}

/** Ends the leases of the processes that hold something, as if they had stopped to renew them. */
async function takeHoldersForDead(): Promise<void> {
  for (const { id } of await bench.own<{ id: string }>(
    'SELECT DISTINCT process_id AS id FROM ledger.holds',
  )) {
    // At once, before they renew.
    await bench.rows(`BEGIN; UPDATE ledger.processes SET expires_at = now() - interval '1 hour' WHERE id = '${id}';
      SELECT ledger.take_over('${id}', '[]'); COMMIT`)
  }
}

describe('two processes', () => {
  it('spend a budget to its last nano-dollar and never beyond', async () => {
    await bench.budget({ limit: 1000n })
    await using one = await bench.open()
    await using two = await bench.open()
    const payer = bench.payer()
    const outcomes = await Promise.all(
      Array.from({ length: 1200 }, async (_, call) => {
        try {
          const hold = await (call % 2 ? one : two).ledger.hold(callOf(payer, 1n))
          await sleep(5)
          finish(hold)
          return 'spent'
        } catch (error) {
          return codeOf(error)
        }
      }),
    )
    expect(outcomes.filter((outcome) => outcome === 'spent')).toHaveLength(1000)
    expect(outcomes.filter((outcome) => outcome === 'BUDGET_EXHAUSTED')).toHaveLength(200)
    await untilCommitted(1000)
    expect(await verified(bench)).toMatchObject({ balanced: true, overLimit: 0 })
  })

  it('ask each other for what is not used instead of refusing', async () => {
    await bench.budget({ limit: 800n })
    await using one = await bench.open()
    await using two = await bench.open()
    const payer = bench.payer()
    // The first takes an eighth with its first call.
    finish(await one.ledger.hold(callOf(payer, 1n)))
    const startedMs = performance.now()
    const rest = await two.ledger.hold(callOf(payer, 799n))
    expect(rest.nanoUsd).toBe(799n)
    expect(performance.now() - startedMs).toBeLessThan(2000)
    finish(rest)
  })

  it('hold by a lowered limit within two seconds, and by a raised one', async () => {
    const budgetId = await bench.budget({ limit: 1_000_000n })
    await using one = await bench.open()
    await using two = await bench.open()
    const payer = bench.payer()
    for (const { ledger } of [one, two]) finish(await ledger.hold(callOf(payer, 1000n)))
    const setLimit = async (limit: bigint): Promise<void> => {
      await bench.rows('UPDATE ledger.budgets SET limit_nano_usd = $1 WHERE id = $2', [limit, budgetId])
      const notice = JSON.stringify([changedTopic, { workspaceId: bench.workspaceId, budgetId }])
      await bench.rows(`SELECT pg_notify('atrium', $1)`, [notice])
    }
    await setLimit(1500n)
    await sleep(1000)
    for (const { ledger } of [one, two])
      await expect(ledger.hold(callOf(payer, 1n))).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED' })
    await setLimit(2500n)
    await sleep(1000)
    finish(await one.ledger.hold(callOf(payer, 500n)))
    await expect(two.ledger.hold(callOf(payer, 1n))).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED' })
  })
})

describe('a hold', () => {
  it('takes from every budget that covers the payer, and from no other', async () => {
    const payer = bench.payer({ keyId: newId(), teamIds: [newId(), newId()] })
    const [team = '', otherTeam = ''] = payer.teamIds
    const covering = [
      await bench.budget({ limit: 100n }),
      await bench.budget({ limit: 100n, scope: 'person', scopeId: payer.personId }),
      await bench.budget({ limit: 100n, scope: 'key', scopeId: payer.keyId }),
      await bench.budget({ limit: 100n, scope: 'team', scopeId: team }),
      await bench.budget({ limit: 100n, scope: 'team', scopeId: otherTeam }),
    ]
    const stranger = await bench.budget({ limit: 1n, scope: 'person', scopeId: newId() })
    await using one = await bench.open()
    finish(await one.ledger.hold(callOf(payer, 10n)), 7n)
    await untilCommitted(1)
    for (const budgetId of covering) expect((await spending(budgetId))[0]?.spent).toBe(7n)
    expect(await spending(stranger)).toEqual([])
    expect(await verified(bench)).toMatchObject({ balanced: true })
  })

  it('is refused by the budget with the least left, and nothing is charged', async () => {
    const payer = bench.payer()
    const wide = await bench.budget({ limit: 100n })
    const budgetId = await bench.budget({
      limit: 9n,
      scope: 'person',
      scopeId: payer.personId,
      period: 'day',
    })
    await using one = await bench.open()
    const error: unknown = await Promise.try(() => one.ledger.hold(callOf(payer, 10n))).catch(
      (reason: unknown) => reason,
    )
    expect(error).toMatchObject({
      code: 'BUDGET_EXHAUSTED',
      message: expect.stringMatching(
        /^Your budget of \$0\.000000009 does not .*anew on \d{4}-\d\d-\d\d at 00:00 UTC\.$/,
      ),
      status: 402,
      details: {
        budgetId,
        scope: 'person',
        limitNanoUsd: '9',
        resetsAt: expect.stringMatching(/T00:00:00.000Z$/),
      },
    })
    expect(error).toHaveProperty('retryAfterSeconds', expect.any(Number))
    expect((await spending(wide))[0]?.spent).toBe(0n)
    expect(await bench.own('SELECT 1 FROM ledger.holds')).toEqual([])
  })

  it('shrinks to what is left when its caller can do with less', async () => {
    await bench.budget({ limit: 60n })
    await using one = await bench.open()
    const payer = bench.payer()
    const hold = await one.ledger.hold({ ...callOf(payer, 100n), floorNanoUsd: 50n })
    expect(hold.nanoUsd).toBe(60n)
    finish(hold, 20n)
    const again = one.ledger.hold({ ...callOf(payer, 100n), floorNanoUsd: 50n })
    await expect(again).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED' })
  })

  it('charges no more than its budgets have when a call costs more than was held', async () => {
    const budgetId = await bench.budget({ limit: 60n })
    await using one = await bench.open()
    finish(await one.ledger.hold(callOf(bench.payer(), 50n)), 90n)
    await untilCommitted(1)
    const [period] = await spending(budgetId)
    expect(period?.spent).toBeGreaterThanOrEqual(50n)
    expect(period?.spent).toBeLessThanOrEqual(60n)
    const { accounts, balanced } = await verified(bench)
    expect(balanced).toBe(true)
    expect(accounts).toContainEqual({ account: 'provider', balanceNanoUsd: '90' })
  })

  it('charges all of a call that costs more than was held when its budgets have it', async () => {
    const budgetId = await bench.budget({ limit: 1_000_000n })
    const narrow = await bench.budget({ limit: 900_000n, scope: 'key', scopeId: newId() })
    await using one = await bench.open()
    // This process leases an eighth.
    finish(await one.ledger.hold(callOf(bench.payer(), 50n)), 700_000n)
    await untilCommitted(1)
    expect((await spending(budgetId))[0]).toMatchObject({ spent: 700_000n })
    expect(await spending(narrow)).toEqual([])
    expect(await bench.own('SELECT charged_nano_usd AS charged FROM ledger.holds')).toEqual([
      { charged: '700000' },
    ])
    const { accounts, balanced } = await verified(bench)
    expect(balanced).toBe(true)
    expect(accounts).toContainEqual({ account: 'provider', balanceNanoUsd: '700000' })
    expect(accounts).toContainEqual({ account: `budget:${budgetId}`, balanceNanoUsd: '-700000' })
  })

  it('charges the rest only as far as the narrowest budget has it', async () => {
    const payer = bench.payer()
    const wide = await bench.budget({ limit: 1_000_000n })
    const narrow = await bench.budget({ limit: 400_000n, scope: 'person', scopeId: payer.personId })
    await using one = await bench.open()
    finish(await one.ledger.hold(callOf(payer, 50n)), 700_000n)
    await untilCommitted(1)
    const [[first], [second]] = [await spending(wide), await spending(narrow)]
    expect(first?.spent).toBe(second?.spent)
    expect(second?.spent).toBeGreaterThan(300_000n)
    expect(second?.spent).toBeLessThanOrEqual(400_000n)
    expect(await verified(bench)).toMatchObject({ balanced: true, overLimit: 0 })
    await expect(one.ledger.hold(callOf(payer, 300_000n))).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED' })
  })

  it('is settled at what was charged when the database does not take its cost', async () => {
    const budgetId = await bench.budget({ limit: 1000n })
    const refuse = `ALTER TABLE ledger.holds ADD CONSTRAINT refused CHECK (cost_nano_usd <> 42) NOT VALID`
    await bench.asOwner(refuse)
    await using one = await bench.open()
    const payer = bench.payer()
    finish(await one.ledger.hold(callOf(payer, 50n)), 42n)
    finish(await one.ledger.hold(callOf(payer, 50n)), 7n)
    await untilCommitted(2)
    await bench.asOwner('ALTER TABLE ledger.holds DROP CONSTRAINT refused')
    expect((await spending(budgetId))[0]).toMatchObject({ spent: 49n })
    expect(
      await bench.own(
        'SELECT cost_nano_usd AS cost, is_estimated AS estimated FROM ledger.holds ORDER BY charged_nano_usd DESC',
      ),
    ).toEqual([
      { cost: null, estimated: true },
      { cost: '7', estimated: false },
    ])
    expect(await verified(bench)).toMatchObject({ balanced: true, overLimit: 0 })
  })

  it('is settled with its cost once a database that was only busy takes it', async () => {
    await bench.budget({ limit: 1000n })
    await bench.asOwner(`
      CREATE FUNCTION ledger.busy() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'busy' USING ERRCODE = 'deadlock_detected'; END $$;
      CREATE TRIGGER busy BEFORE INSERT OR UPDATE ON ledger.holds
        FOR EACH ROW WHEN (new.cost_nano_usd = 42) EXECUTE FUNCTION ledger.busy()`)
    await using one = await bench.open()
    finish(await one.ledger.hold(callOf(bench.payer(), 50n)), 42n)
    await sleep(400)
    await bench.asOwner('DROP FUNCTION ledger.busy() CASCADE')
    await untilCommitted(1)
    expect(await bench.own('SELECT cost_nano_usd AS cost FROM ledger.holds')).toEqual([{ cost: '42' }])
  })

  it('settles once', async () => {
    const budgetId = await bench.budget({ limit: 60n })
    await using one = await bench.open()
    const hold = await one.ledger.hold(callOf(bench.payer(), 50n))
    finish(hold, 10n)
    finish(hold, 50n)
    await untilCommitted(1)
    await sleep(100)
    expect((await spending(budgetId))[0]?.spent).toBe(10n)
  })

  it('is in the database while its call runs', async () => {
    await bench.budget({ limit: 60n })
    await using one = await bench.open()
    const hold = await one.ledger.hold(callOf(bench.payer(), 50n))
    await sleep(600)
    expect(await bench.own('SELECT state, held_nano_usd FROM ledger.holds')).toEqual([
      { state: 'held', held_nano_usd: '50' },
    ])
    finish(hold, 0n)
  })
})

describe('a call of unknown price', () => {
  it('is refused by a budget that says nothing about it', async () => {
    await bench.budget({ limit: 60n })
    await using one = await bench.open()
    await expect(one.ledger.hold(callOf(bench.payer(), null))).rejects.toMatchObject({
      code: 'PRICE_UNKNOWN',
    })
  })

  it('reserves and is charged the ceiling of its budget', async () => {
    const budgetId = await bench.budget({ limit: 60n, unknownCeiling: 25n })
    await using one = await bench.open()
    const hold = await one.ledger.hold(callOf(bench.payer(), null))
    expect(hold.nanoUsd).toBe(25n)
    finish(hold, null)
    await untilCommitted(1)
    expect((await spending(budgetId))[0]?.spent).toBe(25n)
    const { accounts } = await verified(bench)
    expect(accounts).toContainEqual({ account: 'unknown', balanceNanoUsd: '25' })
  })

  it('is free to go where no budget covers it, and its row says that the cost is unknown', async () => {
    await using one = await bench.open()
    finish(await one.ledger.hold(callOf(bench.payer(), null)), null)
    await untilCommitted(1)
    expect(await bench.own('SELECT cost_nano_usd, is_estimated FROM ledger.holds')).toEqual([
      { cost_nano_usd: null, is_estimated: true },
    ])
    expect(await verified(bench)).toMatchObject({ balanced: true })
  })
})

describe('a period', () => {
  it('that begins brings a fresh limit, and its predecessor keeps what it has spent', async () => {
    const budgetId = await bench.budget({ limit: 100n, period: 'day' })
    let now = new Date('2027-03-31T23:59:00Z')
    await using one = await bench.open({ now: () => now })
    const payer = bench.payer()
    const late = await one.ledger.hold(callOf(payer, 100n))
    await expect(one.ledger.hold(callOf(payer, 1n))).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED' })
    now = new Date('2027-04-01T00:00:01Z')
    await sleep(1100)
    finish(await one.ledger.hold(callOf(payer, 40n)))
    finish(late)
    await untilCommitted(2)
    expect((await spending(budgetId)).map(({ spent }) => spent)).toEqual([100n, 40n])
    expect(await verified(bench)).toMatchObject({ balanced: true, overLimit: 0 })
  })

  it.each([
    ['week', 'UTC', '2026-11-21T10:00:00Z', '2026-11-16T00:00:00Z', '2026-11-23T00:00:00Z'],
    ['month', 'UTC', '2028-02-29T23:59:59.999Z', '2028-02-01T00:00:00Z', '2028-03-01T00:00:00Z'],
    ['day', 'Europe/Berlin', '2027-03-28T10:00:00Z', '2027-03-27T23:00:00Z', '2027-03-28T22:00:00Z'],
    ['day', 'Asia/Kolkata', '2027-01-01T18:29:00Z', '2026-12-31T18:30:00Z', '2027-01-01T18:30:00Z'],
  ])('of a %s in %s that contains %s', async (period, zone, moment, start, end) => {
    const [row] = await bench.own<{ starts_at: Date; ends_at: Date }>(
      'SELECT * FROM ledger.period_of($1, $2, $3)',
      [period, zone, moment],
    )
    expect([row?.starts_at, row?.ends_at]).toEqual([new Date(start), new Date(end)])
  })
})

describe('slices', () => {
  it('that nobody uses go back', async () => {
    const budgetId = await bench.budget({ limit: 8000n })
    await using one = await bench.open({ renewMs: 100 })
    finish(await one.ledger.hold(callOf(bench.payer(), 1n)))
    await untilCommitted(1)
    expect((await spending(budgetId))[0]?.leased).toBe(999n)
    await expect.poll(async () => (await spending(budgetId))[0]?.leased, { timeout: 8000 }).toBe(0n)
  })

  it('of a process that was taken for dead are gone, and it goes on as another', async () => {
    const budgetId = await bench.budget({ limit: 8000n })
    await using one = await bench.open({ renewMs: 100, leaseMs: 2000 })
    const payer = bench.payer()
    const open = await one.ledger.hold(callOf(payer, 100n))
    await sleep(500)
    await takeHoldersForDead()
    await sleep(500)
    finish(await one.ledger.hold(callOf(payer, 10n)))
    // It turns out to have cost less than its hold, which was booked meanwhile.
    finish(open, 30n)
    await untilCommitted(2)
    expect((await spending(budgetId))[0]?.spent).toBe(40n)
    expect(await verified(bench)).toMatchObject({ balanced: true, overLimit: 0 })
  })
})

it('an expired hold counts as spent until somebody releases it', async () => {
  const budgetId = await bench.budget({ limit: 100n })
  await using one = await bench.open()
  const hold = await one.ledger.hold(callOf(bench.payer(), 60n))
  await sleep(600)
  await takeHoldersForDead()
  expect((await spending(budgetId))[0]).toEqual({ spent: 60n, leased: 0n })
  await bench.own('SELECT ledger.release(workspace_id, call_id, attempt) FROM ledger.holds')
  expect((await spending(budgetId))[0]).toEqual({ spent: 0n, leased: 0n })
  expect(await verified(bench)).toMatchObject({ balanced: true, entries: 2 })
  finish(hold, 60n)
})
