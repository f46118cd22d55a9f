import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allFixtures, decodePieces, finishOf, fixture, type Fixture } from '../../testing/streams.ts'
import { type DialectName, dialects, type StreamPart, type Usage } from '../index.ts'
import { createMeter, createPassthroughFilter, meterReply } from './index.ts'

const encoder = new TextEncoder()

function filter(pieces: Uint8Array[]): string {
  const passthrough = createPassthroughFilter()
  const out = [...pieces.map((piece) => passthrough.push(piece)), passthrough.end()]
  return Buffer.concat(out).toString('utf8')
}

function splits(bytes: Uint8Array) {
  return fc.uniqueArray(fc.nat({ max: bytes.length }), { maxLength: 12 }).map((points) => {
    const sorted = points.toSorted((a, b) => a - b)
    return [...sorted, bytes.length].map((end, index) => bytes.subarray(sorted[index - 1] ?? 0, end))
  })
}

/** The stream in pieces of whole events, as they come from the network. */
function eventsOf({ dialect, bytes }: Fixture): Uint8Array[] {
  const text = new TextDecoder().decode(bytes)
  const end = dialect === 'ollama' ? '\n' : '\n\n'
  return text
    .split(end)
    .map((event, index, all) => encoder.encode(index < all.length - 1 ? event + end : event))
}

describe('the filter of injected usage', () => {
  const content = (text: string) =>
    `data: {"choices":[{"delta":{"content":${JSON.stringify(text)}}}],"usage":null}\n\n`
  const usage = 'data: {"id":"c","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n'
  const done = 'data: [DONE]\n\n'

  test.each(['\n', '\r\n', '\r'])(
    'drops the one event, however the stream is split (line ends %j)',
    (end) => {
      const kept =
        ': ping\n\ndata: {"choices":[],"prompt_filter_results":[]}\n\n' + content('é 🌍 "choices":[]')
      const before = encoder.encode(`${kept}${usage}${done}`.replaceAll('\n', end))
      const after = `${kept}${done}`.replaceAll('\n', end)
      expect(filter([before])).toBe(after)
      expect(filter(Array.from(before, (byte) => Uint8Array.of(byte)))).toBe(after)
      fc.assert(
        fc.property(splits(before), (pieces) => {
          expect(filter(pieces)).toBe(after)
        }),
      )
    },
  )

  test.each([
    'data: {"id": "c", "choices" : [ ], "usage": {"prompt_tokens": 1}}\n\n',
    'event: chunk\ndata: {"choices":[],\ndata: "usage":{}}\n\n',
  ])('knows the event by what it says: %j', (event) => {
    expect(filter([encoder.encode(content('a') + event + done)])).toBe(content('a') + done)
  })

  test('drops it at the end of a stream without a last blank line', () => {
    expect(filter([encoder.encode(content('a') + usage.trimEnd())])).toBe(content('a'))
  })

  test('gives the very bytes that need no change', () => {
    const bytes = encoder.encode(content('a') + content('b'))
    expect(createPassthroughFilter().push(bytes)).toBe(bytes)
  })

  test('passes every other stream to the byte', () => {
    const documented = allFixtures().filter(({ dialect }) => dialect === 'anthropic-messages')
    const streams = fc.oneof(
      fc.constantFrom(...documented.map(({ bytes }) => bytes)),
      fc.uint8Array({ maxLength: 300 }),
    )
    fc.assert(
      fc.property(
        streams.chain((bytes) => fc.tuple(fc.constant(bytes), splits(bytes))),
        ([bytes, pieces]) => {
          const passthrough = createPassthroughFilter()
          const out = [...pieces.map((piece) => passthrough.push(piece)), passthrough.end()]
          expect(Buffer.concat(out).equals(Buffer.from(bytes))).toBe(true)
        },
      ),
    )
  })

  test('does not keep a large event back, and drops the usage after it all the same', () => {
    const large = content('x'.repeat(100_000))
    const passthrough = createPassthroughFilter()
    const half = encoder.encode(large.slice(0, 60_000))
    expect(passthrough.push(half).length).toBe(half.length)
    const rest = [large.slice(60_000, -1), `\n${usage}`, done].map((piece) =>
      passthrough.push(encoder.encode(piece)),
    )
    expect(Buffer.concat([half, ...rest]).toString()).toBe(large + done)
  })
})

/** What the meter must know, as the decoder knows it. */
function expected(parts: StreamPart[]) {
  const last = parts.at(-1)
  const start = parts.find((part) => part.type === 'response-start')
  return {
    usage: last?.type === 'finish' || last?.type === 'error' ? last.usage : undefined,
    reason: last?.type === 'finish' ? last.reason : undefined,
    error: last?.type === 'error' ? last.error.type : undefined,
    responseId: start?.id || undefined,
  }
}

function measured(dialect: DialectName, pieces: Uint8Array[]) {
  const meter = createMeter(dialect)
  for (const piece of pieces) meter.push(piece)
  const { usage, finishReason, error, responseId } = meter.end()
  return {
    usage: error && usage.missing ? undefined : usage,
    reason: finishReason,
    error: error?.type,
    responseId,
  }
}

describe.each(allFixtures().map((stream) => [`${stream.dialect}/${stream.name}`, stream] as const))(
  'the meter of %s',
  (_, stream) => {
    const { dialect, bytes } = stream
    const parts = decodePieces(dialect, [bytes])

    test('says what the decoder says, event by event', () => {
      expect(measured(dialect, eventsOf(stream))).toEqual(expected(parts))
    })

    test('says the same, however the stream is split', () => {
      fc.assert(
        fc.property(splits(bytes), (pieces) => {
          expect(measured(dialect, pieces)).toEqual(expected(parts))
        }),
        { numRuns: 25 },
      )
    })

    test('counts what was written at least roughly, and once', () => {
      const meter = createMeter(dialect)
      for (const piece of eventsOf(stream)) meter.push(piece)
      const written = parts.flatMap((part) => ('delta' in part ? [part.delta] : [])).join('')
      const { outputBytes } = meter.end()
      expect(outputBytes).toBeGreaterThanOrEqual(Buffer.byteLength(written) * 0.8)
      expect(outputBytes).toBeLessThanOrEqual(Buffer.byteLength(JSON.stringify(written)) * 1.3)
    })
  },
)

describe('the meter', () => {
  test('tells when content has begun and when the stream has ended', () => {
    let now = 0
    const meter = createMeter('anthropic-messages', { now: () => ++now })
    const seen = eventsOf(fixture('anthropic-messages', 'text')).map((event) => {
      meter.push(event)
      return `${meter.hasContent} ${meter.hasEnded}`
    })
    expect([...new Set(seen)]).toEqual(['false false', 'true false', 'true true'])
    expect(meter.end().firstContentAt).toBe(1)
    expect(now).toBe(1)
  })

  test('says that a stream was cut, with what had been written', () => {
    const meter = createMeter('openai-chat')
    for (const event of eventsOf(fixture('openai-chat', 'text')).slice(0, 3)) meter.push(event)
    const { error, usage, outputBytes } = meter.end()
    expect(error?.type).toBe('stream-truncated')
    expect(usage.missing).toBe(true)
    expect(outputBytes).toBeGreaterThan(0)
  })

  test('finds the usage of a long stream whose deltas quote what it looks for', () => {
    const delta = JSON.stringify('"usage":{} "finish_reason":"stop" data: [DONE] "error"')
    const stream = [
      ...Array.from(
        { length: 50 },
        () =>
          `{"id":"c","choices":[{"index":0,"delta":{"content":${delta}},"finish_reason":null}],"usage":null}`,
      ),
      '{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"length"}],"usage":null}',
      '{"id":"c","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":9}}',
      '[DONE]',
    ]
    const pieces = stream.map((data) => encoder.encode(`data: ${data}\n\n`))
    expect(measured('openai-chat', pieces)).toEqual(expected(decodePieces('openai-chat', pieces)))
    expect(measured('openai-chat', pieces).usage?.output.text).toBe(9)
  })

  test.each([
    { message: { content: 'Hi' }, finish_reason: 'stop' },
    { message: { content: 'Hé' }, finish_reason: 'length', index: 0 },
    {
      message: { content: null, tool_calls: [{ id: 't', function: { name: 'f', arguments: '{}' } }] },
      finish_reason: 'stop',
    },
    { message: { content: '', refusal: 'No.' }, finish_reason: 'stop' },
    { message: { content: [{ type: 'text', text: 'Hi' }] }, finish_reason: 'stop' },
    { message: { content: 'Hi', reasoning_content: 'Hm' }, finish_reason: 'strange' },
    { message: { content: 'Hi' } },
  ])('reads of a whole reply what its decoder reads: %j', (choice) => {
    const usage = {
      prompt_tokens: 7,
      completion_tokens: 5,
      completion_tokens_details: { reasoning_tokens: 2 },
    }
    for (const counted of [{ usage }, {}]) {
      const body = JSON.stringify({ id: 'c', model: 'm', choices: [choice], ...counted })
      const finish = finishOf(dialects['openai-chat'].decodeReply(body))
      expect(meterReply('openai-chat', body)).toMatchObject({
        responseId: 'c',
        model: 'm',
        finishReason: finish.reason,
        usage: finish.usage,
      })
    }
  })

  test('reads a whole reply', () => {
    const body =
      '{"id":"c","model":"m","choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":2}}'
    const finish = finishOf(dialects['openai-chat'].decodeReply(body))
    expect(meterReply('openai-chat', body)).toEqual({
      responseId: 'c',
      model: 'm',
      finishReason: finish.reason,
      usage: finish.usage satisfies Usage,
      outputBytes: 2,
    })
    expect(meterReply('openai-chat', '<html>').error?.type).toBe('invalid-response')
  })
})
