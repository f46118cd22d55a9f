import { appendFile, mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { begunLine, headOf, heldLine, recordLine, settledLine } from './lines.ts'
import { type Bench, callOf, finish, newId, openBench, type Process } from './test-support.ts'
import type { Estate, Heir, RecordedCall } from './types.ts'

let bench: Bench
beforeAll(async () => {
  bench = await openBench()
})
afterAll(() => bench[Symbol.asyncDispose]())

/** Remembers what it was given. */
function heirOf(unstored: readonly RecordedCall[] = []): Heir & { readonly given: Estate[] } {
  const given: Estate[] = []
  return { given, unstored: () => unstored, inherit: async (_tx, estate) => void given.push(estate) }
}

const about = { what: 'a call "with" quotes' }
const recordOf = (id: string): RecordedCall => ({ id, json: JSON.stringify({ id, note: 'naïve 模型' }) })

/** A call of a process that is gone, as its spool tells it. */
function callIn(processId: string) {
  const callId = newId()
  const head = headOf({
    processId,
    workspaceId: bench.workspaceId,
    callId,
    attempt: 1,
    heldNanoUsd: 70n,
    budgetIds: [],
    periodStarts: [],
    funding: 'postpaid',
    createdAt: new Date().toISOString(),
  })
  const settled = settledLine(head, 30n, { costNanoUsd: 30n, status: 'failed', estimated: false })
  return { callId, held: heldLine(head, JSON.stringify(about)), settled }
}

/** Puts a spool into the data directory of a process. */
async function leave(at: Process, processId: string, text: string): Promise<string> {
  const folder = join(at.dataDir, 'spool', 'ledger', processId)
  await mkdir(folder, { recursive: true })
  await appendFile(join(folder, '00000001.jsonl'), text)
  return folder
}

const spools = (at: Process): Promise<string[]> => readdir(join(at.dataDir, 'spool', 'ledger'))

describe('what a process has left', () => {
  it('goes to the heir once there is one: records as they were, and calls without one with what they have cost', async () => {
    await using one = await bench.open()
    const dead = newId()
    const [open, settled, recorded, rotated] = [callIn(dead), callIn(dead), callIn(dead), callIn(dead)]
    const record = recordOf(recorded.callId)
    const lines = [
      open.held,
      settled.held,
      settled.settled,
      recorded.held,
      recorded.settled,
      recordLine(record.json),
      begunLine(bench.workspaceId, rotated.callId, JSON.stringify(about)),
      // Killed while it wrote.
      recordLine(recordOf(open.callId).json).slice(0, -3),
    ]
    await leave(one, dead, lines.join('\n'))
    const heir = heirOf()
    one.ledger.bequeathTo(heir)
    await expect.poll(() => heir.given).toHaveLength(1)
    const [estate] = heir.given
    expect(estate?.records).toEqual([record])
    const { workspaceId } = bench
    expect(estate?.interrupted).toEqual([
      { workspaceId, callId: open.callId, about, costNanoUsd: 70n },
      { workspaceId, callId: settled.callId, about, costNanoUsd: 30n },
      { workspaceId, callId: rotated.callId, about, costNanoUsd: 0n },
    ])
    await expect.poll(() => spools(one)).not.toContain(dead)
  })

  it('stays in its spool while the heir cannot store it', async () => {
    await using one = await bench.open()
    const dead = newId()
    const folder = await leave(one, dead, `${recordLine(recordOf(newId()).json)}\n`)
    const heir = heirOf()
    let asked = 0
    one.ledger.bequeathTo({
      ...heir,
      inherit: async () => {
        asked += 1
        throw new Error('no')
      },
    })
    await expect.poll(() => asked).toBe(1)
    expect(await readdir(folder)).toHaveLength(1)
    one.ledger.bequeathTo(heir)
    await expect.poll(() => heir.given).toHaveLength(1)
  })
})

it('a call that was held for a while is known without the spool of its process', async () => {
  await using slow = await bench.open({ renewMs: 60_000, leaseMs: 60_000 })
  const call = { ...callOf(bench.payer(), 9n), about: JSON.stringify(about) }
  const hold = await slow.ledger.hold(call)
  const told = () =>
    bench.rows(`SELECT 1 FROM ledger.holds WHERE call_id = $1 AND state = 'held' AND about IS NOT NULL`, [
      call.callId,
    ])
  await expect.poll(told).toHaveLength(1)
  await bench.rows(
    `UPDATE ledger.processes p SET spool = '/nonexistent', expires_at = now() - interval '1 second'
    FROM ledger.holds h WHERE h.process_id = p.id AND h.call_id = $1`,
    [call.callId],
  )
  const heir = heirOf()
  await using one = await bench.open({ renewMs: 50, graceMs: 100 })
  await sleep(300)
  // Nobody would know of the call any more.
  expect(await told()).toHaveLength(1)
  one.ledger.bequeathTo(heir)
  await expect.poll(() => heir.given).toHaveLength(1)
  expect(heir.given[0]).toEqual({
    records: [],
    interrupted: [{ workspaceId: bench.workspaceId, callId: call.callId, about, costNanoUsd: 9n }],
  })
  finish(hold)
})

describe('the spool of a process that lives', () => {
  it('keeps records that are not stored and calls without one when it begins a new file, and nothing else', async () => {
    await using one = await bench.open()
    const unstored = recordOf(newId())
    one.ledger.bequeathTo(heirOf([unstored]))
    const call = { ...callOf(bench.payer(), 5n), about: JSON.stringify(about) }
    // Its first attempt is over, and it has no record yet.
    finish(await one.ledger.hold(call))
    const filler = 'x'.repeat(60_000)
    for (let count = 0; count < 80; count += 1) {
      const id = newId()
      one.ledger.record({ id, json: JSON.stringify({ id, filler }) })
    }
    const [processId = ''] = await spools(one)
    const folder = join(one.dataDir, 'spool', 'ledger', processId)
    const names = await readdir(folder)
    expect(names).toHaveLength(1)
    const text = await readFile(join(folder, names[0] ?? ''), 'utf8')
    expect(text).toContain(begunLine(bench.workspaceId, call.callId, call.about))
    expect(text).toContain(recordLine(unstored.json))
    expect(text.length).toBeLessThan(3_000_000)
  })

  it('has a settlement together with the record of its call', async () => {
    await using one = await bench.open()
    const call = { ...callOf(bench.payer(), 5n), about: JSON.stringify(about) }
    const hold = await one.ledger.hold(call)
    const record = recordOf(call.callId)
    const [processId = ''] = await spools(one)
    const file = join(one.dataDir, 'spool', 'ledger', processId, '00000001.jsonl')
    finish(hold)
    one.ledger.record(record)
    const lines = (await readFile(file, 'utf8')).trim().split('\n')
    expect(lines).toHaveLength(3)
    expect(lines[1]).toContain('"s":"settled"')
    expect(lines[2]).toBe(recordLine(record.json))
  })
})
