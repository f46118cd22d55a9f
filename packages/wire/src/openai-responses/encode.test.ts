import { expect, test } from 'vitest'
import type { Message, ModelRequest } from '../index.ts'
import { encodeRequest } from './encode.ts'

const user = (text: string): Message => ({ role: 'user', content: [{ type: 'text', text }] })

function encode(request: Partial<ModelRequest>) {
  return encodeRequest({ model: 'gpt-5', stream: true, messages: [user('Hi')], ...request })
}

test('nothing is stored, and reasoning comes back encrypted', () => {
  expect(
    encode({
      system: [
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b' },
      ],
    }).body,
  ).toEqual({
    model: 'gpt-5',
    instructions: 'a\n\nb',
    input: [{ role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }],
    include: ['reasoning.encrypted_content'],
    store: false,
    stream: true,
  })
  expect(encode({ model: 'gpt-4o' }).body['include']).toBeUndefined()
})

test('items of the conversation are flat; reasoning is replayed whole, and only when encrypted', () => {
  const data = { type: 'reasoning', id: 'rs_1', encrypted_content: 'gAAA', summary: [] }
  const { body, fidelity } = encode({
    messages: [
      user('go'),
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: '', providerData: { dialect: 'openai-responses', data } },
          {
            type: 'reasoning',
            text: 'x',
            providerData: { dialect: 'openai-responses', data: { id: 'rs_2' } },
          },
          {
            type: 'text',
            text: 'Let me see.',
            providerData: { dialect: 'openai-responses', data: { phase: 'commentary' } },
          },
          { type: 'tool-call', id: 'call_1', name: 'f', args: { a: 1 }, rawArgs: '{"a": 1}' },
          { type: 'tool-call', id: 'call_2', name: 'g', args: {} },
        ],
      },
      {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: 'call_1',
            toolName: 'f',
            content: [{ type: 'text', text: 'r' }],
          },
          {
            type: 'tool-result',
            toolCallId: 'call_2',
            toolName: 'g',
            content: [{ type: 'image', source: { kind: 'base64', mimeType: 'image/png', data: 'AA==' } }],
          },
        ],
      },
      { role: 'system', content: [{ type: 'text', text: 'Now shorter.' }] },
    ],
  })
  expect(body['input']).toEqual([
    { role: 'user', content: [{ type: 'input_text', text: 'go' }] },
    data,
    { role: 'assistant', content: [{ type: 'output_text', text: 'Let me see.' }], phase: 'commentary' },
    { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{"a": 1}' },
    { type: 'function_call', call_id: 'call_2', name: 'g', arguments: '{}' },
    { type: 'function_call_output', call_id: 'call_1', output: 'r' },
    {
      type: 'function_call_output',
      call_id: 'call_2',
      output: [{ type: 'input_image', image_url: 'data:image/png;base64,AA==' }],
    },
    { role: 'developer', content: [{ type: 'input_text', text: 'Now shorter.' }] },
  ])
  expect(fidelity).toMatchObject([{ feature: 'messages.reasoning', action: 'dropped' }])
})

test('tools are not strict unless they ask to be, and a choice names one', () => {
  const { body } = encode({
    tools: [
      { type: 'function', name: 'f', inputSchema: { type: 'object' } },
      { type: 'provider', dialect: 'openai-responses', definition: { type: 'web_search' } },
    ],
    toolChoice: { type: 'named', name: 'f' },
    parallelToolCalls: false,
  })
  expect(body).toMatchObject({
    tools: [
      { type: 'function', name: 'f', parameters: { type: 'object' }, strict: false },
      { type: 'web_search' },
    ],
    tool_choice: { type: 'function', name: 'f' },
    parallel_tool_calls: false,
  })
})

test('format, effort and limit have their places; what has none is reported', () => {
  const { body, fidelity } = encode({
    responseFormat: { type: 'json', name: 'answer', schema: { type: 'object' }, strict: true },
    thinking: { enabled: true, effort: 'high' },
    maxOutputTokens: 99,
    endUserId: 'u',
    temperature: 1,
    seed: 4,
  })
  expect(body).toMatchObject({
    text: { format: { type: 'json_schema', name: 'answer', schema: { type: 'object' }, strict: true } },
    reasoning: { effort: 'high', summary: 'auto' },
    max_output_tokens: 99,
    safety_identifier: 'u',
  })
  expect(fidelity.map(({ feature }) => feature)).toEqual(['temperature', 'seed'])
})

test('files have their parts, and an unfinished message is followed by the request to continue it', () => {
  const { body } = encode({
    messages: [
      {
        role: 'user',
        content: [
          {
            type: 'file',
            filename: 'a.pdf',
            source: { kind: 'base64', mimeType: 'application/pdf', data: 'BB==' },
          },
          { type: 'file', source: { kind: 'url', url: 'https://x/y.pdf' } },
          {
            type: 'image',
            source: { kind: 'reference', dialect: 'openai-chat', id: 'file-1' },
            detail: 'high',
          },
        ],
      },
      { role: 'assistant', content: [{ type: 'text', text: 'Once' }] },
    ],
  })
  expect(body['input']).toMatchObject([
    {
      content: [
        { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,BB==' },
        { type: 'input_file', file_url: 'https://x/y.pdf' },
        { type: 'input_image', file_id: 'file-1', detail: 'high' },
      ],
    },
    { role: 'assistant' },
    { role: 'user', content: [{ type: 'input_text' }] },
  ])
})
