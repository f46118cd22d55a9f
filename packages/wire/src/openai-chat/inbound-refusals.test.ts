import fc from 'fast-check'
import { jsonValue } from '../../testing/json.ts'
import { expect, test } from 'vitest'
import { type JsonObject, RequestError } from '../index.ts'
import { openaiChatInbound } from './inbound.ts'

const user = { role: 'user', content: 'Hi' }
const weather = { name: 'get_weather', parameters: { type: 'object' } }

function decode(body: JsonObject) {
  return openaiChatInbound.decodeRequest({ model: 'm', messages: [user], ...body })
}

const toolMessage = { role: 'tool', tool_call_id: 'x', content: 'r' }

test.each([
  ['model', { model: null }],
  ['messages', { messages: null }],
  ['messages', { messages: 'Hi' }],
  ['messages', { messages: [] }],
  ['messages[1]', { messages: [user, 'Hi'] }],
  ['messages[0].role', { messages: [{ role: 'robot', content: 'x' }] }],
  ['messages[0].role', { messages: [{ content: 'x' }] }],
  ['messages[0].content', { messages: [{ role: 'user', content: 5 }] }],
  ['messages[0].content', { messages: [{ role: 'user', content: null }] }],
  ['messages[0].content', { messages: [{ role: 'user', content: [] }] }],
  ['messages[0].content', { messages: [{ role: 'assistant', content: null }] }],
  ['messages[0].content[0]', { messages: [{ role: 'user', content: ['x'] }] }],
  ['messages[0].content[0].type', { messages: [{ role: 'user', content: [{ type: 'smell' }] }] }],
  ['messages[0].content[0].text', { messages: [{ role: 'user', content: [{ type: 'text' }] }] }],
  [
    'messages[0].content[0].image_url.url',
    {
      messages: [
        { role: 'user', content: [{ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }] },
      ],
    },
  ],
  [
    'messages[0].content[0].image_url.url',
    {
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png,AA' } }] }],
    },
  ],
  ['messages[0].content[0].type', { messages: [{ role: 'system', content: [{ type: 'image_url' }] }] }],
  ['messages[1].tool_call_id', { messages: [user, { role: 'tool', content: 'r' }] }],
  ['messages[1].tool_call_id', { messages: [user, toolMessage] }],
  ['messages[0].name', { messages: [{ role: 'function', name: 'f', content: 'r' }] }],
  [
    'messages[0].tool_calls[0].function.arguments',
    { messages: [{ role: 'assistant', tool_calls: [{ id: 'a', function: { name: 'f', arguments: {} } }] }] },
  ],
  ['max_tokens', { max_tokens: -1 }],
  ['max_completion_tokens', { max_completion_tokens: 1.5 }],
  ['temperature', { temperature: 'hot' }],
  ['stream', { stream: 'yes' }],
  ['stop[1]', { stop: ['a', 5] }],
  ['seed', { seed: 1.5 }],
  ['n', { n: 0 }],
  ['reasoning_effort', { reasoning_effort: 'huge' }],
  ['response_format.type', { response_format: { type: 'xml' } }],
  ['response_format.json_schema', { response_format: { type: 'json_schema' } }],
  ['tools', { tools: {} }],
  ['tools[0].function.name', { tools: [{ type: 'function', function: {} }] }],
  ['tool_choice', { tool_choice: 'required' }],
  ['tool_choice', { tool_choice: 'any' }],
  [
    'tool_choice.function.name',
    {
      tools: [{ type: 'function', function: weather }],
      tool_choice: { type: 'function', function: { name: 'nobody' } },
    },
  ],
  ['stream_options.include_usage', { stream_options: { include_usage: 1 } }],
] as [string, JsonObject][])('%s is at fault in %j', (param, body) => {
  expect(() => decode(body)).toThrow(RequestError)
  expect(() => decode(body)).toThrow(expect.objectContaining({ param }))
})

test('a request is refused with a reason or read, whatever is in it', () => {
  const message = fc.dictionary(
    fc.constantFrom(
      'role',
      'content',
      'tool_calls',
      'tool_call_id',
      'reasoning_details',
      'function_call',
      'name',
    ),
    fc.oneof(fc.constantFrom('user', 'assistant', 'tool', 'text'), jsonValue()),
  )
  const body = fc.record({
    model: fc.string(),
    messages: fc.array(message, { minLength: 1 }),
    ...Object.fromEntries(
      ['tools', 'tool_choice', 'stop', 'functions', 'response_format', 'stream_options', '__proto__'].map(
        (name) => [name, fc.option(jsonValue(), { nil: null })],
      ),
    ),
  })
  fc.assert(
    fc.property(body, (value) => {
      try {
        openaiChatInbound.decodeRequest(JSON.parse(JSON.stringify(value)) as JsonObject)
      } catch (error) {
        expect(error).toBeInstanceOf(RequestError)
      }
    }),
    { numRuns: 300 },
  )
})

test('prototypes are left alone', () => {
  const body = JSON.parse(
    `{"model":"m","__proto__":{"polluted":1},"messages":[{"role":"assistant","content":"x","__proto__":{"tool_calls":[1]},
      "tool_calls":[{"id":"__proto__","function":{"name":"constructor","arguments":"{\\"__proto__\\":{\\"polluted\\":1}}"}}]},
      {"role":"tool","tool_call_id":"__proto__","content":"r"}]}`,
  ) as JsonObject
  const { request } = openaiChatInbound.decodeRequest(body)
  expect(request.messages[1]).toMatchObject({
    content: [{ toolCallId: '__proto__', toolName: 'constructor' }],
  })
  expect('polluted' in {}).toBe(false)
  expect('polluted' in request).toBe(false)
})

test('a conversation of a hundred thousand calls is read at once', () => {
  const count = 100_000
  const calls = Array.from({ length: count }, (_, index) => ({
    id: `call-${index}`,
    function: { name: 'f', arguments: '{}' },
  }))
  const results = calls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'r', name: 'f' }))
  const turns = calls.map(() => ({ role: 'user', content: 'x', name: 'Ann' }))
  const assistant = { role: 'assistant', content: null, tool_calls: calls }
  const { messages } = decode({ messages: [assistant, ...results.toReversed(), ...turns] }).request
  expect(messages).toHaveLength(count + 2)
  expect(messages[1]?.content).toHaveLength(count)
})
