import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { disorder, refusalOf } from '../../testing/requests.ts'
import { type JsonObject, RequestError } from '../index.ts'
import { openaiResponsesInbound as inbound } from './inbound.ts'

const dialect = 'openai-responses'
const call = { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{"a": 1}' }

describe('is refused, with the member at fault:', () => {
  test.each<[string, JsonObject, RegExp?]>([
    ['model', { input: 'Hi' }],
    ['model', { model: 1, input: 'Hi' }],
    ['input', { model: 'm' }, /^Missing required parameter: 'input'\.$/u],
    ['input', { model: 'm', input: [] }],
    ['input', { model: 'm', input: { role: 'user' } }],
    ['input[0]', { model: 'm', input: ['Hi'] }],
    ['input[0].type', { model: 'm', input: [{}] }],
    ['input[0].role', { model: 'm', input: [{ role: 'tool', content: 'x' }] }],
    ['input[0].content', { model: 'm', input: [{ role: 'user' }] }],
    ['input[0].content', { model: 'm', input: [{ role: 'user', content: 5 }] }],
    ['input[0].content[0].type', { model: 'm', input: [{ role: 'user', content: [{ type: 'image_url' }] }] }],
    ['input[0].content[0].type', { model: 'm', input: [{ role: 'user', content: [{}] }] }],
    [
      'input[0].content[0].text',
      { model: 'm', input: [{ role: 'user', content: [{ type: 'input_text' }] }] },
    ],
    [
      'input[0].content[0].image_url',
      { model: 'm', input: [{ role: 'user', content: [{ type: 'input_image' }] }] },
    ],
    [
      'input[0].content[0].image_url',
      {
        model: 'm',
        input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'file:///etc/passwd' }] }],
      },
    ],
    [
      'input[0].content[0].input_audio.format',
      {
        model: 'm',
        input: [
          { role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'x', format: 'ogg' } }] },
        ],
      },
    ],
    ['input[0].call_id', { model: 'm', input: [{ ...call, call_id: undefined }] }],
    ['input[0].arguments', { model: 'm', input: [{ ...call, arguments: { a: 1 } }] }],
    [
      'input[0]',
      { model: 'm', input: [{ type: 'function_call_output', call_id: 'c9', output: 'x' }] },
      /^No tool call found for function call output with call_id c9\.$/u,
    ],
    ['input[1].output', { model: 'm', input: [call, { type: 'function_call_output', call_id: 'c1' }] }],
    ['input[0]', { model: 'm', input: [{ type: 'item_reference', id: 'rs_1' }] }, /not stored/u],
    ['input[0]', { model: 'm', input: [{ id: 'rs_1' }] }, /not stored/u],
    ['previous_response_id', { model: 'm', input: 'x', previous_response_id: 'resp_1' }, /not stored/u],
    ['conversation', { model: 'm', input: 'x', conversation: { id: 'conv_1' } }],
    ['prompt', { model: 'm', input: 'x', prompt: { id: 'pmpt_1' } }],
    ['background', { model: 'm', input: 'x', background: true }],
    ['temperature', { model: 'm', input: 'x', temperature: '1' }, /expected a number, but got a string/u],
    ['max_output_tokens', { model: 'm', input: 'x', max_output_tokens: 0 }],
    ['max_output_tokens', { model: 'm', input: 'x', max_output_tokens: 1.5 }],
    ['stream', { model: 'm', input: 'x', stream: 'yes' }],
    ['include', { model: 'm', input: 'x', include: 'all' }],
    ['tools', { model: 'm', input: 'x', tools: {} }],
    ['tools[0].type', { model: 'm', input: 'x', tools: [{}] }],
    ['tools[0].name', { model: 'm', input: 'x', tools: [{ type: 'function', function: { name: 'f' } }] }],
    [
      'tools[0].parameters',
      { model: 'm', input: 'x', tools: [{ type: 'function', name: 'f', parameters: [] }] },
    ],
    [
      'tool_choice',
      { model: 'm', input: 'x', tool_choice: 'any' },
      /Supported values are: 'auto', 'none', 'required'/u,
    ],
    ['tool_choice.name', { model: 'm', input: 'x', tool_choice: { type: 'function' } }],
    [
      'tool_choice.tools',
      {
        model: 'm',
        input: 'x',
        tools: [{ type: 'web_search' }],
        tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'f' }] },
      },
    ],
    ['reasoning.effort', { model: 'm', input: 'x', reasoning: { effort: 'huge' } }],
    ['text.format.type', { model: 'm', input: 'x', text: { format: { type: 'xml' } } }],
    ['text.format.schema', { model: 'm', input: 'x', text: { format: { type: 'json_schema', name: 'a' } } }],
    ['text.format.name', { model: 'm', input: 'x', text: { format: { type: 'json_schema', schema: {} } } }],
  ])('%s of %j', (param, body, message = /./u) => {
    const refusal = refusalOf(() => inbound.decodeRequest(body))
    expect(refusal.param).toBe(param)
    expect(refusal.message).toMatch(message)
  })
})

describe('untrusted bodies', () => {
  test('are read or refused, whatever they hold', () => {
    const members = [
      'input',
      'tools',
      'tool_choice',
      'text',
      'reasoning',
      'include',
      'type',
      'role',
      'content',
    ]
    const more = ['format', 'call_id', 'output', 'arguments', 'name', 'summary', 'encrypted_content', 'odd']
    const words = ['message', 'function_call', 'function_call_output', 'reasoning', 'user', 'input_text', 'a']
    fc.assert(
      fc.property(disorder([...members, ...more], words), (body) => {
        try {
          inbound.decodeRequest({ model: 'm', input: 'x', ...body })
        } catch (error) {
          expect(error).toBeInstanceOf(RequestError)
        }
      }),
      { numRuns: 500 },
    )
  })

  test('leave prototypes alone', () => {
    const body = JSON.parse(
      '{"model":"m","input":[{"role":"user","content":"x","__proto__":{"polluted":1}}],"__proto__":{"polluted":1},"constructor":{"x":1}}',
    ) as JsonObject
    const { request } = inbound.decodeRequest(body)
    expect('polluted' in request || 'polluted' in (request.providerOptions?.[dialect] ?? {})).toBe(false)
    expect('polluted' in {}).toBe(false)
  })

  test('of a million parts take seconds, not hours', () => {
    const content = Array.from({ length: 300_000 }, () => ({ type: 'input_text', text: 'x' }))
    const input = [
      { role: 'user', content },
      { role: 'assistant', content },
      ...Array.from({ length: 400_000 }, (_, index) => ({ ...call, call_id: `c${index}` })),
      ...Array.from({ length: 400_000 }, (_, index) => ({
        type: 'function_call_output',
        call_id: `c${399_999 - index}`,
        output: 'r',
      })),
    ]
    const { messages } = inbound.decodeRequest({ model: 'm', input }).request
    expect(messages.map((message) => message.content.length)).toEqual([300_000, 700_000, 400_000])
  }, 20_000)
})
