import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type AttributeValue,
  type Batch,
  decodeLogs,
  decodeMetrics,
  decodeTraces,
  encodeTraces,
  OtlpFormatError,
  OtlpLimitError,
  type OtlpSpan,
} from './index.ts'

const decoders = [decodeTraces, decodeLogs, decodeMetrics]

/** Decodes, or fails as it may. */
function attempt(body: Uint8Array, encoding: 'protobuf' | 'json'): void {
  for (const decode of decoders) {
    try {
      decode(body, encoding)
    } catch (error) {
      if (!(error instanceof OtlpFormatError)) throw error
      expect(error.message).toMatch(/^[\w.[\]]+: \S/u)
    }
  }
}

const empty = { name: '', version: '', attributes: new Map() }

function spans(count: number, attributes: OtlpSpan['attributes'] = new Map()): Batch<OtlpSpan>[] {
  const span: OtlpSpan = {
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: 'eee19b7ec3c1b174',
    parentSpanId: '',
    traceState: '',
    name: 'work',
    kind: 2,
    startNs: 1n,
    endNs: 2n,
    attributes,
    events: [{ timeNs: 1n, name: 'e', attributes: new Map([['k', 'v']]) }],
    links: [],
    status: { code: 0, message: '' },
    dropped: 0,
  }
  return [
    {
      resource: new Map([['service.name', 'x']]),
      scope: empty,
      records: Array.from({ length: count }, () => span),
    },
  ]
}

const rich = spans(
  2,
  new Map<string, AttributeValue>([
    ['text', 'é'.repeat(100)],
    ['long', 2n ** 60n],
    ['list', [1, 0.5, null, new Map([['deep', [true]]])]],
    ['bytes', new Uint8Array(20)],
  ]),
)

/** Messages in messages, from the outermost field inwards. */
function nest(fields: readonly number[], inner: Uint8Array): Uint8Array {
  return fields.reduceRight<Uint8Array>(
    (body, number) => new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(body).finish(),
    inner,
  )
}

const spanPath = [1, 2, 2]
const json = (value: unknown) => Buffer.from(JSON.stringify(value))
const jsonSpan = (span: unknown) => json({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })
const jsonValue = (value: unknown) => jsonSpan({ attributes: [{ key: 'k', value }] })

describe.each(['protobuf', 'json'] as const)('%s', (encoding) => {
  test('a body that is cut off anywhere is refused or read, never anything else', () => {
    const body = encodeTraces(rich, encoding)
    for (let length = 0; length < body.length; length++) attempt(body.subarray(0, length), encoding)
  })

  test('so is one with bytes changed', () => {
    const body = encodeTraces(rich, encoding)
    const change = fc.tuple(fc.nat(body.length - 1), fc.integer({ min: 0, max: 255 }))
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), (changes) => {
        const changed = body.slice()
        for (const [at, byte] of changes) changed[at] = byte
        attempt(changed, encoding)
      }),
      { numRuns: 2000 },
    )
  })

  test('more spans than the limit are refused', () => {
    const body = encodeTraces(spans(100_001), encoding)
    expect(() => decodeTraces(body, encoding)).toThrow(OtlpLimitError)
    const decoded = decodeTraces(body, encoding, { maxRecords: 100_001 })
    expect(decoded[0]?.records.length).toBe(100_001)
    const three = encodeTraces(spans(3), encoding)
    expect(() => decodeTraces(three, encoding, { maxRecords: 2 })).toThrow(/more than 2 records/u)
  })

  test('so are small messages in great numbers', () => {
    const links =
      encoding === 'json'
        ? jsonSpan({ links: Array.from({ length: 1000 }, () => ({})) })
        : nest(spanPath, manyLinks)
    expect(decodeTraces(links, encoding)[0]?.records[0]?.links).toHaveLength(1000)
    expect(() => decodeTraces(links, encoding, { maxMessages: 900 })).toThrow(/more than 900 messages/u)
  })

  test('values may be nested 12 levels deep, and not 17', () => {
    const nested = (levels: number) => {
      let value: AttributeValue = 'x'
      for (let level = 1; level < levels; level++) value = new Map([['k', value]])
      return encodeTraces(spans(1, new Map([['k', value]])), encoding)
    }
    expect(() => decodeTraces(nested(12), encoding)).not.toThrow()
    expect(() => decodeTraces(nested(17), encoding)).toThrow(/nested more than \d+ levels deep/u)
  })

  test('of attributes of one name the last one counts', () => {
    const pairs = [
      { key: 'a', value: { stringValue: 'first' } },
      { key: 'a', value: { stringValue: 'last' } },
      { key: '__proto__', value: { kvlistValue: { values: [] } } },
    ]
    const pair = (key: string, value: Uint8Array) =>
      nest([9], Buffer.concat([textField(1, key), nest([2], value)]))
    const body =
      encoding === 'json'
        ? jsonSpan({ attributes: pairs })
        : nest(
            spanPath,
            Buffer.concat([
              pair('a', textField(1, 'first')),
              pair('a', textField(1, 'last')),
              pair('__proto__', nest([6], new Uint8Array())),
            ]),
          )
    const attributes = decodeTraces(body, encoding)[0]?.records[0]?.attributes
    expect(attributes).toEqual(
      new Map<string, unknown>([
        ['a', 'last'],
        ['__proto__', new Map()],
      ]),
    )
  })
})

function textField(number: number, value: string): Uint8Array {
  return new BinaryWriter().tag(number, WireType.LengthDelimited).string(value).finish()
}

const manyLinks = Buffer.concat(Array.from({ length: 1000 }, () => nest([13], new Uint8Array())))

describe('protobuf', () => {
  test('an empty body is an empty request', () => {
    for (const decode of decoders) expect(decode(new Uint8Array(), 'protobuf')).toEqual([])
  })

  test('random bytes are refused or read', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (body) => attempt(body, 'protobuf')),
      { numRuns: 3000 },
    )
  })

  test('values nested without end are refused, in lists and in maps', () => {
    for (const step of [
      [5, 1],
      [6, 1, 2],
    ]) {
      const path = Array.from({ length: 2000 }, () => step).flat()
      const body = nest([...spanPath, 9, 2, ...path], new Uint8Array())
      expect(() => decodeTraces(body, 'protobuf')).toThrow(/nested more than 16 levels deep/u)
    }
  })

  test('unknown fields are passed over, unless they are groups nested without end', () => {
    const unknown = new BinaryWriter()
      .tag(900, WireType.Varint)
      .uint32(1)
      .tag(901, WireType.LengthDelimited)
      .string('x')
      .tag(902, WireType.Bit64)
      .fixed64(1n)
      .tag(903, WireType.Bit32)
      .fixed32(1)
      .tag(904, WireType.StartGroup)
      .tag(904, WireType.EndGroup)
      .finish()
    const body = nest(spanPath, Buffer.concat([unknown, textField(5, 'n')]))
    expect(decodeTraces(body, 'protobuf')[0]?.records[0]?.name).toBe('n')
    const groups = new Uint8Array(1_000_000).fill((20 << 3) | 3)
    groups.forEach((_, at) => at % 2 && (groups[at] = 1))
    expect(() => decodeTraces(groups, 'protobuf')).toThrow(OtlpFormatError)
  })

  test('varints of more than ten bytes are refused', () => {
    const endless = new Uint8Array(100).fill(0xff)
    for (const body of [
      endless,
      Uint8Array.from([0x0a, ...endless]),
      nest(spanPath, Uint8Array.from([0x30, ...endless])),
      nest([...spanPath, 9, 2], Uint8Array.from([0x18, ...endless])),
    ]) {
      expect(() => decodeTraces(body, 'protobuf')).toThrow(OtlpFormatError)
    }
  })

  test('the wrong wire type is refused by name', () => {
    const body = nest(spanPath, new BinaryWriter().tag(7, WireType.Varint).uint32(1).finish())
    expect(() => decodeTraces(body, 'protobuf')).toThrow(
      'resourceSpans[0].scopeSpans[0].spans[0].startTimeUnixNano: has the wrong wire type 0',
    )
  })

  test('a field may not run past the message that holds it', () => {
    const cut = Uint8Array.from([0x2a, 5, 0x61])
    const body = Buffer.concat([nest(spanPath, cut), nest([1], new Uint8Array())])
    expect(() => decodeTraces(body, 'protobuf')).toThrow(/spans\[0\].*cut off/u)
  })

  test('what is no UTF-8 becomes U+FFFD', () => {
    const name = new BinaryWriter()
      .tag(5, WireType.LengthDelimited)
      .bytes(Uint8Array.from([0x61, 0xff]))
      .finish()
    expect(decodeTraces(nest(spanPath, name), 'protobuf')[0]?.records[0]?.name).toBe('a\uFFFD')
  })

  test('numbers in a row may be packed or not', () => {
    const counts = new BinaryWriter()
    for (const count of [1n, 2n]) counts.tag(6, WireType.Bit64).fixed64(count)
    counts.tag(7, WireType.LengthDelimited).fork().double(0.5).join()
    const body = nest([1, 2, 2, 9, 1], counts.finish())
    const point = decodeMetrics(body, 'protobuf')[0]?.records[0]?.points[0]
    expect(point?.distribution).toMatchObject({ bounds: [0.5], counts: [1, 2] })
    const cut = nest([1, 2, 2, 9, 1], nest([6], new Uint8Array(9)))
    expect(() => decodeMetrics(cut, 'protobuf')).toThrow(/bucketCounts: is cut off/u)
  })

  test('numbers of enums that are not known count as unspecified', () => {
    const kind = new BinaryWriter().tag(6, WireType.Varint).int32(-1).finish()
    expect(decodeTraces(nest(spanPath, kind), 'protobuf')[0]?.records[0]?.kind).toBe(0)
  })
})

describe('json', () => {
  test('values of the wrong kind are refused, with their place', () => {
    const place = 'resourceSpans[0].scopeSpans[0].spans[0]'
    const refused: [Uint8Array, string][] = [
      [Buffer.from(''), 'body: is not valid JSON'],
      [json([]), 'body: must be an object'],
      [json({ resourceSpans: {} }), 'resourceSpans: must be an array'],
      [json({ resourceSpans: [null] }), 'resourceSpans[0]: must be an object'],
      [jsonSpan({ startTimeUnixNano: 'soon' }), `${place}.startTimeUnixNano: must be a whole number`],
      [jsonSpan({ startTimeUnixNano: 1.5 }), `${place}.startTimeUnixNano: must be a whole number`],
      [jsonSpan({ endTimeUnixNano: '-1' }), `${place}.endTimeUnixNano: must be a whole number from 0 to `],
      [jsonSpan({ endTimeUnixNano: '18446744073709551616' }), 'must be a whole number from 0 to '],
      [jsonSpan({ endTimeUnixNano: '9'.repeat(1_000_000) }), 'must be a whole number'],
      [jsonSpan({ kind: 'SPAN_KIND_WAITER' }), `${place}.kind: must be a whole number`],
      [jsonSpan({ traceId: 'abc' }), `${place}.traceId: must be an even number of hexadecimal digits`],
      [jsonSpan({ traceId: 'W47/95gDgQPSabYzgT/GDA==' }), 'hexadecimal'],
      [jsonSpan({ name: 1 }), `${place}.name: must be a string`],
      [jsonSpan({ events: [{}, { name: [] }] }), `${place}.events[1].name: must be a string`],
      [jsonSpan({ droppedLinksCount: 2 ** 32 }), 'must be a whole number from 0 to 4294967295'],
      [jsonValue({ intValue: '9223372036854775808' }), `${place}.attributes[0].value.intValue: must be`],
      [jsonValue({ bytesValue: 'a' }), 'must be base64'],
      [jsonValue({ bytesValue: '*' }), 'must be base64'],
      [jsonValue({ boolValue: 'true' }), 'must be true or false'],
      [
        Buffer.from('{"resourceSpans":[{"resource":{"attributes":[{"value":{"doubleValue":1e999}}]}}]}'),
        'must be a number',
      ],
      [jsonValue({ doubleValue: '1,5' }), 'must be a number of at most 64 bits'],
    ]
    for (const [body, message] of refused) {
      expect(() => decodeTraces(body, 'json')).toThrow(OtlpFormatError)
      expect(() => decodeTraces(body, 'json')).toThrow(message)
    }
  })

  test('nesting without end is refused before it is parsed, wherever it stands', () => {
    for (const bracket of ['[', '{"a":']) {
      expect(() => decodeTraces(Buffer.from(bracket.repeat(1_000_000)), 'json')).toThrow(/64 levels/u)
    }
    const quoted = json({ resourceSpans: [], x: '[{\\"'.repeat(1000) })
    expect(decodeTraces(quoted, 'json')).toEqual([])
    expect(() => decodeTraces(json({ x: JSON.parse('['.repeat(64) + ']'.repeat(64)) }), 'json')).toThrow(
      /64 levels/u,
    )
    expect(decodeTraces(json({ x: JSON.parse('['.repeat(63) + ']'.repeat(63)) }), 'json')).toEqual([])
  })

  test('lists nested 17 levels deep are refused', () => {
    const nested = (levels: number): unknown =>
      levels === 1 ? { stringValue: 'x' } : { arrayValue: { values: [nested(levels - 1)] } }
    expect(() => decodeTraces(jsonValue(nested(16)), 'json')).not.toThrow()
    expect(() => decodeTraces(jsonValue(nested(17)), 'json')).toThrow(/16 levels/u)
  })

  test('__proto__ as a member changes nothing', () => {
    const body = Buffer.from('{"__proto__":{"resourceSpans":[{}]},"constructor":1,"toString":2}')
    expect(decodeTraces(body, 'json')).toEqual([])
  })
})
