import type { AttributeValue } from '@atrium/wire/otlp'

/** What lies deeper is kept as it was sent: it would overflow the stack of whoever writes it as JSON. */
const MAX_DEPTH = 100
const MAX_TOKENS = 1e12
/** No span lasts longer before its first token; also keeps the nanoseconds within a safe number. */
const MAX_FIRST_TOKEN_S = 86_400
/** A billion dollars; also keeps the amount within 64 bits. */
const MAX_COST_NANO_USD = 10n ** 18n

/** Readers give undefined for what they cannot read; the attribute then stays as it was sent. */
export type Read<T> = (value: AttributeValue) => T | undefined

/** A name or an id; numbers as their digits. */
export function text(value: AttributeValue): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  if (typeof value === 'bigint') return String(value)
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined
}

/** Anything but nothing and what is nested too deep. */
export function raw(value: AttributeValue): AttributeValue | undefined {
  return value === '' || plain(value) === undefined ? undefined : value
}

/** A whole number of tokens up to 10¹², also as digits. */
export function count(value: unknown): number | undefined {
  if (typeof value === 'string') return /^\d{1,13}$/.test(value) ? count(Number(value)) : undefined
  if (typeof value === 'bigint') return value >= 0n && value <= BigInt(MAX_TOKENS) ? Number(value) : undefined
  if (typeof value !== 'number' || !Number.isInteger(value)) return undefined
  return value >= 0 && value <= MAX_TOKENS ? Math.abs(value) : undefined
}

/** Seconds in nanoseconds. */
export function seconds(value: AttributeValue): bigint | undefined {
  const amount = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof amount !== 'number' && typeof amount !== 'bigint') return undefined
  const inSeconds = Number(amount)
  return inSeconds >= 0 && inSeconds <= MAX_FIRST_TOKEN_S ? BigInt(Math.round(inSeconds * 1e9)) : undefined
}

/** Milliseconds in nanoseconds. */
export function milliseconds(value: AttributeValue): bigint | undefined {
  return typeof value === 'number' || typeof value === 'bigint' ? seconds(Number(value) / 1000) : undefined
}

/** Dollars in nano-dollars, read from their decimal text so that no binary fraction creeps in; halves go up. */
export function dollars(value: unknown): bigint | undefined {
  if (typeof value !== 'number' && typeof value !== 'string' && typeof value !== 'bigint') return undefined
  const parts = /^(\d{0,40})(?:\.(\d{0,40}))?(?:e([+-]?\d{1,3}))?$/i.exec(String(value))
  if (parts === null) return undefined
  const [, whole = '', fraction = '', exponent = '0'] = parts
  if (whole + fraction === '') return undefined
  const digits = BigInt(whole + fraction)
  const shift = Number(exponent) - fraction.length + 9
  const nano = shift >= 0 ? digits * 10n ** BigInt(shift) : rounded(digits, 10n ** BigInt(-shift))
  return nano <= MAX_COST_NANO_USD ? nano : undefined
}

/** A moment as ISO 8601, bare or as a JSON string, in nanoseconds since 1970. */
export function moment(value: AttributeValue): bigint | undefined {
  if (typeof value !== 'string' || value.length > 64) return undefined
  const ms = Date.parse(value.replaceAll('"', ''))
  return Number.isNaN(ms) ? undefined : BigInt(ms) * 1_000_000n
}

/** Structure out of JSON or out of a structured attribute; any other text as it is. */
export function structure(value: AttributeValue): unknown {
  if (typeof value === 'string') return value === '' ? undefined : (fromJson(value) ?? value)
  return plain(value)
}

/** The object or array that a text of JSON holds; undefined for anything else and for what is nested too deep. */
export function fromJson(json: string): object | undefined {
  const first = json.trimStart().charCodeAt(0)
  if (first !== 0x7b && first !== 0x5b) return undefined
  try {
    const value: unknown = JSON.parse(json)
    return isObject(value) && !deeper(value, MAX_DEPTH) ? value : undefined
  } catch {
    return undefined
  }
}

/**
 * An attribute as JSON would have it: maps as objects, bytes as base64, whole numbers beyond the safe ones as
 * digits. Undefined for null and for what is nested too deep.
 */
export function plain(value: AttributeValue): unknown {
  if (value === null || value === undefined) return undefined
  return deeper(value, MAX_DEPTH) ? undefined : plainInside(value)
}

/** An object that is no array. Its keys come from strangers: ask it with `own`. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return isObject(value) && !Array.isArray(value)
}

/** What an object itself holds under a key, never what it inherits. */
export function own(record: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined
}

/** The first of the keys under which an object holds anything but null. */
export function firstOf(record: Record<string, unknown>, keys: readonly string[]): unknown {
  for (const key of keys) {
    const value = own(record, key)
    if (value !== undefined && value !== null) return value
  }
  return undefined
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function plainInside(value: AttributeValue): unknown {
  if (typeof value === 'bigint') return String(value)
  if (!isObject(value)) return value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, inner]) => [key, plainInside(inner)]))
  }
  return Array.isArray(value) ? value.map(plainInside) : value
}

function deeper(value: unknown, levels: number): boolean {
  if (!isObject(value) || value instanceof Uint8Array) return false
  if (levels === 0) return true
  for (const inner of childrenOf(value)) {
    if (isObject(inner) && deeper(inner, levels - 1)) return true
  }
  return false
}

function childrenOf(value: object): Iterable<unknown> {
  if (Array.isArray(value)) return value
  return value instanceof Map ? value.values() : Object.values(value)
}

function rounded(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor / 2n) / divisor
}
