import fc from 'fast-check'
import { jsonValue } from '../../testing/json.ts'
import { describe, expect, test } from 'vitest'
import { type JsonObject, RequestError } from '../index.ts'
import { anthropicInbound } from './inbound.ts'

function decode(body: JsonObject) {
  return anthropicInbound.decodeRequest({
    model: 'claude-sonnet-4-5',
    max_tokens: 1024,
    messages: [{ role: 'user', content: 'Hi' }],
    ...body,
  })
}

describe('a request that the API would refuse', () => {
  test.each<[JsonObject, string, string]>([
    [{ model: undefined }, 'model', 'model: Field required'],
    [{ max_tokens: undefined }, 'max_tokens', 'max_tokens: Field required'],
    [{ max_tokens: 0 }, 'max_tokens', 'max_tokens: Input should be greater than or equal to 1'],
    [{ messages: undefined }, 'messages', 'messages: Field required'],
    [{ messages: [] }, 'messages', 'messages: at least one message is required'],
    [{ messages: 'Hi' }, 'messages', 'messages: Input should be a valid list'],
    [
      { messages: [{ role: 'tool', content: 'x' }] },
      'messages[0].role',
      "messages.0.role: Input should be 'user', 'assistant' or 'system'",
    ],
    [{ messages: [{ role: 'user' }] }, 'messages[0].content', 'messages.0.content: Field required'],
    [
      { messages: [{ role: 'user', content: [] }] },
      'messages[0]',
      'messages.0: all messages must have non-empty content except for the optional final assistant message',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'text' }] }] },
      'messages[0].content[0].text',
      'messages.0.content.0.text: Field required',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'z' }] }] },
      'messages[0].content[0]',
      'messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: z. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.',
    ],
    [
      { system: [{ type: 'image' }] },
      'system[0]',
      "system.0: Input tag 'image' found using 'type' does not match any of the expected tags: 'text'",
    ],
    [{ temperature: 2 }, 'temperature', 'temperature: range: 0..1'],
    [{ stream: 'yes' }, 'stream', 'stream: Input should be a valid boolean'],
    [
      { tools: [{ name: 'f' }] },
      'tools[0].custom.input_schema',
      'tools.0.custom.input_schema: Field required',
    ],
    [
      { thinking: { type: 'enabled', budget_tokens: 10 } },
      'thinking.enabled.budget_tokens',
      'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024',
    ],
  ])('%j is refused, naming %s', (body, param, message) => {
    expect(() => decode(body)).toThrow(expect.objectContaining({ name: 'RequestError', param, message }))
  })

  test('nothing but a refusal is thrown, whatever is sent', () => {
    const members = fc.constantFrom('messages', 'system', 'tools', 'tool_choice', 'thinking', 'output_config')
    const type = fc.constantFrom('text', 'image', 'thinking', 'tool_use', 'tool_result', 'document', 'x')
    const block = fc.record({ type, source: jsonValue(), content: jsonValue() })
    const turn = fc.record({
      role: fc.constantFrom('user', 'assistant'),
      content: fc.oneof(jsonValue(), fc.array(fc.oneof(jsonValue(), block))),
    })
    fc.assert(
      fc.property(members, fc.oneof(jsonValue(), fc.array(turn)), (member, value) => {
        try {
          decode({ [member]: value })
        } catch (error) {
          expect(error).toBeInstanceOf(RequestError)
        }
      }),
      { numRuns: 1000 },
    )
  })
})
