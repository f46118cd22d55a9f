import { expect, test } from 'vitest'
import { decodeFixture, errorOf, finishOf, partsOf, reasoningOf, textOf } from '../../testing/streams.ts'
import type { Message, ModelRequest } from '../index.ts'
import { ollama } from './index.ts'

const user = (text: string): Message => ({ role: 'user', content: [{ type: 'text', text }] })

function encode(request: Partial<ModelRequest>, facts = {}) {
  return ollama.encodeRequest({ model: 'qwen3', stream: true, messages: [user('Hi')], ...request }, facts)
}

test('lines give text and the counts of the last one', () => {
  const parts = decodeFixture('ollama', 'text')
  expect(textOf(parts)).toBe('Hello — wörld 🌍')
  expect(parts[0]).toMatchObject({ type: 'response-start', model: 'qwen3' })
  expect(finishOf(parts)).toMatchObject({
    reason: { unified: 'stop', raw: 'stop' },
    usage: { input: { uncached: 169 }, output: { text: 15 } },
  })
})

test('calls come whole, with stable ids where the server gives none', () => {
  const parts = decodeFixture('ollama', 'thinking-tools')
  expect(reasoningOf(parts)).toBe('Need weather.')
  const calls = partsOf(parts, 'tool-call')
  expect(calls).toMatchObject([
    { name: 'get_weather', args: { city: 'Tokyo' } },
    { id: 'call_px63ad04', name: 'get_time', args: {} },
  ])
  expect(calls[0]?.id).toMatch(/^call_[0-9a-f]{16}$/)
  expect(finishOf(parts).reason).toEqual({ unified: 'tool-calls', raw: 'stop' })
})

test('a length is a length, and a prompt still in memory counts as nothing', () => {
  expect(finishOf(decodeFixture('ollama', 'length'))).toMatchObject({
    reason: { unified: 'length' },
    usage: { input: { uncached: 0 }, output: { text: 3 } },
  })
})

test('an error line ends the stream', () => {
  expect(errorOf(decodeFixture('ollama', 'error-after-200')).error.type).toBe('server-error')
})

test('a whole reply is a stream of one line', () => {
  const parts = ollama.decodeReply('{"model":"m","message":{"role":"assistant","content":"Hi"},"done":true}')
  expect(textOf(parts)).toBe('Hi')
  expect(finishOf(parts).usage.missing).toBe(true)
})

const decode = (status: number, error: string) => ollama.decodeError(status, {}, JSON.stringify({ error }))

test('errors are told by their words', () => {
  expect(decode(404, "model 'x' not found").type).toBe('not-found')
  expect(decode(400, 'm does not support tools')).toMatchObject({ type: 'invalid-request', retryable: false })
})

test('settings go into options, and the limit is num_predict', () => {
  const { path, body, fidelity } = encode({
    temperature: 0,
    topK: 3,
    maxOutputTokens: 9,
    stopSequences: ['x'],
  })
  expect(path).toBe('/api/chat')
  expect(body).toMatchObject({
    stream: true,
    options: { temperature: 0, top_k: 3, num_predict: 9, stop: ['x'] },
  })
  expect(fidelity).toEqual([])
})

test('a long conversation asks for room, so that it is not cut silently', () => {
  const { body, fidelity } = encode({ messages: [user('x'.repeat(30_000))] }, { contextWindow: 40_000 })
  expect(body['options']).toEqual({ num_ctx: 16_384 })
  expect(fidelity).toMatchObject([{ feature: 'num_ctx', action: 'defaulted' }])
  const capped = encode({ messages: [user('x'.repeat(30_000))] }, { contextWindow: 8192 })
  expect(capped.body['options']).toEqual({ num_ctx: 8192 })
  const chosen = encode({
    messages: [user('x'.repeat(30_000))],
    providerOptions: { ollama: { options: { num_ctx: 5 } } },
  })
  expect(chosen.body['options']).toEqual({ num_ctx: 5 })
})

test('images stand beside the text, addresses of images are dropped', () => {
  const { body, fidelity } = encode({
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'image', source: { kind: 'base64', mimeType: 'image/png', data: 'AA==' } },
          { type: 'image', source: { kind: 'url', url: 'https://x/y.png' } },
        ],
      },
    ],
  })
  expect(body['messages']).toEqual([{ role: 'user', content: 'a', images: ['AA=='] }])
  expect(fidelity).toMatchObject([{ feature: 'messages.image', action: 'dropped' }])
})

test('calls carry objects, results the tool’s name; a final assistant message stays the last', () => {
  const { body } = encode({
    messages: [
      user('go'),
      { role: 'assistant', content: [{ type: 'tool-call', id: 'a', name: 'f', args: { x: 1 } }] },
      { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'a', toolName: 'f', content: [] }] },
      { role: 'assistant', content: [{ type: 'text', text: 'So' }] },
    ],
  })
  expect(body['messages']).toEqual([
    { role: 'user', content: 'go' },
    {
      role: 'assistant',
      content: '',
      tool_calls: [{ id: 'a', function: { name: 'f', arguments: { x: 1 } } }],
    },
    { role: 'tool', tool_name: 'f', tool_call_id: 'a', content: '' },
    { role: 'assistant', content: 'So' },
  ])
})

test('a forced call is reported; no tools are offered when none may be called', () => {
  const tools: ModelRequest['tools'] = [
    { type: 'function', name: 'f', inputSchema: { type: 'object' } },
    { type: 'function', name: 'g', inputSchema: { type: 'object' } },
  ]
  const named = encode({ tools, toolChoice: { type: 'named', name: 'g' } })
  expect(named.body['tools']).toMatchObject([{ function: { name: 'g' } }])
  expect(named.fidelity).toMatchObject([{ feature: 'toolChoice', action: 'dropped' }])
  expect(encode({ tools, toolChoice: { type: 'none' } }).body['tools']).toBeUndefined()
})

test('a schema is the format; thinking is a switch, or a level for gpt-oss', () => {
  const { body } = encode({
    responseFormat: { type: 'json', schema: { type: 'object' } },
    thinking: { enabled: true, effort: 'high' },
  })
  expect(body).toMatchObject({ format: { type: 'object' }, think: true })
  expect(encode({ model: 'gpt-oss:20b', thinking: { enabled: true, effort: 'high' } }).body['think']).toBe(
    'high',
  )
  expect(encode({ responseFormat: { type: 'json' }, thinking: { enabled: false } }).body).toMatchObject({
    format: 'json',
    think: false,
  })
})

test('no key needs no header', () => {
  expect(ollama.authHeaders(undefined)).toEqual({})
  expect(ollama.decodeModelList('{"models":[{"name":"qwen3:8b","model":"qwen3:8b"}]}')).toEqual({
    ok: true,
    models: [{ id: 'qwen3:8b' }],
  })
})
