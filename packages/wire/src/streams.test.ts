import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allFixtures, decodePieces, type Fixture } from '../testing/streams.ts'
import { dialectNames, dialects, type StreamPart } from './index.ts'

const fixtures = allFixtures()
const newlines = { CRLF: '\r\n', CR: '\r' } as const

describe.each(fixtures.map((fixture) => [`${fixture.dialect}/${fixture.name}`, fixture] as const))(
  '%s',
  (_, fixture) => {
    const whole = decodePieces(fixture.dialect, [fixture.bytes])
    // Compared as text, which is much quicker than part by part.
    const spelled = JSON.stringify(whole)

    test('gives the same parts at every split point', () => {
      for (let at = 0; at <= fixture.bytes.length; at += 1) {
        const pieces = [fixture.bytes.subarray(0, at), fixture.bytes.subarray(at)]
        expect(JSON.stringify(decodePieces(fixture.dialect, pieces))).toBe(spelled)
      }
    })

    test('gives the same parts byte by byte', () => {
      expect(decodePieces(fixture.dialect, bytewise(fixture.bytes))).toEqual(whole)
    })

    test.each(Object.entries(newlines))(
      'gives the same parts with %s, however it is split',
      (_name, newline) => {
        const text = new TextDecoder().decode(fixture.bytes).replaceAll('\n', newline)
        const bytes = new TextEncoder().encode(`\uFEFF${text}`)
        expect(decodePieces(fixture.dialect, [bytes])).toEqual(whole)
        expect(decodePieces(fixture.dialect, bytewise(bytes))).toEqual(whole)
        fc.assert(
          fc.property(splits(bytes), (pieces) => {
            expect(JSON.stringify(decodePieces(fixture.dialect, pieces))).toBe(spelled)
          }),
          { numRuns: 25 },
        )
      },
    )

    test('keeps the order of a reply', () => expectWellFormed(whole))

    test('ends exactly once wherever the provider cuts it', () => {
      for (let at = 0; at < fixture.bytes.length; at += 1) {
        const parts = decodePieces(fixture.dialect, [fixture.bytes.subarray(0, at)])
        expectWellFormed(parts)
        const last = parts.at(-1)
        if (last?.type === 'error' && at < lastLineOf(fixture)) {
          expect(['stream-truncated', 'overloaded', 'server-error']).toContain(last.error.type)
        }
      }
    })
  },
)

describe.each(dialectNames)('%s, given anything at all,', (dialect) => {
  const bytes = fixtures.filter((fixture) => fixture.dialect === dialect).map((fixture) => fixture.bytes)

  test('never throws and ends exactly once on random bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (pieces) => {
        expectWellFormed(decodePieces(dialect, pieces))
      }),
    )
  })

  test('never throws and ends exactly once on events of random JSON', () => {
    fc.assert(
      fc.property(fc.array(fc.json(), { maxLength: 8 }), (values) => {
        expectWellFormed(decodePieces(dialect, [framed(dialect, values)]))
      }),
    )
  })

  test('never throws and ends exactly once when a documented stream is damaged', () => {
    const damage = fc.record({
      stream: fc.constantFrom(...bytes),
      at: fc.nat(),
      cut: fc.nat({ max: 40 }),
      insert: fc.oneof(
        fc.string({ maxLength: 20 }),
        fc.constantFrom('null', '"__proto__":{}', '[', '{}', '-1'),
      ),
    })
    fc.assert(
      fc.property(damage, ({ stream, at, cut, insert }) => {
        const position = at % stream.length
        const pieces = [
          stream.subarray(0, position),
          new TextEncoder().encode(insert),
          stream.subarray(position + cut),
        ]
        expectWellFormed(decodePieces(dialect, pieces))
      }),
      { numRuns: 500 },
    )
  })

  test('never throws when members of documented events have other types', () => {
    const streams = bytes.map((stream) => eventsOf(new TextDecoder().decode(stream)))
    fc.assert(
      fc.property(fc.constantFrom(...streams), fc.nat(), fc.json(), (events, at, junk) => {
        const values = events.map((event) => replaceNth(event, at, junk))
        expectWellFormed(decodePieces(dialect, [framed(dialect, values)]))
      }),
      { numRuns: 500 },
    )
  })

  test('never throws on a whole reply, an error or a list of models', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), fc.integer({ min: 300, max: 599 }), (body, status) => {
        expectWellFormed(dialects[dialect].decodeReply(body))
        expect(dialects[dialect].decodeError(status, {}, body).message).toBeTypeOf('string')
        expect(dialects[dialect].decodeModelList(body).ok).toBeTypeOf('boolean')
      }),
    )
  })

  test('refuses an event beyond the size limit instead of keeping it', () => {
    const decoder = dialects[dialect].createStreamDecoder({ maxEventBytes: 1000 })
    const piece = new TextEncoder().encode(`data: ${'x'.repeat(200)}`)
    const parts = Array.from({ length: 10 }, () => decoder.push(piece)).flat()
    expect(parts).toMatchObject([{ type: 'error', error: { type: 'invalid-response' } }])
    expect(decoder.end()).toEqual([])
  })

  test('says invalid-response for a page of HTML and for half an event', () => {
    const html = decodePieces(dialect, [new TextEncoder().encode('<html>\n<body>Bad gateway</body>\n')])
    expect(html).toMatchObject([{ type: 'error', error: { type: 'invalid-response' } }])
    const half = decodePieces(dialect, [new TextEncoder().encode('data: {"a\n\n')])
    expect(half).toMatchObject([{ type: 'error', error: { type: 'invalid-response' } }])
  })

  test('says that an empty stream was cut', () => {
    expect(decodePieces(dialect, [])).toMatchObject([
      {
        type: 'error',
        error: { type: 'stream-truncated', message: 'provider cut mid-stream', retryable: true },
      },
    ])
  })

  test('leaves prototypes alone', () => {
    const events = bytes.flatMap((stream) => eventsOf(new TextDecoder().decode(stream)))
    const poisoned = events.map((event) =>
      event.replace('{', '{"__proto__":{"polluted":1},"constructor":{"x":1},'),
    )
    decodePieces(dialect, [framed(dialect, poisoned)])
    expect(Object.keys(Object.prototype)).toEqual([])
    expect('polluted' in {}).toBe(false)
  })
})

function expectWellFormed(parts: StreamPart[]): void {
  const terminals = parts.filter((part) => part.type === 'finish' || part.type === 'error')
  expect(terminals).toHaveLength(1)
  expect(parts.at(-1)).toBe(terminals[0])
  expect(parts.filter((part) => part.type === 'response-start').length).toBeLessThanOrEqual(1)
  const calls = parts.flatMap((part) => (part.type === 'tool-call' ? [part.id] : []))
  expect(new Set(calls).size).toBe(calls.length)
  const open = new Set<string>()
  for (const part of parts) {
    const match = /^(text|reasoning|tool-input)-(start|delta|end)$/u.exec(part.type)
    if (!match || !('id' in part)) continue
    const key = `${match[1]} ${part.id}`
    if (match[2] === 'start') {
      expect(open.has(key)).toBe(false)
      open.add(key)
    } else {
      expect(open.has(key)).toBe(true)
      if (match[2] === 'end') open.delete(key)
    }
  }
  if (terminals[0]?.type === 'finish') expect([...open]).toEqual([])
}

function bytewise(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (byte) => Uint8Array.of(byte))
}

function splits(bytes: Uint8Array) {
  return fc.uniqueArray(fc.nat({ max: bytes.length }), { maxLength: 12 }).map((points) => {
    const sorted = points.toSorted((a, b) => a - b)
    return [...sorted, bytes.length].map((end, index) => bytes.subarray(sorted[index - 1] ?? 0, end))
  })
}

function lastLineOf({ bytes }: Fixture): number {
  return new TextDecoder().decode(bytes).trimEnd().lastIndexOf('\n')
}

function eventsOf(stream: string): string[] {
  return stream
    .split('\n')
    .map((line) => line.replace(/^data: /u, ''))
    .filter((line) => line.startsWith('{'))
}

function framed(dialect: string, values: string[]): Uint8Array {
  const lines = values.map((value) => (dialect === 'ollama' ? `${value}\n` : `data: ${value}\n\n`))
  return new TextEncoder().encode(lines.join(''))
}

/** Puts `junk` in the place of the nth value of the event. */
function replaceNth(event: string, nth: number, junk: string): string {
  const values = [...event.matchAll(/(?<=":)(?:"[^"]*"|[\d.]+|null|true|false)/gu)]
  const match = values[nth % Math.max(1, values.length)]
  return match ? event.slice(0, match.index) + junk + event.slice(match.index + match[0].length) : event
}
