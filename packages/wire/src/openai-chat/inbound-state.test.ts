import { describe, expect, test } from 'vitest'
import { calls, context, deltas, finish, hello, signed, thoughts } from '../../testing/chat-replies.ts'
import type { JsonObject, StreamPart } from '../index.ts'
import { openaiChatInbound } from './inbound.ts'

describe('a provider’s state', () => {
  const stateful: StreamPart[] = [
    ...thoughts,
    ...hello.slice(1, -1),
    ...calls.slice(0, -1).map((part): StreamPart => {
      const providerData = { dialect: 'gemini' as const, data: { thoughtSignature: 'c2ln' } }
      return part.type === 'tool-call' ? { ...part, providerData } : part
    }),
    finish('tool-calls'),
  ]
  const plain = { dialect: 'openai-chat', data: { field: 'reasoning_content' } }
  const expected = [
    { type: 'reasoning', text: 'Let me think. ', providerData: signed },
    { type: 'reasoning', text: 'So: ', providerData: plain },
    {
      type: 'reasoning',
      text: '',
      providerData: { dialect: 'anthropic-messages', data: { type: 'redacted_thinking' } },
    },
    { type: 'reasoning', text: 'Done.', providerData: plain },
    { type: 'text', text: 'Hello\n"' },
    { id: 'a', rawArgs: '{"x":1}', providerData: { dialect: 'gemini', data: { thoughtSignature: 'c2ln' } } },
    { id: 'b', rawArgs: '{}', providerData: { dialect: 'gemini', data: { thoughtSignature: 'c2ln' } } },
  ]
  const sendBack = (message: JsonObject) =>
    openaiChatInbound.decodeRequest({ model: 'm', messages: [message] }).request.messages[0]?.content

  test('comes back with a message that a client sends back whole', () => {
    const reply = openaiChatInbound.encodeReply(stateful, context) as { choices: { message: JsonObject }[] }
    expect(sendBack(reply.choices[0]?.message ?? {})).toMatchObject(expected)
  })

  test('comes back when a client has put the chunks together', () => {
    expect(sendBack(accumulate(deltas(stateful) as JsonObject[]))).toMatchObject(expected)
  })

  test('stands in the first piece of a call where it is known by then', () => {
    const providerData = { dialect: 'gemini' as const, data: { thoughtSignature: 'c2ln' } }
    const early = calls.map((part): StreamPart =>
      part.type === 'tool-input-start' || part.type === 'tool-call' ? { ...part, providerData } : part,
    )
    const withState = JSON.stringify(deltas(early)).split('thought_signature')
    expect(withState).toHaveLength(3)
    expect(JSON.stringify(deltas(early)[1])).toContain('thought_signature')
  })

  test('is left out with a text that was changed', () => {
    const reply = openaiChatInbound.encodeReply(stateful, context) as { choices: { message: JsonObject }[] }
    const changed = { ...reply.choices[0]?.message, reasoning_content: 'Let' }
    const { request, fidelity } = openaiChatInbound.decodeRequest({ model: 'm', messages: [changed] })
    expect(request.messages[0]?.content).toMatchObject(expected.slice(4))
    expect(fidelity).toMatchObject([{ feature: 'messages.reasoning', action: 'dropped' }])
  })
})

/** Joins deltas as the SDKs do: strings are appended, lists extended, calls joined by index. */
function accumulate(chunks: JsonObject[]): JsonObject {
  const message: JsonObject = {}
  for (const chunk of chunks) merge(message, chunk)
  return message
}

function merge(target: JsonObject, delta: JsonObject): void {
  for (const [name, value] of Object.entries(delta)) {
    const known = target[name]
    if (name === 'tool_calls') {
      const list = (target[name] ??= []) as JsonObject[]
      for (const piece of value as JsonObject[]) merge((list[Number(piece['index'])] ??= {}), piece)
    } else if (typeof known === 'string' && typeof value === 'string') target[name] = known + value
    else if (Array.isArray(known) && Array.isArray(value)) known.push(...value)
    else if (isObject(known) && isObject(value)) merge(known, value)
    else target[name] = value
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
