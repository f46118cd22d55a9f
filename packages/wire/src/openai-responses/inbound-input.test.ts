import { describe, expect, test } from 'vitest'
import type { JsonObject, JsonValue, Message } from '../index.ts'
import { wrapState } from '../shared/carried-state.ts'
import { wrapOpaque } from '../shared/opaque.ts'
import { openaiResponsesInbound as inbound } from './inbound.ts'

const dialect = 'openai-responses'
const call = { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{"a": 1}' }

function messagesOf(...input: JsonValue[]): Message[] {
  return inbound.decodeRequest({ model: 'gpt-5', input }).request.messages
}

describe('the input', () => {
  test('may be a text', () => {
    const body = { model: 'gpt-5', instructions: 'Be brief.', stream: true, input: 'Hi' }
    expect(inbound.decodeRequest(body).request).toMatchObject({
      model: 'gpt-5',
      stream: true,
      system: [{ type: 'text', text: 'Be brief.' }],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
    })
  })

  test('is a list of items: what the assistant made is one message, and so are outputs', () => {
    const reasoning = { type: 'reasoning', id: 'rs_1', encrypted_content: 'gAAA', summary: [] }
    const search = { type: 'web_search_call', id: 'ws_1', status: 'completed' }
    expect(
      messagesOf(
        { role: 'developer', content: 'Rules' },
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'go' }] },
        { ...reasoning, status: 'completed' },
        search,
        {
          type: 'message',
          id: 'msg_1',
          role: 'assistant',
          status: 'completed',
          phase: 'commentary',
          content: [
            { type: 'output_text', text: 'See', annotations: [], logprobs: [] },
            { type: 'refusal', refusal: 'No' },
          ],
        },
        call,
        { ...call, call_id: 'c2', name: 'g', arguments: '' },
        { type: 'function_call_output', call_id: 'c2', output: 'r2' },
        { type: 'function_call_output', call_id: 'c1', output: [{ type: 'input_text', text: 'r1' }] },
      ),
    ).toEqual([
      { role: 'system', content: [{ type: 'text', text: 'Rules' }] },
      { role: 'user', content: [{ type: 'text', text: 'go' }] },
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: '', providerData: { dialect, data: reasoning } },
          { type: 'provider-item', providerData: { dialect, data: search } },
          { type: 'text', text: 'See', providerData: { dialect, data: { phase: 'commentary' } } },
          { type: 'text', text: 'No', providerData: { dialect, data: { phase: 'commentary' } } },
          { type: 'tool-call', id: 'c1', name: 'f', args: { a: 1 }, rawArgs: '{"a": 1}' },
          { type: 'tool-call', id: 'c2', name: 'g', args: {}, rawArgs: '' },
        ],
      },
      {
        role: 'tool',
        content: [
          { type: 'tool-result', toolCallId: 'c2', toolName: 'g', content: [{ type: 'text', text: 'r2' }] },
          { type: 'tool-result', toolCallId: 'c1', toolName: 'f', content: [{ type: 'text', text: 'r1' }] },
        ],
      },
    ])
  })

  test.each<[JsonObject, object]>([
    [
      { type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'high' },
      { type: 'image', source: { kind: 'base64', mimeType: 'image/png', data: 'AA==' }, detail: 'high' },
    ],
    [
      { type: 'input_image', image_url: 'https://x/y.png', detail: 'auto' },
      { type: 'image', source: { kind: 'url', url: 'https://x/y.png' } },
    ],
    [
      { type: 'input_image', file_id: 'file-1', detail: 'original' },
      { type: 'image', source: { kind: 'reference', dialect, id: 'file-1' }, detail: 'high' },
    ],
    [
      { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,BB==' },
      {
        type: 'file',
        filename: 'a.pdf',
        source: { kind: 'base64', mimeType: 'application/pdf', data: 'BB==' },
      },
    ],
    [
      { type: 'input_file', file_data: 'BB==', file_id: null },
      { type: 'file', source: { kind: 'base64', mimeType: 'application/pdf', data: 'BB==' } },
    ],
    [
      { type: 'input_file', file_url: 'https://x/y.pdf' },
      { type: 'file', source: { kind: 'url', url: 'https://x/y.pdf' } },
    ],
    [
      { type: 'input_file', file_id: 'file-2' },
      { type: 'file', source: { kind: 'reference', dialect, id: 'file-2' } },
    ],
    [
      { type: 'input_audio', input_audio: { data: 'CC==', format: 'mp3' } },
      { type: 'file', source: { kind: 'base64', mimeType: 'audio/mpeg', data: 'CC==' } },
    ],
  ])('may hold %j, also as the output of a function', (part, expected) => {
    expect(messagesOf({ role: 'user', content: [part] })).toEqual([{ role: 'user', content: [expected] }])
    expect(
      messagesOf(call, { type: 'function_call_output', call_id: 'c1', output: [part] })[1],
    ).toMatchObject({
      content: [{ toolCallId: 'c1', content: [expected] }],
    })
  })

  test('keeps images that a model made as images', () => {
    const item = { type: 'image_generation_call', id: 'ig_1', status: 'completed', result: 'AA==' }
    const source = { kind: 'base64', mimeType: 'image/png', data: 'AA==' }
    expect(messagesOf(item)).toEqual([{ role: 'assistant', content: [{ type: 'image', source }] }])
    expect(messagesOf({ ...item, result: null })).toMatchObject([{ content: [{ type: 'provider-item' }] }])
  })

  test('keeps calls of tools that are not functions, and their outputs, as OpenAI spells them', () => {
    const shell = { type: 'local_shell_call', call_id: 's1', action: { type: 'exec', command: ['ls'] } }
    const output = { type: 'function_call_output', call_id: 's1', output: 'a.txt' }
    expect(messagesOf(shell, output)).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'provider-item', providerData: { dialect, data: shell } },
          { type: 'provider-item', providerData: { dialect, data: output } },
        ],
      },
    ])
  })

  test('has the text of reasoning from its summary, or else from its content', () => {
    const summary = [
      { type: 'summary_text', text: 'One' },
      { type: 'summary_text', text: 'Two' },
    ]
    const content = [{ type: 'reasoning_text', text: 'Whole' }]
    expect(messagesOf({ type: 'reasoning', summary, content })).toMatchObject([
      { content: [{ type: 'reasoning', text: 'One\n\nTwo' }] },
    ])
    expect(messagesOf({ type: 'reasoning', summary: [], content })).toEqual([
      { role: 'assistant', content: [{ type: 'reasoning', text: 'Whole' }] },
    ])
  })

  test('takes what carries the state of a part that is not there for nothing', () => {
    const state = { dialect: 'gemini' as const, data: { thoughtSignature: 'c2ln' } }
    for (const facts of [
      { of: 'text', index: 7 },
      { of: 'call', callId: 'c9' },
      { of: 'call' },
      { of: 'image' },
    ]) {
      const encrypted_content = wrapState({ state, facts })
      expect(messagesOf({ type: 'reasoning', summary: [], encrypted_content })).toEqual([])
    }
  })

  test('keeps the state of reasoning that another provider has written', () => {
    const state = { dialect: 'anthropic-messages' as const, data: { signature: 's' } }
    const summary = [{ type: 'summary_text', text: 'Why' }]
    for (const encrypted_content of [wrapOpaque(state), wrapState({ state, facts: { of: 5 } })]) {
      expect(messagesOf({ type: 'reasoning', summary, encrypted_content })).toEqual([
        { role: 'assistant', content: [{ type: 'reasoning', text: 'Why', providerData: state }] },
      ])
    }
  })
})
