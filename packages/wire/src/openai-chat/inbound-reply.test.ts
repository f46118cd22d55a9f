import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  calls,
  context,
  deltas,
  events,
  finish,
  hello,
  thoughts,
  usage,
  withUsage,
} from '../../testing/chat-replies.ts'
import { anyReply, anyText, summaryOf, writeStream } from '../../testing/reply-streams.ts'
import { decodeText, partsOf, reasoningOf, textOf } from '../../testing/streams.ts'
import { type JsonObject, missingUsage, type ReplyContext, type StreamPart } from '../index.ts'
import { openaiChat } from './index.ts'
import { openaiChatInbound } from './inbound.ts'

describe('a stream', () => {
  test('is spelled as OpenAI spells it, to the byte', () => {
    const start =
      'data: {"id":"msg_1","object":"chat.completion.chunk","created":1694268190,"model":"alias","choices":['
    const choice = (delta: string, reason = 'null') =>
      `${start}{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${reason}}]}\n\n`
    expect(writeStream(openaiChatInbound, hello, context)).toBe(
      [
        choice('{"role":"assistant","content":"","refusal":null}'),
        choice('{"content":"Hel"}'),
        choice('{"content":"lo\\n\\""}'),
        choice('{}', '"stop"'),
        'data: [DONE]\n\n',
      ].join(''),
    )
    expect(openaiChatInbound.streamContentType).toContain('text/event-stream')
  })

  test('tells its usage last, and only when asked', () => {
    const told = events(hello, withUsage) as JsonObject[]
    expect(told.at(-2)).toEqual({
      id: 'msg_1',
      object: 'chat.completion.chunk',
      created: 1694268190,
      model: 'alias',
      choices: [],
      usage: {
        prompt_tokens: 18,
        completion_tokens: 10,
        total_tokens: 28,
        prompt_tokens_details: { cached_tokens: 5, cache_write_tokens: 3 },
        completion_tokens_details: { reasoning_tokens: 3 },
      },
    })
    expect(told.slice(0, -2).map((event) => event['usage'])).toEqual([null, null, null, null])
    expect(JSON.stringify(events(hello))).not.toContain('usage')
  })

  test('says nothing of a usage that nobody told', () => {
    const parts = hello.with(5, {
      type: 'finish',
      reason: { unified: 'stop', raw: '' },
      usage: missingUsage(),
    })
    expect(events(parts, withUsage).at(-2)).toMatchObject({ choices: [{ finish_reason: 'stop' }] })
  })

  test('numbers its calls, and a call without input says {}', () => {
    expect(deltas(calls)).toEqual([
      { role: 'assistant', content: null, refusal: null },
      { tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '{"x":' } }] },
      { tool_calls: [{ index: 1, id: 'b', type: 'function', function: { name: 'g', arguments: '' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '1}' } }] },
      { tool_calls: [{ index: 1, function: { arguments: '{}' } }] },
      {},
    ])
    expect(JSON.stringify(events(calls).at(-2))).toContain('"finish_reason":"tool_calls"')
  })

  test('has one function_call for a client that sent functions', () => {
    const about: ReplyContext = { ...context, wishes: { form: 'function-call' } }
    expect(deltas(calls, about).slice(1)).toEqual([
      { function_call: { name: 'f', arguments: '' } },
      { function_call: { arguments: '{"x":' } },
      { function_call: { arguments: '1}' } },
      {},
    ])
    expect(JSON.stringify(events(calls, about).at(-2))).toContain('"finish_reason":"function_call"')
  })

  test('shows reasoning, sources and images where clients of compatible servers look for them', () => {
    const parts = decodeText(
      'openai-chat',
      writeStream(
        openaiChatInbound,
        [
          ...thoughts,
          { type: 'source', id: 's', url: 'https://example.com', title: 'Example' },
          { type: 'file', id: 'f', mimeType: 'image/png', data: 'iVBORw0KGgo=' },
          finish(),
        ],
        context,
      ),
    )
    expect(reasoningOf(parts)).toBe('Let me think. So: Done.')
    expect(partsOf(parts, 'source')).toMatchObject([{ url: 'https://example.com', title: 'Example' }])
    expect(partsOf(parts, 'file')).toMatchObject([{ mimeType: 'image/png', data: 'iVBORw0KGgo=' }])
  })

  test('ends with an error that makes SDKs throw, and with nothing after it', () => {
    const error = { type: 'overloaded' as const, message: 'busy', retryable: true, raw: null }
    const written = events([...hello.slice(0, 3), { type: 'error', error }, ...hello])
    expect(written.at(-1)).toEqual({
      error: { message: 'busy', type: 'server_error', param: null, code: 'server_overloaded' },
    })
    expect(written).toHaveLength(3)
  })

  test('takes the given id where the provider has none', () => {
    expect(events(hello.slice(1))[0]).toMatchObject({ id: 'chatcmpl-1' })
    expect(events(hello.with(0, { type: 'response-start', id: '', model: '' }))[0]).toMatchObject({
      id: 'chatcmpl-1',
    })
  })

  test.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['content-filter', 'content_filter'],
    ['refusal', 'content_filter'],
    ['pause', 'stop'],
    ['context-window', 'length'],
    ['other', 'stop'],
  ] as const)('%s is spelled %s', (unified, word) => {
    const parts: StreamPart[] = [{ type: 'finish', reason: { unified, raw: '' }, usage }]
    expect(events(parts)).toMatchObject([
      { choices: [{ delta: { role: 'assistant' } }] },
      { choices: [{ delta: {}, finish_reason: word }] },
      '[DONE]',
    ])
  })
})

test('what is written is what a reader of this dialect reads', () => {
  fc.assert(
    fc.property(anyReply, anyText, (parts, model) => {
      const written = writeStream(openaiChatInbound, parts, { ...withUsage, model })
      const read = decodeText('openai-chat', written)
      expect(summaryOf(read)).toEqual(summaryOf(parts))
      expect(read[0]).toEqual({
        type: 'response-start',
        id: parts[0] && 'id' in parts[0] ? parts[0].id : '',
        model,
      })
    }),
    { numRuns: 300 },
  )
})

test('a whole reply says what the stream says', () => {
  fc.assert(
    fc.property(anyReply, (parts) => {
      const reply = JSON.stringify(openaiChatInbound.encodeReply(parts, context))
      const read = openaiChat.decodeReply(reply)
      expect(textOf(read)).toBe(textOf(parts))
      expect(reasoningOf(read)).toBe(reasoningOf(parts))
      expect({ ...summaryOf(read), content: [] }).toEqual({ ...summaryOf(parts), content: [] })
    }),
  )
})

describe('a whole reply', () => {
  test('has the documented shape', () => {
    expect(openaiChatInbound.encodeReply(hello, context)).toEqual({
      id: 'msg_1',
      object: 'chat.completion',
      created: 1694268190,
      model: 'alias',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello\n"', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: expect.objectContaining({ prompt_tokens: 18, completion_tokens: 10, total_tokens: 28 }),
    })
  })

  test('without text has no content, and calls as the client’s SDK knows them', () => {
    expect(openaiChatInbound.encodeReply(calls, context)).toMatchObject({
      choices: [
        {
          message: {
            content: null,
            tool_calls: [
              { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
              { id: 'b', type: 'function', function: { name: 'g', arguments: '{}' } },
            ],
          },
          finish_reason: 'tool_calls',
        },
      ],
    })
    expect(
      openaiChatInbound.encodeReply(calls, { ...context, wishes: { form: 'function-call' } }),
    ).toMatchObject({
      choices: [
        { message: { function_call: { name: 'f', arguments: '{"x":1}' } }, finish_reason: 'function_call' },
      ],
    })
  })

  test('puts a refusal where SDKs look for it', () => {
    const refused = hello.with(5, { type: 'finish', reason: { unified: 'refusal', raw: 'refusal' }, usage })
    expect(openaiChatInbound.encodeReply(refused, context)).toMatchObject({
      choices: [{ message: { content: null, refusal: 'Hello\n"' }, finish_reason: 'stop' }],
    })
  })
})
