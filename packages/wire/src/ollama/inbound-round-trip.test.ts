import fc from 'fast-check'
import { jsonValue } from '../../testing/json.ts'
import { expect, test } from 'vitest'
import type { AssistantPart, Message, ModelRequest, ToolResultPart } from '../index.ts'
import { ollama } from './index.ts'
import { ollamaInbound } from './inbound.ts'

const words = fc.string({ minLength: 1, maxLength: 20 })
const png = fc.base64String({ maxLength: 20 }).map((data) => `iVBORw0KGgo${data}`)
const userTurn = fc.tuple(words, fc.array(png, { maxLength: 2 })).map(([text, images]): Message[] => [
  {
    role: 'user',
    content: [
      { type: 'text', text },
      ...images.map((data) => ({
        type: 'image' as const,
        source: { kind: 'base64' as const, mimeType: 'image/png', data },
      })),
    ],
  },
])
const spokenTurn = fc.tuple(words, fc.option(words)).map(([text, thought]): Message[] => [
  {
    role: 'assistant',
    content: [...(thought === null ? [] : [thinking(thought)]), { type: 'text', text }],
  },
])

function thinking(text: string): AssistantPart {
  return { type: 'reasoning', text, providerData: { dialect: 'ollama', data: {} } }
}

const call = fc.record({
  name: words,
  args: fc.dictionary(words, jsonValue(), { maxKeys: 2 }),
  result: words,
})

/** Each turn's calls have ids of their own. */
const toolTurn = fc.array(call, { minLength: 1, maxLength: 3 }).chain((calls) =>
  fc.uuid().map((turn): Message[] => {
    const content = calls.map(({ name, args }, index) => ({
      type: 'tool-call' as const,
      id: `${turn}-${index}`,
      name,
      args: JSON.parse(JSON.stringify(args)),
    }))
    const results = calls.map(({ name, result }, index): ToolResultPart => ({
      type: 'tool-result',
      toolCallId: `${turn}-${index}`,
      toolName: name,
      content: [{ type: 'text', text: result }],
    }))
    return [
      { role: 'assistant', content },
      { role: 'tool', content: results },
    ]
  }),
)

const settings = fc.record(
  {
    system: words.map((text) => [{ type: 'text' as const, text }]),
    tools: fc.array(
      fc.record({
        type: fc.constant('function' as const),
        name: words,
        inputSchema: fc.constant({ type: 'object' }),
      }),
      { minLength: 1, maxLength: 2 },
    ),
    maxOutputTokens: fc.integer({ min: 1, max: 500 }),
    temperature: fc.double({ min: 0, max: 2, noNaN: true }),
    topP: fc.double({ min: 0, max: 1, noNaN: true }),
    topK: fc.nat(),
    seed: fc.integer(),
    stopSequences: fc.array(words, { minLength: 1, maxLength: 4 }),
    responseFormat: fc.constantFrom(
      { type: 'json' as const },
      { type: 'json' as const, schema: { type: 'object' } },
    ),
    thinking: fc.constantFrom({ enabled: true, effort: 'low' as const }, { enabled: true }),
    providerOptions: fc.constant({ ollama: { keep_alive: '5m', options: { num_ctx: 16_384, min_p: 0.1 } } }),
  },
  { requiredKeys: [] },
)

test('a request that this dialect can spell comes back as it was', () => {
  const turns = fc.array(fc.oneof(userTurn, spokenTurn, toolTurn), { maxLength: 4 })
  fc.assert(
    fc.property(userTurn, turns, settings, fc.boolean(), (first, rest, members, stream) => {
      const request: ModelRequest = {
        model: 'gpt-oss',
        stream,
        messages: [first, ...rest].flat(),
        ...members,
      }
      const spelled = JSON.parse(JSON.stringify(request)) as ModelRequest
      const encoded = ollama.encodeRequest(spelled)
      const decoded = ollamaInbound.decodeRequest(JSON.parse(JSON.stringify(encoded.body)))
      expect(JSON.parse(JSON.stringify(decoded.request))).toEqual(spelled)
      expect([...encoded.fidelity, ...decoded.fidelity]).toEqual([])
    }),
    { numRuns: 300 },
  )
})
