import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { conversations, settings, texts } from '../../testing/requests.ts'
import type { JsonObject, ModelRequest } from '../index.ts'
import { encodeRequest } from './encode.ts'
import { geminiInbound as inbound } from './inbound.ts'

const contents = [{ role: 'user', parts: [{ text: 'Hi' }] }]

function decode(body: JsonObject, address = {}) {
  return inbound.decodeRequest({ contents, ...body }, { model: 'gemini-2.5-flash', ...address })
}

describe('settings', () => {
  test.each<[JsonObject, Partial<ModelRequest>]>([
    [
      {
        generationConfig: {
          maxOutputTokens: 9,
          temperature: 0.5,
          topP: 0.9,
          topK: 40,
          seed: 7,
          presencePenalty: 0.1,
          frequencyPenalty: 0.2,
          stopSequences: ['x'],
        },
      },
      {
        maxOutputTokens: 9,
        temperature: 0.5,
        topP: 0.9,
        topK: 40,
        seed: 7,
        presencePenalty: 0.1,
        frequencyPenalty: 0.2,
        stopSequences: ['x'],
      },
    ],
    [{ generation_config: { max_output_tokens: 9, top_p: 1 } }, { maxOutputTokens: 9, topP: 1 }],
    [{ generationConfig: { temperature: null, candidateCount: 1 } }, {}],
    [{ generationConfig: { responseMimeType: 'text/plain' } }, {}],
    [{ generationConfig: { responseMimeType: 'application/json' } }, { responseFormat: { type: 'json' } }],
    [
      {
        generationConfig: {
          responseMimeType: 'application/json',
          responseSchema: { type: 'OBJECT', properties: { a: { type: 'STRING', nullable: true } } },
        },
      },
      {
        responseFormat: {
          type: 'json',
          schema: { type: 'object', properties: { a: { type: ['string', 'null'] } } },
        },
      },
    ],
    [
      { generationConfig: { responseMimeType: 'application/json', responseJsonSchema: { type: 'array' } } },
      { responseFormat: { type: 'json', schema: { type: 'array' } } },
    ],
    [
      {
        generationConfig: {
          responseMimeType: 'text/x.enum',
          responseSchema: { type: 'STRING', enum: ['a'] },
        },
      },
      {
        providerOptions: {
          gemini: {
            generationConfig: {
              responseMimeType: 'text/x.enum',
              responseSchema: { type: 'STRING', enum: ['a'] },
            },
          },
        },
      },
    ],
    [
      { generationConfig: { thinkingConfig: { includeThoughts: true, thinkingBudget: 4000 } } },
      { thinking: { enabled: true, budgetTokens: 4000 } },
    ],
    [{ generationConfig: { thinkingConfig: { thinkingBudget: 0 } } }, { thinking: { enabled: false } }],
    [{ generationConfig: { thinkingConfig: { thinkingBudget: -1 } } }, { thinking: { enabled: true } }],
    [{ generationConfig: { thinkingConfig: { includeThoughts: true } } }, { thinking: { enabled: true } }],
    [{ generationConfig: { thinkingConfig: { includeThoughts: false } } }, {}],
    [
      { generationConfig: { thinkingConfig: { thinkingLevel: 'LOW' } } },
      { thinking: { enabled: true, effort: 'low' } },
    ],
    [
      {
        safetySettings: [{ category: 'X', threshold: 'BLOCK_NONE' }],
        cached_content: 'cachedContents/a',
        generationConfig: { responseModalities: ['TEXT', 'IMAGE'] },
      },
      {
        providerOptions: {
          gemini: {
            safetySettings: [{ category: 'X', threshold: 'BLOCK_NONE' }],
            cached_content: 'cachedContents/a',
            generationConfig: { responseModalities: ['TEXT', 'IMAGE'] },
          },
        },
      },
    ],
  ])('reads %j', (body, expected) => {
    const { model, stream, messages: _messages, ...rest } = decode(body).request
    expect({ model, stream }).toEqual({ model: 'gemini-2.5-flash', stream: false })
    expect(rest).toEqual(expected)
  })

  test('thoughts are shown to those who ask, and an array to those who do not ask for events', () => {
    const thinks = { generationConfig: { thinkingConfig: { includeThoughts: true } } }
    expect(decode(thinks).wishes).toEqual({ includeThoughts: true })
    expect(decode({}, { stream: true, sse: true }).wishes).toEqual({ includeThoughts: false })
    expect(decode({}, { stream: true, sse: false }).wishes).toEqual({
      includeThoughts: false,
      jsonArray: true,
    })
    expect(decode({}, { stream: true }).request.stream).toBe(true)
  })

  test('what has no neutral form is reported', () => {
    const { fidelity } = decode({
      generationConfig: { candidateCount: 2 },
      systemInstruction: { parts: [{ inlineData: { mimeType: 'image/png', data: 'A' } }, { text: 's' }] },
      contents: [
        {
          parts: [
            { fileData: { fileUri: 'https://x' }, videoMetadata: { fps: 1 } },
            { toolResponse: { id: 'a' } },
          ],
        },
      ],
      tools: [{ functionDeclarations: [{ name: 'f', behavior: 'NON_BLOCKING' }] }],
    })
    expect(fidelity.map(({ feature }) => feature)).toEqual([
      'system',
      'messages.file',
      'messages.user',
      'tools',
      'candidateCount',
    ])
  })
})

describe('tools', () => {
  test('are functions with either kind of schema, or Gemini’s own', () => {
    const { request } = decode({
      tools: [
        {
          functionDeclarations: [
            { name: 'f', description: 'd', parametersJsonSchema: { type: 'object', $defs: {} } },
            { name: 'g' },
          ],
          googleSearch: {},
        },
        { function_declarations: [{ name: 'h', parameters: { type: 'OBJECT' } }] },
        { urlContext: {} },
      ],
    })
    expect(request.tools).toEqual([
      { type: 'function', name: 'f', description: 'd', inputSchema: { type: 'object', $defs: {} } },
      { type: 'function', name: 'g', inputSchema: { type: 'object', properties: {} } },
      { type: 'provider', dialect: 'gemini', definition: { googleSearch: {} } },
      { type: 'function', name: 'h', inputSchema: { type: 'object' } },
      { type: 'provider', dialect: 'gemini', definition: { urlContext: {} } },
    ])
  })

  test('have parameters that are put in words of JSON Schema', () => {
    const parameters = {
      type: 'OBJECT',
      description: 'd',
      required: ['list'],
      propertyOrdering: ['list', 'mode'],
      properties: {
        list: { type: 'ARRAY', minItems: '1', max_items: 5, items: { type: 'INTEGER', format: 'int32' } },
        mode: { type: 'STRING', enum: ['a', 'b'], nullable: true, example: 'a' },
        either: { anyOf: [{ type: 'NUMBER' }, { type: 'string', pattern: '^x' }], nullable: true },
        nullable: { type: 'BOOLEAN', default: false },
        additional: { type: 'object', additionalProperties: false },
      },
    }
    const { request } = decode({ tools: [{ functionDeclarations: [{ name: 'f', parameters }] }] })
    expect(request.tools?.[0]).toMatchObject({
      inputSchema: {
        type: 'object',
        description: 'd',
        required: ['list'],
        properties: {
          list: { type: 'array', minItems: 1, maxItems: 5, items: { type: 'integer', format: 'int32' } },
          mode: { type: ['string', 'null'], enum: ['a', 'b', null] },
          either: {
            anyOf: [{ anyOf: [{ type: 'number' }, { type: 'string', pattern: '^x' }] }, { type: 'null' }],
          },
          nullable: { type: 'boolean', default: false },
          additional: { type: 'object', additionalProperties: false },
        },
      },
    })
    const spelled = JSON.stringify(request.tools)
    expect(spelled).not.toMatch(/propertyOrdering|example|"nullable":true/u)
  })

  const declared = [{ functionDeclarations: [{ name: 'f' }, { name: 'g' }, { name: 'h' }], googleSearch: {} }]

  test.each<[JsonObject, ModelRequest['toolChoice']]>([
    [{ mode: 'AUTO' }, { type: 'auto' }],
    [{ mode: 'none' }, { type: 'none' }],
    [{ mode: 'ANY' }, { type: 'required' }],
    [
      { mode: 'ANY', allowedFunctionNames: ['g'] },
      { type: 'named', name: 'g' },
    ],
    [{ mode: 'MODE_UNSPECIFIED' }, undefined],
    [{}, undefined],
  ])('%j is the choice %j', (functionCallingConfig, expected) => {
    const { request, fidelity } = decode({ tools: declared, toolConfig: { functionCallingConfig } })
    expect(request.toolChoice).toEqual(expected)
    expect(request.tools).toHaveLength(4)
    expect([request.providerOptions, fidelity]).toEqual([undefined, []])
  })

  test('of several functions only those that are allowed remain', () => {
    const tool_config = { function_calling_config: { mode: 'ANY', allowed_function_names: ['f', 'h'] } }
    const { request, fidelity } = decode({ tools: declared, tool_config })
    expect(request.toolChoice).toEqual({ type: 'required' })
    expect(request.tools).toMatchObject([{ name: 'f' }, { name: 'h' }, { definition: { googleSearch: {} } }])
    expect(fidelity).toMatchObject([{ feature: 'toolChoice', action: 'renamed' }])
  })

  test('have settings that only Gemini knows', () => {
    const validated = { functionCallingConfig: { mode: 'VALIDATED' } }
    const located = { functionCallingConfig: { mode: 'NONE' }, retrievalConfig: { languageCode: 'de' } }
    expect(decode({ tools: declared, toolConfig: validated }).request).toMatchObject({
      toolChoice: { type: 'auto' },
      providerOptions: { gemini: { toolConfig: validated } },
    })
    expect(decode({ tools: declared, toolConfig: located }).request).toMatchObject({
      toolChoice: { type: 'none' },
      providerOptions: { gemini: { toolConfig: located } },
    })
  })
})

test('what the encoder of this dialect wrote is read as it was', () => {
  const request: fc.Arbitrary<ModelRequest> = fc.record(
    {
      ...settings,
      model: fc.constantFrom('gemini-2.5-flash', 'gemini-2.5-pro'),
      stream: fc.boolean(),
      system: texts.map((part) => [part]),
      messages: conversations(),
      tools: fc.constant([
        { type: 'function' as const, name: 'f', description: 'd', inputSchema: { type: 'object' } },
        { type: 'provider' as const, dialect: 'gemini' as const, definition: { googleSearch: {} } },
      ]),
      topK: fc.integer({ min: 1, max: 50 }),
      seed: fc.nat(),
      presencePenalty: fc.constantFrom(0, 0.5),
      frequencyPenalty: fc.constantFrom(0, 0.5),
      stopSequences: fc.array(fc.string(), { minLength: 1, maxLength: 5 }),
      responseFormat: fc.constantFrom(
        { type: 'json' as const },
        { type: 'json' as const, schema: { type: 'object' } },
      ),
      thinking: fc.constantFrom({ enabled: true }, { enabled: true, budgetTokens: 2000 }),
      providerOptions: fc.constant({
        gemini: { safetySettings: [], generationConfig: { mediaResolution: 'LOW' } },
      }),
    },
    { requiredKeys: ['model', 'stream', 'messages', 'tools'] },
  )
  fc.assert(
    fc.property(request, (neutral) => {
      const { body, fidelity } = encodeRequest(neutral)
      const decoded = inbound.decodeRequest(JSON.parse(JSON.stringify(body)) as JsonObject, {
        model: neutral.model,
        stream: neutral.stream,
      })
      expect([...fidelity, ...decoded.fidelity]).toEqual([])
      expect({ ...decoded.request, messages: plain(decoded.request) }).toEqual({
        ...neutral,
        messages: plain(neutral),
      })
    }),
  )
})

/** With calls by number, since their ids are not sent, and what joins when it is sent joined. */
function plain({ messages }: ModelRequest): unknown[] {
  const numbers = new Map<string, number>()
  const numbered = messages.map((message) => ({
    role: message.role,
    content: message.content.flatMap((part): Record<string, unknown>[] => {
      if (part.type === 'tool-result') return [{ ...part, toolCallId: numbers.get(part.toolCallId) }]
      if (part.type !== 'tool-call') return [{ ...part }]
      numbers.set(part.id, numbers.size)
      return [{ ...part, id: numbers.get(part.id) }]
    }),
  }))
  return numbered.reduce<typeof numbered>((joined, message) => {
    const last = joined.at(-1)
    const content = message.role === 'assistant' ? joinTexts(message.content) : message.content
    if (last?.role === message.role) last.content.push(...content)
    else joined.push({ ...message, content })
    return joined
  }, [])
}

function joinTexts(content: Record<string, unknown>[]): Record<string, unknown>[] {
  return content.reduce<Record<string, unknown>[]>((joined, part) => {
    const last = joined.at(-1)
    if (part['type'] !== 'text' || last?.['type'] !== 'text') return [...joined, part]
    return [...joined.slice(0, -1), { type: 'text', text: `${String(last['text'])}${String(part['text'])}` }]
  }, [])
}
