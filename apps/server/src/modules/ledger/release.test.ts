import { randomUUID } from 'node:crypto'
import type {
  AuditEntry,
  BookVerification,
  Budget,
  CallDetail,
  OpenHold,
  UsageTotals,
} from '@atrium/contract'
import type { Person } from '@atrium/testkit'
import { openFleet, type Fleet, type Program } from '@atrium/testkit/programs'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'

let fleet: Fleet
let program: Program
let owner: Person
let budget: Budget
let expired: OpenHold
const callOf = (content: string) => ({
  model: 'openai/fake-1',
  max_tokens: 100,
  messages: [{ role: 'user', content }],
})

/** A call whose process is killed in its middle: nobody knows what became of it. */
beforeAll(async () => {
  fleet = await openFleet()
  const victim = await fleet.start()
  owner = victim.owner
  const rate = { base: '1000000', tiers: [] }
  await owner.client.post(`${owner.base}/price-overrides`, {
    modelPattern: 'fake-1',
    effectiveFrom: new Date(Date.now() - 86_400_000).toISOString(),
    sheet: { rates: { input: rate, output: rate }, perCall: '0' },
  })
  const made = await owner.client.post<Budget>(`${owner.base}/budgets`, {
    name: 'All',
    scope: 'workspace',
    period: 'total',
    limitNanoUsd: '1000',
  })
  budget = made.body
  const key = await owner.client.post<{ secret: string }>(`${owner.base}/api-keys`, {
    name: 'sdk',
    scopes: ['gateway:call'],
  })
  const ask = (content: string) =>
    fetch(new URL('/v1/chat/completions', victim.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${key.body.secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...callOf(content), stream: true }),
    })
  const reply = await vi.waitFor(async () => {
    const found = await ask('[[fake tokens=2000 rate=5]]')
    expect(found.status).toBe(200)
    return found
  })
  const callId = reply.headers.get('x-atrium-call')
  // Holds reach the database within a moment.
  await vi.waitFor(async () => expect((await holds()).map((hold) => hold.callId)).toEqual([callId]))
  victim.signal('SIGKILL')
  await victim.ended
  program = await fleet.start()
  owner = program.owner
  await vi.waitFor(async () => expect(await holds('expired')).toHaveLength(1), {
    timeout: 40_000,
    interval: 200,
  })
  const [hold] = await holds('expired')
  if (!hold) throw new Error('the hold is gone')
  expired = hold
}, 90_000)
afterAll(() => fleet[Symbol.asyncDispose]())

async function holds(state?: 'held' | 'expired'): Promise<OpenHold[]> {
  const query = state ? `?state=${state}` : ''
  return (await owner.client.get<{ data: OpenHold[] }>(`${owner.base}/ledger/holds${query}`)).body.data
}

const budgetNow = async () => (await owner.client.get<Budget>(`${owner.base}/budgets/${budget.id}`)).body

const release = async (callId: string, attempt: number) =>
  (
    await owner.client.post(`${owner.base}/ledger/holds/${callId}/${attempt}/releases`, undefined, {
      allowFailure: true,
    })
  ).status

it('a hold that nobody has is not released', async () => {
  expect(await release(randomUUID(), 1)).toBe(404)
  expect(await release(expired.callId, expired.attempt + 1)).toBe(404)
  expect(await budgetNow()).toMatchObject({ spentNanoUsd: expired.heldNanoUsd })
})

it('an expired hold counts as spent until somebody releases it, once', async () => {
  expect(BigInt(expired.heldNanoUsd)).toBeGreaterThan(100n)
  expect(await budgetNow()).toMatchObject({ spentNanoUsd: expired.heldNanoUsd, heldNanoUsd: '0' })
  expect(await release(expired.callId, expired.attempt)).toBeLessThan(300)
  expect(await budgetNow()).toMatchObject({ spentNanoUsd: '0', leftNanoUsd: '1000' })
  expect(await holds()).toEqual([])
  expect(await release(expired.callId, expired.attempt)).toBe(404)
  const { body } = await owner.client.get<BookVerification>(`${owner.base}/ledger/verification`)
  expect(body).toMatchObject({ balanced: true, overLimit: 0 })
})

it('a released hold has cost nothing in the list of calls and in usage either', async () => {
  const usage = async () => {
    const { body } = await owner.client.get<{ totals: UsageTotals }>(`${owner.base}/usage`)
    return [body.totals.calls, body.totals.cost.nanoUsd]
  }
  await expect.poll(usage, { timeout: 20_000 }).toEqual([1, '0'])
  const { body } = await owner.client.get<CallDetail>(`${owner.base}/calls/${expired.callId}`)
  expect(body).toMatchObject({ status: 'failed', errorCode: 'PROCESS_ENDED', cost: { nanoUsd: '0' } })
})

it('the audit log says who released it', async () => {
  const { body } = await owner.client.get<{ data: AuditEntry[] }>(`${owner.base}/audit`)
  const entry = body.data.find(({ action }) => action === 'hold.released')
  expect(entry).toMatchObject({
    actor: { kind: 'person', id: owner.id },
    target: { kind: 'call', id: expired.callId },
    details: { attempt: expired.attempt },
  })
})
