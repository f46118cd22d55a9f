import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyRequest, gistOfRequest, throughClient } from '../testing/conversations.ts'
import { context } from '../testing/replies.ts'
import { decodeFixture, decodeText } from '../testing/streams.ts'
import {
  type DialectName,
  dialectNames,
  dialects,
  inbounds,
  type JsonObject,
  type JsonValue,
  type ModelRequest,
  opaqueStateOf,
  restoreOpaqueState,
  type StreamPart,
} from './index.ts'

const pairs = dialectNames.flatMap((client) => dialectNames.map((provider) => [client, provider] as const))

describe.each(pairs)('a client of %s before a provider of %s', (client, provider) => {
  test('is understood: tools, parallel results, pictures, schemas and settings arrive', () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        const asked = throughClient(client, request).request
        const arrived = throughClient(provider, asked).request
        expect(gistOfRequest(arrived)).toEqual(gistOfRequest(request))
      }),
      { numRuns: 40 },
    )
  })
})

/** Replies with calls that have state, and what of it the provider must be shown again with the calls. */
const stateful: Record<DialectName, { reply: StreamPart[]; model: string; state: string[] }> = {
  'anthropic-messages': {
    reply: dialects['anthropic-messages'].decodeReply(
      JSON.stringify({
        id: 'msg_1',
        content: [
          { type: 'thinking', thinking: ' Look it up.\n', signature: 'EqQB/+==' },
          { type: 'redacted_thinking', data: 'Emw+==' },
          { type: 'text', text: 'One moment.' },
          { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'Paris' } },
        ],
        stop_reason: 'tool_use',
        usage: {},
      }),
    ),
    model: 'claude-sonnet-4-5',
    state: [
      '{"type":"thinking","signature":"EqQB/+==","thinking":" Look it up.\\n"}',
      '{"type":"redacted_thinking","data":"Emw+=="}',
    ],
  },
  'openai-chat': {
    reply: decodeText(
      'openai-chat',
      'data: {"id":"c","choices":[{"delta":{"reasoning_content":"Look it up."}}]}\n\ndata: {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"call_1","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}\n\ndata: [DONE]\n\n',
    ),
    model: 'deepseek-reasoner',
    state: ['"reasoning_content":"Look it up."'],
  },
  'openai-responses': {
    reply: decodeFixture('openai-responses', 'reasoning-tools'),
    model: 'gpt-5',
    state: ['"encrypted_content":"gAAAAABoISQ24OyVRYbkYfukdJoqdzWT"'],
  },
  gemini: {
    reply: decodeFixture('gemini', 'thinking-tools'),
    model: 'gemini-3-pro',
    state: ['"name":"get_weather","args":{"city":"Paris"}},"thoughtSignature":"CpMBAdHtim9signatureA"'],
  },
  ollama: {
    reply: decodeFixture('ollama', 'thinking-tools'),
    model: 'gpt-oss:20b',
    state: ['"thinking":"Need weather."'],
  },
}

/** The conversation that a client goes on with: the reply as it came, and a next turn. */
const goOn: Record<DialectName, (reply: JsonObject) => JsonObject> = {
  'anthropic-messages': ({ content }) => ({
    max_tokens: 4000,
    messages: [
      { role: 'user', content: 'go' },
      { role: 'assistant', content },
      { role: 'user', content: 'on' },
    ],
  }),
  'openai-chat': ({ choices }) => chat((choices as { message: JsonObject }[])[0]?.message),
  'openai-responses': ({ output }) => ({
    input: [{ role: 'user', content: 'go' }, ...(output as JsonValue[]), { role: 'user', content: 'on' }],
  }),
  gemini: ({ candidates }) => ({
    contents: [
      { role: 'user', parts: [{ text: 'go' }] },
      (candidates as { content: JsonObject }[])[0]?.content ?? null,
      { role: 'user', parts: [{ text: 'on' }] },
    ],
  }),
  ollama: ({ message }) => chat(message),
}

function chat(message: JsonValue | undefined): JsonObject {
  return {
    messages: [{ role: 'user', content: 'go' }, message ?? null, { role: 'user', content: 'on' }],
  }
}

function nextRequest(client: DialectName, body: JsonObject, model: string): ModelRequest {
  return inbounds[client].decodeRequest({ model, ...body }, { model, stream: false }).request
}

function replyTo(client: DialectName, reply: StreamPart[]): JsonObject {
  return JSON.parse(JSON.stringify(inbounds[client].encodeReply(reply, context))) as JsonObject
}

const carrying = pairs.filter(([client]) => client !== 'ollama')

test.each(carrying)('a client of %s brings back the state of a provider of %s', (client, provider) => {
  const { reply, model, state } = stateful[provider]
  const request = nextRequest(client, goOn[client](replyTo(client, reply)), model)
  const sent = JSON.stringify(dialects[provider].encodeRequest(request).body)
  for (const piece of state) expect(sent).toContain(piece)
})

/** What is left of a message by a client whose types know the plain members only. */
function plain(message: JsonObject): JsonObject {
  const { role, content, tool_calls } = message
  const calls = (tool_calls as JsonObject[]).map(({ id, function: called }) => ({
    id,
    type: 'function',
    function: called,
  }))
  return { role, content: content ?? null, tool_calls: calls }
}

test.each(dialectNames)('state of %s is put back for clients that drop it', (provider) => {
  const { reply, model, state } = stateful[provider]
  const kept = new Map(opaqueStateOf(reply).map(({ callId, parts }) => [callId, parts]))
  for (const client of ['openai-chat', 'ollama'] as const) {
    const body = goOn[client](replyTo(client, reply))
    const [first, message, last] = body['messages'] as JsonObject[]
    const messages = [first, plain(message ?? {}), last] as JsonObject[]
    const request = nextRequest(client, { messages }, model)
    const restored = restoreOpaqueState(request, (callId) => kept.get(callId))
    const sent = JSON.stringify(dialects[provider].encodeRequest(restored).body)
    for (const piece of state) expect(sent).toContain(piece)
  }
})
