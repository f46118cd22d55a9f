import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  connect,
  keptOf,
  setPrices,
  startOwnProvider,
  withJson,
  withStream,
  type Answer,
  type OwnProvider,
} from './testing/own-provider.ts'
import { createKey, openStage, type Stage } from './testing/stage.ts'

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
    await connect(stage, { slug, kind, baseUrl: `${provider.url}${path}`, apiKey: 'sk-own-0123456789' })
  await setPrices(stage, { input: 10, output: 1000, cacheRead: 1 })
})
afterAll(() => scope.disposeAsync())

/** 400 characters, so 100 tokens. */
const content = 'word '.repeat(80)
const event = (data: object | string): string =>
  `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
const line = (data: object): string => `${JSON.stringify(data)}\n`

/** Numbers that JSON.stringify would not write stand in quotes with an `@`. */
const spelled = (text: string): string => text.replaceAll(/"@([^"]+)"/g, '$1')

/** How each dialect tells a usage; `cached` is a part of the input where it is told so. */
interface Wording {
  readonly path: string
  readonly body: object
  readonly usage: (input: unknown, output: unknown, cached?: number) => object
  readonly whole: (usage: object) => object
  readonly stream?: (usage: object) => string[]
}

const messages = [{ role: 'user', content: 'Say something.' }]
const chatUsage = (input: unknown, output: unknown, cached?: number): object => ({
  prompt_tokens: input,
  completion_tokens: output,
  ...(cached === undefined ? {} : { prompt_tokens_details: { cached_tokens: cached } }),
})
const wordings: Readonly<Record<string, Wording>> = {
  'Chat Completions': {
    path: '/v1/chat/completions',
    body: { model: 'chat/m', messages, max_tokens: 200 },
    usage: chatUsage,
    whole: (usage) => ({
      id: 'c',
      object: 'chat.completion',
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
      usage,
    }),
    stream: (usage) => [
      event({ id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content } }] }),
      event({ id: 'c', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
      event({ id: 'c', choices: [], usage }),
      event('[DONE]'),
    ],
  },
  Responses: {
    path: '/v1/responses',
    body: { model: 'responses/m', input: 'Say something.', max_output_tokens: 200 },
    usage: (input, output, cached) => ({
      input_tokens: input,
      output_tokens: output,
      ...(cached === undefined ? {} : { input_tokens_details: { cached_tokens: cached } }),
    }),
    whole: (usage) => ({
      id: 'resp_1',
      object: 'response',
      status: 'completed',
      model: 'm',
      output: [
        {
          type: 'message',
          id: 'msg_1',
          role: 'assistant',
          content: [{ type: 'output_text', text: content }],
        },
      ],
      usage,
    }),
  },
  Messages: {
    path: '/v1/messages',
    body: { model: 'claude/m', messages, max_tokens: 200 },
    usage: (input, output) => ({ input_tokens: input, output_tokens: output }),
    whole: (usage) => ({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [{ type: 'text', text: content }],
      stop_reason: 'end_turn',
      usage,
    }),
    stream: (usage) => [
      event({ type: 'message_start', message: { id: 'msg_1', model: 'm', usage: { input_tokens: 1 } } }),
      event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
      event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: content } }),
      event({ type: 'content_block_stop', index: 0 }),
      event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage }),
      event({ type: 'message_stop' }),
    ],
  },
  Gemini: {
    path: '/v1beta/models/gem%2Fm:generateContent',
    body: { contents: [{ parts: [{ text: 'Say something.' }] }], generationConfig: { maxOutputTokens: 200 } },
    usage: (input, output, cached) => ({
      promptTokenCount: input,
      candidatesTokenCount: output,
      ...(cached === undefined ? {} : { cachedContentTokenCount: cached }),
    }),
    whole: (usage) => ({
      candidates: [{ content: { parts: [{ text: content }] }, finishReason: 'STOP' }],
      usageMetadata: usage,
    }),
  },
  Ollama: {
    path: '/api/chat',
    body: { model: 'llama/m', messages, stream: false, options: { num_predict: 200 } },
    usage: (input, output) => ({ prompt_eval_count: input, eval_count: output }),
    whole: (usage) => ({ model: 'm', message: { role: 'assistant', content }, done: true, ...usage }),
    stream: (usage) => [
      line({ model: 'm', message: { role: 'assistant', content }, done: false }),
      line({ model: 'm', message: { role: 'assistant', content: '' }, done: true, ...usage }),
    ],
  },
}

const nonsense: readonly (readonly [string, unknown, unknown, number?])[] = [
  ['less than nothing', -5, -1000],
  ['infinite', '@1e999', '@1e999'],
  ['no number', 'ten', 'twenty'],
  ['a fraction', 10.5, 0.25],
  ['more than any call can take', '@1e18', '@1e18'],
  ['not told in part and nonsense in the other', 5, -1],
  ['told as read from a cache beyond what was read', 10, 1, 999_999],
]

async function kept(answer: Answer, path: string, body: object) {
  provider.answer = answer
  const reply = await stage.post(path, body)
  expect(reply.status).toBe(200)
  await reply.text()
  return keptOf(stage, reply.headers.get('x-atrium-call'))
}

const cached = new Set(['Chat Completions', 'Responses', 'Gemini'])

describe.each(Object.entries(wordings))(
  'a usage in %s that is',
  (name, { path, body, usage, whole, stream }) => {
    for (const [what, ...counts] of nonsense) {
      if (counts.length > 2 && !cached.has(name)) continue
      it(`${what} counts as not told`, async () => {
        const told = usage(...counts)
        expect(await kept(withJson(spelled(JSON.stringify(whole(told)))), path, body)).toMatchObject({
          estimated: true,
          output: '100',
        })
        if (!stream) return
        const pieces = stream(told).map(spelled)
        expect(await kept(withStream(...pieces), path, { ...body, stream: true })).toMatchObject({
          estimated: true,
          output: '100',
        })
      })
    }

    it('written in digits as text is taken', async () => {
      expect(await kept(withJson(whole(usage('7', '9'))), path, body)).toMatchObject({
        estimated: false,
        input: '7',
        output: '9',
      })
    })

    it('empty counts as not told', async () => {
      expect(await kept(withJson(whole({})), path, body)).toMatchObject({ estimated: true, output: '100' })
    })
  },
)

describe('a translated call', () => {
  it('is estimated when its provider tells nonsense', async () => {
    const { whole, usage } = wordings['Chat Completions'] ?? {}
    const pieces = wordings['Chat Completions']?.stream?.(chatUsage(-1, -1)) ?? []
    expect(whole && usage).toBeDefined()
    const ask = { model: 'chat/m', messages, max_tokens: 200 }
    expect(await kept(withStream(...pieces), '/v1/messages', ask)).toMatchObject({
      estimated: true,
      output: '100',
    })
  })
})

describe('a call that is passed on', () => {
  it.each(['@1e18', -3, 1.5, 'many'])('is estimated when its provider tells %s', async (told) => {
    const answer = spelled(JSON.stringify({ data: [], usage: { prompt_tokens: told } }))
    const body = { model: 'chat/m', input: 'x'.repeat(400) }
    expect(await kept(withJson(answer), '/v1/embeddings', body)).toMatchObject({ estimated: true })
  })
})

it('an absurd usage leaves the tokens of a minute as they were', async () => {
  const key = await createKey(stage.owner, { limits: { rpm: null, tpm: 20_000, concurrency: null } })
  const { path, body, whole } = wordings['Chat Completions'] ?? { path: '', body: {}, whole: () => ({}) }
  const headers = { authorization: `Bearer ${key}` }
  provider.answer = withJson(spelled(JSON.stringify(whole(chatUsage('@1e18', '@1e18')))))
  expect((await stage.post(path, body, headers)).status).toBe(200)
  await new Promise((resolve) => setTimeout(resolve, 1500))
  expect((await stage.post(path, body, headers)).status).toBe(200)
})
