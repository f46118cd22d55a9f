import type { AuditEntry, Budget, BudgetPeriodEntry, Mail } from '@atrium/contract'
import type { Person } from '@atrium/testkit'
import { openFleet, type Fleet, type Program } from '@atrium/testkit/programs'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'

let fleet: Fleet
let programs: [Program, Program]
let owner: Person

beforeAll(async () => {
  fleet = await openFleet()
  programs = [await fleet.start(), await fleet.start()]
  owner = programs[0].owner
  // Ten nano-dollars for each token of output, so that a call reserves just what it costs.
  const rate = (perToken: number) => ({ base: `${perToken}000000`, tiers: [] })
  await owner.client.post(`${owner.base}/price-overrides`, {
    modelPattern: 'fake-1',
    effectiveFrom: new Date(Date.now() - 86_400_000).toISOString(),
    sheet: { rates: { input: rate(0), output: rate(10) }, perCall: '0' },
  })
  const { body } = await owner.client.post<{ secret: string }>(`${owner.base}/api-keys`, {
    name: 'first',
    scopes: ['gateway:call'],
  })
  // Each reads the models of the connection for itself.
  for (const program of programs)
    await vi.waitFor(async () => expect(await spend(body.secret, program)).toBe(200), soon)
}, 60_000)
afterAll(() => fleet[Symbol.asyncDispose]())

const soon = { timeout: 8000, interval: 100 }
let made = 0

/** A key with a budget of so many nano-dollars that warns at these shares. */
async function limited(limitNanoUsd: string, alertPercents: number[], more: object = {}) {
  const name = `Budget ${(made += 1)}`
  const key = await owner.client.post<{ id: string; secret: string }>(`${owner.base}/api-keys`, {
    name,
    scopes: ['gateway:call'],
  })
  const scope = { name, scope: 'key', scopeId: key.body.id, period: 'month', ...more }
  const { body } = await owner.client.post<Budget>(`${owner.base}/budgets`, {
    ...scope,
    limitNanoUsd,
    alertPercents,
  })
  return { name, secret: key.body.secret, id: body.id, made: body, path: `${owner.base}/budgets/${body.id}` }
}

/** A call that costs 100 nano-dollars; gives its status. */
async function spend(secret: string, program = programs[0]): Promise<number> {
  const reply = await fetch(new URL('/v1/chat/completions', program.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'openai/fake-1',
      max_tokens: 10,
      messages: [{ role: 'user', content: '[[fake tokens=10]]' }],
    }),
  })
  await reply.arrayBuffer()
  return reply.status
}

async function reachedBy(path: string): Promise<number[]> {
  const { body } = await owner.client.get<Budget>(path)
  return body.alerts.map(({ percent }) => percent)
}

async function audited(budgetId: string): Promise<unknown[]> {
  const { body } = await owner.client.get<{ data: AuditEntry[] }>(`${owner.base}/audit?limit=100`)
  return body.data
    .filter(({ action, target }) => action === 'budget.alerted' && target?.id === budgetId)
    .map(({ details }) => details['percent'])
    .toReversed()
}

async function mails(name: string): Promise<string[]> {
  const { body } = await owner.client.get<{ data: Mail[] }>('/api/v1/installation/mails?limit=100')
  return body.data.filter(({ subject }) => subject.includes(`“${name}”`)).map(({ text }) => text)
}

it('tells each share of a limit once, whichever of two processes spends, and refuses nothing for it', async () => {
  const { secret, id, name, path } = await limited('1000', [80, 50, 50])
  const calls = Array.from({ length: 9 }, (_, place) => spend(secret, programs[place % 2]))
  expect(new Set(await Promise.all(calls))).toEqual(new Set([200]))
  await expect.poll(() => reachedBy(path), soon).toEqual([50, 80])
  await expect.poll(() => audited(id), soon).toEqual([50, 80])
  await new Promise((resolve) => setTimeout(resolve, 4500))
  expect(await audited(id)).toEqual([50, 80])
  // Newest first. Shares that are reached at once make one mail.
  const texts = await mails(name)
  expect(texts.length).toBeGreaterThan(0)
  expect(texts.length).toBeLessThanOrEqual(2)
  expect(texts[0]).toContain('has reached 80 % of its limit')
  expect(texts[0]).toContain('Calls go on until the limit is reached.')
  expect(texts[0]).toContain('/budgets')
}, 40_000)

it('says when the limit itself was reached, and when the budget starts anew where it counts its days', async () => {
  const { secret, name, path, made: budget } = await limited('100', [100], { timeZone: 'Pacific/Auckland' })
  expect(await spend(secret)).toBe(200)
  expect(await spend(secret)).toBe(402)
  await expect.poll(() => reachedBy(path), soon).toEqual([100])
  await expect.poll(async () => (await mails(name)).length, soon).toBe(1)
  const [text] = await mails(name)
  expect(text).toContain('Calls are refused from now on.')
  const day = new Date(budget.endsAt ?? '').toLocaleDateString('en-GB', {
    timeZone: 'Pacific/Auckland',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  })
  expect(text).toContain(`starts anew on ${day} (Pacific/Auckland)`)
  const periods = await owner.client.get<{ data: BudgetPeriodEntry[] }>(`${path}/periods`)
  expect(periods.body.data.map(({ alerts }) => alerts.map(({ percent }) => percent))).toEqual([[100]])
})

it('warns anew after the limit was raised, and at once after it was lowered', async () => {
  const { secret, id, path } = await limited('200', [50, 90])
  expect(await spend(secret)).toBe(200)
  await expect.poll(() => reachedBy(path), soon).toEqual([50])
  await expect.poll(() => audited(id), soon).toEqual([50])
  await owner.client.patch(path, { limitNanoUsd: '1000' })
  expect(await reachedBy(path)).toEqual([])
  await owner.client.patch(path, { limitNanoUsd: '110' })
  expect(await reachedBy(path)).toEqual([50, 90])
  await expect.poll(() => audited(id), soon).toEqual([50, 50, 90])
})

it('warns at a share that is added when it is reached already, and of none that was taken away', async () => {
  const { secret, path } = await limited('1000', [10])
  expect(await spend(secret)).toBe(200)
  await expect.poll(() => reachedBy(path), soon).toEqual([10])
  await owner.client.patch(path, { alertPercents: [5, 60] })
  expect(await reachedBy(path)).toEqual([5])
})
