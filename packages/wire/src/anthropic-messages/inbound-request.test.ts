import { describe, expect, test } from 'vitest'
import { wrapOpaque } from '../shared/opaque.ts'
import type { JsonObject, Message } from '../index.ts'
import { anthropicInbound } from './inbound.ts'
import { anthropicMessages } from './index.ts'

function decode(body: JsonObject) {
  return anthropicInbound.decodeRequest({
    model: 'claude-sonnet-4-5',
    max_tokens: 1024,
    messages: [{ role: 'user', content: 'Hi' }],
    ...body,
  })
}

function decodeTurns(...messages: JsonObject[]): Message[] {
  return decode({ messages }).request.messages
}

const dialect = 'anthropic-messages'

describe('a request', () => {
  test('says its settings in the neutral form, and loses nothing', () => {
    const { request, fidelity } = decode({
      system: [
        { type: 'text', text: 'Be brief.' },
        { type: 'text', text: 'Be kind.', cache_control: { type: 'ephemeral', ttl: '1h' } },
      ],
      temperature: 0.5,
      top_p: 0.9,
      top_k: 40,
      stop_sequences: ['END'],
      metadata: { user_id: 'u1' },
      stream: true,
      output_config: { format: { type: 'json_schema', schema: { type: 'object' } } },
    })
    expect(request).toEqual({
      model: 'claude-sonnet-4-5',
      stream: true,
      system: [
        { type: 'text', text: 'Be brief.' },
        { type: 'text', text: 'Be kind.', cache: { ttl: '1h' } },
      ],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
      maxOutputTokens: 1024,
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      stopSequences: ['END'],
      responseFormat: { type: 'json', schema: { type: 'object' } },
      endUserId: 'u1',
    })
    expect(fidelity).toEqual([])
  })

  test('keeps members that only this dialect knows for its own providers', () => {
    const { request } = decode({
      service_tier: 'standard_only',
      output_config: { task_budget: { total: 5 }, format: { type: 'json_schema', schema: {} } },
      thinking: { type: 'between_tools' },
    })
    expect(request.providerOptions).toEqual({
      [dialect]: {
        service_tier: 'standard_only',
        output_config: { task_budget: { total: 5 } },
        thinking: { type: 'between_tools' },
      },
    })
    expect(anthropicMessages.encodeRequest(request).body).toMatchObject({
      service_tier: 'standard_only',
      output_config: { task_budget: { total: 5 }, format: { type: 'json_schema', schema: {} } },
      thinking: { type: 'between_tools' },
    })
  })

  test.each([
    [{ type: 'enabled', budget_tokens: 2048 }, { enabled: true, budgetTokens: 2048 }, true],
    [{ type: 'adaptive' }, { enabled: true }, true],
    [{ type: 'adaptive', display: 'omitted' }, { enabled: true }, false],
    [{ type: 'disabled' }, { enabled: false }, false],
    [undefined, undefined, false],
  ])('thinking %j is %j, shown: %s', (thinking, expected, includeThoughts) => {
    const { request, wishes } = decode({ thinking })
    expect(request.thinking).toEqual(expected)
    expect(wishes).toEqual({ includeThoughts })
  })

  test('an effort is how much to think', () => {
    const output_config = { effort: 'low' }
    expect(decode({ output_config }).request.thinking).toEqual({ enabled: true, effort: 'low' })
    const highest = decode({ thinking: { type: 'adaptive' }, output_config: { effort: 'xhigh' } })
    expect(highest.request.thinking).toEqual({ enabled: true, effort: 'max' })
    expect(highest.fidelity).toMatchObject([{ feature: 'thinking.effort', action: 'renamed' }])
  })
})

describe('tools', () => {
  test('functions are neutral, tools with a schema of this dialect are its own', () => {
    const search = { type: 'web_search_20250305', name: 'web_search', max_uses: 5 }
    const { request, fidelity } = decode({
      tools: [
        {
          name: 'f',
          description: 'F',
          input_schema: { type: 'object', properties: {} },
          cache_control: { type: 'ephemeral' },
        },
        { type: 'custom', name: 'g', input_schema: { type: 'object' }, strict: true, defer_loading: true },
        search,
      ],
    })
    expect(request.tools).toEqual([
      {
        type: 'function',
        name: 'f',
        description: 'F',
        inputSchema: { type: 'object', properties: {} },
        cache: { ttl: '5m' },
      },
      { type: 'function', name: 'g', inputSchema: { type: 'object' }, strict: true },
      { type: 'provider', dialect, definition: search },
    ])
    expect(fidelity).toMatchObject([{ feature: 'tools.defer_loading', action: 'dropped' }])
  })

  test.each([
    [{ type: 'auto' }, { type: 'auto' }, undefined],
    [{ type: 'any', disable_parallel_tool_use: true }, { type: 'required' }, false],
    [{ type: 'tool', name: 'f' }, { type: 'named', name: 'f' }, undefined],
    [{ type: 'none' }, { type: 'none' }, undefined],
  ])('the choice %j is %j', (tool_choice, toolChoice, parallelToolCalls) => {
    const { request } = decode({ tool_choice })
    expect(request.toolChoice).toEqual(toolChoice)
    expect(request.parallelToolCalls).toBe(parallelToolCalls)
  })
})

describe('a conversation', () => {
  const calls = {
    role: 'assistant',
    content: [
      { type: 'text', text: 'Let me see.' },
      { type: 'tool_use', id: 'a', name: 'weather', input: { city: 'Rome' } },
      { type: 'tool_use', id: 'b', name: 'time', input: {} },
    ],
  }

  test('parallel results are one message with the names of their tools, before what the user says', () => {
    const messages = decodeTurns({ role: 'user', content: 'go' }, calls, {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'b', content: 'noon', cache_control: { type: 'ephemeral' } },
        {
          type: 'tool_result',
          tool_use_id: 'a',
          is_error: true,
          content: [
            { type: 'text', text: 'none' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } },
          ],
        },
        { type: 'text', text: 'and?' },
      ],
    })
    expect(messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'go' }] },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Let me see.' },
          { type: 'tool-call', id: 'a', name: 'weather', args: { city: 'Rome' } },
          { type: 'tool-call', id: 'b', name: 'time', args: {} },
        ],
      },
      {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: 'b',
            toolName: 'time',
            content: [{ type: 'text', text: 'noon' }],
            cache: { ttl: '5m' },
          },
          {
            type: 'tool-result',
            toolCallId: 'a',
            toolName: 'weather',
            isError: true,
            content: [
              { type: 'text', text: 'none' },
              { type: 'image', source: { kind: 'base64', mimeType: 'image/png', data: 'AA==' } },
            ],
          },
        ],
      },
      { role: 'user', content: [{ type: 'text', text: 'and?' }] },
    ])
  })

  test('images and documents have their sources, and what only Claude reads of them is kept', () => {
    const content = [
      { type: 'image', source: { type: 'url', url: 'https://x/y.png' } },
      { type: 'image', source: { type: 'file', file_id: 'file_1' } },
      {
        type: 'document',
        title: 'a.pdf',
        source: { type: 'base64', media_type: 'application/pdf', data: 'BB==' },
        citations: { enabled: true },
      },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'hellö' } },
      {
        type: 'document',
        source: { type: 'content', content: [{ type: 'text', text: 'part' }] },
        cache_control: { type: 'ephemeral' },
      },
    ]
    const [message] = decodeTurns({ role: 'user', content })
    const text = (words: string) => Buffer.from(words).toString('base64')
    expect(message?.content).toEqual([
      { type: 'image', source: { kind: 'url', url: 'https://x/y.png' } },
      { type: 'image', source: { kind: 'reference', dialect, id: 'file_1' } },
      {
        type: 'file',
        filename: 'a.pdf',
        source: { kind: 'base64', mimeType: 'application/pdf', data: 'BB==' },
        providerData: { dialect, data: { citations: { enabled: true } } },
      },
      { type: 'file', source: { kind: 'base64', mimeType: 'text/plain', data: text('hellö') } },
      {
        type: 'file',
        source: { kind: 'base64', mimeType: 'text/plain', data: text('part') },
        providerData: {
          dialect,
          data: { source: { type: 'content', content: [{ type: 'text', text: 'part' }] } },
        },
        cache: { ttl: '5m' },
      },
    ])
  })

  test('blocks without a neutral form come back whole, and are reported', () => {
    const result = {
      type: 'search_result',
      source: 'https://x',
      title: 'X',
      content: [{ type: 'text', text: 'found' }],
    }
    const upload = { type: 'container_upload', file_id: 'file_1' }
    const { request, fidelity } = decode({
      messages: [{ role: 'user', content: [result, upload, { type: 'text', text: 'sum up' }] }],
    })
    expect(request.messages[0]?.content[0]).toMatchObject({ type: 'text', text: 'X\nhttps://x\nfound' })
    expect(fidelity.map(({ action }) => action)).toEqual(['renamed', 'dropped'])
    expect(anthropicMessages.encodeRequest(request).body['messages']).toEqual([
      { role: 'user', content: [result, upload, { type: 'text', text: 'sum up' }] },
    ])
  })

  test('what Claude thought and what its servers ran goes through to the byte', () => {
    const content = [
      { type: 'thinking', thinking: ' x \n', signature: 'EqQB==' },
      { type: 'thinking', thinking: '', signature: 'sig-of-nothing==' },
      { type: 'redacted_thinking', data: 'Emw==' },
      { type: 'server_tool_use', id: 'srv', name: 'web_search', input: { query: 'q' } },
      { type: 'web_search_tool_result', tool_use_id: 'srv', content: [] },
      { type: 'text', text: 'b ', citations: [{ type: 'char_location', cited_text: 'c' }] },
      { type: 'tool_use', id: 'a', name: 'f', input: {}, caller: { type: 'direct' } },
    ]
    const results = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a' }] }
    const { request } = decode({
      messages: [{ role: 'user', content: 'a' }, { role: 'assistant', content }, results],
    })
    const { body, fidelity } = anthropicMessages.encodeRequest(request)
    expect(body['messages']).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'a' }] },
      { role: 'assistant', content },
      results,
    ])
    expect(fidelity).toEqual([])
  })

  test('state of another provider comes out of the signature, as its own', () => {
    const item = { dialect: 'openai-responses', data: { id: 'rs_1', encrypted_content: 'e' } } as const
    const messages = decodeTurns({
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'hm', signature: wrapOpaque(item) },
        { type: 'thinking', thinking: 'mute', signature: '' },
        { type: 'text', text: 'ok' },
      ],
    })
    expect(messages[0]?.content).toEqual([
      { type: 'reasoning', text: 'hm', providerData: item },
      { type: 'reasoning', text: 'mute' },
      { type: 'text', text: 'ok' },
    ])
  })

  test('instructions may stand within it, and an empty last turn of the assistant says nothing', () => {
    expect(
      decodeTurns(
        { role: 'user', content: 'a' },
        { role: 'system', content: 'Now in French.' },
        { role: 'assistant', content: '' },
      ),
    ).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'a' }] },
      { role: 'system', content: [{ type: 'text', text: 'Now in French.' }] },
    ])
  })
})
