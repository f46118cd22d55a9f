import { describe, expect, test } from 'vitest'
import type { Message, ModelRequest } from '../index.ts'
import { encodeRequest } from './encode.ts'
import { traitsOf } from './models.ts'

const user = (text: string): Message => ({ role: 'user', content: [{ type: 'text', text }] })
const assistant = (text: string): Message => ({ role: 'assistant', content: [{ type: 'text', text }] })

const call = (id: string) => ({ type: 'tool-call' as const, id, name: 'f', args: { q: id } })

const result = (id: string) => ({
  type: 'tool-result' as const,
  toolCallId: id,
  toolName: 'f',
  content: [{ type: 'text' as const, text: `r-${id}` }],
})

function encode(request: Partial<ModelRequest>, facts = {}) {
  return encodeRequest(
    { model: 'claude-sonnet-4-5', stream: true, messages: [user('Hi')], maxOutputTokens: 1000, ...request },
    facts,
  )
}

describe('what the API requires', () => {
  test('max_tokens comes from the model, else 4096, and is reported', () => {
    expect(encode({ maxOutputTokens: undefined }).body['max_tokens']).toBe(4096)
    const known = encode({ maxOutputTokens: undefined }, { maxOutputTokens: 64_000 })
    expect(known.body['max_tokens']).toBe(64_000)
    expect(known.fidelity).toMatchObject([{ feature: 'maxOutputTokens', action: 'defaulted' }])
  })

  test('a plain request loses nothing', () => {
    const { path, headers, body, fidelity } = encode({ system: [{ type: 'text', text: 'Be brief.' }] })
    expect({ path, headers, fidelity }).toEqual({
      path: '/v1/messages',
      headers: { 'content-type': 'application/json' },
      fidelity: [],
    })
    expect(body).toEqual({
      model: 'claude-sonnet-4-5',
      max_tokens: 1000,
      system: [{ type: 'text', text: 'Be brief.' }],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
      stream: true,
    })
  })

  test('turns of one role are merged and blank text is left out', () => {
    const { body } = encode({
      messages: [user('a'), user('b'), user(' '), assistant('c'), assistant('d'), user('e')],
    })
    expect(body['messages']).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'c' },
          { type: 'text', text: 'd' },
        ],
      },
      { role: 'user', content: [{ type: 'text', text: 'e' }] },
    ])
  })

  test('instructions within the conversation move before it, reported', () => {
    const { body, fidelity } = encode({
      messages: [
        user('a'),
        { role: 'system', content: [{ type: 'text', text: 'Now in French.' }] },
        user('b'),
      ],
    })
    expect(body['system']).toEqual([{ type: 'text', text: 'Now in French.' }])
    expect(fidelity).toMatchObject([{ feature: 'messages.system', action: 'renamed' }])
  })

  test('white space at the end of a final assistant turn is trimmed', () => {
    const { body, fidelity } = encode({ messages: [user('a'), assistant('Once upon \n')] })
    expect(body['messages']).toMatchObject([{}, { content: [{ text: 'Once upon' }] }])
    expect(fidelity).toMatchObject([{ feature: 'messages.prefill', action: 'dropped' }])
  })

  test('models without prefill are asked in words', () => {
    const { body, fidelity } = encode({ model: 'claude-opus-4-6', messages: [user('a'), assistant('Once ')] })
    expect(body['messages']).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: [{ text: 'Once ' }] },
      { role: 'user', content: [{ text: expect.stringContaining('exactly where it stopped') }] },
    ])
    expect(fidelity).toMatchObject([{ feature: 'messages.prefill', action: 'renamed' }])
  })
})

describe('tools', () => {
  const tools: ModelRequest['tools'] = [{ type: 'function', name: 'f', inputSchema: { properties: {} } }]

  test('parallel results and the user’s next words are one turn, results first', () => {
    const { body } = encode({
      messages: [
        user('go'),
        { role: 'assistant', content: [call('a'), call('b:1')] },
        { role: 'tool', content: [result('a')] },
        user('and?'),
        { role: 'tool', content: [{ ...result('b:1'), isError: true }] },
      ],
    })
    expect(body['messages']).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'a', input: { q: 'a' } }, { id: 'b_1' }] },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text', text: 'r-a' }] },
          { type: 'tool_result', tool_use_id: 'b_1', is_error: true },
          { type: 'text', text: 'and?' },
        ],
      },
    ])
  })

  test.each([
    [{ type: 'auto' }, { type: 'auto' }],
    [{ type: 'none' }, { type: 'none' }],
    [{ type: 'required' }, { type: 'any' }],
    [
      { type: 'named', name: 'f' },
      { type: 'tool', name: 'f' },
    ],
  ] as const)('the choice %j is spelled %j', (toolChoice, expected) => {
    expect(encode({ tools, toolChoice }).body['tool_choice']).toEqual(expected)
  })

  test('one call at a time is said within the choice', () => {
    expect(encode({ tools, parallelToolCalls: false }).body['tool_choice']).toEqual({
      type: 'auto',
      disable_parallel_tool_use: true,
    })
  })

  test('schemas get the type that they lack, and tools of other providers are reported', () => {
    const { body, fidelity } = encode({
      tools: [...tools, { type: 'provider', dialect: 'gemini', definition: { googleSearch: {} } }],
    })
    expect(body['tools']).toEqual([{ name: 'f', input_schema: { type: 'object', properties: {} } }])
    expect(fidelity).toMatchObject([{ feature: 'tools', action: 'dropped' }])
  })
})

describe('thinking', () => {
  test('text, signature and redacted blocks go back to the byte', () => {
    const data = { type: 'redacted_thinking', data: 'Emw==' }
    const { body, fidelity } = encode({
      messages: [
        user('a'),
        {
          role: 'assistant',
          content: [
            {
              type: 'reasoning',
              text: ' x \n',
              providerData: { dialect: 'anthropic-messages', data: { signature: 's==' } },
            },
            {
              type: 'reasoning',
              text: '',
              providerData: { dialect: 'anthropic-messages', data: { signature: 't==' } },
            },
            { type: 'reasoning', text: '', providerData: { dialect: 'anthropic-messages', data } },
            { type: 'text', text: 'b' },
          ],
        },
        user('c'),
      ],
    })
    expect(body['messages']).toMatchObject([
      {},
      {
        content: [
          { type: 'thinking', thinking: ' x \n', signature: 's==' },
          { type: 'thinking', thinking: '', signature: 't==' },
          data,
          { type: 'text', text: 'b' },
        ],
      },
      {},
    ])
    expect(fidelity).toEqual([])
  })

  test('signatures of other providers are stripped, reported', () => {
    const { body, fidelity } = encode({
      messages: [
        user('a'),
        {
          role: 'assistant',
          content: [
            {
              type: 'reasoning',
              text: 'x',
              providerData: { dialect: 'gemini', data: { thoughtSignature: 'g' } },
            },
            { type: 'reasoning', text: 'y' },
            { type: 'text', text: 'b' },
          ],
        },
        user('c'),
      ],
    })
    expect(body['messages']).toMatchObject([{}, { content: [{ type: 'text' }] }, {}])
    expect(fidelity.map(({ feature, action }) => `${action} ${feature}`)).toEqual([
      'dropped messages.reasoning',
      'dropped messages.reasoning',
    ])
  })

  test('a budget stays below the limit, and a forced call and sampling give way', () => {
    const { body, fidelity } = encode({
      maxOutputTokens: 5000,
      thinking: { enabled: true, budgetTokens: 9000 },
      temperature: 0.5,
      tools: [{ type: 'function', name: 'f', inputSchema: { type: 'object' } }],
      toolChoice: { type: 'required' },
    })
    expect(body['thinking']).toEqual({ type: 'enabled', budget_tokens: 4999 })
    expect(body['tool_choice']).toEqual({ type: 'auto' })
    expect(body['temperature']).toBeUndefined()
    expect(fidelity.map(({ feature }) => feature)).toEqual(['temperature', 'toolChoice'])
  })

  test('is left off while calls of another provider are being answered', () => {
    const messages: Message[] = [
      user('go'),
      { role: 'assistant', content: [call('a')] },
      { role: 'tool', content: [result('a')] },
    ]
    const { body, fidelity } = encode({
      messages,
      thinking: { enabled: true, budgetTokens: 1024 },
      maxOutputTokens: 4096,
    })
    expect(body['thinking']).toBeUndefined()
    expect(fidelity).toMatchObject([{ feature: 'thinking', action: 'dropped' }])
  })

  test('newer models are told an effort', () => {
    const { body } = encode({ model: 'claude-opus-4-7', thinking: { enabled: true, effort: 'medium' } })
    expect(body['thinking']).toMatchObject({ type: 'adaptive' })
    expect(body['output_config']).toEqual({ effort: 'medium' })
  })
})

describe('cache marks', () => {
  test('none is made up', () => {
    expect(JSON.stringify(encode({ system: [{ type: 'text', text: 's' }] }).body)).not.toContain(
      'cache_control',
    )
  })

  test('of more than four the last four stay', () => {
    const cache = { ttl: '1h' } as const
    const request: Partial<ModelRequest> = {
      system: [{ type: 'text', text: 's', cache }],
      tools: [{ type: 'function', name: 'f', inputSchema: { type: 'object' }, cache }],
      messages: [{ role: 'user', content: ['a', 'b', 'c'].map((text) => ({ type: 'text', text, cache })) }],
    }
    const { body, fidelity } = encode(request)
    expect(JSON.stringify(body).match(/cache_control/gu)).toHaveLength(4)
    expect(body['tools']).toEqual([{ name: 'f', input_schema: { type: 'object' } }])
    expect(body['system']).toEqual([
      { type: 'text', text: 's', cache_control: { type: 'ephemeral', ttl: '1h' } },
    ])
    expect(fidelity).toMatchObject([{ feature: 'cache', action: 'dropped' }])
    expect(request.system?.[0]?.cache).toBe(cache)
  })
})

describe('media and formats', () => {
  test('images, PDF and text files have their blocks; sounds are dropped', () => {
    const { body, headers, fidelity } = encode({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source: { kind: 'base64', mimeType: 'image/png', data: 'AA==' } },
            { type: 'image', source: { kind: 'url', url: 'https://x/y.png' } },
            {
              type: 'file',
              filename: 'a.pdf',
              source: { kind: 'base64', mimeType: 'application/pdf', data: 'BB==' },
            },
            { type: 'file', source: { kind: 'base64', mimeType: 'text/plain', data: btoa('hello') } },
            { type: 'file', source: { kind: 'reference', dialect: 'anthropic-messages', id: 'file_1' } },
            { type: 'file', source: { kind: 'base64', mimeType: 'audio/wav', data: 'CC==' } },
          ],
        },
      ],
    })
    expect(body['messages']).toMatchObject([
      {
        content: [
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } },
          { type: 'image', source: { type: 'url', url: 'https://x/y.png' } },
          { type: 'document', title: 'a.pdf', source: { type: 'base64', media_type: 'application/pdf' } },
          { type: 'document', source: { type: 'text', data: 'hello' } },
          { type: 'document', source: { type: 'file', file_id: 'file_1' } },
        ],
      },
    ])
    expect(headers['anthropic-beta']).toBe('files-api-2025-04-14')
    expect(fidelity).toMatchObject([{ feature: 'messages.file', action: 'dropped' }])
  })

  test('a schema is enforced where the model can, and asked for in words elsewhere', () => {
    const responseFormat = { type: 'json', schema: { type: 'object' } } as const
    expect(encode({ responseFormat }).body['output_config']).toEqual({
      format: { type: 'json_schema', schema: { type: 'object' } },
    })
    const older = encode({ model: 'claude-3-7-sonnet-20250219', responseFormat })
    expect(JSON.stringify(older.body['system'])).toContain('JSON schema')
    expect(older.fidelity).toMatchObject([{ feature: 'responseFormat', action: 'renamed' }])
  })

  test('options meant for this dialect are laid over the body, others are not', () => {
    const { body } = encode({
      providerOptions: { 'anthropic-messages': { service_tier: 'auto' }, gemini: { safetySettings: [] } },
    })
    expect(body['service_tier']).toBe('auto')
    expect(body['safetySettings']).toBeUndefined()
  })
})

test.each([
  ['claude-3-7-sonnet-20250219', true, false],
  ['claude-sonnet-4-20250514', true, false],
  ['claude-opus-4-1@20250805', true, false],
  ['us.anthropic.claude-haiku-4-5-20251001-v1:0', true, false],
  ['claude-opus-4-6', false, true],
  ['anthropic/claude-sonnet-4.6', false, true],
  ['claude-opus-5', false, true],
  ['some-alias', false, true],
])('%s: prefill %s, adaptive thinking %s', (model, prefill, adaptiveThinking) => {
  expect(traitsOf(model)).toMatchObject({ prefill, adaptiveThinking })
})
