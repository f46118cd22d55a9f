import { describe, expect, test } from 'vitest'
import type { AssistantPart, JsonObject, Message, ModelRequest } from '../index.ts'
import { encodeRequest } from './encode.ts'

const user = (text: string): Message => ({ role: 'user', content: [{ type: 'text', text }] })
const own = (data: JsonObject) => ({ dialect: 'gemini' as const, data })

function encode(request: Partial<ModelRequest>) {
  return encodeRequest({ model: 'gemini-2.5-flash', stream: true, messages: [user('Hi')], ...request })
}

/** A turn with calls, and its results. */
function turn(content: AssistantPart[]): Message[] {
  const results = content.flatMap((part) =>
    part.type === 'tool-call'
      ? [
          {
            type: 'tool-result' as const,
            toolCallId: part.id,
            toolName: part.name,
            content: [{ type: 'text' as const, text: 'r' }],
          },
        ]
      : [],
  )
  return [user('go'), { role: 'assistant', content }, { role: 'tool', content: results }]
}

test('streams and whole replies have their paths', () => {
  expect(encode({}).path).toBe('/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse')
  expect(encode({ model: 'models/a/b?c', stream: false }).path).toBe(
    '/v1beta/models/a%2Fb%3Fc:generateContent',
  )
})

test('instructions stand apart and turns of one role are merged', () => {
  const { body, fidelity } = encode({
    system: [{ type: 'text', text: 's' }],
    messages: [
      user('a'),
      user('b'),
      { role: 'assistant', content: [{ type: 'text', text: 'c' }] },
      user('d'),
    ],
  })
  expect(body).toEqual({
    systemInstruction: { parts: [{ text: 's' }] },
    contents: [
      { role: 'user', parts: [{ text: 'a' }, { text: 'b' }] },
      { role: 'model', parts: [{ text: 'c' }] },
      { role: 'user', parts: [{ text: 'd' }] },
    ],
  })
  expect(fidelity).toEqual([])
})

describe('signatures', () => {
  test('come back on their own parts, with the ids that the provider gave', () => {
    const { body } = encode({
      model: 'gemini-3-pro',
      messages: turn([
        { type: 'reasoning', text: 'why', providerData: own({ thoughtSignature: 'R' }) },
        { type: 'text', text: '', providerData: own({ thoughtSignature: 'T' }) },
        {
          type: 'tool-call',
          id: 'x1',
          name: 'f',
          args: {},
          providerData: own({ thoughtSignature: 'A', id: 'x1' }),
        },
        { type: 'tool-call', id: 'call_2', name: 'g', args: { b: 1 } },
      ]),
    })
    expect(body['contents']).toEqual([
      { role: 'user', parts: [{ text: 'go' }] },
      {
        role: 'model',
        parts: [
          { text: 'why', thought: true, thoughtSignature: 'R' },
          { text: '', thoughtSignature: 'T' },
          { functionCall: { id: 'x1', name: 'f', args: {} }, thoughtSignature: 'A' },
          { functionCall: { name: 'g', args: { b: 1 } } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { id: 'x1', name: 'f', response: { output: 'r' } } },
          { functionResponse: { name: 'g', response: { output: 'r' } } },
        ],
      },
    ])
  })

  test('of another provider are stripped, and Gemini 3 is told to do without', () => {
    const content: AssistantPart[] = [
      {
        type: 'reasoning',
        text: 'x',
        providerData: { dialect: 'anthropic-messages', data: { signature: 's' } },
      },
      { type: 'tool-call', id: 'toolu_1', name: 'f', args: {} },
    ]
    const { body, fidelity } = encode({ model: 'gemini-3-flash', messages: turn(content) })
    expect(body['contents']).toMatchObject([
      {},
      { parts: [{ functionCall: { name: 'f' }, thoughtSignature: 'skip_thought_signature_validator' }] },
      {},
    ])
    expect(JSON.stringify(body)).not.toContain('signature":"s"')
    expect(fidelity).toMatchObject([{ feature: 'messages.reasoning', action: 'dropped' }])
    expect(JSON.stringify(encode({ messages: turn(content) }).body)).not.toContain('thoughtSignature')
  })
})

test.each([
  [{ type: 'auto' }, { mode: 'AUTO' }],
  [{ type: 'none' }, { mode: 'NONE' }],
  [{ type: 'required' }, { mode: 'ANY' }],
  [
    { type: 'named', name: 'f' },
    { mode: 'ANY', allowedFunctionNames: ['f'] },
  ],
] as const)('the choice %j is spelled %j', (toolChoice, functionCallingConfig) => {
  const schema = { type: 'object', additionalProperties: false }
  const { body } = encode({ tools: [{ type: 'function', name: 'f', inputSchema: schema }], toolChoice })
  expect(body['toolConfig']).toEqual({ functionCallingConfig })
  expect(body['tools']).toEqual([{ functionDeclarations: [{ name: 'f', parametersJsonSchema: schema }] }])
})

test('settings, schema and options of this dialect make up the configuration', () => {
  const { body } = encode({
    maxOutputTokens: 9,
    stopSequences: ['x'],
    responseFormat: { type: 'json', schema: { type: 'object' } },
    providerOptions: { gemini: { generationConfig: { mediaResolution: 'LOW' }, safetySettings: [] } },
  })
  expect(body['generationConfig']).toEqual({
    maxOutputTokens: 9,
    stopSequences: ['x'],
    responseMimeType: 'application/json',
    responseJsonSchema: { type: 'object' },
    mediaResolution: 'LOW',
  })
  expect(body['safetySettings']).toEqual([])
})

test.each([
  [
    'gemini-2.5-flash',
    { enabled: true, budgetTokens: 4000 },
    { includeThoughts: true, thinkingBudget: 4000 },
    0,
  ],
  ['gemini-2.5-flash', { enabled: false }, { thinkingBudget: 0 }, 0],
  ['gemini-2.5-pro', { enabled: false }, { thinkingBudget: 128 }, 1],
  ['gemini-3-pro', { enabled: true, effort: 'max' }, { includeThoughts: true, thinkingLevel: 'high' }, 0],
  ['gemini-flash-latest', { enabled: false }, { thinkingLevel: 'minimal' }, 1],
] as const)('%s is told %j as %j', (model, thinking, thinkingConfig, notes) => {
  const { body, fidelity } = encode({ model, thinking })
  expect(body['generationConfig']).toEqual({ thinkingConfig })
  expect(fidelity).toHaveLength(notes)
})

test('media have their parts; what a result returned follows it', () => {
  const image = {
    type: 'image' as const,
    source: { kind: 'base64' as const, mimeType: 'image/png', data: 'AA==' },
  }
  const { body, fidelity } = encode({
    messages: [
      {
        role: 'user',
        content: [image, { type: 'image', source: { kind: 'url', url: 'https://x/y.jpg?z' } }],
      },
      { role: 'assistant', content: [{ type: 'tool-call', id: 'a', name: 'f', args: {} }] },
      {
        role: 'tool',
        content: [{ type: 'tool-result', toolCallId: 'a', toolName: 'f', content: [image], isError: true }],
      },
    ],
  })
  const inlineData = { mimeType: 'image/png', data: 'AA==' }
  expect(body['contents']).toMatchObject([
    { parts: [{ inlineData }, { fileData: { fileUri: 'https://x/y.jpg?z', mimeType: 'image/jpeg' } }] },
    {},
    { parts: [{ functionResponse: { name: 'f', response: { error: '' } } }, { inlineData }] },
  ])
  expect(fidelity).toMatchObject([{ feature: 'messages.tool-result', action: 'renamed' }])
})

test('an unfinished assistant message is followed by the request to continue it', () => {
  const { body } = encode({
    messages: [user('a'), { role: 'assistant', content: [{ type: 'text', text: 'Once' }] }],
  })
  expect(body['contents']).toMatchObject([{}, { role: 'model' }, { role: 'user' }])
})
