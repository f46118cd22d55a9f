import { describe, expect, test } from 'vitest'
import { replyContext } from '../../testing/said.ts'
import { decodeText, errorOf, finishOf, partsOf, reasoningOf } from '../../testing/streams.ts'
import type { ClientError, JsonObject, StreamPart } from '../index.ts'
import { missingUsage, usageOf } from '../spec/usage.ts'
import { geminiInbound as inbound } from './inbound.ts'
import { gemini } from './index.ts'

const dialect = 'gemini'
const usage = usageOf({ uncached: 21, cacheRead: 16, cacheWrite5m: 3, text: 5, reasoning: 3 }, null)
const start: StreamPart = { type: 'response-start', id: 'resp_1', model: 'upstream' }
const stop: StreamPart = { type: 'finish', reason: { unified: 'stop', raw: 'end_turn' }, usage }
const tail = { modelVersion: 'team/model', responseId: 'resp_1' }
const anthropic = { dialect: 'anthropic-messages' as const, data: { type: 'thinking', signature: 'S' } }

const hello: StreamPart[] = [
  start,
  { type: 'text-start', id: 't' },
  { type: 'text-delta', id: 't', delta: 'Hello\n' },
  { type: 'text-delta', id: 't', delta: '' },
  { type: 'text-delta', id: 't', delta: 'wörld' },
  { type: 'text-end', id: 't' },
]

const thinking: StreamPart[] = [
  start,
  { type: 'reasoning-start', id: 'r' },
  { type: 'reasoning-delta', id: 'r', delta: 'Why' },
  { type: 'reasoning-delta', id: 'r', delta: ' not' },
  { type: 'reasoning-end', id: 'r', providerData: anthropic },
]

function stream(parts: StreamPart[], wishes = {}): string {
  const encoder = inbound.createStreamEncoder(replyContext(wishes))
  return parts.map((part) => encoder.push(part)).join('')
}

function chunksOf(text: string): JsonObject[] {
  return text
    .split('\r\n\r\n')
    .filter((frame) => frame !== '')
    .map((frame) => JSON.parse(/^data: (.+)$/u.exec(frame)?.[1] ?? 'null') as JsonObject)
}

function candidate(part: JsonObject, end: JsonObject = {}): JsonObject {
  return { candidates: [{ content: { parts: [part], role: 'model' }, ...end, index: 0 }] }
}

/** The parts of all chunks but the last, which only ends. */
function streamedParts(parts: StreamPart[], wishes = {}): JsonObject[] {
  return chunksOf(stream([...parts, stop], wishes))
    .slice(0, -1)
    .flatMap((chunk) => (chunk as { candidates: { content: { parts: JsonObject[] } }[] }).candidates)
    .flatMap(({ content }) => content.parts)
}

describe('a stream', () => {
  test('has a chunk for each piece of text, and one that ends it with the usage', () => {
    expect(chunksOf(stream([...hello, stop]))).toEqual([
      { ...candidate({ text: 'Hello\n' }), ...tail },
      { ...candidate({ text: 'wörld' }), ...tail },
      {
        ...candidate({ text: '' }, { finishReason: 'STOP' }),
        usageMetadata: {
          promptTokenCount: 40,
          cachedContentTokenCount: 16,
          candidatesTokenCount: 5,
          thoughtsTokenCount: 3,
          totalTokenCount: 48,
        },
        ...tail,
      },
    ])
  })

  test('is one array for clients that do not ask for events', () => {
    const text = stream([...hello, stop], { jsonArray: true })
    expect(JSON.parse(text)).toEqual(chunksOf(stream([...hello, stop])))
    const error = { type: 'overloaded' as const, message: 'x', retryable: true, raw: null }
    expect(JSON.parse(stream([{ type: 'error', error }], { jsonArray: true }))).toMatchObject([
      { error: { code: 503, status: 'UNAVAILABLE' } },
    ])
  })

  test('has calls as whole parts, and the sources at its end', () => {
    const text = stream([
      start,
      { type: 'source', id: 's0', url: 'https://example.com/a', title: 'A' },
      { type: 'source', id: 's1', title: 'no address' },
      { type: 'tool-input-start', id: 'call_1', name: 'f' },
      { type: 'tool-input-delta', id: 'call_1', delta: '{"a":1}' },
      { type: 'tool-input-end', id: 'call_1' },
      {
        type: 'tool-call',
        id: 'call_1',
        name: 'f',
        args: { a: 1 },
        rawArgs: '{"a":1}',
        providerData: { dialect, data: { thoughtSignature: 'S', id: 'call_1' } },
      },
      { type: 'finish', reason: { unified: 'tool-calls', raw: 'tool_use' }, usage: missingUsage() },
    ])
    expect(chunksOf(text)).toEqual([
      {
        ...candidate({ functionCall: { id: 'call_1', name: 'f', args: { a: 1 } }, thoughtSignature: 'S' }),
        ...tail,
      },
      {
        ...candidate(
          { text: '' },
          {
            finishReason: 'STOP',
            groundingMetadata: { groundingChunks: [{ web: { uri: 'https://example.com/a', title: 'A' } }] },
          },
        ),
        ...tail,
      },
    ])
    const parts = decodeText(dialect, text)
    expect(partsOf(parts, 'source')).toMatchObject([{ url: 'https://example.com/a', title: 'A' }])
    expect(finishOf(parts)).toMatchObject({ reason: { unified: 'tool-calls' }, usage: { missing: true } })
  })

  test('says that a call could not be read instead of making one up', () => {
    const call = {
      type: 'tool-call' as const,
      id: 'c',
      name: 'f',
      args: {},
      rawArgs: '{"a',
      malformed: true as const,
    }
    const parts: StreamPart[] = [
      start,
      { type: 'tool-input-start', id: 'c', name: 'f' },
      { type: 'tool-input-end', id: 'c' },
      call,
      stop,
    ]
    const end = { finishReason: 'MALFORMED_FUNCTION_CALL', finishMessage: 'Malformed function call: f' }
    expect(chunksOf(stream(parts))).toMatchObject([candidate({ text: '' }, end)])
    expect(inbound.encodeReply(parts, replyContext())).toMatchObject(candidate({ text: '' }, end))
  })

  test('shows thoughts to those who ask, and gives the others what must come back', () => {
    const shown = streamedParts(thinking, { includeThoughts: true })
    expect(shown).toMatchObject([
      { text: 'Why', thought: true },
      { text: ' not', thought: true },
      { text: '', thought: true },
    ])
    const hidden = streamedParts(thinking)
    expect(hidden).toMatchObject([{ text: '', thought: true }])
    expect(reasoningOf(decodeText(dialect, stream([...thinking, stop])))).toBe('')
    for (const parts of [shown, hidden]) {
      expect(parts.at(-1)?.['thoughtSignature']).toMatch(/^atr1\./u)
      const { request } = inbound.decodeRequest({ contents: [{ role: 'model', parts }] }, { model: 'm' })
      expect(request.messages).toEqual([
        { role: 'assistant', content: [{ type: 'reasoning', text: 'Why not', providerData: anthropic }] },
      ])
    }
    const unsigned = thinking.map((part): StreamPart =>
      part.type === 'reasoning-end' ? { type: part.type, id: part.id } : part,
    )
    expect(streamedParts(unsigned)).toEqual([])
  })

  test('gives Google’s own state as it was', () => {
    const own = (data: JsonObject) => ({ providerData: { dialect: 'gemini' as const, data } })
    const code = { executableCode: { language: 'PYTHON', code: '1' } }
    expect(
      streamedParts([
        start,
        { type: 'text-start', id: 't' },
        { type: 'text-end', id: 't', ...own({ thoughtSignature: 'T' }) },
        { type: 'file', id: 'f', mimeType: 'image/png', data: 'AA==', ...own({ thoughtSignature: 'I' }) },
        { type: 'provider-item', ...own(code) },
      ]),
    ).toEqual([
      { text: '', thoughtSignature: 'T' },
      { inlineData: { mimeType: 'image/png', data: 'AA==' }, thoughtSignature: 'I' },
      code,
    ])
  })

  test('puts blocks that interleave one after the other', () => {
    const parts = streamedParts(
      [
        start,
        { type: 'reasoning-start', id: 'x' },
        { type: 'reasoning-delta', id: 'x', delta: 'a' },
        { type: 'text-start', id: 'x' },
        { type: 'text-delta', id: 'x', delta: 'b' },
        { type: 'reasoning-delta', id: 'x', delta: 'c' },
        { type: 'reasoning-end', id: 'x' },
        { type: 'text-end', id: 'x' },
      ],
      { includeThoughts: true },
    )
    expect(parts).toEqual([{ text: 'a', thought: true }, { text: 'c', thought: true }, { text: 'b' }])
  })

  test.each([
    ['stop', 'end_turn', 'STOP'],
    ['tool-calls', 'tool_use', 'STOP'],
    ['length', 'max_tokens', 'MAX_TOKENS'],
    ['context-window', 'model_context_window_exceeded', 'MAX_TOKENS'],
    ['content-filter', 'content_filter', 'SAFETY'],
    ['content-filter', 'RECITATION', 'RECITATION'],
    ['refusal', 'refusal', 'SAFETY'],
    ['pause', 'pause_turn', 'OTHER'],
    ['other', 'MALFORMED_FUNCTION_CALL', 'MALFORMED_FUNCTION_CALL'],
    ['other', '', 'OTHER'],
  ] as const)('that ended by %s (%s) ends with %s', (unified, raw, finishReason) => {
    const finish: StreamPart = { type: 'finish', reason: { unified, raw }, usage }
    expect(chunksOf(stream([finish]))).toMatchObject([candidate({ text: '' }, { finishReason })])
  })

  test('that broke ends with the error, and says no more', () => {
    const error = {
      type: 'rate-limit' as const,
      message: 'Slow down.',
      status: 499,
      retryAfterMs: 1500,
      retryable: true,
      raw: null,
    }
    const text = stream([...hello, { type: 'error', error }, stop])
    expect(chunksOf(text).at(-1)).toEqual({
      error: {
        code: 429,
        message: 'Slow down.',
        status: 'RESOURCE_EXHAUSTED',
        details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.5s' }],
      },
    })
    expect(errorOf(decodeText(dialect, text)).error).toMatchObject({ type: 'rate-limit', retryAfterMs: 1500 })
  })
})

describe('an error', () => {
  test('has Google’s words, with what is at fault and when to come back', () => {
    const refusal: ClientError = {
      type: 'invalid-request',
      message: 'Bad.',
      code: 'bad_thing',
      param: 'contents[0].role',
    }
    expect(inbound.encodeError(refusal)).toEqual({
      status: 400,
      headers: {},
      body: {
        error: {
          code: 400,
          message: 'Bad.',
          status: 'INVALID_ARGUMENT',
          details: [
            { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'BAD_THING', domain: 'atrium' },
            {
              '@type': 'type.googleapis.com/google.rpc.BadRequest',
              fieldViolations: [{ field: 'contents[0].role', description: 'Bad.' }],
            },
          ],
        },
      },
    })
    expect(inbound.encodeError({ type: 'rate-limit', message: 'x', retryAfterMs: 1001 })).toMatchObject({
      status: 429,
      headers: { 'retry-after': '2' },
      body: { error: { details: [{ retryDelay: '1.001s' }] } },
    })
    expect(inbound.encodeError({ type: 'not-found', message: 'x', status: 410 })).toMatchObject({
      status: 410,
      body: { error: { code: 410, status: 'NOT_FOUND' } },
    })
  })

  test.each([
    'invalid-request',
    'authentication',
    'permission',
    'not-found',
    'rate-limit',
    'overloaded',
    'server-error',
    'timeout',
    'cancelled',
  ] as const)('of type %s is read as such again', (type) => {
    const { status, headers, body } = inbound.encodeError({ type, message: 'x' })
    expect(gemini.decodeError(status, headers, JSON.stringify(body)).type).toBe(type)
  })

  test('does not ask to come back for credits that are used up', () => {
    const spent = inbound.encodeError({ type: 'quota-exhausted', message: 'x', retryAfterMs: 1000 })
    expect(spent).toEqual({
      status: 429,
      headers: {},
      body: { error: { code: 429, message: 'x', status: 'RESOURCE_EXHAUSTED' } },
    })
  })
})
