import { describe, expect, test } from 'vitest'
import type { JsonObject, Message } from '../index.ts'
import { openaiChatInbound } from './inbound.ts'

const user = { role: 'user', content: 'Hi' }
const weather = { name: 'get_weather', parameters: { type: 'object' } }

function decode(body: JsonObject) {
  return openaiChatInbound.decodeRequest({ model: 'm', messages: [user], ...body })
}

function messagesOf(...messages: JsonObject[]): Message[] {
  return decode({ messages }).request.messages
}

test('the smallest request asks for a whole reply', () => {
  expect(decode({})).toEqual({
    request: {
      model: 'm',
      stream: false,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
    },
    fidelity: [],
    wishes: {},
  })
})

test.each([
  [{ max_tokens: 5 }, { maxOutputTokens: 5 }],
  [{ max_tokens: 5, max_completion_tokens: 6 }, { maxOutputTokens: 6 }],
  [
    { temperature: 0, top_p: 0.5, top_k: 3, seed: -1 },
    { temperature: 0, topP: 0.5, topK: 3, seed: -1 },
  ],
  [
    { presence_penalty: -1, frequency_penalty: 2 },
    { presencePenalty: -1, frequencyPenalty: 2 },
  ],
  [{ stop: 'END' }, { stopSequences: ['END'] }],
  [{ stop: ['a', 'b'] }, { stopSequences: ['a', 'b'] }],
  [{ stop: [] }, { stopSequences: undefined }],
  [{ response_format: { type: 'text' } }, { responseFormat: { type: 'text' } }],
  [{ response_format: { type: 'json_object' } }, { responseFormat: { type: 'json' } }],
  [
    { response_format: { type: 'json_schema', json_schema: { name: 'n', schema: {}, strict: true } } },
    { responseFormat: { type: 'json', name: 'n', schema: {}, strict: true } },
  ],
  [{ reasoning_effort: 'none' }, { thinking: { enabled: false } }],
  [{ reasoning_effort: 'minimal' }, { thinking: { enabled: true, effort: 'minimal' } }],
  [{ reasoning_effort: 'xhigh' }, { thinking: { enabled: true, effort: 'max' } }],
  [{ user: 'u-1' }, { endUserId: 'u-1' }],
  [
    { temperature: null, stop: null, tools: null, tool_choice: null, stream: null },
    { stream: false, temperature: undefined },
  ],
  [
    { tools: [{ type: 'function', function: { ...weather, strict: true, description: 'd' } }] },
    {
      tools: [
        {
          type: 'function',
          name: 'get_weather',
          description: 'd',
          inputSchema: { type: 'object' },
          strict: true,
        },
      ],
    },
  ],
  [
    { tools: [{ type: 'function', function: { name: 'now' } }], parallel_tool_calls: false },
    { tools: [{ inputSchema: { type: 'object', properties: {} } }], parallelToolCalls: false },
  ],
  [
    { tools: [{ type: 'web_search', x: 1 }] },
    { tools: [{ type: 'provider', dialect: 'openai-chat', definition: { type: 'web_search', x: 1 } }] },
  ],
] as [JsonObject, object][])('%j is read as %j', (body, expected) => {
  const { request, fidelity } = decode(body)
  expect(request).toMatchObject(expected)
  expect(fidelity).toEqual([])
  expect(request.providerOptions).toBeUndefined()
})

test.each([
  ['auto', { type: 'auto' }],
  ['none', { type: 'none' }],
  ['required', { type: 'required' }],
  [
    { type: 'function', function: { name: 'get_weather' } },
    { type: 'named', name: 'get_weather' },
  ],
])('the choice %j is read as %j', (tool_choice, expected) => {
  const { request } = decode({ tools: [{ type: 'function', function: weather }], tool_choice })
  expect(request.toolChoice).toEqual(expected)
})

test('of the tools only those that the choice allows are offered', () => {
  const { request, fidelity } = decode({
    tools: [
      { type: 'function', function: weather },
      { type: 'function', function: { name: 'other' } },
    ],
    tool_choice: {
      type: 'allowed_tools',
      allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'get_weather' } }] },
    },
  })
  expect(request).toMatchObject({ tools: [{ name: 'get_weather' }], toolChoice: { type: 'required' } })
  expect(request.tools).toHaveLength(1)
  expect(fidelity).toMatchObject([{ feature: 'toolChoice', action: 'renamed' }])
})

test('usage in the stream is a wish', () => {
  expect(decode({ stream: true, stream_options: { include_usage: true } })).toMatchObject({
    request: { stream: true },
    wishes: { includeUsage: true },
  })
})

test('members without a neutral word are kept for providers of this dialect', () => {
  const own = { logit_bias: { '50256': -100 }, logprobs: true, service_tier: 'flex', metadata: { a: 'b' } }
  const { request, fidelity } = decode({ ...own, store: null, n: 1 })
  expect(request.providerOptions).toEqual({ 'openai-chat': own })
  expect(fidelity).toEqual([])
})

test('more choices than one are reported and not asked for', () => {
  const { request, fidelity } = decode({ n: 3 })
  expect(fidelity).toMatchObject([{ feature: 'n', action: 'dropped' }])
  expect(request.providerOptions).toBeUndefined()
})

describe('messages', () => {
  test('instructions at the head are the request’s, later ones stay in their place', () => {
    const { request } = decode({
      messages: [
        { role: 'developer', content: [{ type: 'text', text: 'a' }] },
        { role: 'system', content: 'b' },
        { ...user, name: 'Ann' },
      ],
    })
    expect(request.system).toEqual([{ type: 'text', text: 'a' }])
    expect(request.messages).toEqual([
      { role: 'system', content: [{ type: 'text', text: 'b' }] },
      { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
    ])
  })

  test.each([
    [
      { type: 'text', text: 'a', cache_control: { type: 'ephemeral' } },
      { type: 'text', text: 'a', cache: { ttl: '5m' } },
    ],
    [
      { type: 'image_url', image_url: { url: 'https://x/y.png', detail: 'low' } },
      { type: 'image', source: { kind: 'url', url: 'https://x/y.png' }, detail: 'low' },
    ],
    [
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
      { type: 'image', source: { kind: 'base64', mimeType: 'image/png', data: 'AA==' } },
    ],
    [
      { type: 'input_audio', input_audio: { data: 'AA==', format: 'mp3' } },
      { type: 'file', source: { kind: 'base64', mimeType: 'audio/mpeg', data: 'AA==' } },
    ],
    [
      { type: 'input_audio', input_audio: { data: 'data:audio/wav;base64,AA==', format: 'wav' } },
      { type: 'file', source: { kind: 'base64', mimeType: 'audio/wav', data: 'AA==' } },
    ],
    [
      { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA==' } },
      {
        type: 'file',
        filename: 'a.pdf',
        source: { kind: 'base64', mimeType: 'application/pdf', data: 'AA==' },
      },
    ],
    [
      { type: 'file', file: { file_id: 'file-1' } },
      { type: 'file', source: { kind: 'reference', dialect: 'openai-chat', id: 'file-1' } },
    ],
  ] as [JsonObject, object][])('the part %j is read as %j', (part, expected) => {
    expect(messagesOf({ role: 'user', content: [part] })).toEqual([{ role: 'user', content: [expected] }])
  })

  test('results of one turn are one message and know the names of their calls', () => {
    const messages = messagesOf(
      user,
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'f', arguments: '{ "x": 1.0 }' } },
          { id: 'b', type: 'function', function: { name: 'g', arguments: '{broken' } },
        ],
      },
      { role: 'tool', tool_call_id: 'b', content: 's' },
      { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: 'r' }] },
      { role: 'user', content: 'go on' },
    )
    expect(messages.slice(1, 3)).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'tool-call', id: 'a', name: 'f', args: { x: 1 }, rawArgs: '{ "x": 1.0 }' },
          { type: 'tool-call', id: 'b', name: 'g', args: {}, rawArgs: '{broken' },
        ],
      },
      {
        role: 'tool',
        content: [
          { type: 'tool-result', toolCallId: 'b', toolName: 'g', content: [{ type: 'text', text: 's' }] },
          { type: 'tool-result', toolCallId: 'a', toolName: 'f', content: [{ type: 'text', text: 'r' }] },
        ],
      },
    ])
  })

  test.each([
    [{ reasoning_content: 'because' }, { field: 'reasoning_content' }],
    [{ reasoning: 'because' }, { field: 'reasoning' }],
    [
      {
        reasoning: 'because',
        reasoning_details: [{ type: 'reasoning.text', text: 'because', signature: 's' }],
      },
      { reasoning_details: [{ type: 'reasoning.text', text: 'because', signature: 's' }] },
    ],
    [
      { reasoning_details: [{ type: 'reasoning.summary', summary: 'because' }] },
      { reasoning_details: [{ type: 'reasoning.summary', summary: 'because' }] },
    ],
  ] as [JsonObject, JsonObject][])('reasoning in %j is kept with where it stood', (members, data) => {
    expect(messagesOf({ role: 'assistant', content: 'So', ...members })).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'because', providerData: { dialect: 'openai-chat', data } },
          { type: 'text', text: 'So' },
        ],
      },
    ])
  })

  test('a signature that a client had from Google comes with its call', () => {
    const call = {
      id: 'a',
      type: 'function',
      function: { name: 'f', arguments: '{}' },
      extra_content: { google: { thought_signature: 'c2ln' } },
    }
    expect(messagesOf({ role: 'assistant', tool_calls: [call] })).toMatchObject([
      { content: [{ providerData: { dialect: 'gemini', data: { thoughtSignature: 'c2ln' } } }] },
    ])
  })

  test('a refusal is what the assistant said', () => {
    expect(messagesOf({ role: 'assistant', content: null, refusal: 'No.' })).toEqual([
      { role: 'assistant', content: [{ type: 'text', text: 'No.' }] },
    ])
  })
})

test('deprecated functions are tools, their calls and results find each other', () => {
  const { request, wishes } = decode({
    functions: [weather],
    function_call: { name: 'get_weather' },
    messages: [
      user,
      { role: 'assistant', content: null, function_call: { name: 'get_weather', arguments: '{}' } },
      { role: 'function', name: 'get_weather', content: 'rain' },
    ],
  })
  expect(wishes).toEqual({ form: 'function-call' })
  expect(request).toMatchObject({
    tools: [{ name: 'get_weather' }],
    toolChoice: { type: 'named', name: 'get_weather' },
    parallelToolCalls: false,
  })
  const [call, result] = request.messages.slice(1).map((message) => message.content[0])
  expect(call).toMatchObject({ type: 'tool-call', name: 'get_weather', rawArgs: '{}' })
  expect(result).toMatchObject({
    toolCallId: call && 'id' in call ? call.id : '',
    toolName: 'get_weather',
    content: [{ text: 'rain' }],
  })
})
