import { describe, expect, test } from 'vitest'
import { decodeFixture } from '../../testing/streams.ts'
import { type AssistantPart, dialects, type ModelRequest, type StreamPart } from '../index.ts'
import { opaqueStateOf, restoreOpaqueState } from './opaque-state.ts'

function restore(content: AssistantPart[], reply: StreamPart[]): ModelRequest {
  const states = new Map(opaqueStateOf(reply).map(({ callId, parts }) => [callId, parts]))
  return restoreOpaqueState(requestOf(content), (callId) => states.get(callId))
}

function requestOf(content: AssistantPart[]): ModelRequest {
  return {
    model: 'gemini-3-pro',
    stream: false,
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'go' }] },
      { role: 'assistant', content },
    ],
  }
}

/** The calls of a reply as a client sends them back that keeps nothing else. */
function callsIn(reply: StreamPart[]): AssistantPart[] {
  return reply.flatMap((part): AssistantPart[] =>
    part.type === 'tool-call' ? [{ type: 'tool-call', id: part.id, name: part.name, args: part.args }] : [],
  )
}

function contentOf(request: ModelRequest): AssistantPart[] {
  return (request.messages[1]?.content ?? []) as AssistantPart[]
}

describe('state that a client cannot carry', () => {
  test('of Gemini comes back on its call', () => {
    const reply = decodeFixture('gemini', 'thinking-tools')
    const request = restore(callsIn(reply), reply)
    expect(JSON.stringify(dialects.gemini.encodeRequest(request).body)).toContain(
      '{"functionCall":{"name":"get_weather","args":{"city":"Paris"}},"thoughtSignature":"CpMBAdHtim9signatureA"}',
    )
  })

  test('of the Responses API comes back before its calls', () => {
    const reply = decodeFixture('openai-responses', 'reasoning-tools')
    const { body } = dialects['openai-responses'].encodeRequest(restore(callsIn(reply), reply))
    expect(body['input']).toMatchObject([
      { role: 'user' },
      { type: 'reasoning', encrypted_content: expect.any(String) },
      { type: 'function_call' },
      { type: 'function_call' },
      {},
    ])
  })

  test('goes where it stood beside the text', () => {
    const thought = (text: string): StreamPart[] => [
      { type: 'reasoning-start', id: text },
      { type: 'reasoning-delta', id: text, delta: text },
      {
        type: 'reasoning-end',
        id: text,
        providerData: { dialect: 'anthropic-messages', data: { type: 'thinking', signature: text } },
      },
    ]
    const call: StreamPart[] = [
      { type: 'tool-input-start', id: 'a', name: 'f' },
      { type: 'tool-input-end', id: 'a' },
      { type: 'tool-call', id: 'a', name: 'f', args: { q: 1 }, rawArgs: '{"q":1}' },
    ]
    const reply: StreamPart[] = [
      ...thought('first'),
      { type: 'text-start', id: 't' },
      { type: 'text-delta', id: 't', delta: 'Let me see.' },
      { type: 'text-end', id: 't' },
      ...thought('second'),
      ...call,
    ]
    const said: AssistantPart = { type: 'text', text: 'Let me see.' }
    expect(contentOf(restore([said, ...callsIn(reply)], reply))).toMatchObject([
      { type: 'reasoning', text: 'first', providerData: { data: { signature: 'first' } } },
      said,
      { type: 'reasoning', text: 'second' },
      { type: 'tool-call', id: 'a', args: { q: 1 } },
    ])
    expect(contentOf(restore(callsIn(reply), reply)).map(({ type }) => type)).toEqual([
      'reasoning',
      'reasoning',
      'tool-call',
    ])
    const withoutText = [...thought('first'), ...call]
    expect(contentOf(restore([said, ...callsIn(reply)], withoutText)).map(({ type }) => type)).toEqual([
      'reasoning',
      'text',
      'tool-call',
    ])
  })

  test('is not put back where the client carried it itself', () => {
    const reply = decodeFixture('gemini', 'thinking-tools')
    const carried = callsIn(reply).map((part) => ({
      ...part,
      providerData: { dialect: 'gemini' as const, data: { thoughtSignature: 'mine' } },
    }))
    const request = requestOf(carried)
    const states = opaqueStateOf(reply)
    expect(restoreOpaqueState(request, () => states[0]?.parts)).toBe(request)
  })

  test('leaves a conversation without it as it is', () => {
    const reply = decodeFixture('openai-chat', 'tools')
    expect(opaqueStateOf(reply)).toEqual([])
    const request = requestOf([{ type: 'text', text: 'Hi' }, ...callsIn(reply)])
    expect(restoreOpaqueState(request, () => undefined)).toBe(request)
  })

  test('of reasoning that ended after its call had begun is kept too', () => {
    const providerData = { dialect: 'openai-chat', data: { field: 'reasoning_content' } } as const
    const reply: StreamPart[] = [
      { type: 'reasoning-start', id: 'r' },
      { type: 'reasoning-delta', id: 'r', delta: 'hm' },
      { type: 'tool-input-start', id: 'a', name: 'f' },
      { type: 'reasoning-end', id: 'r', providerData },
      { type: 'tool-input-end', id: 'a' },
      { type: 'tool-call', id: 'a', name: 'f', args: {}, rawArgs: '{}' },
    ]
    expect(opaqueStateOf(reply)).toEqual([
      { callId: 'a', parts: [{ type: 'reasoning', text: 'hm', providerData }] },
    ])
  })
})
