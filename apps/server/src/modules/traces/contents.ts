import type { AttributeValue, Attributes, Origin } from '@atrium/wire/otlp'
import { bounded } from './bounded.ts'
import type { Redactor } from './redaction/index.ts'

/** Names and values with each attribute of its own: names come from strangers and may be any. */
export type Pairs = readonly (readonly [name: string, value: unknown])[]

/** Attributes of one thing that are kept. */
export const mostAttributes = 2000
/** Characters of a column: names, models, sessions. */
const columnChars = 256
/** Of a text that becomes a column, so much is redacted before it is cut. */
const redactedChars = 4096

/** A text that becomes a column: redacted, short, and such that PostgreSQL can hold it. Null for none. */
export function column(text: string | null, redactor: Redactor): string | null {
  if (text === null || text === '') return null
  // Cut before, half of a key might be left that nobody takes for one.
  const { text: redacted } = redactor.text(text.slice(0, redactedChars))
  return storable(redacted.slice(0, columnChars))
}

/** PostgreSQL holds neither NUL nor half of a surrogate pair. */
export const storable = (text: string): string =>
  (text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text).toWellFormed()

/** Eight bytes in hexadecimal as a signed number. */
export const signed = (hex: string): string => BigInt.asIntN(64, BigInt(`0x${hex}`)).toString()

/** Where the records of a batch come from, and what of it is stored with each of them. */
export interface Source {
  readonly origin: Origin
  readonly shown: { readonly resource: Pairs; readonly scope: unknown }
}

export function sourceOf(origin: Origin, redactor: Redactor): Source {
  const scope = redactor.value({ name: origin.scope.name, version: origin.scope.version })
  return { origin, shown: { resource: attributesOf(origin.resource, redactor), scope } }
}

/** Attributes as they are stored: redacted, and not too many. */
export const attributesOf = (attributes: Attributes, redactor: Redactor): [string, unknown][] =>
  attributes.size === 0 ? [] : pairsOf(cleaned(attributes, redactor))

/** Attributes that are redacted and not too many. They are redacted as a map: a name tells what its value is. */
export function cleaned(attributes: Attributes, redactor: Redactor): Attributes {
  const first =
    attributes.size <= mostAttributes ? attributes : new Map([...attributes].slice(0, mostAttributes))
  // A map comes back as a map.
  return redactor.value(bounded(first)) as Attributes
}

const pairsOf = (attributes: Attributes): [string, unknown][] =>
  [...attributes].map(([name, value]) => [name, plain(value)])

/** A value as JSON has it: bytes in base64, numbers that JSON cannot hold as text, maps as pairs. */
export function plain(value: AttributeValue): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Map) return { pairs: pairsOf(value as Attributes) }
  return (value as readonly AttributeValue[]).map(plain)
}
