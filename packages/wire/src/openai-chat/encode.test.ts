import { describe, expect, test } from 'vitest'
import type { JsonObject, Message, ModelRequest } from '../index.ts'
import { encodeRequest } from './encode.ts'

const user = (text: string): Message => ({ role: 'user', content: [{ type: 'text', text }] })

function encode(request: Partial<ModelRequest>) {
  return encodeRequest({ model: 'gpt-4o', stream: true, messages: [user('Hi')], ...request })
}

test('usage is asked for on streams, and only there', () => {
  expect(encode({}).body['stream_options']).toEqual({ include_usage: true })
  expect(encode({ stream: false }).body).toEqual({
    model: 'gpt-4o',
    messages: [{ role: 'user', content: 'Hi' }],
  })
})

test('the limit has the name that each server reads', () => {
  expect(encode({ maxOutputTokens: 5 }).body['max_completion_tokens']).toBe(5)
  expect(encode({ model: 'deepseek-chat', maxOutputTokens: 5 }).body['max_tokens']).toBe(5)
  expect(encode({ model: 'openai/gpt-oss-20b', maxOutputTokens: 5 }).body['max_tokens']).toBe(5)
})

test('parallel results are a message each, and their images follow in a user message', () => {
  const { body, fidelity } = encode({
    messages: [
      user('go'),
      {
        role: 'assistant',
        content: [
          { type: 'tool-call', id: 'a', name: 'f', args: { x: 1 }, rawArgs: '{ "x": 1 }' },
          { type: 'tool-call', id: 'b', name: 'g', args: {} },
        ],
      },
      {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: 'a',
            toolName: 'f',
            content: [
              { type: 'text', text: 'r' },
              { type: 'image', source: { kind: 'base64', mimeType: 'image/png', data: 'AA==' } },
            ],
          },
          {
            type: 'tool-result',
            toolCallId: 'b',
            toolName: 'g',
            content: [{ type: 'text', text: 's' }],
            isError: true,
          },
        ],
      },
    ],
  })
  expect(body['messages']).toEqual([
    { role: 'user', content: 'go' },
    {
      role: 'assistant',
      content: null,
      tool_calls: [
        { id: 'a', type: 'function', function: { name: 'f', arguments: '{ "x": 1 }' } },
        { id: 'b', type: 'function', function: { name: 'g', arguments: '{}' } },
      ],
    },
    { role: 'tool', tool_call_id: 'a', content: 'r' },
    { role: 'tool', tool_call_id: 'b', content: 's' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Media returned by f (a):' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
      ],
    },
  ])
  expect(fidelity.map(({ feature }) => feature)).toEqual([
    'messages.tool-result',
    'messages.tool-result.isError',
  ])
})

test('an unfinished assistant message is followed by the request to continue it', () => {
  const { body, fidelity } = encode({
    messages: [user('a'), { role: 'assistant', content: [{ type: 'text', text: 'Once' }] }],
  })
  expect(body['messages']).toMatchObject([
    { role: 'user' },
    { role: 'assistant', content: 'Once' },
    { role: 'user', content: expect.stringContaining('exactly where it stopped') },
  ])
  expect(fidelity).toMatchObject([{ feature: 'messages.prefill', action: 'renamed' }])
})

const call = { type: 'tool-call' as const, id: 'a', name: 'f', args: {} }

const reasoning = (data: JsonObject) => ({
  type: 'reasoning' as const,
  text: 'because',
  providerData: { dialect: 'openai-chat' as const, data },
})

describe('reasoning', () => {
  test('goes back to the member it came from, with the calls that it led to', () => {
    const { body } = encode({
      messages: [
        user('a'),
        { role: 'assistant', content: [reasoning({ field: 'reasoning_content' }), call] },
        user('b'),
      ],
    })
    expect(body['messages']).toMatchObject([{}, { reasoning_content: 'because' }, {}])
  })

  test('is left out of messages without calls', () => {
    const content = [reasoning({ field: 'reasoning_content' }), { type: 'text' as const, text: 'x' }]
    const { body } = encode({ messages: [user('a'), { role: 'assistant', content }, user('b')] })
    expect(body['messages']).toEqual([
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'x' },
      { role: 'user', content: 'b' },
    ])
  })

  test('details go back as they came', () => {
    const details = [{ type: 'reasoning.encrypted', data: 'x' }]
    const content = [reasoning({ reasoning_details: details }), { type: 'text' as const, text: 'x' }]
    const { body } = encode({ messages: [user('a'), { role: 'assistant', content }, user('b')] })
    expect(body['messages']).toMatchObject([{}, { reasoning_details: details }, {}])
  })

  test('effort is said; sampling gives way; a model that does not think is not asked to', () => {
    const thinking = encode({
      model: 'gpt-5',
      thinking: { enabled: true, budgetTokens: 8000 },
      temperature: 0.2,
    })
    expect(thinking.body['reasoning_effort']).toBe('medium')
    expect(thinking.body['temperature']).toBeUndefined()
    expect(thinking.fidelity.map(({ feature }) => feature)).toEqual(['temperature', 'thinking.budgetTokens'])
    expect(encode({ thinking: { enabled: true } }).fidelity).toMatchObject([
      { feature: 'thinking', action: 'dropped' },
    ])
    expect(encode({ model: 'gpt-5.2', thinking: { enabled: false } }).body['reasoning_effort']).toBe('none')
    expect(
      encode({ model: 'gpt-5.2', thinking: { enabled: true, effort: 'max' } }).body['reasoning_effort'],
    ).toBe('xhigh')
  })
})

test.each([
  [{ type: 'auto' }, 'auto'],
  [{ type: 'none' }, 'none'],
  [{ type: 'required' }, 'required'],
  [
    { type: 'named', name: 'f' },
    { type: 'function', function: { name: 'f' } },
  ],
] as const)('the choice %j is spelled %j', (toolChoice, expected) => {
  const tools: ModelRequest['tools'] = [
    { type: 'function', name: 'f', inputSchema: { type: 'object' }, strict: true },
  ]
  const { body } = encode({ tools, toolChoice, parallelToolCalls: false })
  expect(body['tool_choice']).toEqual(expected)
  expect(body['parallel_tool_calls']).toBe(false)
  expect(body['tools']).toEqual([
    { type: 'function', function: { name: 'f', parameters: { type: 'object' }, strict: true } },
  ])
})

test('a schema is sent with a name, plain JSON without', () => {
  expect(
    encode({ responseFormat: { type: 'json', schema: { type: 'object' } } }).body['response_format'],
  ).toEqual({
    type: 'json_schema',
    json_schema: { name: 'reply', schema: { type: 'object' } },
  })
  expect(encode({ responseFormat: { type: 'json' } }).body['response_format']).toEqual({
    type: 'json_object',
  })
})

test('images, PDF, sounds and text files have their parts', () => {
  const { body, fidelity } = encode({
    messages: [
      {
        role: 'user',
        content: [
          { type: 'image', source: { kind: 'url', url: 'https://x/y.png' }, detail: 'low' },
          { type: 'file', source: { kind: 'base64', mimeType: 'application/pdf', data: 'BB==' } },
          { type: 'file', source: { kind: 'base64', mimeType: 'audio/mpeg', data: 'CC==' } },
          {
            type: 'file',
            filename: 'a.txt',
            source: { kind: 'base64', mimeType: 'text/plain', data: btoa('hello') },
          },
          { type: 'file', source: { kind: 'url', url: 'https://x/y.pdf' } },
        ],
      },
    ],
  })
  expect(body['messages']).toEqual([
    {
      role: 'user',
      content: [
        { type: 'image_url', image_url: { url: 'https://x/y.png', detail: 'low' } },
        { type: 'file', file: { filename: 'document.pdf', file_data: 'data:application/pdf;base64,BB==' } },
        { type: 'input_audio', input_audio: { data: 'CC==', format: 'mp3' } },
        { type: 'text', text: 'a.txt:\nhello' },
      ],
    },
  ])
  expect(fidelity.map(({ action }) => action)).toEqual(['renamed', 'dropped'])
})

test('what has no word here is reported', () => {
  const { fidelity } = encode({
    topK: 5,
    system: [{ type: 'text', text: 's', cache: { ttl: '5m' } }],
    stopSequences: ['a', 'b', 'c', 'd', 'e'],
  })
  expect(fidelity.map(({ feature, action }) => `${action} ${feature}`)).toEqual([
    'dropped stopSequences',
    'dropped topK',
    'dropped cache',
  ])
})
