import { isUtf8 } from 'node:buffer'
import { markOf } from './findings.ts'
import type { TextRedactor } from './redactor.ts'
import type { RuleName } from './rules.ts'
import type { SensitiveNames } from './sensitive-names.ts'

/** Levels of arrays, objects and maps; what lies deeper is taken out as a whole. */
const deepest = 64
/** Numbers of fewer digits are no cards. */
const smallestCard = 1e12

/** Redacts trees of JSON-like values: strings, arrays, plain objects, maps, bytes. */
export const createValueRedactor =
  (redactText: TextRedactor, isSensitive: SensitiveNames | undefined) =>
  (value: unknown, counts: Map<RuleName, number> = new Map()): unknown =>
    new Walk(redactText, isSensitive, counts).visit(value, '', 0)

class Walk {
  readonly #redactText: TextRedactor
  readonly #isSensitive: SensitiveNames | undefined
  readonly #counts: Map<RuleName, number>

  constructor(
    redactText: TextRedactor,
    isSensitive: SensitiveNames | undefined,
    counts: Map<RuleName, number>,
  ) {
    this.#redactText = redactText
    this.#isSensitive = isSensitive
    this.#counts = counts
  }

  /** @param name of the nearest field that the value belongs to */
  visit(value: unknown, name: string, depth: number): unknown {
    if (typeof value === 'string') return this.#text(value, name)
    if (typeof value === 'number' || typeof value === 'bigint') return this.#number(value)
    if (typeof value !== 'object' || value === null) return value
    if (value instanceof Uint8Array) return this.#bytes(value)
    if (!Array.isArray(value) && !(value instanceof Map) && !isPlain(value)) return value
    if (depth >= deepest) return this.#mark('depth')
    if (Array.isArray(value)) return this.#list(value, name, depth)
    if (value instanceof Map) return this.#map(value, depth)
    return this.#record(value, depth)
  }

  #text(text: string, name: string): string {
    const { text: redacted, found } = this.#redactText(text, name)
    if (found) for (const [rule, count] of found) this.#count(rule, count)
    return redacted
  }

  /** Only cards: other numbers are counts, sizes and times far more often than they are what their digits allow. */
  #number(value: number | bigint): unknown {
    if (value < smallestCard) return value
    const { text, found } = this.#redactText(String(value))
    return found?.has('card') && found.size === 1 ? this.#counted('card', text) : value
  }

  #bytes(bytes: Uint8Array): Uint8Array {
    const encoding = isUtf8(bytes) ? 'utf8' : 'latin1'
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(encoding)
    const redacted = this.#text(text, '')
    return redacted === text ? bytes : new Uint8Array(Buffer.from(redacted, encoding))
  }

  #list(list: readonly unknown[], name: string, depth: number): readonly unknown[] {
    let copy: unknown[] | undefined
    for (const [index, entry] of list.entries()) {
      const redacted = this.visit(entry, name, depth + 1)
      if (redacted !== entry) (copy ??= [...list])[index] = redacted
    }
    return copy ?? list
  }

  #map(map: ReadonlyMap<unknown, unknown>, depth: number): ReadonlyMap<unknown, unknown> {
    const entries = this.#entries([...map], depth)
    return entries ? new Map(entries) : map
  }

  #record(record: object, depth: number): object {
    const entries = this.#entries(Object.entries(record), depth)
    // Defines own properties, also for a field named __proto__.
    return entries ? Object.fromEntries(entries) : record
  }

  /** Undefined where nothing was found. Of two names that become one the last one counts. */
  #entries<K>(
    entries: readonly (readonly [K, unknown])[],
    depth: number,
  ): [K | string, unknown][] | undefined {
    // Beside a log probability a token is a piece of text.
    const isOfModel = entries.some(([key]) => key === 'logprob')
    let changed = false
    const redacted = entries.map(([key, value]): [K | string, unknown] => {
      const name = typeof key === 'string' ? key : ''
      const isSecret = !(isOfModel && name === 'token') && this.#isSecret(name, value)
      const newValue = isSecret ? this.#mark('secret') : this.visit(value, name, depth + 1)
      const newKey = typeof key === 'string' ? this.#text(key, '') : key
      changed ||= newValue !== value || newKey !== key
      return [newKey, newValue]
    })
    return changed ? redacted : undefined
  }

  /** Absent values hide nothing, and a number or a truth under `token` is a count or a switch. */
  #isSecret(name: string, value: unknown): boolean {
    if (value === null || value === undefined || value === '' || typeof value === 'boolean') return false
    if (value === markOf('secret') || !this.#isSensitive?.(name)) return false
    return !((typeof value === 'number' || typeof value === 'bigint') && /token$/i.test(name))
  }

  #mark(rule: RuleName): string {
    return this.#counted(rule, markOf(rule))
  }

  #counted(rule: RuleName, text: string): string {
    this.#count(rule, 1)
    return text
  }

  #count(rule: RuleName, count: number): void {
    this.#counts.set(rule, (this.#counts.get(rule) ?? 0) + count)
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
