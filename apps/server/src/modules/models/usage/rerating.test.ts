import type { CallDetail, Rerating, RouteReply, usageRoutes } from '@atrium/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openStage, type Stage } from '../testing/stage.ts'
import { seedCalls, seededCall, type SeededCall } from './testing.ts'

let stage: Stage
let calls: SeededCall[]

const range = { from: '2026-02-01T00:00:00Z', to: '2026-02-02T00:00:00Z' }
const count = 1203

beforeAll(async () => {
  stage = await openStage()
  const { id: connectionId } = await stage.connect('mine', 'openai', `${stage.provider.url}/v1`, ['gpt-4o'])
  calls = Array.from({ length: count }, (_, index) =>
    seededCall(stage.owner.id, {
      connection_id: connectionId,
      created_at: new Date(Date.parse(range.from) + index * 60_000).toISOString(),
      upstream_model: index % 3 === 0 ? 'house-model' : 'gpt-4o',
      cost_nano_usd: index % 3 === 0 ? null : '350000',
      input_uncached: 100,
      output_text: 10,
    }),
  )
  await seedCalls(stage.database, stage.owner.workspaceId, calls)
  // By now their time is closed: the sums over it must move all the same.
  await stage.models.own.closeUsage()
  const { rows } = await stage.database.query('SELECT until FROM models.usage_closed')
  expect(Date.now() - rows[0]?.until.getTime()).toBeLessThan(30 * 60_000)
})
afterAll(() => stage[Symbol.asyncDispose]())

const house = () => calls.filter((call) => call.upstream_model === 'house-model')

async function rate(body: object = {}): Promise<Rerating> {
  const { client, base } = stage.owner
  const made = await client.post<Rerating>(`${base}/re-ratings`, { ...range, ...body })
  expect(made.status).toBe(202)
  for (let tries = 0; tries < 200; tries++) {
    const { body: now } = await client.get<Rerating>(`${base}/re-ratings/${made.body.id}`)
    if (now.status === 'finished' || now.status === 'failed') return now
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the re-rating did not end')
}

const totals = async () => {
  const { client, base } = stage.owner
  const query = new URLSearchParams(range).toString()
  return (await client.get<RouteReply<typeof usageRoutes.readUsage>>(`${base}/usage?${query}`)).body.totals
}

const set = (input: string, output: string) =>
  stage.owner.client.post(`${stage.owner.base}/price-overrides`, {
    modelPattern: 'house-model',
    effectiveFrom: '2026-02-01T00:00:00Z',
    sheet: {
      rates: { input: { base: input, tiers: [] }, output: { base: output, tiers: [] } },
      perCall: '5',
    },
  })

it('gives calls the prices of today, keeps every earlier rating, and moves the sums by just the difference', async () => {
  const before = await totals()
  expect(before).toMatchObject({ calls: count, unpriced: house().length })

  await set('1000000', '2000000')
  const first = await rate()
  // 100 × 1 + 10 × 2 + 5 nano-dollars; the published price of GPT-4o gives what is recorded, by another version.
  const gained = BigInt(house().length) * 125n
  expect(first).toMatchObject({
    status: 'finished',
    progress: { total: count, done: count, changed: count, skipped: 0 },
    differenceNanoUsd: gained.toString(),
  })
  const after = await totals()
  expect(after.unpriced).toBe(0)
  expect(BigInt(after.cost.nanoUsd) - BigInt(before.cost.nanoUsd)).toBe(gained)

  await set('3000000', '2000000')
  const second = await rate({ modelPattern: 'house-*' })
  expect(second.progress).toMatchObject({ total: count, done: count, changed: house().length })
  const { client, base } = stage.owner
  const { body: call } = await client.get<CallDetail>(`${base}/calls/${house()[0]?.id}`)
  expect(call.cost?.nanoUsd).toBe('325')
  expect(call.ratings.map(({ cost, reratingId }) => [cost?.nanoUsd ?? null, reratingId])).toEqual([
    [null, null],
    ['125', first.id],
    ['325', second.id],
  ])
  expect(call.ratings[0]?.priceVersion).toBe('a list')
  expect(call.ratings[2]?.priceVersion).toMatch(/^override .* v1$/)
  const { rows } = await stage.database.query('SELECT cost_nano_usd FROM models.calls WHERE id = $1', [
    call.id,
  ])
  expect(rows).toEqual([{ cost_nano_usd: null }])

  const third = await rate()
  expect(third.progress.changed).toBe(0)
  expect(third.differenceNanoUsd).toBe('0')
}, 60_000)

it('leaves calls alone whose connection is gone, and says how many', async () => {
  const connectionId = '018f0000-0000-7000-8000-00000000dead'
  const created_at = '2026-02-10T12:00:00.000Z'
  await seedCalls(stage.database, stage.owner.workspaceId, [
    seededCall(stage.owner.id, { connection_id: connectionId, created_at }),
  ])
  const run = await rate({ from: '2026-02-10T00:00:00Z', to: '2026-02-11T00:00:00Z' })
  expect(run.progress).toEqual({ total: 1, done: 1, changed: 0, skipped: 1 })
})

it.each([
  [{ from: range.to, to: range.from }, 400],
  [{ ...range, connectionId: '018f0000-0000-7000-8000-000000000000' }, 404],
])('refuses %j with %i', async (body, status) => {
  const reply = await stage.owner.client.post(`${stage.owner.base}/re-ratings`, body, { allowFailure: true })
  expect(reply.status).toBe(status)
})

it('is for admins alone', async () => {
  const member = await stage.server.invite(stage.owner, 'member')
  const reply = await member.client.post(`${member.base}/re-ratings`, range, { allowFailure: true })
  expect(reply.status).toBe(403)
})
