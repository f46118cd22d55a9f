import fc from 'fast-check'
import { jsonValue } from '../../testing/json.ts'
import { expect, test } from 'vitest'
import type { AssistantPart, Message, ModelRequest, ToolResultPart, UserPart } from '../index.ts'
import { openaiChat } from './index.ts'
import { openaiChatInbound } from './inbound.ts'

const words = fc.string({ minLength: 1 })
const text = fc.record({ type: fc.constant('text' as const), text: words })
const base64 = fc.base64String({ minLength: 4 })
const userPart: fc.Arbitrary<UserPart> = fc.oneof(
  text,
  base64.map((data): UserPart => ({
    type: 'image',
    source: { kind: 'base64', mimeType: 'image/png', data },
  })),
  fc.webUrl().map((url): UserPart => ({ type: 'image', source: { kind: 'url', url }, detail: 'high' })),
  base64.map((data): UserPart => ({
    type: 'file',
    source: { kind: 'base64', mimeType: 'audio/mpeg', data },
  })),
  fc.tuple(words, base64).map(([filename, data]): UserPart => ({
    type: 'file',
    filename,
    source: { kind: 'base64', mimeType: 'application/pdf', data },
  })),
)
const userTurn = fc
  .array(userPart, { minLength: 1, maxLength: 3 })
  .map((content): Message[] => [{ role: 'user', content }])
const systemTurn = fc.array(text, { minLength: 1, maxLength: 2 }).map((content): Message[] => [
  { role: 'system', content },
  { role: 'user', content },
])

/** Calls whose arguments are spelled in ways of their own, and a result for each. */
const toolTurn = fc
  .record({
    said: fc.option(words),
    thought: fc.option(words),
    calls: fc.uniqueArray(
      fc.record({
        id: words,
        name: words,
        args: fc.dictionary(words, jsonValue()),
        indent: fc.nat({ max: 4 }),
      }),
      { minLength: 1, maxLength: 3, selector: ({ id }) => id },
    ),
    results: fc.array(fc.option(words), { minLength: 3, maxLength: 3 }),
  })
  .map(({ said, thought, calls, results }): Message[] => {
    const content: AssistantPart[] = calls.map(({ id, name, args, indent }) => {
      const rawArgs = JSON.stringify(args, undefined, indent)
      return { type: 'tool-call', id, name, args: JSON.parse(rawArgs), rawArgs }
    })
    if (said !== null) content.unshift({ type: 'text', text: said })
    if (thought !== null) {
      const providerData = { dialect: 'openai-chat' as const, data: { field: 'reasoning_content' } }
      content.unshift({ type: 'reasoning', text: thought, providerData })
    }
    const answers = calls.map(({ id, name }, index): ToolResultPart => {
      const answer = results[index] ?? null
      return {
        type: 'tool-result',
        toolCallId: id,
        toolName: name,
        content: answer === null ? [] : [{ type: 'text', text: answer }],
      }
    })
    return [
      { role: 'assistant', content },
      { role: 'tool', content: answers },
    ]
  })

const tools = fc.record({
  tools: fc.uniqueArray(
    fc.record(
      {
        type: fc.constant('function' as const),
        name: words,
        inputSchema: fc.constant({ type: 'object' }),
        description: words,
        strict: fc.boolean(),
      },
      { requiredKeys: ['type', 'name', 'inputSchema'] },
    ),
    { minLength: 1, maxLength: 3, selector: ({ name }) => name },
  ),
  toolChoice: fc.constantFrom(
    { type: 'auto' as const },
    { type: 'none' as const },
    { type: 'required' as const },
  ),
  parallelToolCalls: fc.boolean(),
})

const settings = fc.record(
  {
    system: fc.array(text, { minLength: 1, maxLength: 2 }),
    maxOutputTokens: fc.integer({ min: 1 }),
    temperature: fc.double({ min: 0, max: 2, noNaN: true }),
    topP: fc.double({ min: 0, max: 1, noNaN: true }),
    seed: fc.integer(),
    presencePenalty: fc.double({ min: -2, max: 2, noNaN: true }),
    frequencyPenalty: fc.double({ min: -2, max: 2, noNaN: true }),
    stopSequences: fc.array(words, { minLength: 1, maxLength: 4 }),
    responseFormat: fc.constantFrom(
      { type: 'json' as const },
      { type: 'json' as const, name: 'n', schema: { type: 'object' }, strict: true },
    ),
    thinking: fc.constantFrom('low', 'medium', 'high').map((effort) => ({ enabled: true, effort })),
    endUserId: words,
    providerOptions: fc.constant({ 'openai-chat': { logit_bias: { '5': 1 }, service_tier: 'flex' } }),
  },
  { requiredKeys: [] },
)

const conversation = fc.tuple(userTurn, fc.array(fc.oneof(userTurn, systemTurn, toolTurn), { maxLength: 4 }))

test('a request that this dialect can spell comes back as it was', () => {
  fc.assert(
    fc.property(conversation, settings, fc.option(tools), fc.boolean(), (turns, members, offered, stream) => {
      const messages = [turns[0], ...turns[1]].flat()
      const request = { model: 'some/model', stream, messages, ...members, ...offered } as ModelRequest
      const spelled = JSON.parse(JSON.stringify(request)) as ModelRequest
      const encoded = openaiChat.encodeRequest(spelled)
      const decoded = openaiChatInbound.decodeRequest(JSON.parse(JSON.stringify(encoded.body)))
      expect(JSON.parse(JSON.stringify(decoded.request))).toEqual(spelled)
      expect([...encoded.fidelity, ...decoded.fidelity]).toEqual([])
      expect(decoded.wishes).toEqual(stream ? { includeUsage: true } : {})
    }),
    { numRuns: 300 },
  )
})
