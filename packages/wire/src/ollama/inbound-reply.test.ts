import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyReply, anyText, summaryOf, writeStream } from '../../testing/reply-streams.ts'
import { decodeText, errorOf, reasoningOf, textOf } from '../../testing/streams.ts'
import { missingUsage, type ReplyContext, type StreamPart, usageOf } from '../index.ts'
import { ollamaInbound } from './inbound.ts'
import { ollama } from './index.ts'

const context: ReplyContext = { id: 'x', model: 'alias', createdAt: 1694268190, wishes: {} }
const generate: ReplyContext = { ...context, wishes: { form: 'generate' } }
const head = '{"model":"alias","created_at":"2023-09-09T14:03:10.000Z",'
const counts =
  '"total_duration":0,"load_duration":0,"prompt_eval_count":18,"prompt_eval_duration":0,"eval_count":10,"eval_duration":0'

const parts: StreamPart[] = [
  { type: 'response-start', id: 'msg_1', model: 'claude' },
  { type: 'reasoning-start', id: 'r' },
  { type: 'reasoning-delta', id: 'r', delta: 'Hm.' },
  { type: 'reasoning-end', id: 'r' },
  { type: 'text-start', id: 't' },
  { type: 'text-delta', id: 't', delta: 'Hel' },
  { type: 'text-delta', id: 't', delta: 'lo\n"' },
  { type: 'text-end', id: 't' },
  { type: 'tool-input-start', id: 'a', name: 'f' },
  { type: 'tool-input-delta', id: 'a', delta: '{\n  "x": 1\n}' },
  { type: 'tool-input-end', id: 'a' },
  { type: 'tool-call', id: 'a', name: 'f', args: { x: 1 }, rawArgs: '{\n  "x": 1\n}' },
  {
    type: 'finish',
    reason: { unified: 'tool-calls', raw: 'tool_use' },
    usage: usageOf({ uncached: 10, cacheRead: 5, cacheWrite5m: 3, text: 7, reasoning: 3 }, null),
  },
]

describe('a stream', () => {
  test('is spelled as Ollama spells it, to the byte', () => {
    const message = (members: string) => `${head}"message":{"role":"assistant",${members}},"done":false}\n`
    expect(writeStream(ollamaInbound, parts, context)).toBe(
      [
        message('"content":"","thinking":"Hm."'),
        message('"content":"Hel"'),
        message('"content":"lo\\n\\""'),
        message(
          '"content":"","tool_calls":[{"id":"a","function":{"index":0,"name":"f","arguments":{"x":1}}}]',
        ),
        `${head}"message":{"role":"assistant","content":""},"done":true,"done_reason":"stop",${counts}}\n`,
      ].join(''),
    )
    expect(ollamaInbound.streamContentType).toBe('application/x-ndjson')
  })

  test('has a response instead of a message for a prompt', () => {
    const line = (members: string) => `${head}${members},"done":false}\n`
    expect(writeStream(ollamaInbound, parts, generate)).toBe(
      [
        line('"response":"","thinking":"Hm."'),
        line('"response":"Hel"'),
        line('"response":"lo\\n\\""'),
        line('"response":"","tool_calls":[{"id":"a","function":{"index":0,"name":"f","arguments":{"x":1}}}]'),
        `${head}"response":"","done":true,"done_reason":"stop",${counts}}\n`,
      ].join(''),
    )
  })

  test('ends with an error, and with nothing after it', () => {
    const error = { type: 'overloaded' as const, message: 'busy\n', retryable: true, raw: null }
    const written = writeStream(
      ollamaInbound,
      [...parts.slice(0, 6), { type: 'error', error }, ...parts],
      context,
    )
    expect(written.endsWith('{"error":"busy\\n"}\n')).toBe(true)
    expect(errorOf(decodeText('ollama', written)).error.message).toBe('busy\n')
  })

  test.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['context-window', 'length'],
    ['refusal', 'stop'],
    ['other', 'stop'],
  ] as const)('%s is spelled %s, and no counts are told when nobody knows them', (unified, word) => {
    const finish: StreamPart = { type: 'finish', reason: { unified, raw: '' }, usage: missingUsage() }
    const [line] = writeStream(ollamaInbound, [finish], context).split('\n')
    expect(JSON.parse(line ?? '')).toEqual({
      model: 'alias',
      created_at: '2023-09-09T14:03:10.000Z',
      message: { role: 'assistant', content: '' },
      done: true,
      done_reason: word,
      total_duration: 0,
      load_duration: 0,
      prompt_eval_duration: 0,
      eval_duration: 0,
    })
  })
})

test('what is written is what a reader of this dialect reads', () => {
  fc.assert(
    fc.property(anyReply, anyText, (reply, model) => {
      const read = decodeText('ollama', writeStream(ollamaInbound, reply, { ...context, model }))
      expect(summaryOf(read)).toEqual(summaryOf(reply))
      expect(read[0]).toMatchObject({ type: 'response-start', model })
    }),
    { numRuns: 300 },
  )
})

test('a whole reply says what the stream says', () => {
  fc.assert(
    fc.property(anyReply, (reply) => {
      const read = ollama.decodeReply(JSON.stringify(ollamaInbound.encodeReply(reply, context)))
      expect(textOf(read)).toBe(textOf(reply))
      expect(reasoningOf(read)).toBe(reasoningOf(reply))
      expect({ ...summaryOf(read), content: [] }).toEqual({ ...summaryOf(reply), content: [] })
    }),
  )
})

test('a whole reply to a prompt has a response', () => {
  expect(ollamaInbound.encodeReply(parts, generate)).toEqual({
    model: 'alias',
    created_at: '2023-09-09T14:03:10.000Z',
    response: 'Hello\n"',
    thinking: 'Hm.',
    tool_calls: [{ id: 'a', function: { index: 0, name: 'f', arguments: { x: 1 } } }],
    ...(JSON.parse(`{"done":true,"done_reason":"stop",${counts}}`) as object),
  })
})

test.each([
  ['invalid-request', 400],
  ['authentication', 401],
  ['permission', 403],
  ['quota-exhausted', 402],
  ['not-found', 404],
  ['request-too-large', 413],
  ['rate-limit', 429],
  ['server-error', 500],
  ['overloaded', 503],
  ['timeout', 504],
] as const)('%s is answered with %i, and read again as what it was', (type, status) => {
  const encoded = ollamaInbound.encodeError({ type, message: 'm', param: 'p' })
  expect(encoded).toEqual({ status, body: { error: 'm' }, headers: {} })
  expect(ollama.decodeError(status, {}, JSON.stringify(encoded.body))).toMatchObject({ type, message: 'm' })
})

test('an error says when to come back', () => {
  const error = { type: 'rate-limit', message: 'm', retryAfterMs: 1500, status: 503 } as const
  expect(ollamaInbound.encodeError(error)).toEqual({
    status: 503,
    body: { error: 'm' },
    headers: { 'retry-after': '2' },
  })
})
