import fc from 'fast-check'
import { jsonValue } from '../../testing/json.ts'
import { describe, expect, test } from 'vitest'
import { type JsonObject, type Message, RequestError } from '../index.ts'
import { ollamaInbound } from './inbound.ts'

const user = { role: 'user', content: 'Hi' }

function decode(body: JsonObject) {
  return ollamaInbound.decodeRequest({ model: 'm', messages: [user], ...body })
}

function messagesOf(...messages: JsonObject[]): Message[] {
  return decode({ messages }).request.messages
}

test('the smallest request asks for a stream', () => {
  expect(decode({})).toEqual({
    request: {
      model: 'm',
      stream: true,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
    },
    fidelity: [],
    wishes: {},
  })
})

test.each([
  [{ stream: false }, { stream: false }],
  [{ format: 'json' }, { responseFormat: { type: 'json' } }],
  [{ format: '' }, { responseFormat: undefined }],
  [{ format: { type: 'object' } }, { responseFormat: { type: 'json', schema: { type: 'object' } } }],
  [{ think: false }, { thinking: { enabled: false } }],
  [{ think: true }, { thinking: { enabled: true } }],
  [{ think: 'high' }, { thinking: { enabled: true, effort: 'high' } }],
  [
    {
      options: {
        temperature: 0,
        top_p: 0.5,
        top_k: 3,
        seed: 7,
        presence_penalty: 1,
        frequency_penalty: -1,
        num_predict: 9,
        stop: ['x'],
      },
    },
    {
      temperature: 0,
      topP: 0.5,
      topK: 3,
      seed: 7,
      presencePenalty: 1,
      frequencyPenalty: -1,
      maxOutputTokens: 9,
      stopSequences: ['x'],
      providerOptions: undefined,
    },
  ],
  [
    { keep_alive: '5m', options: { num_ctx: 8192, num_predict: -2, seed: 1 } },
    {
      seed: 1,
      maxOutputTokens: undefined,
      providerOptions: { ollama: { keep_alive: '5m', options: { num_ctx: 8192, num_predict: -2 } } },
    },
  ],
  [
    {
      tools: [
        { type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' } } },
      ],
    },
    { tools: [{ type: 'function', name: 'f', description: 'd', inputSchema: { type: 'object' } }] },
  ],
] as [JsonObject, object][])('%j is read as %j', (body, expected) => {
  const { request, fidelity } = decode(body)
  expect(request).toMatchObject(expected)
  expect(fidelity).toEqual([])
})

describe('messages', () => {
  test('instructions, images and thinking have their places', () => {
    const { request } = decode({
      messages: [
        { role: 'system', content: 's' },
        { role: 'user', content: 'a', images: ['iVBORw0KGgo=', '/9j/4AAQ', 'R0lGODlh', 'UklGRg=='] },
        { role: 'assistant', content: 'b', thinking: 'c' },
      ],
    })
    expect(request.system).toEqual([{ type: 'text', text: 's' }])
    expect(request.messages).toMatchObject([
      {
        content: [
          { type: 'text', text: 'a' },
          { type: 'image', source: { kind: 'base64', mimeType: 'image/png', data: 'iVBORw0KGgo=' } },
          { type: 'image', source: { mimeType: 'image/jpeg' } },
          { type: 'image', source: { mimeType: 'image/gif' } },
          { type: 'image', source: { mimeType: 'image/webp' } },
        ],
      },
      {
        content: [
          { type: 'reasoning', text: 'c', providerData: { dialect: 'ollama', data: {} } },
          { type: 'text', text: 'b' },
        ],
      },
    ])
  })

  const call = (name: string, id?: string) => ({
    ...(id && { id }),
    function: { name, arguments: { n: name } },
  })
  const turn = { role: 'assistant', content: '', tool_calls: [call('f'), call('g'), call('f')] }

  /** For each result the position of the call that it answers. */
  function answered(...results: JsonObject[]): (number | undefined)[] {
    const [calls, answers] = messagesOf(
      turn,
      ...results.map((result) => ({ role: 'tool', content: 'r', ...result })),
    )
    const ids = calls?.content.map((part) => ('id' in part ? part.id : ''))
    return answers?.content.map((part) => ids?.indexOf('toolCallId' in part ? part.toolCallId : '')) ?? []
  }

  test('calls without ids get one that stays the same, and differ from those of other turns', () => {
    const [first] = messagesOf(turn)
    const [again, , second] = messagesOf(turn, user, turn)
    expect(again).toEqual(first)
    const ids = [first, second].flatMap((message) => message?.content.map((part) => 'id' in part && part.id))
    expect(new Set(ids).size).toBe(6)
    expect(first?.content[1]).toEqual({
      type: 'tool-call',
      id: expect.stringMatching(/^call_[0-9a-f]{16}$/u),
      name: 'g',
      args: { n: 'g' },
    })
  })

  test('results find their calls by name, then by order', () => {
    expect(answered({ tool_name: 'f' }, { tool_name: 'g' }, { tool_name: 'f' })).toEqual([0, 1, 2])
    expect(answered({ tool_name: 'g' }, {}, {})).toEqual([1, 0, 2])
    expect(answered({ name: 'g' }, { tool_name: 'f' })).toEqual([1, 0])
  })

  test('results find their calls by id before all', () => {
    const calls = { ...turn, tool_calls: [call('f', 'a'), call('f', 'b')] }
    const result = (id: string) => ({ role: 'tool', tool_call_id: id, tool_name: 'f', content: id })
    expect(messagesOf(calls, result('b'), result('a'))[1]).toMatchObject({
      role: 'tool',
      content: [
        { toolCallId: 'b', toolName: 'f', content: [{ text: 'b' }] },
        { toolCallId: 'a', toolName: 'f', content: [{ text: 'a' }] },
      ],
    })
  })

  test('results of calls that share an id go to one call each', () => {
    const calls = { ...turn, tool_calls: [call('f', 'a'), call('g', 'a')] }
    const result = { role: 'tool', tool_call_id: 'a', content: 'r' }
    expect(messagesOf(calls, result, result)[1]).toMatchObject({
      content: [
        { toolCallId: 'a', toolName: 'f' },
        { toolCallId: expect.stringMatching(/^call_/u), toolName: 'g' },
      ],
    })
  })

  test('a result that fits no call is kept', () => {
    expect(answered({}, {}, {}, { tool_name: 'f' })).toEqual([0, 1, 2, -1])
    expect(messagesOf({ role: 'tool', tool_name: 'x', content: 'r' })).toMatchObject([
      { role: 'tool', content: [{ toolName: 'x', content: [{ text: 'r' }] }] },
    ])
  })
})

test('a prompt to be continued is a conversation of one turn', () => {
  const decoded = ollamaInbound.decodeRequest({
    model: 'm',
    prompt: 'Why?',
    system: 's',
    images: ['/9j/4AAQ'],
    suffix: '',
    think: true,
    keep_alive: 0,
    options: { num_predict: 5 },
  })
  expect(decoded).toMatchObject({
    request: {
      stream: true,
      system: [{ text: 's' }],
      messages: [{ role: 'user', content: [{ text: 'Why?' }, { type: 'image' }] }],
      thinking: { enabled: true },
      maxOutputTokens: 5,
      providerOptions: { ollama: { keep_alive: 0 } },
    },
    fidelity: [],
    wishes: { form: 'generate' },
  })
  expect(decoded.request.providerOptions).toEqual({ ollama: { keep_alive: 0 } })
})

test('what bypasses the template of a model is reported', () => {
  const { request, fidelity } = ollamaInbound.decodeRequest({
    model: 'm',
    prompt: 'def f(',
    suffix: 'return x',
    raw: true,
    template: '{{ .Prompt }}',
    context: [1, 2],
  })
  expect(fidelity.map(({ action, feature }) => `${action} ${feature}`)).toEqual([
    'dropped suffix',
    'dropped template',
    'dropped raw',
    'dropped context',
  ])
  expect(request.providerOptions).toBeUndefined()
})

test.each([
  ['model', { model: null }],
  ['messages', { messages: null }],
  ['messages', { messages: {} }],
  ['messages', { messages: [] }],
  ['messages[0]', { messages: ['Hi'] }],
  ['messages[0].role', { messages: [{ role: 'developer', content: 'x' }] }],
  ['messages[0].content', { messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] }],
  ['messages[0].images[0]', { messages: [{ role: 'user', content: 'x', images: [1] }] }],
  ['messages[0].tool_calls[0].function', { messages: [{ role: 'assistant', tool_calls: [{}] }] }],
  [
    'messages[0].tool_calls[0].function.arguments',
    { messages: [{ role: 'assistant', tool_calls: [{ function: { name: 'f', arguments: '{}' } }] }] },
  ],
  ['stream', { stream: 1 }],
  ['format', { format: 'xml' }],
  ['think', { think: 'hard' }],
  ['options', { options: [] }],
  ['options.temperature', { options: { temperature: '1' } }],
  ['options.num_predict', { options: { num_predict: 1.5 } }],
  ['options.stop', { options: { stop: 'x' } }],
  ['options.stop[0]', { options: { stop: [null] } }],
  ['tools[0].function', { tools: [{ type: 'function' }] }],
] as [string, JsonObject][])('%s is at fault in %j', (param, body) => {
  expect(() => decode(body)).toThrow(RequestError)
  expect(() => decode(body)).toThrow(expect.objectContaining({ param }))
})

test('a request is refused with a reason or read, whatever is in it', () => {
  const value = fc.option(jsonValue(), { nil: null })
  const message = fc.dictionary(
    fc.constantFrom('role', 'content', 'images', 'thinking', 'tool_calls', 'tool_name'),
    fc.oneof(fc.constantFrom('user', 'assistant', 'tool'), jsonValue()),
  )
  const body = fc.record(
    {
      model: fc.string(),
      messages: fc.array(message, { minLength: 1 }),
      prompt: value,
      tools: value,
      format: value,
      think: value,
      options: value,
      context: value,
      ['__proto__']: value,
    },
    { requiredKeys: ['model'] },
  )
  fc.assert(
    fc.property(body, (given) => {
      try {
        ollamaInbound.decodeRequest(JSON.parse(JSON.stringify(given)) as JsonObject)
      } catch (error) {
        expect(error).toBeInstanceOf(RequestError)
      }
    }),
    { numRuns: 300 },
  )
})

test('a conversation of a hundred thousand calls is read at once', () => {
  const count = 100_000
  const calls = Array.from({ length: count }, (_, index) => ({
    id: `call-${index}`,
    function: { name: 'f', arguments: {} },
  }))
  const byId = calls.map(({ id }) => ({ role: 'tool', content: 'r', tool_call_id: id })).toReversed()
  const byOrder = calls.map(() => ({ role: 'tool', content: 'r' }))
  const assistant = { role: 'assistant', content: '', tool_calls: calls }
  const { messages } = decode({ messages: [assistant, ...byId, assistant, ...byOrder] }).request
  expect(messages.map(({ content }) => content.length)).toEqual([count, count, count, count])
})
