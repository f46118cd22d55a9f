import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  connect,
  startOwnProvider,
  withJson,
  withStream,
  type Answer,
  type OwnProvider,
} from './testing/own-provider.ts'
import { canary, openStage, type Stage } from './testing/stage.ts'

let stage: Stage
let provider: OwnProvider
const scope = new AsyncDisposableStack()

beforeAll(async () => {
  stage = scope.use(await openStage())
  provider = await startOwnProvider(scope)
  const kinds = [
    ['chat', 'openai', '/v1'],
    ['responses', 'openai-responses', '/v1'],
    ['claude', 'anthropic', ''],
    ['gem', 'google', ''],
    ['llama', 'ollama', ''],
  ] as const
  for (const [slug, kind, path] of kinds)
    await connect(stage, { slug, kind, baseUrl: `${provider.url}${path}`, apiKey: canary })
})
afterAll(() => scope.disposeAsync())

const messages = [{ role: 'user', content: 'Say something.' }]
const contents = [{ parts: [{ text: 'Say something.' }] }]
const event = (data: object): string => `data: ${JSON.stringify(data)}\n\n`
const delta = (content: string): string =>
  event({ id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content } }] })
const quoting = `boom Bearer ${canary} boom`
const error = { type: 'error', error: { type: 'api_error', message: quoting } }

const asks: Readonly<Record<string, readonly [path: string, body: object]>> = {
  'Chat Completions': ['/v1/chat/completions', { model: 'chat/m', messages }],
  Responses: ['/v1/responses', { model: 'responses/m', input: 'a' }],
  Messages: ['/v1/messages', { model: 'claude/m', messages, max_tokens: 50 }],
  Gemini: ['/v1beta/models/gem%2Fm:generateContent', { contents }],
  Ollama: ['/api/chat', { model: 'llama/m', messages, stream: false }],
}

async function told(answer: Answer, path: string, body: object): Promise<string> {
  provider.answer = answer
  const reply = await stage.post(path, body)
  return JSON.stringify([...reply.headers]) + (await reply.text())
}

describe("a connection's key stays here", () => {
  const streamed = { model: 'chat/m', messages, stream: true }
  const [chat] = asks['Chat Completions'] ?? ['']

  it('when an error in a stream quotes it', async () => {
    const text = await told(withStream(delta('Hello'), event(error)), chat, streamed)
    expect(text).toContain('Hello')
    expect(text).toContain('boom Bearer [key] boom')
    expect(text).not.toContain(canary)
  })

  it.each([1, 5, canary.length - 1])('when it is cut after %i of its bytes', async (at) => {
    const whole = event(error)
    const cut = whole.indexOf(canary) + at
    const text = await told(withStream(delta('Hello'), whole.slice(0, cut), whole.slice(cut)), chat, streamed)
    expect(text).toContain('boom Bearer [key] boom')
    expect(text).not.toMatch(/canary|0123456/)
  })

  it('while everything else comes to the byte, what looks like its beginning too', async () => {
    const pieces = [
      delta('Hello sk-canary'),
      'data: {"id":"c","choices":[{"index":0,"delta":{"content":"sk-ca',
      `t"}}]}\n\n`,
    ]
    const text = await told(withStream(...pieces, 'data: [DONE]\n\n'), chat, {
      ...streamed,
      stream_options: { include_usage: true },
    })
    expect(text.endsWith(`${pieces.join('')}data: [DONE]\n\n`)).toBe(true)
  })

  it.each(['claude', 'responses'])('in a stream of %s', async (slug) => {
    const [path, body] =
      slug === 'claude'
        ? ['/v1/messages', { model: 'claude/m', messages, max_tokens: 50, stream: true }]
        : ['/v1/responses', { model: 'responses/m', input: 'a', stream: true }]
    const begin =
      slug === 'claude'
        ? [
            event({ type: 'message_start', message: { id: 'm', model: 'm', usage: { input_tokens: 1 } } }),
            event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
            event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } }),
          ]
        : [
            event({ type: 'response.created', response: { id: 'r', model: 'm' } }),
            event({
              type: 'response.output_item.added',
              output_index: 0,
              item: { type: 'message', id: 'i' },
            }),
            event({
              type: 'response.output_text.delta',
              item_id: 'i',
              output_index: 0,
              content_index: 0,
              delta: 'Hello',
            }),
          ]
    const text = await told(
      withStream(...begin, event({ ...error, code: 'x', message: quoting })),
      path,
      body,
    )
    expect(text).toContain('Hello')
    expect(text).not.toContain(canary)
  })

  it.each(Object.entries(asks))('when a refusal in %s quotes it', async (_, [path, body]) => {
    for (const status of [400, 401, 429, 500])
      expect(await told(withJson({ ...error, message: quoting }, status), path, body)).not.toContain(canary)
  })

  it('when a whole answer or one that is passed on quotes it', async () => {
    const choices = [{ index: 0, message: { role: 'assistant', content: quoting }, finish_reason: 'stop' }]
    const usage = { prompt_tokens: 1, completion_tokens: 1 }
    const whole = { id: 'c', object: 'chat.completion', model: 'm', choices, usage }
    expect(await told(withJson(whole), chat, { model: 'chat/m', messages })).toContain(
      'boom Bearer [key] boom',
    )
    const passed = await told(withJson({ data: [], note: quoting }), '/v1/embeddings', {
      model: 'chat/m',
      input: 'a',
    })
    expect(passed).toContain('boom Bearer [key] boom')
  })
})

describe.each(Object.entries(asks))('in %s', (_, [path, body]) => {
  it('a wait of years is cut to an hour', async () => {
    provider.answer = withJson(error, 429, { 'retry-after': '999999999' })
    const reply = await stage.post(path, body)
    const seconds = Number(reply.headers.get('retry-after'))
    expect(seconds).toBeGreaterThan(0)
    expect(seconds).toBeLessThanOrEqual(3600)
  })

  it.each([301, 302, 307, 304])('an answer of %i is a bad gateway', async (status) => {
    provider.answer = (response) =>
      void response.writeHead(status, { location: 'https://example.com/' }).end()
    const reply = await stage.post(path, body)
    expect(reply.status).toBe(502)
    expect(await reply.json()).toHaveProperty('error')
  })
})
