import { describe, expect, test } from 'vitest'
import {
  decodeFixture,
  decodeText,
  errorOf,
  finishOf,
  partsOf,
  reasoningOf,
  textOf,
} from '../../testing/streams.ts'
import { anthropicMessages } from './index.ts'

const dialect = 'anthropic-messages'

describe('a stream of the Messages API', () => {
  test('gives text between start and finish, with pings passed over', () => {
    const parts = decodeFixture(dialect, 'text')
    expect(parts).toEqual([
      {
        type: 'response-start',
        id: 'msg_1nZdL29xx5MUA1yADyHTEsnR8uuvGzszyS',
        model: 'claude-sonnet-4-5-20250929',
      },
      { type: 'text-start', id: 'block-0' },
      { type: 'text-delta', id: 'block-0', delta: 'Hello' },
      { type: 'text-delta', id: 'block-0', delta: ' — wörld 🌍!' },
      { type: 'text-end', id: 'block-0' },
      {
        type: 'finish',
        reason: { unified: 'stop', raw: 'end_turn' },
        usage: {
          input: { uncached: 25, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
          output: { text: 15, reasoning: 0 },
          raw: { input_tokens: 25, output_tokens: 15 },
        },
      },
    ])
  })

  test('gives parallel calls, the one without input as {}', () => {
    const parts = decodeFixture(dialect, 'tools')
    expect(partsOf(parts, 'tool-call')).toEqual([
      {
        type: 'tool-call',
        id: 'toolu_01T1x1fJ34qAmk2tNTrN7Up6',
        name: 'get_weather',
        args: { location: 'San Francisco, CA' },
        rawArgs: '{"location": "San Francisco, CA"}',
      },
      { type: 'tool-call', id: 'toolu_02', name: 'get_time', args: {}, rawArgs: '{}' },
    ])
    expect(finishOf(parts).reason.unified).toBe('tool-calls')
  })

  test('keeps thinking and its signature to the byte and counts it apart', () => {
    const parts = decodeFixture(dialect, 'thinking')
    expect(reasoningOf(parts)).toBe('I need the GCD of 1071 and 462.\n  1071 = 2 × 462 + 147')
    expect(partsOf(parts, 'reasoning-end')[0]?.providerData).toEqual({
      dialect,
      data: { type: 'thinking', signature: 'EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pkiMOYds==' },
    })
    expect(finishOf(parts).usage.output).toEqual({ text: 15, reasoning: 45 })
  })

  test('keeps redacted thinking, and empty thinking that has a signature', () => {
    const [redacted, empty] = partsOf(decodeFixture(dialect, 'redacted'), 'reasoning-end')
    expect(redacted?.providerData?.data['type']).toBe('redacted_thinking')
    expect(redacted?.providerData?.data['data']).toMatch(/^EmwK/)
    expect(empty?.providerData?.data).toEqual({ type: 'thinking', signature: 'sig-of-nothing==' })
  })

  test('counts cached input beside uncached input, as message_delta revised it', () => {
    const { usage, reason } = finishOf(decodeFixture(dialect, 'cached'))
    expect(usage.input).toEqual({ uncached: 60, cacheRead: 100_000, cacheWrite5m: 456, cacheWrite1h: 100 })
    expect(usage.output.text).toBe(503)
    expect(reason).toEqual({ unified: 'stop', raw: 'stop_sequence', stopSequence: 'END' })
  })

  test('gives citations as sources and keeps them with the text', () => {
    const parts = decodeFixture(dialect, 'citations')
    expect(partsOf(parts, 'source')).toMatchObject([{ url: 'https://en.wikipedia.org/wiki/Claude_Shannon' }])
    expect(partsOf(parts, 'text-end')[0]?.providerData?.data['citations']).toHaveLength(1)
  })

  test('keeps what the provider ran itself, with its input, and says that the turn paused', () => {
    const parts = decodeFixture(dialect, 'server-tool')
    expect(partsOf(parts, 'provider-item').map((item) => item.providerData.data)).toMatchObject([
      { type: 'server_tool_use', input: { query: 'weather NYC' } },
      { type: 'web_search_tool_result' },
    ])
    expect(finishOf(parts).reason).toEqual({ unified: 'pause', raw: 'pause_turn' })
  })

  test.each([
    ['refusal', 'refusal'],
    ['model_context_window_exceeded', 'context-window'],
    ['max_tokens', 'length'],
    ['something_new', 'other'],
  ])('says %s as %s and keeps the word', (raw, unified) => {
    const parts = decodeText(
      dialect,
      `data: {"type":"message_delta","delta":{"stop_reason":"${raw}"}}\n\ndata: {"type":"message_stop"}\n\n`,
    )
    expect(finishOf(parts).reason).toEqual({ unified, raw })
    expect(finishOf(parts).usage.missing).toBe(true)
  })

  test('ends with the error that came after 200, and with the usage so far', () => {
    const { error, usage } = errorOf(decodeFixture(dialect, 'error-after-200'))
    expect(error).toMatchObject({ type: 'overloaded', message: 'Overloaded', status: 529, retryable: true })
    expect(usage?.input.uncached).toBe(10)
  })

  test('says that a stream was cut when message_stop never came', () => {
    const parts = decodeText(
      dialect,
      'data: {"type":"message_start","message":{"id":"m","model":"c","usage":{"input_tokens":9}}}\n\n',
    )
    expect(errorOf(parts)).toMatchObject({
      error: { type: 'stream-truncated', message: 'provider cut mid-stream' },
      usage: { input: { uncached: 9 } },
    })
  })

  test('gives arguments that are no JSON as malformed', () => {
    const parts = decodeText(
      dialect,
      [
        '{"type":"content_block_start","index":7,"content_block":{"type":"tool_use","id":"t","name":"f"}}',
        '{"type":"content_block_delta","index":7,"delta":{"type":"input_json_delta","partial_json":"{\\"a\\": 1"}}',
        '{"type":"message_stop"}',
      ]
        .map((event) => `data: ${event}\n\n`)
        .join(''),
    )
    expect(partsOf(parts, 'tool-call')).toEqual([
      { type: 'tool-call', id: 't', name: 'f', args: {}, rawArgs: '{"a": 1', malformed: true },
    ])
  })
})

describe('a whole reply', () => {
  test('gives the parts that its stream would have had', () => {
    const parts = anthropicMessages.decodeReply(
      JSON.stringify({
        id: 'msg_1',
        type: 'message',
        model: 'claude-x',
        content: [
          { type: 'thinking', thinking: 'Hm.', signature: 's==' },
          { type: 'text', text: 'Hi' },
          { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 1 } },
        ],
        stop_reason: 'tool_use',
        usage: { input_tokens: 3, output_tokens: 4 },
      }),
    )
    expect(reasoningOf(parts)).toBe('Hm.')
    expect(textOf(parts)).toBe('Hi')
    expect(partsOf(parts, 'tool-call')).toMatchObject([{ args: { a: 1 }, rawArgs: '{"a":1}' }])
    expect(finishOf(parts)).toMatchObject({
      reason: { unified: 'tool-calls' },
      usage: { output: { text: 4 } },
    })
  })
})

const body = (type: string, message: string, details?: object) =>
  JSON.stringify({ type: 'error', error: { type, message, details }, request_id: 'req_1' })

describe('errors', () => {
  test.each([
    [400, body('invalid_request_error', 'max_tokens: field required'), 'invalid-request', false],
    [
      400,
      body('invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum'),
      'context-length',
      false,
    ],
    [
      400,
      body('invalid_request_error', 'You have reached your specified API usage limits.'),
      'quota-exhausted',
      false,
    ],
    [401, body('authentication_error', 'invalid x-api-key'), 'authentication', false],
    [402, body('billing_error', 'pay'), 'quota-exhausted', false],
    [413, body('request_too_large', 'too large'), 'request-too-large', false],
    [429, body('rate_limit_error', 'slow down'), 'rate-limit', true],
    [500, body('api_error', 'internal'), 'server-error', true],
    [529, body('overloaded_error', 'Overloaded'), 'overloaded', true],
    [529, '', 'overloaded', true],
    [502, '<html>', 'server-error', true],
  ])('reads %i %s as %s', (status, text, type, retryable) => {
    expect(anthropicMessages.decodeError(status, {}, text)).toMatchObject({ type, retryable, status })
  })

  test('does not retry a 429 that means the spend limit', () => {
    const text = body('rate_limit_error', 'limit reached', { error_code: 'enforced_spend_limit_reached' })
    const error = anthropicMessages.decodeError(429, {}, text)
    expect(error).toMatchObject({ type: 'quota-exhausted', retryable: false })
    expect(error.retryAfterMs).toBeUndefined()
  })

  test('waits as long as retry-after says, in seconds or until a date', () => {
    const text = body('rate_limit_error', 'slow down')
    expect(anthropicMessages.decodeError(429, { 'retry-after': '12' }, text).retryAfterMs).toBe(12_000)
    const headers = { 'retry-after': 'Sat, 21 Nov 2026 07:00:30 GMT', date: 'Sat, 21 Nov 2026 07:00:00 GMT' }
    expect(anthropicMessages.decodeError(429, headers, text).retryAfterMs).toBe(30_000)
  })
})

describe('the list of models', () => {
  test('gives names, limits and the next page', () => {
    const list = anthropicMessages.decodeModelList(
      JSON.stringify({
        data: [
          { type: 'model', id: 'claude-opus-4-6', display_name: 'Claude Opus 4.6', max_input_tokens: 200000 },
        ],
        has_more: true,
        last_id: 'claude-opus-4-6',
      }),
    )
    expect(list).toEqual({
      ok: true,
      models: [{ id: 'claude-opus-4-6', displayName: 'Claude Opus 4.6', contextWindow: 200000 }],
      nextPath: '/v1/models?limit=1000&after_id=claude-opus-4-6',
    })
  })
})
