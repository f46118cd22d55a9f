import { WireType } from '@bufbuild/protobuf/wire'
import type { Kind } from './kind.ts'
import type { Progress } from './progress.ts'
import type { ProtoSource } from './proto-source.ts'

/**
 * The types of single values. JSON mapping: https://protobuf.dev/programming-guides/json/, with OTLP's exceptions:
 * identifiers are hexadecimal, https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */

export const text: Kind<string> = {
  wires: [WireType.LengthDelimited],
  fromProto: (source) => source.text(),
  fromJson: (value, progress) => (typeof value === 'string' ? value : progress.fail('must be a string')),
}

/** Bytes as lower-case hexadecimal digits. */
export const hex: Kind<string> = {
  wires: [WireType.LengthDelimited],
  fromProto: (source) => source.hex(),
  fromJson(value, progress) {
    if (typeof value !== 'string' || value.length % 2 !== 0 || !hexDigits.test(value)) {
      return progress.fail('must be an even number of hexadecimal digits')
    }
    return value.toLowerCase()
  },
}

const hexDigits = /^[0-9a-f]*$/iu

export const bytes: Kind<Uint8Array> = {
  wires: [WireType.LengthDelimited],
  fromProto: (source) => source.copy(),
  fromJson(value, progress) {
    const digits = typeof value === 'string' ? base64Digits.exec(value)?.[1] : undefined
    if (digits === undefined || digits.length % 4 === 1) return progress.fail('must be base64')
    return Uint8Array.from(Buffer.from(digits, 'base64'))
  },
}

/** Of either alphabet, padded or not. */
const base64Digits = /^([\w+/-]*)={0,2}$/u

export const bool: Kind<boolean> = {
  wires: [WireType.Varint],
  fromProto: (source) => source.reader.bool(),
  fromJson: (value, progress) =>
    typeof value === 'boolean' ? value : progress.fail('must be true or false'),
}

export const double: Kind<number> = {
  wires: [WireType.Bit64],
  fromProto: (source) => source.reader.double(),
  fromJson(value, progress) {
    const special = typeof value === 'string' ? specialDoubles.get(value) : undefined
    if (special !== undefined) return special
    const isNumber = typeof value === 'number' || typeof value === 'bigint'
    const isDecimal = typeof value === 'string' && decimal.test(value)
    const number = isNumber || isDecimal ? Number(value) : Number.NaN
    return Number.isFinite(number) ? number : progress.fail('must be a number of at most 64 bits')
  },
}

/** What JSON has no numbers for. */
const specialDoubles: ReadonlyMap<string, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])

const decimal = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/u

/** A moment: nanoseconds since 1970. */
export const fixed64: Kind<bigint> = {
  wires: [WireType.Bit64],
  fromProto: (source) => source.fixed64(),
  fromJson: (value, progress) => wholeNumber(value, unsigned64, progress),
}

/** How often something was seen; beyond 2^53 to the nearest `number`. */
export const count: Kind<number> = {
  wires: [WireType.Bit64],
  fromProto: (source) => Number(source.fixed64()),
  fromJson: (value, progress) => Number(wholeNumber(value, unsigned64, progress)),
}

/** The same, of the buckets of exponential histograms. */
export const varintCount: Kind<number> = {
  wires: [WireType.Varint],
  fromProto: (source) => Number(source.reader.uint64()),
  fromJson: (value, progress) => count.fromJson(value, progress),
}

export const int64 = integer(WireType.Varint, (source) => BigInt(source.reader.int64()))
export const sfixed64 = integer(WireType.Bit64, (source) => source.sfixed64())

export const uint32: Kind<number> = {
  wires: [WireType.Varint],
  fromProto: (source) => source.reader.uint32(),
  fromJson: (value, progress) => Number(wholeNumber(value, unsigned32, progress)),
}

export const sint32: Kind<number> = {
  wires: [WireType.Varint],
  fromProto: (source) => source.reader.sint32(),
  fromJson: (value, progress) => Number(wholeNumber(value, signed32, progress)),
}

/**
 * One of numbered names. A number without a name counts as 0, since later versions of OTLP may add some.
 * `names` begins with that of 0.
 */
export function enumOf<const N extends number>(names: readonly string[]): Kind<N> {
  // Numbers below the count of names are what the caller has declared as N.
  const known = (number: number) => (number >= 0 && number < names.length ? number : 0) as N
  return {
    wires: [WireType.Varint],
    fromProto: (source) => known(source.reader.int32()),
    fromJson(value, progress) {
      const named = typeof value === 'string' ? names.indexOf(value) : -1
      return known(named >= 0 ? named : Number(wholeNumber(value, signed32, progress)))
    },
  }
}

/** A whole number, as `number` while it is safe. */
function integer(wire: WireType, read: (source: ProtoSource) => bigint): Kind<number | bigint> {
  return {
    wires: [wire],
    fromProto: (source) => shortest(read(source)),
    fromJson(value, progress) {
      if (Number.isSafeInteger(value)) return Number(value)
      return shortest(wholeNumber(value, signed64, progress))
    },
  }
}

function shortest(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
}

interface Range {
  readonly min: bigint
  readonly max: bigint
}

const unsigned64: Range = { min: 0n, max: 2n ** 64n - 1n }
const signed64: Range = { min: -(2n ** 63n), max: 2n ** 63n - 1n }
const unsigned32: Range = { min: 0n, max: 2n ** 32n - 1n }
const signed32: Range = { min: -(2n ** 31n), max: 2n ** 31n - 1n }

/** Long digits are refused before they are read, since reading them takes more than linear time. */
const wholeDigits = /^-?\d{1,20}$/u

function wholeNumber(value: unknown, { min, max }: Range, progress: Progress): bigint {
  const whole =
    typeof value === 'bigint' ||
    (typeof value === 'string' && wholeDigits.test(value)) ||
    (typeof value === 'number' && Number.isInteger(value))
  if (!whole) return progress.fail('must be a whole number')
  const number = BigInt(value)
  return number >= min && number <= max
    ? number
    : progress.fail(`must be a whole number from ${min} to ${max}`)
}
