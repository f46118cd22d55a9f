import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { disorder, refusalOf } from '../../testing/requests.ts'
import { type JsonObject, RequestError } from '../index.ts'
import { geminiInbound as inbound } from './inbound.ts'

const contents = [{ role: 'user', parts: [{ text: 'Hi' }] }]
const config = (generationConfig: JsonObject) => ({ contents, generationConfig })
const turn = (...parts: JsonObject[]) => ({ contents: [{ role: 'user', parts }] })
const declare = (declaration: JsonObject) => ({ contents, tools: [{ functionDeclarations: [declaration] }] })
const nested = (depth: number): JsonObject =>
  JSON.parse(`${'{"items":'.repeat(depth)}{}${'}'.repeat(depth)}`) as JsonObject

describe('is refused, with the member at fault:', () => {
  test.each<[string, JsonObject, RegExp?]>([
    ['contents', {}, /^Missing required parameter: 'contents'\.$/u],
    ['contents', { contents: [] }],
    ['contents[0]', { contents: ['Hi'] }],
    ['contents[0].role', { contents: [{ role: 'assistant', parts: [{ text: 'x' }] }] }, /'user', 'model'/u],
    ['contents[0].parts', { contents: [{ role: 'user', parts: [] }] }],
    ['contents[0].parts', { contents: [{ role: 'user' }] }],
    ['contents[0].parts[0]', { contents: [{ parts: ['x'] }] }],
    ['contents[0].parts[0]', turn({})],
    ['contents[0].parts[0]', { contents: [{ role: 'model', parts: [{}] }] }],
    ['contents[0].parts[0].text', turn({ text: 5 })],
    ['contents[0].parts[0].inlineData.mimeType', turn({ inlineData: { data: 'x' } })],
    ['contents[0].parts[0].inlineData.data', turn({ inlineData: { mimeType: 'image/png' } })],
    ['contents[0].parts[0].fileData.fileUri', turn({ fileData: {} })],
    [
      'contents[0].parts[0].functionResponse',
      turn({ functionResponse: { name: 'f', response: {} } }),
      /number of function response parts must equal/u,
    ],
    ['contents[0].parts[0].functionResponse.name', turn({ functionResponse: { response: {} } })],
    [
      'contents[0].parts[0].functionResponse',
      { contents: [{ role: 'model', parts: [{ functionResponse: {} }] }] },
    ],
    [
      'contents[0].parts[0].functionCall.name',
      { contents: [{ role: 'model', parts: [{ functionCall: {} }] }] },
    ],
    [
      'contents[0].parts[0].functionCall.args',
      { contents: [{ role: 'model', parts: [{ functionCall: { name: 'f', args: '{}' } }] }] },
    ],
    [
      'contents[1].parts[0].functionResponse.response',
      {
        contents: [
          { role: 'model', parts: [{ functionCall: { name: 'f' } }] },
          { parts: [{ functionResponse: { name: 'f', response: 'r' } }] },
        ],
      },
    ],
    ['systemInstruction', { contents, systemInstruction: 5 }],
    ['generationConfig', { contents, generationConfig: [] }],
    ['generationConfig.temperature', config({ temperature: '1' })],
    ['generationConfig.maxOutputTokens', config({ maxOutputTokens: 0 })],
    ['generationConfig.seed', config({ seed: 0.5 })],
    ['generationConfig.stopSequences[0]', config({ stopSequences: [1] })],
    ['generationConfig', config({ responseSchema: { type: 'OBJECT' } }), /application\/json/u],
    ['generationConfig.thinkingConfig.thinkingLevel', config({ thinkingConfig: { thinkingLevel: 'huge' } })],
    ['generationConfig.thinkingConfig.thinkingBudget', config({ thinkingConfig: { thinkingBudget: '5' } })],
    ['tools[0]', { contents, tools: ['googleSearch'] }],
    ['tools[0].functionDeclarations[0].name', declare({})],
    ['tools[0].functionDeclarations[0].parameters', declare({ name: 'f', parameters: 'x' })],
    [
      'tools[0].functionDeclarations[0].parameters.properties.a',
      declare({ name: 'f', parameters: { properties: { a: 'STRING' } } }),
    ],
    [
      'toolConfig.functionCallingConfig.mode',
      { contents, toolConfig: { functionCallingConfig: { mode: 'SOME' } } },
    ],
    [
      'toolConfig.functionCallingConfig.allowedFunctionNames',
      {
        ...declare({ name: 'f' }),
        toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['g'] } },
      },
    ],
  ])('%s of %j', (param, body, message = /./u) => {
    const refusal = refusalOf(() => inbound.decodeRequest(body, { model: 'm' }))
    expect(refusal.param).toBe(param)
    expect(refusal.message).toMatch(message)
  })

  test('a request that names no model', () => {
    expect(refusalOf(() => inbound.decodeRequest({ contents })).param).toBe('model')
  })

  test('a schema that is nested beyond use', () => {
    const body = declare({ name: 'f', parameters: nested(2000) })
    expect(refusalOf(() => inbound.decodeRequest(body, { model: 'm' })).message).toMatch(/nested too deeply/u)
    expect(() =>
      inbound.decodeRequest(declare({ name: 'f', parameters: nested(30) }), { model: 'm' }),
    ).not.toThrow()
  })
})

describe('untrusted bodies', () => {
  test('are read or refused, whatever they hold', () => {
    const members = [
      'contents',
      'parts',
      'role',
      'text',
      'thought',
      'thoughtSignature',
      'functionCall',
      'name',
      'args',
    ]
    const more = [
      'functionResponse',
      'response',
      'tools',
      'functionDeclarations',
      'parameters',
      'properties',
      'type',
    ]
    const words = ['user', 'model', 'OBJECT', 'f', 'atr1.e30']
    fc.assert(
      fc.property(disorder([...members, ...more, 'generationConfig', 'toolConfig'], words), (body) => {
        try {
          inbound.decodeRequest({ contents, ...body }, { model: 'm' })
        } catch (error) {
          expect(error).toBeInstanceOf(RequestError)
        }
      }),
      { numRuns: 500 },
    )
  })

  test('leave prototypes alone', () => {
    const text =
      '{"contents":[{"parts":[{"text":"x"}],"__proto__":{"polluted":1}}],"__proto__":{"polluted":1},"tools":[{"functionDeclarations":[{"name":"f","parameters":{"properties":{"__proto__":{"type":"STRING"}}}}]}]}'
    const { request } = inbound.decodeRequest(JSON.parse(text) as JsonObject, { model: 'm' })
    expect('polluted' in request || 'polluted' in (request.providerOptions?.gemini ?? {})).toBe(false)
    expect(JSON.stringify(request.tools)).toContain('"__proto__":{"type":"string"}')
    expect('polluted' in {} || 'type' in {}).toBe(false)
  })

  test('of a million parts take seconds, not hours', () => {
    const call = (_: unknown, index: number) => ({ functionCall: { name: `f${index % 3}`, args: {} } })
    const response = (_: unknown, index: number) => ({
      functionResponse: { name: `f${index % 3}`, response: { output: 'r' } },
    })
    const body = {
      contents: [
        { role: 'user', parts: Array.from({ length: 200_000 }, () => ({ text: 'x' })) },
        { role: 'model', parts: Array.from({ length: 200_000 }, () => ({ text: 'x' })) },
        { role: 'model', parts: Array.from({ length: 300_000 }, call) },
        { role: 'user', parts: Array.from({ length: 300_000 }, response) },
      ],
    }
    const { messages } = inbound.decodeRequest(body, { model: 'm' }).request
    expect(messages.map((message) => message.content.length)).toEqual([200_000, 300_001, 300_000])
  }, 20_000)
})
