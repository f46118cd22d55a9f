import { randomUUID } from 'node:crypto'
import { startFakeProvider, type FakeProvider } from '@atrium/testkit/provider'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ModelCall } from './types.ts'
import { startOddProvider } from './testing/odd-provider.ts'
import { openStage, type Stage } from './testing/stage.ts'

let stage: Stage
let shop: FakeProvider
const scope = new AsyncDisposableStack()

/** GPT-4o costs 2,500 nano-dollars for a token of input and 10,000 for one of output. */
const outputRate = 10_000n

/** Keys with a budget each; they exist before the ledger first looks. */
const budgets = {
  plenty: 10n ** 12n,
  small: 800n * outputRate,
  tiny: 50n * outputRate,
  shop: 2000n * outputRate,
  endless: 300n * outputRate,
  passing: 300n * outputRate,
  block: 10n ** 12n,
}
type Key = keyof typeof budgets
const keys = new Map<Key, string>()

beforeAll(async () => {
  stage = scope.use(await openStage())
  shop = scope.use(await startFakeProvider({ models: ['gpt-4o'] }))
  await stage.connect('shop', 'openai', `${shop.url}/v1`)
  for (const [name, limit] of Object.entries(budgets)) {
    const keyId = randomUUID()
    // The names are those of the object above.
    keys.set(name as Key, keyId)
    await stage.database.query(
      `INSERT INTO ledger.budgets (workspace_id, id, kind, name, scope, scope_id, period, time_zone, limit_nano_usd, enabled)
       VALUES ($1, $2, 'budget', $3, 'key', $4, 'total', 'UTC', $5, true)`,
      [stage.owner.workspaceId, randomUUID(), name, keyId, limit],
    )
  }
})

beforeEach(() => shop.reset())

afterAll(() => scope.disposeAsync())

const paidBy = (key: Key): Pick<ModelCall, 'payer'> => ({
  payer: {
    workspaceId: stage.owner.workspaceId,
    personId: stage.owner.id,
    keyId: keys.get(key) ?? null,
    teamIds: [],
  },
})

const sentLimit = (): unknown => {
  const body = shop.calls.at(-1)?.body as Record<string, unknown> | undefined
  return body?.['max_completion_tokens'] ?? body?.['max_tokens']
}

const asked = (text: string, maxOutputTokens?: number): Partial<ModelCall> => ({
  request: {
    stream: true,
    messages: [{ role: 'user', content: [{ type: 'text', text }] }],
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
  },
})

describe('the limit of what a model may write', () => {
  it('is left as it is while the budget pays for it', async () => {
    await stage.call('shop/gpt-4o', '', { ...asked('hello', 200), ...paidBy('plenty') })
    expect(sentLimit()).toBe(200)
    await stage.call('shop/gpt-4o', '', { ...asked('hello'), ...paidBy('plenty') })
    expect(sentLimit()).toBeUndefined()
  })

  it('is lowered to what the model can write at all', async () => {
    await stage.call('shop/gpt-4o', '', { ...asked('hello', 10 ** 9), ...paidBy('plenty') })
    expect(sentLimit()).toBe(16_384)
  })

  it('is set to what is left of a budget, so that it cannot be overrun', async () => {
    const { result } = await stage.call('shop/gpt-4o', '', {
      ...asked('[[fake tokens=5000 input=3]]'),
      ...paidBy('small'),
    })
    expect(result.finishReason?.unified).toBe('length')
    expect(sentLimit()).toBeGreaterThan(256)
    expect(sentLimit()).toBeLessThanOrEqual(800)
    expect(result.costNanoUsd).toBeLessThanOrEqual(budgets.small)
  })

  it('is that of the target in a policy', async () => {
    const name = 'short-answers'
    const targets = [{ model: 'shop/gpt-4o', maxOutputTokens: 64 }]
    await stage.owner.client.post(`${stage.owner.base}/aliases`, {
      name,
      policy: { plan: { strategy: 'priority', targets } },
    })
    await stage.call(name, 'hello')
    expect(sentLimit()).toBe(64)
  })
})

describe('a budget that is used up', () => {
  it('refuses in words, before anybody is called', async () => {
    const before = shop.stats().total
    const { result } = await stage.call('shop/gpt-4o', 'hello', paidBy('tiny'))
    expect(result).toMatchObject({
      status: 'failed',
      costNanoUsd: 0n,
      error: { code: 'BUDGET_EXHAUSTED', retryable: false, details: { budgetId: expect.any(String) } },
    })
    expect(shop.stats().total).toBe(before)
    expect(await stage.rowsOf(result.callId)).toMatchObject([
      { error_code: 'BUDGET_EXHAUSTED', cost_nano_usd: '0', key_id: keys.get('tiny') },
    ])
    expect(await stage.holdsOf(result.callId)).toEqual([])
  })

  it('stops calls at its limit and never beyond', async () => {
    let spent = 0n
    let refused = 0
    for (let round = 0; round < 12; round += 1) {
      const { result } = await stage.call('shop/gpt-4o', '', {
        ...asked('[[fake tokens=400 input=3]]', 400),
        ...paidBy('shop'),
      })
      spent += result.costNanoUsd ?? 0n
      if (result.error?.code === 'BUDGET_EXHAUSTED') refused += 1
    }
    expect(refused).toBeGreaterThan(0)
    expect(spent).toBeLessThanOrEqual(budgets.shop)
    expect(spent).toBeGreaterThan(budgets.shop / 2n)
  })

  it('refuses a model whose price nobody knows', async () => {
    const { result } = await stage.call('openai/fake-1', 'hello', paidBy('block'))
    expect(result.error?.code).toBe('PRICE_UNKNOWN')
  })

  it('is told of the model that was named, though nobody was asked', async () => {
    const of = (row: Record<string, unknown> | undefined) => [row?.['connection_id'], row?.['upstream_model']]
    const paid = await stage.call('shop/gpt-4o', 'hello', paidBy('plenty'))
    const [answered] = await stage.rowsOf(paid.result.callId)
    expect(of(answered)).toEqual([expect.any(String), 'gpt-4o'])
    const { result } = await stage.call('shop/gpt-4o', 'hello', paidBy('tiny'))
    const [refused] = await stage.rowsOf(result.callId)
    expect(of(refused)).toEqual(of(answered))
    expect(result.why.chosen).toBeNull()
    const unpriced = await stage.call('openai/fake-1', 'hello', paidBy('block'))
    expect((await stage.rowsOf(unpriced.result.callId))[0]).toMatchObject({ upstream_model: 'fake-1' })
  })
})

describe('a provider that ignores the limit', () => {
  const endless = () =>
    startOddProvider((request, response) => {
      if (request.method === 'GET') return void response.end('{"data":[]}')
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const event = `data: {"id":"1","model":"gpt-4o","choices":[{"index":0,"delta":{"content":"${'word '.repeat(40)}"}}]}\n\n`
      const timer = setInterval(() => response.write(event), 2)
      response.once('close', () => clearInterval(timer))
    })

  it('is cut off with an error that says why, translated', async () => {
    await using odd = await endless()
    await stage.connect('endless', 'openai', `${odd.url}/v1`, ['gpt-4o'])
    const { result, text } = await stage.call('endless/gpt-4o', 'hello', paidBy('endless'))
    expect(text).toMatch(/^word/)
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'BUDGET_REACHED', retryable: false },
      usage: { estimated: true },
    })
  })

  it('is cut off with an error that says why, where bytes pass', async () => {
    await using odd = await endless()
    await stage.connect('passing', 'openai', `${odd.url}/v1`, ['gpt-4o'])
    const { result, bytes } = await stage.pass(
      'passing/gpt-4o',
      {
        dialect: 'openai-chat',
        stream: true,
        bodyText: '{"model":"x","stream":true,"messages":[{"role":"user","content":"hi"}]}',
      },
      paidBy('passing'),
    )
    expect(bytes).toContain('word word')
    expect(result).toMatchObject({ status: 'failed', terminalSent: false, error: { code: 'BUDGET_REACHED' } })
    await expect
      .poll(async () => (await stage.holdsOf(result.callId)).map(({ state }) => state))
      .toEqual(['settled'])
  })
})
