import type { BookVerification, Budget, CallDetail, Credits, Rerating } from '@atrium/contract'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { startFakeProvider, type FakeProvider } from '@atrium/testkit/provider'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'

let server: TestServer
let provider: FakeProvider
let owner: Person
let database: pg.Client
const scope = new AsyncDisposableStack()

beforeAll(async () => {
  provider = scope.use(await startFakeProvider())
  server = scope.use(await startTestServer({ environment: { ATRIUM_EGRESS_ALLOW: '127.0.0.1/32' } }))
  owner = await server.owner()
  await owner.client.post(`${owner.base}/connections`, {
    name: 'openai',
    slug: 'openai',
    kind: 'openai',
    baseUrl: `${provider.url}/v1`,
    apiKey: 'sk-test',
  })
  database = new pg.Client({ connectionString: server.roles.job })
  await database.connect()
  scope.defer(() => database.end())
})
beforeEach(() => provider.reset())
afterAll(() => scope.disposeAsync())

interface Key {
  readonly id: string
  readonly secret: string
}

async function makeKey(): Promise<Key> {
  const scopes = ['gateway:call']
  return (await owner.client.post<Key>(`${owner.base}/api-keys`, { name: 'sdk', scopes })).body
}

const budgetOf = async (key: Key, limitNanoUsd: string, more: object = {}): Promise<string> =>
  (
    await owner.client.post<Budget>(`${owner.base}/budgets`, {
      name: 'Key',
      scope: 'key',
      scopeId: key.id,
      period: 'month',
      limitNanoUsd,
      ...more,
    })
  ).body.id

const budget = async (id: string) => (await owner.client.get<Budget>(`${owner.base}/budgets/${id}`)).body

/** Nano-dollars for each token of input and of output, in effect for a year already. */
async function price(input: number, output: number, modelPattern = 'fake-1'): Promise<void> {
  const rate = (perToken: number) => ({ base: `${perToken}000000`, tiers: [] })
  await owner.client.post(`${owner.base}/price-overrides`, {
    modelPattern,
    effectiveFrom: new Date(Date.now() - 365 * 86_400_000).toISOString(),
    sheet: { rates: { input: rate(input), output: rate(output) }, perCall: '0' },
  })
}

/** A call of 1000 tokens of input and 10 of output; gives its id. */
async function call(key: Key): Promise<string> {
  const reply = await fetch(new URL('/v1/chat/completions', server.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${key.secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'openai/fake-1',
      max_tokens: 10,
      messages: [{ role: 'user', content: `[[fake tokens=10 input=1000]]` }],
    }),
  })
  expect(reply.status).toBe(200)
  const { usage } = (await reply.json()) as { usage: object }
  expect(usage).toMatchObject({ prompt_tokens: 1000, completion_tokens: 10 })
  return reply.headers.get('x-atrium-call') ?? ''
}

async function rate(): Promise<Rerating> {
  const range = {
    from: new Date(Date.now() - 86_400_000).toISOString(),
    to: new Date(Date.now() + 1000).toISOString(),
  }
  const made = await owner.client.post<Rerating>(`${owner.base}/re-ratings`, range)
  for (let tries = 0; tries < 200; tries++) {
    const { body } = await owner.client.get<Rerating>(`${owner.base}/re-ratings/${made.body.id}`)
    if (body.status === 'finished') return body
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the re-rating did not end')
}

const verification = async () =>
  (await owner.client.get<BookVerification>(`${owner.base}/ledger/verification`)).body

const callCost = async (id: string) =>
  (await owner.client.get<CallDetail>(`${owner.base}/calls/${id}`)).body.cost?.nanoUsd

const entriesOf = async (callId: string) =>
  (
    await database.query<{ kind: string; cost: string }>(
      `SELECT kind, (SELECT sum(amount) FROM unnest(accounts, amounts) AS line (account, amount)
         WHERE account IN ('provider', 'estimated', 'unknown'))::text AS cost
       FROM ledger.entries WHERE source_id = $1 ORDER BY revision`,
      [callId],
    )
  ).rows

it('moves the book and the budgets of the period by what a price in the past changes, once', async () => {
  await price(1, 10)
  const key = await makeKey()
  const [month, total] = [await budgetOf(key, '1000000'), await budgetOf(key, '2000000', { period: 'total' })]
  const id = await call(key)
  await expect.poll(async () => (await budget(month)).spentNanoUsd).toBe('1100')

  await price(3, 10)
  const run = await rate()
  expect(run).toMatchObject({ progress: { changed: 1 }, differenceNanoUsd: '2000' })
  expect(await callCost(id)).toBe('3100')
  for (const paid of [month, total]) expect((await budget(paid)).spentNanoUsd).toBe('3100')
  expect(await entriesOf(id)).toEqual([
    { kind: 'call', cost: '1100' },
    { kind: 'correction', cost: '2000' },
  ])
  expect(await verification()).toMatchObject({ balanced: true, overLimit: 0 })

  expect((await rate()).progress.changed).toBe(0)
  expect(await entriesOf(id)).toHaveLength(2)

  await price(0, 10)
  await rate()
  expect((await budget(month)).spentNanoUsd).toBe('100')
  expect(await callCost(id)).toBe('100')
  expect(await verification()).toMatchObject({ balanced: true })
}, 60_000)

it('takes no more from a budget than it has left, and books the rest as cost', async () => {
  await price(1, 10)
  const key = await makeKey()
  const small = await budgetOf(key, '20000', { alertPercents: [90] })
  const id = await call(key)
  await expect.poll(async () => (await budget(small)).spentNanoUsd).toBe('1100')

  await price(100, 10)
  await rate()
  expect(await callCost(id)).toBe('100100')
  const after = await budget(small)
  expect(BigInt(after.spentNanoUsd)).toBeLessThanOrEqual(20_000n)
  expect(BigInt(after.spentNanoUsd)).toBeGreaterThan(1100n)
  expect(await verification()).toMatchObject({ balanced: true, overLimit: 0 })

  await price(1, 10)
  await rate()
  expect((await budget(small)).spentNanoUsd).toBe('1100')
  expect(await verification()).toMatchObject({ balanced: true, overLimit: 0 })
}, 60_000)

it('gives a cost to calls whose price was unknown, and their reserve back', async () => {
  await database.query('DELETE FROM models.price_overrides')
  // Another one tells the processes that prices have changed.
  await price(1, 10, 'other')
  const key = await makeKey()
  const unknown = await budgetOf(key, '100000', { unknownPrice: { rule: 'ceiling', nanoUsd: '50000' } })
  const id = await call(key)
  await expect.poll(async () => (await budget(unknown)).spentNanoUsd).toBe('50000')
  const { rows } = await database.query('SELECT cost_nano_usd FROM ledger.holds WHERE call_id = $1', [id])
  expect(rows).toEqual([{ cost_nano_usd: null }])

  await price(1, 10)
  await rate()
  expect((await budget(unknown)).spentNanoUsd).toBe('1100')
  expect(await callCost(id)).toBe('1100')
  expect(await verification()).toMatchObject({ balanced: true })
}, 60_000)

it('gives prepaid credits back', async () => {
  await price(5, 10)
  const credits = async () => (await owner.client.get<Credits>(`${owner.base}/credits`)).body
  await owner.client.post(`${owner.base}/credits/grants`, { amountNanoUsd: '1000000', note: 'first' })
  await owner.client.patch(`${owner.base}/credits`, { enabled: true })
  await call(await makeKey())
  await expect.poll(async () => (await credits()).spentNanoUsd).toBe('5100')
  await price(1, 10)
  await rate()
  expect((await credits()).spentNanoUsd).toBe('1100')
  expect(await verification()).toMatchObject({ balanced: true, overLimit: 0 })
}, 60_000)
