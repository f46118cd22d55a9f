import { afterAll, beforeAll, expect, it } from 'vitest'
import { openStage, type Stage } from './testing/stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
  // Two nano-dollars for each token of input, ten for each of output.
  const rate = (perToken: number) => ({ base: `${perToken}000000`, tiers: [] })
  await stage.owner.client.post(`${stage.owner.base}/price-overrides`, {
    modelPattern: 'fake-1',
    effectiveFrom: new Date(Date.now() - 86_400_000).toISOString(),
    sheet: { rates: { input: rate(2), output: rate(10) }, perCall: '0' },
  })
})
afterAll(() => stage[Symbol.asyncDispose]())

const text = '[[fake tokens=10 input=50]]'
const chat = { model: 'openai/fake-1', messages: [{ role: 'user', content: text }] }
const responses = { model: 'openai-responses/fake-1', input: text }

async function rowOf(callId: string): Promise<{ cost: string | null; tier: string | null }> {
  const find = async () =>
    (
      await stage.database.query<{ cost: string | null; tier: string | null }>(
        `SELECT cost_nano_usd::text AS cost, usage_raw->>'service_tier' AS tier FROM models.calls WHERE id = $1`,
        [callId],
      )
    ).rows
  await expect.poll(async () => (await find()).length).toBe(1)
  const [row] = await find()
  if (!row) throw new Error('the call is gone')
  return row
}

const cases = [
  ['/v1/chat/completions', chat],
  ['/v1/chat/completions', { ...chat, stream: true }],
  ['/v1/responses', responses],
  ['/v1/responses', { ...responses, stream: true }],
] as const
const tiers = [
  ['default', '200'],
  ['flex', '100'],
  ['priority', null],
] as const

it.each(cases.flatMap(([path, body]) => tiers.map(([tier, cost]) => [path, tier, cost, body] as const)))(
  '%s answered in the tier “%s” costs %s',
  async (path, tier, cost, body) => {
    const reply = await stage.post(path, { ...body, service_tier: tier })
    expect(await reply.text()).toContain(`"service_tier":"${tier}"`)
    expect(await rowOf(reply.headers.get('x-atrium-call') ?? '')).toEqual({ cost, tier })
  },
)

it('a tier that was not granted is charged as the one that has served', async () => {
  const reply = await stage.post('/v1/chat/completions', { ...chat, service_tier: 'auto' })
  await reply.text()
  expect(await rowOf(reply.headers.get('x-atrium-call') ?? '')).toEqual({ cost: '200', tier: 'default' })
})

it('Anthropic’s tier is kept with the usage', async () => {
  const reply = await stage.post('/v1/messages', {
    model: 'anthropic/fake-1',
    max_tokens: 100,
    messages: [{ role: 'user', content: text }],
  })
  await reply.text()
  expect(await rowOf(reply.headers.get('x-atrium-call') ?? '')).toEqual({ cost: '200', tier: 'standard' })
})
