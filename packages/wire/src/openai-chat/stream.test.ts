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
import { openaiChat } from './index.ts'

const dialect = 'openai-chat'
const chunk = (delta: object, more: object = {}) =>
  `data: ${JSON.stringify({ id: 'c1', model: 'm', choices: [{ index: 0, delta, ...more }] })}\n\n`

const call = (id: string, name: string) => ({ index: 0, id, function: { name, arguments: '{}' } })

describe('a stream of chat completions', () => {
  test('gives text, and usage with cached input and reasoning taken apart', () => {
    const parts = decodeFixture(dialect, 'text')
    expect(parts[0]).toEqual({ type: 'response-start', id: 'chatcmpl-123', model: 'gpt-4o-mini' })
    expect(textOf(parts)).toBe('Hello — wörld 🌍')
    expect(finishOf(parts)).toMatchObject({
      reason: { unified: 'stop', raw: 'stop' },
      usage: { input: { uncached: 93, cacheRead: 1024 }, output: { text: 36, reasoning: 10 } },
    })
  })

  test('gives parallel calls whose pieces are mixed', () => {
    const parts = decodeFixture(dialect, 'tools')
    expect(partsOf(parts, 'tool-call')).toEqual([
      {
        type: 'tool-call',
        id: 'call_DdmO9pD3xa9XTPNJ32zg2hcA',
        name: 'get_weather',
        args: { city: 'Paris' },
        rawArgs: '{"city":"Paris"}',
      },
      { type: 'tool-call', id: 'call_abc', name: 'get_time', args: {}, rawArgs: '{}' },
    ])
    expect(finishOf(parts).reason).toEqual({ unified: 'tool-calls', raw: 'tool_calls' })
  })

  test('makes up missing ids and indexes, the same ones each time', () => {
    const calls = partsOf(decodeFixture(dialect, 'tools-sloppy'), 'tool-call')
    expect(calls).toMatchObject([
      { name: 'get_weather', args: { city: 'Paris' } },
      { name: 'get_time', args: { zone: 'CET' } },
    ])
    expect(calls[0]?.id).toMatch(/^call_[0-9a-f]{16}$/)
    expect(calls[0]?.id).not.toBe(calls[1]?.id)
    expect(partsOf(decodeFixture(dialect, 'tools-sloppy'), 'tool-call')).toEqual(calls)
    expect(finishOf(decodeFixture(dialect, 'tools-sloppy'))).toMatchObject({
      reason: { unified: 'tool-calls', raw: 'stop' },
      usage: { missing: true },
    })
  })

  test('keeps calls apart that all say index 0', () => {
    const parts = decodeText(
      dialect,
      `${chunk({ tool_calls: [call('a', 'f')] })}${chunk({ tool_calls: [call('b', 'g')] })}data: [DONE]\n\n`,
    )
    expect(partsOf(parts, 'tool-call')).toMatchObject([
      { id: 'a', name: 'f' },
      { id: 'b', name: 'g' },
    ])
  })

  test('reads reasoning_content and the cache hits of DeepSeek', () => {
    const parts = decodeFixture(dialect, 'deepseek')
    expect(reasoningOf(parts)).toBe('Compare 9.11 and 9.8.')
    expect(textOf(parts)).toBe('9.8')
    expect(partsOf(parts, 'reasoning-end')[0]?.providerData).toEqual({
      dialect,
      data: { field: 'reasoning_content' },
    })
    expect(finishOf(parts).usage).toMatchObject({
      input: { uncached: 4, cacheRead: 16 },
      output: { reasoning: 25 },
    })
  })

  test('reads reasoning details, citations and images of OpenRouter', () => {
    const parts = decodeFixture(dialect, 'openrouter')
    expect(reasoningOf(parts)).toBe('Let me think.')
    expect(partsOf(parts, 'reasoning-end')[0]?.providerData?.data).toEqual({
      reasoning_details: [
        {
          type: 'reasoning.text',
          text: 'Let me think.',
          signature: 'ErUBsig==',
          format: 'anthropic-claude-v1',
          index: 0,
        },
      ],
    })
    expect(partsOf(parts, 'source')).toMatchObject([{ url: 'https://example.com', title: 'Example' }])
    expect(partsOf(parts, 'file')).toMatchObject([{ mimeType: 'image/png', data: 'iVBORw0KGgo=' }])
  })

  test('reads the thinking parts of Mistral', () => {
    const parts = decodeFixture(dialect, 'mistral')
    expect([reasoningOf(parts), textOf(parts)]).toEqual(['Hmm.', 'Yes.'])
  })

  test('gives a refusal as text that ends in a refusal', () => {
    const parts = decodeFixture(dialect, 'refusal')
    expect(textOf(parts)).toBe("I'm sorry, I can't help with that.")
    expect(finishOf(parts).reason).toEqual({ unified: 'refusal', raw: 'stop' })
  })

  test('ends with the error that came after 200', () => {
    expect(errorOf(decodeFixture(dialect, 'error-after-200')).error).toMatchObject({
      type: 'server-error',
      retryable: true,
    })
  })

  test('is complete without [DONE] when it gave its reason, and cut when it did not', () => {
    expect(finishOf(decodeFixture(dialect, 'no-done')).reason.unified).toBe('length')
    expect(errorOf(decodeText(dialect, chunk({ content: 'Hi' }))).error.type).toBe('stream-truncated')
  })

  test('reads an error, or a whole reply, that came as plain JSON instead of events', () => {
    const error = decodeText(
      dialect,
      '{\n  "error": {\n    "message": "no credits",\n    "code": 402\n  }\n}\n',
    )
    expect(errorOf(error).error).toMatchObject({ type: 'quota-exhausted', message: 'no credits' })
    const reply = { id: 'c', choices: [{ index: 0, message: { content: 'Hi' }, finish_reason: 'stop' }] }
    const parts = decodeText(dialect, JSON.stringify(reply))
    expect(textOf(parts)).toBe('Hi')
    expect(finishOf(parts).reason.unified).toBe('stop')
  })

  test('counts reasoning that xAI leaves out of the completion', () => {
    const usage = {
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 115,
      completion_tokens_details: { reasoning_tokens: 100 },
    }
    const parts = decodeText(
      dialect,
      `${chunk({}, { finish_reason: 'stop' })}data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`,
    )
    expect(finishOf(parts).usage.output).toEqual({ text: 5, reasoning: 100 })
  })
})

test('a whole reply gives the parts that its stream would have had', () => {
  const parts = openaiChat.decodeReply(
    JSON.stringify({
      id: 'c',
      model: 'm',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'Hi',
            tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } }],
          },
          finish_reason: 'tool_calls',
        },
      ],
      usage: { prompt_tokens: 1, completion_tokens: 2 },
    }),
  )
  expect(textOf(parts)).toBe('Hi')
  expect(partsOf(parts, 'tool-call')).toMatchObject([{ id: 'a', args: { x: 1 } }])
  expect(finishOf(parts).usage).toMatchObject({ input: { uncached: 1 }, output: { text: 2 } })
})

describe('errors', () => {
  test.each([
    [400, { error: { message: 'bad', type: 'invalid_request_error', code: null } }, 'invalid-request', false],
    [400, { error: { message: 'too long', code: 'context_length_exceeded' } }, 'context-length', false],
    [
      400,
      { object: 'error', message: "This model's maximum context length is 4096 tokens." },
      'context-length',
      false,
    ],
    [401, { error: { message: 'no', code: 'invalid_api_key' } }, 'authentication', false],
    [403, { error: { message: 'no' } }, 'permission', false],
    [404, { error: { message: 'no', code: 'model_not_found' } }, 'not-found', false],
    [422, { detail: 'unprocessable' }, 'invalid-request', false],
    [429, { error: { message: 'slow', type: 'requests', code: 'rate_limit_exceeded' } }, 'rate-limit', true],
    [
      429,
      { error: { message: 'q', type: 'insufficient_quota', code: 'insufficient_quota' } },
      'quota-exhausted',
      false,
    ],
    [429, { error: { message: 'q', code: 'project_spend_limit_exceeded' } }, 'quota-exhausted', false],
    [402, { error: { message: 'Insufficient credits', code: 402 } }, 'quota-exhausted', false],
    [500, { error: 'boom' }, 'server-error', true],
    [503, { error: { message: 'busy' } }, 'overloaded', true],
  ])('reads %i %j as %s', (status, body, type, retryable) => {
    expect(openaiChat.decodeError(status, {}, JSON.stringify(body))).toMatchObject({ type, retryable })
  })

  test('prefers the finer header', () => {
    const headers = { 'retry-after-ms': '1500', 'retry-after': '2' }
    expect(openaiChat.decodeError(429, headers, '{}').retryAfterMs).toBe(1500)
  })
})

test('the list of models tells what compatible servers add', () => {
  const list = openaiChat.decodeModelList(
    JSON.stringify({
      data: [
        { id: 'gpt-4o', object: 'model' },
        { id: 'qwen', max_model_len: 32768 },
        {
          id: 'a/b',
          name: 'B',
          context_length: 200000,
          top_provider: { max_completion_tokens: 8192 },
          supported_parameters: ['tools', 'reasoning'],
          architecture: { input_modalities: ['text', 'image'] },
        },
      ],
    }),
  )
  expect(list).toEqual({
    ok: true,
    models: [
      { id: 'gpt-4o' },
      { id: 'qwen', contextWindow: 32768 },
      {
        id: 'a/b',
        displayName: 'B',
        contextWindow: 200000,
        maxOutput: 8192,
        capabilities: { tools: true, thinking: true, structuredOutput: false, vision: true },
      },
    ],
  })
})
