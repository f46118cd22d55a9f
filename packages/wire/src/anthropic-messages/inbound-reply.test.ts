import { describe, expect, test } from 'vitest'
import { decodeFixture, decodeText, partsOf } from '../../testing/streams.ts'
import type { JsonObject, ProviderData, ReplyContext, StreamPart, Usage } from '../index.ts'
import { unwrapOpaque } from '../shared/opaque.ts'
import { anthropicInbound } from './inbound.ts'

const context: ReplyContext = { id: 'msg_0', model: 'fast', createdAt: 0, wishes: { includeThoughts: true } }
const usage: Usage = {
  input: { uncached: 10, cacheRead: 20, cacheWrite5m: 3, cacheWrite1h: 4 },
  output: { text: 5, reasoning: 6 },
  raw: null,
}
const start: StreamPart = { type: 'response-start', id: 'msg_1', model: 'gpt' }
const finish: StreamPart = { type: 'finish', reason: { unified: 'stop', raw: 'stop' }, usage }

function text(id: string, delta: string): StreamPart[] {
  return [
    { type: 'text-start', id },
    { type: 'text-delta', id, delta },
    { type: 'text-end', id },
  ]
}

function reasoning(id: string, delta: string, providerData?: ProviderData): StreamPart[] {
  const end: StreamPart = { type: 'reasoning-end', id }
  return [
    { type: 'reasoning-start', id },
    ...(delta === '' ? [] : [{ type: 'reasoning-delta', id, delta } as const]),
    providerData ? { ...end, providerData } : end,
  ]
}

function call(id: string, rawArgs: string, providerData?: ProviderData): StreamPart[] {
  const known = providerData ? { providerData } : {}
  return [
    { type: 'tool-input-start', id, name: 'f', ...known },
    { type: 'tool-input-delta', id, delta: rawArgs },
    { type: 'tool-input-end', id },
    { type: 'tool-call', id, name: 'f', args: JSON.parse(rawArgs) as JsonObject, rawArgs, ...known },
  ]
}

function stream(parts: StreamPart[], wishes: ReplyContext['wishes'] = context.wishes): string {
  const encoder = anthropicInbound.createStreamEncoder({ ...context, wishes })
  return parts.map((part) => encoder.push(part)).join('')
}

function events(parts: StreamPart[], wishes?: ReplyContext['wishes']): JsonObject[] {
  return stream(parts, wishes)
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/u.exec(event) ?? []
      const body = JSON.parse(data ?? '') as JsonObject
      expect(body['type']).toBe(name)
      return body
    })
}

function contentOf(parts: StreamPart[], wishes = context.wishes): JsonObject[] {
  const { content } = anthropicInbound.encodeReply(parts, { ...context, wishes })
  return content as JsonObject[]
}

describe('a streamed reply', () => {
  test('is a message whose blocks are numbered and whose usage comes at the end', () => {
    expect(events([start, ...text('t', 'Hi "you"\n'), finish])).toEqual([
      {
        type: 'message_start',
        message: {
          id: 'msg_1',
          type: 'message',
          role: 'assistant',
          model: 'fast',
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: {
            input_tokens: 0,
            cache_creation_input_tokens: 0,
            cache_read_input_tokens: 0,
            output_tokens: 0,
          },
        },
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi "you"\n' } },
      { type: 'content_block_stop', index: 0 },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: {
          input_tokens: 10,
          cache_creation_input_tokens: 7,
          cache_read_input_tokens: 20,
          cache_creation: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 4 },
          output_tokens: 11,
          output_tokens_details: { thinking_tokens: 6 },
        },
      },
      { type: 'message_stop' },
    ])
  })

  test('tells each piece at once', () => {
    const encoder = anthropicInbound.createStreamEncoder(context)
    encoder.push(start)
    encoder.push({ type: 'text-start', id: 't' })
    expect(encoder.push({ type: 'text-delta', id: 't', delta: 'a' })).toContain('"text":"a"')
    expect(encoder.push({ type: 'text-delta', id: 't', delta: 'b' })).toBe(
      'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"b"}}\n\n',
    )
  })

  test('blocks that were written at the same time come one after the other', () => {
    const [a, b] = [call('a', '{"q":1}'), call('b', '{"q":2}')]
    const parts = [start, ...a.slice(0, 2), ...b.slice(0, 2), ...a.slice(2), ...b.slice(2), finish]
    const kinds = events(parts).map(({ type, index }) => [type, index])
    expect(kinds.slice(1, -2)).toEqual([
      ['content_block_start', 0],
      ['content_block_delta', 0],
      ['content_block_stop', 0],
      ['content_block_start', 1],
      ['content_block_delta', 1],
      ['content_block_stop', 1],
    ])
  })

  test('ids that Claude would refuse are spelled so that it takes them', () => {
    expect(contentOf([start, ...call('functions.f:0', '{}'), finish])).toEqual([
      { type: 'tool_use', id: 'functions_f_0', name: 'f', input: {} },
    ])
  })

  test('a failure after the start is an event of its own', () => {
    const error: StreamPart = {
      type: 'error',
      error: { type: 'overloaded', message: 'Overloaded', retryable: true, raw: null },
    }
    expect(events([start, ...text('t', 'a').slice(0, 2), error]).at(-1)).toEqual({
      type: 'error',
      error: { type: 'overloaded_error', message: 'Overloaded' },
    })
  })

  test.each([
    ['stop', 'end_turn'],
    ['length', 'max_tokens'],
    ['tool-calls', 'tool_use'],
    ['content-filter', 'refusal'],
    ['refusal', 'refusal'],
    ['pause', 'pause_turn'],
    ['context-window', 'model_context_window_exceeded'],
    ['other', 'end_turn'],
  ] as const)('the reason %s is said as %s', (unified, stop_reason) => {
    const parts: StreamPart[] = [start, { type: 'finish', reason: { unified, raw: '' }, usage }]
    expect(anthropicInbound.encodeReply(parts, context)).toMatchObject({ stop_reason, stop_sequence: null })
  })

  test('the stop sequence that was met is named', () => {
    const reason = { unified: 'stop', raw: 'stop_sequence', stopSequence: 'END' } as const
    expect(anthropicInbound.encodeReply([start, { type: 'finish', reason, usage }], context)).toMatchObject({
      stop_reason: 'stop_sequence',
      stop_sequence: 'END',
    })
  })
})

describe.each(['text', 'tools', 'thinking', 'redacted', 'cached', 'citations', 'server-tool', 'refusal'])(
  'the documented stream %s',
  (name) => {
    const parts = decodeFixture('anthropic-messages', name)

    test('comes out as it went in', () => {
      const again = decodeText('anthropic-messages', stream(parts))
      expect(again.map(comparable)).toEqual(parts.map(comparable))
    })

    test('comes out the same as a whole reply', () => {
      const reply = anthropicInbound.encodeReply(parts, context)
      const again = contentOf(decodeText('anthropic-messages', stream(parts)))
      expect(reply['content']).toEqual(again)
    })
  },
)

/** Without what names the model and spells the usage. */
function comparable(part: StreamPart) {
  if (part.type === 'response-start') return { ...part, model: '' }
  return part.type === 'finish' ? { ...part, usage: { ...part.usage, raw: null } } : part
}

describe('what a model thought', () => {
  const item: ProviderData = { dialect: 'openai-responses', data: { id: 'rs_1', encrypted_content: 'e' } }

  test('is shown with the state of another provider wrapped in the signature', () => {
    const [block] = contentOf([start, ...reasoning('r', 'hm', item), ...text('t', 'ok'), finish])
    expect(block).toMatchObject({ type: 'thinking', thinking: 'hm' })
    expect(unwrapOpaque(block?.['signature'] as string)).toEqual(item)
  })

  test('has a signature of ours also without state, so that it is not taken for Claude’s', () => {
    const [block] = contentOf([start, ...reasoning('r', 'hm'), finish])
    expect(block?.['signature']).toMatch(/^atr1\./u)
  })

  test('is not shown to a client that did not ask', () => {
    const parts = [start, ...reasoning('r', 'hm', item), ...text('t', 'ok'), finish]
    expect(contentOf(parts, { includeThoughts: false })).toEqual([{ type: 'text', text: 'ok' }])
    expect(stream(parts, { includeThoughts: false })).not.toContain('"thinking"')
  })

  test.each([true, false])('comes back with the next request, with calls and items (shown: %s)', (shown) => {
    const signed: ProviderData = { dialect: 'gemini', data: { thoughtSignature: 'g', id: 'c' } }
    const search: ProviderData = { dialect: 'openai-responses', data: { type: 'web_search_call', id: 'ws' } }
    const content = contentOf(
      [
        start,
        ...reasoning('r', 'hm', item),
        { type: 'provider-item', providerData: search },
        ...text('t', 'ok'),
        ...call('c', '{"q":1}', signed),
        ...call('d', '{}'),
        finish,
      ],
      { includeThoughts: shown },
    )
    expect(content.filter(({ type }) => type !== 'thinking')).toEqual([
      { type: 'text', text: 'ok' },
      { type: 'tool_use', id: 'c', name: 'f', input: { q: 1 } },
      { type: 'tool_use', id: 'd', name: 'f', input: {} },
    ])
    const { request } = anthropicInbound.decodeRequest({
      model: 'fast',
      max_tokens: 1,
      messages: [
        { role: 'user', content: 'a' },
        { role: 'assistant', content },
      ],
    })
    const state = [
      { type: 'reasoning', text: 'hm', providerData: item },
      { type: 'provider-item', providerData: search },
    ]
    const said = { type: 'text', text: 'ok' }
    expect(request.messages[1]?.content).toEqual([
      ...(shown ? [...state, said] : [said, ...state]),
      { type: 'tool-call', id: 'c', name: 'f', args: { q: 1 }, providerData: signed },
      { type: 'tool-call', id: 'd', name: 'f', args: {} },
    ])
  })
})

describe('sources of another provider', () => {
  const source: StreamPart = { type: 'source', id: 's', url: 'https://x', title: 'X' }

  test('are citations of the text, and mean nothing when they come back', () => {
    const [begin, delta, end] = text('t', 'ok') as [StreamPart, StreamPart, StreamPart]
    const content = contentOf([start, begin, delta, source, end, finish])
    expect(content).toMatchObject([
      {
        type: 'text',
        text: 'ok',
        citations: [{ type: 'web_search_result_location', url: 'https://x', title: 'X' }],
      },
    ])
    const again = decodeText('anthropic-messages', stream([start, begin, delta, source, end, finish]))
    expect(partsOf(again, 'source')).toMatchObject([{ url: 'https://x', title: 'X' }])
    const { request } = anthropicInbound.decodeRequest({
      model: 'm',
      max_tokens: 1,
      messages: [
        { role: 'user', content: 'a' },
        { role: 'assistant', content },
      ],
    })
    expect(request.messages[1]?.content).toEqual([{ type: 'text', text: 'ok' }])
  })

  test('have a text of their own when they come after it', () => {
    expect(contentOf([start, ...text('t', 'ok'), source, finish])).toMatchObject([
      { type: 'text', text: 'ok' },
      { type: 'text', text: '', citations: [{ url: 'https://x' }] },
    ])
  })
})

describe('a refused call', () => {
  test.each([
    ['invalid-request', 400, 'invalid_request_error'],
    ['authentication', 401, 'authentication_error'],
    ['quota-exhausted', 402, 'billing_error'],
    ['permission', 403, 'permission_error'],
    ['not-found', 404, 'not_found_error'],
    ['request-too-large', 413, 'request_too_large'],
    ['rate-limit', 429, 'rate_limit_error'],
    ['server-error', 500, 'api_error'],
    ['timeout', 504, 'timeout_error'],
    ['overloaded', 529, 'overloaded_error'],
  ] as const)('%s is answered with %i %s', (type, status, word) => {
    expect(anthropicInbound.encodeError({ type, message: 'No.', requestId: 'req_1' })).toMatchObject({
      status,
      body: { type: 'error', error: { type: word, message: 'No.' }, request_id: 'req_1' },
      headers: { 'request-id': 'req_1' },
    })
  })

  test('says when to come back, or that coming back is of no use', () => {
    expect(
      anthropicInbound.encodeError({ type: 'rate-limit', message: '', retryAfterMs: 1500 }).headers,
    ).toEqual({ 'retry-after': '2' })
    const spent = anthropicInbound.encodeError({ type: 'quota-exhausted', message: '', status: 429 })
    expect(spent).toMatchObject({ status: 429, headers: { 'x-should-retry': 'false' } })
  })
})
