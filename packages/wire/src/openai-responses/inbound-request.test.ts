import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { conversations, settings, texts } from '../../testing/requests.ts'
import type { JsonObject, ModelRequest } from '../index.ts'
import { encodeRequest } from './encode.ts'
import { openaiResponsesInbound as inbound } from './inbound.ts'

const dialect = 'openai-responses'
const call = { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{"a": 1}' }

function decode(body: JsonObject) {
  return inbound.decodeRequest({ model: 'gpt-5', input: 'Hi', ...body })
}

describe('settings', () => {
  test.each<[JsonObject, Partial<ModelRequest>]>([
    [{ max_output_tokens: 9 }, { maxOutputTokens: 9 }],
    [
      { temperature: 0.5, top_p: 0.9 },
      { temperature: 0.5, topP: 0.9 },
    ],
    [{ temperature: null, max_output_tokens: null, tools: null, user: null }, {}],
    [{ parallel_tool_calls: false }, { parallelToolCalls: false }],
    [{ user: 'u' }, { endUserId: 'u' }],
    [
      { user: 'u', safety_identifier: 's' },
      { endUserId: 's', providerOptions: { [dialect]: { user: 'u' } } },
    ],
    [{ reasoning: { effort: 'none' } }, { thinking: { enabled: false } }],
    [{ reasoning: { effort: 'low', summary: 'auto' } }, { thinking: { enabled: true, effort: 'low' } }],
    [{ reasoning: { effort: 'xhigh' } }, { thinking: { enabled: true, effort: 'max' } }],
    [{ reasoning: { effort: null, summary: 'auto' } }, { thinking: { enabled: true } }],
    [{ reasoning: null }, {}],
    [
      { reasoning: { effort: 'high', summary: 'detailed' } },
      {
        thinking: { enabled: true, effort: 'high' },
        providerOptions: { [dialect]: { reasoning: { effort: 'high', summary: 'detailed' } } },
      },
    ],
    [{ text: { format: { type: 'text' } } }, { responseFormat: { type: 'text' } }],
    [{ text: { format: { type: 'json_object' } } }, { responseFormat: { type: 'json' } }],
    [
      { text: { format: { type: 'json_schema', name: 'a', schema: { type: 'object' }, strict: true } } },
      { responseFormat: { type: 'json', name: 'a', schema: { type: 'object' }, strict: true } },
    ],
    [{ text: { verbosity: 'low' } }, { providerOptions: { [dialect]: { text: { verbosity: 'low' } } } }],
    [{ store: false, include: ['reasoning.encrypted_content'], background: false }, {}],
    [
      { include: ['message.output_text.logprobs'], metadata: { a: 'b' }, truncation: 'auto' },
      {
        providerOptions: {
          [dialect]: {
            include: ['message.output_text.logprobs'],
            metadata: { a: 'b' },
            truncation: 'auto',
          },
        },
      },
    ],
    [
      { service_tier: 'flex', prompt_cache_key: 'k', something_new: { a: [1] } },
      {
        providerOptions: {
          [dialect]: { service_tier: 'flex', prompt_cache_key: 'k', something_new: { a: [1] } },
        },
      },
    ],
    [{ tool_choice: 'required' }, { toolChoice: { type: 'required' } }],
    [{ tool_choice: { type: 'function', name: 'f' } }, { toolChoice: { type: 'named', name: 'f' } }],
    [
      { tool_choice: { type: 'web_search' } },
      { providerOptions: { [dialect]: { tool_choice: { type: 'web_search' } } } },
    ],
  ])('reads %j', (body, expected) => {
    const { model, stream, messages: _messages, ...rest } = decode(body).request
    expect({ model, stream }).toEqual({ model: 'gpt-5', stream: false })
    expect(rest).toEqual(expected)
  })

  test('tools are functions, or OpenAI’s own', () => {
    const { request, fidelity } = decode({
      tools: [
        {
          type: 'function',
          name: 'f',
          description: 'd',
          parameters: { type: 'object' },
          strict: true,
          defer_loading: true,
        },
        { type: 'function', name: 'g', parameters: null, strict: null },
        { type: 'web_search' },
        { type: 'custom', name: 'apply_patch', format: { type: 'grammar' } },
      ],
    })
    expect(request.tools).toEqual([
      { type: 'function', name: 'f', description: 'd', inputSchema: { type: 'object' }, strict: true },
      { type: 'function', name: 'g', inputSchema: { type: 'object', properties: {} } },
      { type: 'provider', dialect, definition: { type: 'web_search' } },
      {
        type: 'provider',
        dialect,
        definition: { type: 'custom', name: 'apply_patch', format: { type: 'grammar' } },
      },
    ])
    expect(fidelity).toMatchObject([{ feature: 'tools', action: 'dropped' }])
  })

  test('of several tools only those that are allowed remain', () => {
    const tools = ['f', 'g', 'h'].map((name) => ({ type: 'function', name, parameters: {} }))
    const choice = {
      type: 'allowed_tools',
      mode: 'required',
      tools: [{ type: 'function', name: 'g' }, { type: 'web_search' }],
    }
    const { request, fidelity } = decode({ tools: [...tools, { type: 'web_search' }], tool_choice: choice })
    expect(request.toolChoice).toEqual({ type: 'required' })
    expect(request.tools).toMatchObject([{ name: 'g' }, { definition: { type: 'web_search' } }])
    expect(fidelity).toMatchObject([{ feature: 'toolChoice', action: 'renamed' }])
  })

  test('what has no neutral form is reported, and storing is not promised', () => {
    const { fidelity } = decode({
      store: true,
      input: [
        { role: 'system', content: [{ type: 'input_image', image_url: 'https://x/y', detail: 'original' }] },
        { ...call, namespace: 'mcp' },
        { role: 'user', content: [{ type: 'input_file', file_id: 'x', detail: 'low' }] },
      ],
      text: { format: { type: 'json_schema', name: 'a', schema: {}, description: 'd' } },
    })
    expect(fidelity.map(({ feature }) => feature)).toEqual([
      'messages.image.detail',
      'messages.image',
      'messages.tool-call',
      'messages.file.detail',
      'responseFormat.description',
      'store',
    ])
  })

  test('are repeated by the reply', () => {
    const body = {
      temperature: 0.5,
      tools: [],
      metadata: { a: 'b' },
      user: null,
      reasoning: { effort: 'low' },
    }
    expect(decode(body).wishes.echo).toEqual({
      temperature: 0.5,
      metadata: { a: 'b' },
      reasoning: { effort: 'low' },
    })
  })
})

test('what the encoder of this dialect wrote is read as it was', () => {
  const request: fc.Arbitrary<ModelRequest> = fc.record(
    {
      ...settings,
      model: fc.constant('llama'),
      stream: fc.boolean(),
      system: texts.map((part) => [part]),
      messages: conversations(),
      tools: fc.constant([
        {
          type: 'function' as const,
          name: 'f',
          description: 'd',
          inputSchema: { type: 'object' },
          strict: false,
        },
        {
          type: 'provider' as const,
          dialect: 'openai-responses' as const,
          definition: { type: 'web_search' },
        },
      ]),
      parallelToolCalls: fc.boolean(),
      responseFormat: fc.constantFrom(
        { type: 'json' as const },
        { type: 'json' as const, name: 'a', schema: { type: 'object' }, strict: true },
      ),
      endUserId: fc.constant('u'),
    },
    { requiredKeys: ['model', 'stream', 'messages', 'tools'] },
  )
  fc.assert(
    fc.property(request, (neutral) => {
      const { body, fidelity } = encodeRequest(neutral)
      const decoded = inbound.decodeRequest(JSON.parse(JSON.stringify(body)) as JsonObject)
      expect([...fidelity, ...decoded.fidelity]).toEqual([])
      expect({ ...decoded.request, messages: decoded.request.messages.map(plain) }).toEqual({
        ...neutral,
        messages: neutral.messages.map(plain),
      })
    }),
  )
})

/** Without what is implied: how arguments were spelled, and the MIME type of an address. */
function plain(message: ModelRequest['messages'][number]): unknown {
  return {
    ...message,
    content: message.content.map((part) => {
      if (part.type === 'tool-call') return { ...part, rawArgs: undefined }
      if (part.type === 'image') return { ...part, source: { ...part.source, mimeType: undefined } }
      return part
    }),
  }
}
