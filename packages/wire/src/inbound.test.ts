import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyReply, context, gist, throughReply, throughStream, readGist } from '../testing/replies.ts'
import { allFixtures, decodeFixture, decodePieces, finishOf, partsOf } from '../testing/streams.ts'
import { dialectNames, type FinishReason, inbounds, type StreamPart, usageOf } from './index.ts'

const fixtures = allFixtures()

describe.each(dialectNames)('clients of %s', (dialect) => {
  test.each(
    fixtures.map(({ dialect: provider, name, bytes }) => [`${provider}/${name}`, provider, bytes] as const),
  )('read in a stream what %s says', (_, provider, bytes) => {
    const parts = decodePieces(provider, [bytes])
    const read = throughStream(dialect, parts)
    if (parts.at(-1)?.type === 'error') {
      expect(read.at(-1)?.type).toBe('error')
      expect(gist(read).text).toBe(gist(parts).text)
    } else expect(readGist(dialect, parts, read)).toEqual(gist(parts))
  })

  test('read the same in a whole reply', () => {
    for (const { dialect: provider, bytes } of fixtures) {
      const parts = decodePieces(provider, [bytes])
      if (parts.at(-1)?.type === 'error') continue
      expect(readGist(dialect, parts, throughReply(dialect, parts))).toEqual(gist(parts))
    }
  })

  test('read any reply, streamed or whole, as it was written', () => {
    fc.assert(
      fc.property(anyReply, (parts) => {
        expect(gist(throughStream(dialect, parts))).toEqual(gist(parts))
        expect(gist(throughReply(dialect, parts))).toEqual(gist(parts))
      }),
      { numRuns: 300 },
    )
  })

  test('can match every call with its result, parallel ones too', () => {
    const ids = partsOf(
      throughStream(dialect, decodeFixture('openai-responses', 'reasoning-tools')),
      'tool-call',
    ).map(({ id }) => id)
    expect(new Set(ids).size).toBe(2)
  })

  test('learn of tokens from a cache what the dialect can say', () => {
    const { usage } = finishOf(throughStream(dialect, decodeFixture('anthropic-messages', 'cached')))
    const cached = dialect === 'ollama' ? 0 : 100_000
    expect(usage.input.cacheRead).toBe(cached)
  })

  test.each<FinishReason>([
    'stop',
    'length',
    'tool-calls',
    'content-filter',
    'refusal',
    'pause',
    'context-window',
    'other',
  ])('are told the reason %s, or the nearest that they know', (unified) => {
    const parts: StreamPart[] = [
      { type: 'response-start', id: 'r', model: 'm' },
      ...(unified === 'tool-calls' ? partsOfCall : partsOfText),
      { type: 'finish', reason: { unified, raw: '' }, usage: usageOf({ uncached: 1, text: 1 }, null) },
    ]
    expect(readGist(dialect, parts, throughStream(dialect, parts))).toEqual(gist(parts))
    expect(readGist(dialect, parts, throughReply(dialect, parts))).toEqual(gist(parts))
  })

  test('are answered each failure with a status and a body that says why', () => {
    const { status, body } = inbounds[dialect].encodeError({ type: 'rate-limit', message: 'Too fast.' })
    expect(status).toBe(429)
    expect(JSON.stringify(body)).toContain('Too fast.')
  })

  test('get a stream that ends, whatever came before the failure', () => {
    fc.assert(
      fc.property(anyReply, fc.nat(), (parts, at) => {
        const error: StreamPart = {
          type: 'error',
          error: { type: 'overloaded', message: 'Overloaded', retryable: true, raw: null },
        }
        const read = throughStream(dialect, [...parts.slice(0, at % parts.length), error])
        expect(read.filter(({ type }) => type === 'finish' || type === 'error')).toHaveLength(1)
        expect(read.at(-1)?.type).toBe('error')
      }),
    )
  })

  test('are named the model that they asked for', () => {
    const reply = JSON.stringify(inbounds[dialect].encodeReply(decodeFixture('openai-chat', 'text'), context))
    expect(reply).toContain('"fast"')
    expect(reply).not.toContain('gpt')
  })
})

const partsOfText: StreamPart[] = [
  { type: 'text-start', id: 't' },
  { type: 'text-delta', id: 't', delta: 'Hi' },
  { type: 'text-end', id: 't' },
]
const partsOfCall: StreamPart[] = [
  { type: 'tool-input-start', id: 'c', name: 'f' },
  { type: 'tool-input-delta', id: 'c', delta: '{}' },
  { type: 'tool-input-end', id: 'c' },
  { type: 'tool-call', id: 'c', name: 'f', args: {}, rawArgs: '{}' },
]
