import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Bench, callOf, finish, openBench, verified } from './test-support.ts'
import type { CallerOrders } from './testing/caller.ts'

const settings = { leaseMs: 1500, renewMs: 200, graceMs: 1000 }
const limit = 200_000n

let bench: Bench
let callers: Caller[]
beforeEach(async () => {
  bench = await openBench()
  callers = []
})
afterEach(async () => {
  for (const { child } of callers) child.kill('SIGKILL')
  await bench[Symbol.asyncDispose]()
})

/** A real process, and what it said before it died. */
interface Caller {
  readonly child: ChildProcess
  readonly dataDir: string
  readonly held: Map<string, bigint>
  readonly settled: Map<string, bigint>
  /** Why calls were refused, and how often. */
  readonly refused: Map<string, number>
  readonly ended: Promise<void>
}

/** @param fileKilobytes no file of it may grow longer: its disk is full then */
async function startCaller(orders: Partial<CallerOrders> = {}, fileKilobytes?: number): Promise<Caller> {
  const dataDir = orders.dataDir ?? (await mkdtemp(join(tmpdir(), 'atrium-ledger-')))
  const { roles } = bench.server
  const all: CallerOrders = {
    jobUrl: roles.job,
    appUrl: roles.app,
    workspaceId: bench.workspaceId,
    personId: bench.payer().personId,
    settings,
    parallel: 40,
    ceiling: 100,
    callMs: 40,
    ...orders,
    dataDir,
  }
  const program = fileURLToPath(new URL('testing/caller.ts', import.meta.url))
  const limited = fileKilobytes === undefined ? '' : `ulimit -f ${fileKilobytes};`
  const child = spawn(
    '/bin/bash',
    ['-c', `${limited} exec "$0" "$@"`, process.execPath, program, JSON.stringify(all)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const caller: Caller = {
    child,
    dataDir,
    held: new Map(),
    settled: new Map(),
    refused: new Map(),
    ended: new Promise((resolve) => child.once('close', () => resolve())),
  }
  callers.push(caller)
  await new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [word = '', id = '', amount = '0'] = line.split(' ')
      if (word === 'ready') resolve()
      if (word === 'held') caller.held.set(id, BigInt(amount))
      if (word === 'settled') caller.settled.set(id, BigInt(amount))
      if (word === 'refused') caller.refused.set(id, (caller.refused.get(id) ?? 0) + 1)
    })
  })
  return caller
}

const spentNow = async (): Promise<bigint> => {
  const [row] = await bench.rows<{ spent: string }>(
    'SELECT spent_nano_usd AS spent FROM ledger.budget_periods',
  )
  return BigInt(row?.spent ?? 0)
}

/** Until the test's own process and that of the server are the only ones. */
async function untilTakenOver(): Promise<void> {
  for (;;) {
    const [row] = await bench.rows<{ count: number }>('SELECT count(*)::int AS count FROM ledger.processes')
    if (row?.count === 2) return
    await sleep(50)
  }
}

/** Each call that a process has named is booked as it said. */
async function judge({ held, settled }: Caller): Promise<void> {
  const rows = await bench.rows<{ id: string; state: string; charged: string; cost: string | null }>(
    `SELECT call_id AS id, state, charged_nano_usd AS charged, cost_nano_usd AS cost FROM ledger.holds`,
  )
  const booked = new Map(rows.map((row) => [row.id, row]))
  for (const [id, cost] of settled)
    expect([id, booked.get(id)?.state, booked.get(id)?.cost]).toEqual([id, 'settled', `${cost}`])
  for (const [id, amount] of held) {
    if (settled.has(id)) continue
    // It may have been settled without having said so.
    const row = booked.get(id)
    expect(['settled', 'expired']).toContain(row?.state)
    if (row?.state === 'expired') expect(row.charged).toBe(`${amount}`)
  }
}

describe('SIGKILL of a process under load', () => {
  it.each([100, 300, 500])(
    '%i ms after its first settlement loses no settlement, spends nothing twice and leaks nothing',
    async (killMs) => {
      await bench.budget({ limit })
      const [victim, survivor] = await Promise.all([startCaller(), startCaller()])
      await expect.poll(() => victim.settled.size, { timeout: 20_000 }).toBeGreaterThan(0)
      await sleep(killMs)
      victim.child.kill('SIGKILL')
      await Promise.all([victim.ended, survivor.ended])
      await using heir = await bench.open(settings)
      await untilTakenOver()
      await judge(victim)
      await judge(survivor)
      expect(await spentNow()).toBeLessThanOrEqual(limit)

      // What neither has spent can be spent to the last nano-dollar.
      const rest = limit - (await spentNow())
      if (rest > 0n) finish(await heir.ledger.hold(callOf(bench.payer(), rest)))
      await expect(heir.ledger.hold(callOf(bench.payer(), 1n))).rejects.toMatchObject({
        code: 'BUDGET_EXHAUSTED',
      })
      await sleep(200)
      expect(await spentNow()).toBe(limit)
      expect(await verified(bench)).toMatchObject({ balanced: true, overLimit: 0 })
    },
    30_000,
  )
})

it('a spool that nobody could read is booked when its process comes back', async () => {
  await bench.budget({ limit: limit * 1000n })
  const victim = await startCaller({ callMs: 2000, ceiling: 1000 })
  await sleep(600)
  victim.child.kill('SIGKILL')
  await victim.ended
  // Away from where it was written, as on another machine.
  await bench.rows(`UPDATE ledger.processes SET spool = '/nonexistent'`)
  await using heir = await bench.open(settings)
  await untilTakenOver()
  expect(await verified(bench)).toMatchObject({ balanced: true })

  const back = await startCaller({ dataDir: victim.dataDir, parallel: 0 })
  await back.ended
  await judge(victim)
  expect(await readdir(join(victim.dataDir, 'spool', 'ledger'))).toEqual([])
  expect(await verified(bench)).toMatchObject({ balanced: true, overLimit: 0 })
  finish(await heir.ledger.hold(callOf(bench.payer(), 1n)))
  await rm(victim.dataDir, { recursive: true })
})

it('a full disk refuses further calls, and what was held or settled by then is booked all the same', async () => {
  await bench.budget({ limit })
  const caller = await startCaller({ parallel: 4 }, 16)
  await caller.ended
  expect([...caller.refused]).toEqual([['INSUFFICIENT_STORAGE', 4]])
  expect(caller.settled.size).toBeGreaterThan(10)
  expect(caller.held.size).toBe(caller.settled.size)
  await judge(caller)
  expect(await verified(bench)).toMatchObject({ balanced: true, overLimit: 0 })
  expect(await readdir(join(caller.dataDir, 'spool', 'ledger'))).toEqual([])
  await rm(caller.dataDir, { recursive: true })
})

it('a clean end leaves no lease, no process and no spool behind', async () => {
  await bench.budget({ limit: 500n })
  const { ended, dataDir } = await startCaller({ parallel: 4, callMs: 1 })
  await ended
  expect(await bench.rows('SELECT 1 FROM ledger.leases')).toEqual([])
  expect(await spentNow()).toBe(500n)
  expect(await readdir(join(dataDir, 'spool', 'ledger'))).toEqual([])
  await rm(dataDir, { recursive: true })
})
