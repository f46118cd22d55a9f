import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStage, valueAt, type Stage } from './testing/stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage[Symbol.asyncDispose]())

const say = '[[fake text="Hello there"]]'

/** A request of each dialect, and where its answer says something. */
const dialects = {
  'openai-chat': {
    path: () => '/v1/chat/completions',
    body: (model: string, text: string, stream: boolean) => ({
      model,
      stream,
      messages: [{ role: 'user', content: text }],
    }),
    text: 'choices.0.message.content',
    end: /data: \[DONE\]\n\n$/,
  },
  'openai-responses': {
    path: () => '/v1/responses',
    body: (model: string, text: string, stream: boolean) => ({ model, stream, input: text }),
    text: 'output.0.content.0.text',
    end: /"type":"response\.completed"/,
  },
  'anthropic-messages': {
    path: () => '/v1/messages',
    body: (model: string, text: string, stream: boolean) => ({
      model,
      stream,
      max_tokens: 100,
      messages: [{ role: 'user', content: text }],
    }),
    text: 'content.0.text',
    end: /event: message_stop\n/,
  },
  gemini: {
    path: (model: string, stream: boolean) =>
      `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: (_model: string, text: string, _stream: boolean) => ({
      contents: [{ role: 'user', parts: [{ text }] }],
    }),
    text: 'candidates.0.content.parts.0.text',
    end: /"finishReason":\s*"STOP"/,
  },
  ollama: {
    path: () => '/api/chat',
    body: (model: string, text: string, stream: boolean) => ({
      model,
      stream,
      messages: [{ role: 'user', content: text }],
    }),
    text: 'message.content',
    end: /"done":\s*true/,
  },
} as const

const clients = Object.keys(dialects) as (keyof typeof dialects)[]
const providers = ['anthropic', 'openai', 'openai-responses', 'google', 'ollama']
const pairs = clients.flatMap((client) => providers.map((provider) => [client, provider] as const))

describe.each(pairs)('a client of %s with a model at %s', (client, provider) => {
  const { path, body, text, end } = dialects[client]
  const model = `${provider}/fake-1`

  it('gets a whole answer with its cost and call', async () => {
    const reply = await stage.post(path(model, false), body(model, say, false))
    const json = await reply.json()
    expect(reply.status, JSON.stringify(json)).toBe(200)
    expect(valueAt(json, text)).toBe('Hello there')
    expect(reply.headers.get('x-atrium-call')).toMatch(/^[0-9a-f-]{36}$/)
    expect(reply.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('gets a stream that ends as the dialect says', async () => {
    const reply = await stage.post(path(model, true), body(model, say, true))
    const all = await reply.text()
    expect(reply.status, all).toBe(200)
    expect(all).toContain('Hello')
    expect(all).toMatch(end)
  })

  it('gets a refusal of the provider as an error of its own dialect', async () => {
    const reply = await stage.post(path(model, true), body(model, '[[fake fault=status:429:7]]', true))
    expect(reply.status).toBe(429)
    expect(await reply.json()).toHaveProperty('error')
  })
})
