import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  connect,
  keptOf,
  setPrices,
  startOwnProvider,
  withJson,
  type OwnProvider,
} from './testing/own-provider.ts'
import { createKey, openStage, type Stage } from './testing/stage.ts'

const rates = { input: 10, output: 1000 }
let stage: Stage
let provider: OwnProvider
const scope = new AsyncDisposableStack()

beforeAll(async () => {
  stage = scope.use(await openStage())
  provider = await startOwnProvider(scope)
  const apiKey = 'sk-own-0123456789'
  await connect(stage, { slug: 'own', kind: 'openai', baseUrl: `${provider.url}/v1`, apiKey })
  await connect(stage, { slug: 'gem', kind: 'google', baseUrl: provider.url, apiKey })
  await connect(stage, { slug: 'claude', kind: 'anthropic', baseUrl: provider.url, apiKey })
  await setPrices(stage, rates)
})
afterAll(() => scope.disposeAsync())

/** A key that may spend so much, for all time. */
async function keyWith(limitNanoUsd: number): Promise<{ authorization: string }> {
  const { client, base } = stage.owner
  const { body } = await client.post<{ secret: string; id: string }>(`${base}/api-keys`, {
    name: 'bounded',
    scopes: ['gateway:call'],
  })
  await client.post(`${base}/budgets`, {
    name: 'bounded',
    scope: 'key',
    scopeId: body.id,
    period: 'total',
    limitNanoUsd: String(limitNanoUsd),
  })
  return { authorization: `Bearer ${body.secret}` }
}

/** Answers as many times as it is asked to, each answer as long as it may be. */
const obedient: OwnProvider['answer'] = (response, received) => {
  const { n = 1, max_tokens: most = 4096 } = received.body
  const choices = Array.from({ length: Number(n) }, (_, index) => ({
    index,
    message: { role: 'assistant', content: 'a' },
    finish_reason: 'length',
  }))
  withJson({
    id: 'c',
    object: 'chat.completion',
    model: 'm',
    choices,
    usage: { prompt_tokens: 9, completion_tokens: Number(n) * Number(most) },
  })(response, received)
}

const messages = [{ role: 'user', content: 'Tell me a joke.' }]
const completions = '/v1/chat/completions'

describe('a call that asks for several answers', () => {
  it('never costs more than its budget has', async () => {
    provider.answer = obedient
    const headers = await keyWith(500_000)
    const ask = { model: 'own/m', n: 100, max_tokens: 5, messages }
    const reply = await stage.post(completions, ask, headers)
    if (reply.status === 200) {
      const { cost } = await keptOf(stage, reply.headers.get('x-atrium-call'))
      expect(Number(cost)).toBeLessThanOrEqual(500_000)
    } else expect(reply.status).toBe(402)
  })

  it('has the money for all of them reserved', async () => {
    provider.answer = obedient
    const reply = await stage.post(completions, { model: 'own/m', n: 20, max_tokens: 50, messages })
    const { held, cost } = await keptOf(stage, reply.headers.get('x-atrium-call'))
    expect(Number(cost)).toBe(9 * rates.input + 20 * 50 * rates.output)
    expect(Number(held)).toBeGreaterThanOrEqual(Number(cost))
  })

  it('shares what is left among them', async () => {
    provider.answer = obedient
    const headers = await keyWith(4_000_000)
    const reply = await stage.post(completions, { model: 'own/m', n: 4, max_tokens: 5000, messages }, headers)
    expect(reply.status).toBe(200)
    const limit = Number(provider.received.at(-1)?.body['max_tokens'])
    expect(limit).toBeGreaterThanOrEqual(256)
    expect(limit).toBeLessThanOrEqual(1000)
    expect(Number((await keptOf(stage, reply.headers.get('x-atrium-call'))).cost)).toBeLessThanOrEqual(
      4_000_000,
    )
  })

  it('has the money reserved in the dialect of Gemini too', async () => {
    provider.answer = withJson({
      candidates: [{ content: { parts: [{ text: 'a' }] }, finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 4, candidatesTokenCount: 10 },
    })
    const path = '/v1beta/models/gem%2Fm:generateContent'
    const ask = (config: object) => ({
      contents: [{ role: 'user', parts: [{ text: 'a' }] }],
      generationConfig: { maxOutputTokens: 100, ...config },
    })
    // Its JSON may write integers in quotes.
    for (const config of [{ candidateCount: 8 }, { candidateCount: '8', maxOutputTokens: '100' }]) {
      const reply = await stage.post(path, ask(config))
      expect(reply.status).toBe(200)
      const { held } = await keptOf(stage, reply.headers.get('x-atrium-call'))
      expect(Number(held)).toBeGreaterThan(800 * rates.output)
      expect(Number(held)).toBeLessThan(1000 * rates.output)
    }
  })

  it('is reserved for once where the provider can give only one', async () => {
    provider.answer = withJson({
      type: 'message',
      id: 'm',
      role: 'assistant',
      model: 'm',
      content: [{ type: 'text', text: 'a' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 5, output_tokens: 1 },
    })
    const reply = await stage.post(completions, { model: 'claude/m', n: 20, max_tokens: 100, messages })
    const { held } = await keptOf(stage, reply.headers.get('x-atrium-call'))
    expect(Number(held)).toBeLessThan(200 * rates.output)
  })

  it('is charged for all of them when its provider does not say what they took', async () => {
    const content = 'word '.repeat(80)
    provider.answer = withJson({
      id: 'c',
      object: 'chat.completion',
      model: 'm',
      choices: [0, 1, 2].map((index) => ({
        index,
        message: { role: 'assistant', content },
        finish_reason: 'stop',
      })),
    })
    const reply = await stage.post(completions, { model: 'own/m', n: 3, max_tokens: 200, messages })
    expect(await keptOf(stage, reply.headers.get('x-atrium-call'))).toMatchObject({
      estimated: true,
      output: '300',
    })
  })

  it.each([
    ['more than anybody needs', completions, { n: 129 }],
    ['no number', completions, { n: '100' }],
    ['more than anybody needs, of which the best is wanted', completions, { best_of: 5000 }],
    ['more images than anybody needs', '/v1/images/generations', { n: 1e18, prompt: 'a' }],
    ['no number of images', '/v1/images/generations', { n: '50', prompt: 'a' }],
  ])('is refused for %s', async (_, path, more) => {
    const before = provider.received.length
    const reply = await stage.post(path, { model: 'own/m', messages, ...more })
    expect(reply.status).toBe(400)
    expect(await reply.json()).toMatchObject({ error: { param: Object.keys(more)[0] } })
    expect(provider.received.length).toBe(before)
  })
})

it('an answer that is longer than it may be is charged in full while the budget has it', async () => {
  provider.answer = withJson({
    id: 'c',
    object: 'chat.completion',
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'a' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 9, completion_tokens: 80_000 },
  })
  const headers = await keyWith(100_000_000)
  const reply = await stage.post(completions, { model: 'own/m', max_tokens: 5, messages }, headers)
  const { held, cost, charged } = await keptOf(stage, reply.headers.get('x-atrium-call'))
  expect(Number(held)).toBeLessThan(100_000)
  expect(cost).toBe(String(9 * rates.input + 80_000 * rates.output))
  expect(charged).toBe(cost)
})

it('a limit of the wrong type is refused before anybody is called', async () => {
  const reply = await stage.post(
    completions,
    { model: 'own/m', max_tokens: '5', messages },
    { authorization: `Bearer ${await createKey(stage.owner)}` },
  )
  expect(reply.status).toBe(400)
  expect(await reply.json()).toMatchObject({ error: { param: 'max_tokens' } })
})
