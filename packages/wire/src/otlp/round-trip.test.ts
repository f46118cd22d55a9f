import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Attributes,
  type AttributeValue,
  type Batch,
  decodeTraces,
  encodeTraces,
  type OtlpSpan,
} from './index.ts'

const text = fc.string({ unit: 'binary', maxLength: 40 })
const ns = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const hexOf = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((array) => Buffer.from(array).toString('hex'))

const longInteger = fc
  .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  .filter((value) => !Number.isSafeInteger(Number(value)))

const key = fc.oneof({ weight: 9, arbitrary: text }, { weight: 1, arbitrary: fc.constant('__proto__') })

const { value, attributes } = fc.letrec<{ value: AttributeValue; attributes: Attributes }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.double(),
    fc.constant(null),
    longInteger,
    fc.uint8Array({ maxLength: 20 }),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('attributes'),
  ),
  attributes: fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map((pairs) => new Map(pairs)),
}))

const span: fc.Arbitrary<OtlpSpan> = fc.record({
  traceId: hexOf(16),
  spanId: hexOf(8),
  parentSpanId: fc.oneof(hexOf(8), fc.constant('')),
  traceState: text,
  name: text,
  kind: fc.constantFrom(0, 1, 2, 3, 4, 5),
  startNs: ns,
  endNs: ns,
  attributes,
  events: fc.array(fc.record({ timeNs: ns, name: text, attributes }), { maxLength: 3 }),
  links: fc.array(fc.record({ traceId: hexOf(16), spanId: hexOf(8), attributes }), { maxLength: 3 }),
  status: fc.record({ code: fc.constantFrom(0, 1, 2), message: text }),
  dropped: fc.nat(),
})

const batches: fc.Arbitrary<Batch<OtlpSpan>[]> = fc.array(
  fc.record({
    resource: attributes,
    scope: fc.record({ name: text, version: text, attributes }),
    records: fc.array(span, { minLength: 1, maxLength: 3 }),
  }),
  { maxLength: 3 },
)

describe.each(['protobuf', 'json'] as const)('%s', (encoding) => {
  test('what is written is read again', () => {
    fc.assert(
      fc.property(batches, (written) => {
        expect(decodeTraces(encodeTraces(written, encoding), encoding)).toEqual(written)
      }),
    )
  })

  test('values at the edges', () => {
    const edges = new Map<string, AttributeValue>([
      ['', ''],
      ['byte order mark', '\uFEFFx'],
      ['not a number', Number.NaN],
      ['minus zero', -0],
      ['endless', Number.NEGATIVE_INFINITY],
      ['largest safe', Number.MAX_SAFE_INTEGER],
      ['above it', 2n ** 53n],
      ['largest', 2n ** 63n - 1n],
      ['least', -(2n ** 63n)],
      ['large without fraction', 12_345_678_901_234_567_000],
      ['many digits', 0.12345678901234568],
      ['empty', [new Map(), [], new Uint8Array()]],
    ])
    const [example] = fc.sample(span, { numRuns: 1, seed: 1 })
    if (!example) throw new Error('no example')
    const scope = { name: '', version: '', attributes: new Map() }
    const written = [{ resource: new Map(), scope, records: [{ ...example, attributes: edges }] }]
    expect(decodeTraces(encodeTraces(written, encoding), encoding)).toEqual(written)
  })

  test('an integer of more than 64 bits is not written', () => {
    const scope = { name: '', version: '', attributes: new Map() }
    const written = [{ resource: new Map([['large', 2n ** 63n]]), scope, records: [] }]
    expect(() => encodeTraces(written, encoding)).toThrow(/invalid int64/u)
  })
})

test('values are generated at all depths', () => {
  const samples = fc.sample(value, { numRuns: 200, seed: 7 })
  expect(samples.some((sample) => Array.isArray(sample))).toBe(true)
  expect(samples.some((sample) => sample instanceof Map)).toBe(true)
})
