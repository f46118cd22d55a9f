/** What the splitter found, in the order of the file. */
export type Piece =
  /** A member of the top-level object other than the list. Larger or deeper values than a header holds are null. */
  | { readonly type: 'field'; readonly name: string; readonly value: unknown }
  /** One element of the list, as its bytes; whether they are valid JSON is for the reader to find out. */
  | { readonly type: 'item'; readonly index: number; readonly bytes: Buffer }
  /** An element that exceeds a limit; its bytes were dropped while they came. */
  | { readonly type: 'refused'; readonly index: number; readonly reason: string }

export interface ItemLimits {
  readonly itemBytes: number
  readonly depth: number
  /** Values in one item: what it costs in memory once it is parsed. */
  readonly values: number
}

/** The text between the items is not JSON, or ends too early. */
export class MalformedJson extends Error {
  override readonly name = 'MalformedJson'
}

const fieldLimits: ItemLimits = { itemBytes: 4096, depth: 4, values: 100 }

const byte = {
  tab: 0x09,
  lineFeed: 0x0a,
  carriageReturn: 0x0d,
  space: 0x20,
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const

/** What may come next outside of items and fields. */
type Expectation =
  | 'root'
  | 'itemOrEnd'
  | 'item'
  | 'afterItem'
  | 'keyOrEnd'
  | 'key'
  | 'colon'
  | 'member'
  | 'afterMember'
  | 'nothing'

/**
 * Splits the JSON text (RFC 8259) of an array, or of the array that a top-level object holds under `listName`, into
 * its items while it arrives. Chunks may end anywhere. Memory: the item at hand, up to its limit.
 */
export class JsonItems {
  #root: 'array' | 'object' | null = null
  readonly #listName: string
  readonly #limits: ItemLimits
  #expect: Expectation = 'root'
  #value: Value | null = null
  #key = ''
  #index = 0
  #offset = 0

  constructor(listName: string, limits: ItemLimits) {
    this.#listName = listName
    this.#limits = limits
  }

  /** @throws MalformedJson */
  push(chunk: Buffer): Piece[] {
    const pieces: Piece[] = []
    let at = 0
    while (at < chunk.length) {
      if (this.#value) at = this.#read(this.#value, chunk, at, pieces)
      else this.#between(chunk[at++] ?? 0, at - 1)
    }
    this.#offset += chunk.length
    return pieces
  }

  /** @throws MalformedJson when the text is not complete */
  end(): void {
    if (this.#expect !== 'nothing') throw new MalformedJson('The file ends too early.')
  }

  #read(value: Value, chunk: Buffer, at: number, pieces: Piece[]): number {
    const end = value.scan(chunk, at)
    if (!value.ended) return end
    this.#value = null
    if (this.#expect === 'key' || this.#expect === 'keyOrEnd') {
      this.#key = String(value.parsed())
      this.#expect = 'colon'
    } else if (this.#expect === 'member') {
      pieces.push({ type: 'field', name: this.#key, value: value.parsed() })
      this.#expect = 'afterMember'
    } else {
      pieces.push(itemOf(value, this.#index++))
      this.#expect = 'afterItem'
    }
    return end
  }

  #between(code: number, at: number): void {
    if (code === byte.space || code === byte.lineFeed || code === byte.carriageReturn || code === byte.tab)
      return
    const next = this.#after(code)
    if (!next) throw new MalformedJson(`The file is not valid JSON at byte ${this.#offset + at}.`)
    if (next === 'value')
      this.#value = new Value(code, this.#expect.startsWith('item') ? this.#limits : fieldLimits)
    else this.#expect = next
  }

  #after(code: number): Expectation | 'value' | null {
    const closesList = code === byte.closeBracket
    switch (this.#expect) {
      case 'root':
        return this.#begin(code)
      case 'itemOrEnd':
        return closesList ? this.#listEnd() : valueStart(code)
      case 'item':
        return valueStart(code)
      case 'afterItem':
        return code === byte.comma ? 'item' : closesList ? this.#listEnd() : null
      case 'keyOrEnd':
        return code === byte.closeBrace ? 'nothing' : code === byte.quote ? 'value' : null
      case 'key':
        return code === byte.quote ? 'value' : null
      case 'colon':
        return code === byte.colon ? 'member' : null
      case 'member':
        return code === byte.openBracket && this.#key === this.#listName ? 'itemOrEnd' : valueStart(code)
      case 'afterMember':
        return code === byte.comma ? 'key' : code === byte.closeBrace ? 'nothing' : null
      case 'nothing':
        return null
      default:
        return this.#expect satisfies never
    }
  }

  #begin(code: number): Expectation | null {
    // A byte order mark, which some editors put in front.
    if (code === 0xef || code === 0xbb || code === 0xbf) return 'root'
    if (code !== byte.openBracket && code !== byte.openBrace) return null
    this.#root = code === byte.openBracket ? 'array' : 'object'
    return this.#root === 'array' ? 'itemOrEnd' : 'keyOrEnd'
  }

  #listEnd(): Expectation {
    return this.#root === 'array' ? 'nothing' : 'afterMember'
  }
}

function itemOf(value: Value, index: number): Piece {
  if (value.refused) return { type: 'refused', index, reason: value.refused }
  return { type: 'item', index, bytes: value.bytes() }
}

/** Quote, bracket, brace, minus, digit, or the first letter of true, false, null. */
const valueStarts = new Set(Buffer.from('"[{-0123456789tfn'))
const valueStart = (code: number): 'value' | null => (valueStarts.has(code) ? 'value' : null)

/** One value while its bytes come: finds its end by depth and strings only. */
class Value {
  ended = false
  refused: string | null = null
  readonly #limits: ItemLimits
  readonly #form: 'nested' | 'string' | 'scalar'
  #parts: Buffer[] = []
  #size = 0
  #depth = 0
  #values = 0
  #inString = false
  #escaped = false

  constructor(first: number, limits: ItemLimits) {
    this.#limits = limits
    const nests = first === byte.openBracket || first === byte.openBrace
    this.#form = nests ? 'nested' : first === byte.quote ? 'string' : 'scalar'
    // The first byte was seen between the items.
    this.#take(Buffer.of(first))
    this.#depth = nests ? 1 : 0
    this.#inString = first === byte.quote
  }

  /** Takes what belongs to the value; returns where the rest begins. */
  scan(chunk: Buffer, from: number): number {
    const end = this.#form === 'scalar' ? this.#scalarEnd(chunk, from) : this.#nestedEnd(chunk, from)
    this.#take(chunk.subarray(from, end))
    return end
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts)
  }

  /** The value itself; null when it exceeds its limits. */
  parsed(): unknown {
    if (this.refused) return null
    try {
      return JSON.parse(this.bytes().toString('utf8'))
    } catch {
      throw new MalformedJson('The file is not valid JSON.')
    }
  }

  #scalarEnd(chunk: Buffer, from: number): number {
    let at = from
    for (; at < chunk.length; at++) {
      const code = chunk[at] ?? 0
      if (
        code === byte.comma ||
        code === byte.closeBracket ||
        code === byte.closeBrace ||
        code <= byte.space
      ) {
        this.ended = true
        break
      }
    }
    return at
  }

  #nestedEnd(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const code = chunk[at] ?? 0
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false
        else if (code === byte.backslash) this.#escaped = true
        else if (code === byte.quote) this.#inString = false
        if (this.#inString || this.#depth > 0) continue
      } else if (code === byte.quote) this.#inString = true
      else if (code === byte.comma) this.#values++
      else if (code === byte.openBracket || code === byte.openBrace) this.#deepen()
      else if (code === byte.closeBracket || code === byte.closeBrace) this.#depth--
      if (this.#depth === 0 && !this.#inString) {
        this.ended = true
        return at + 1
      }
    }
    return chunk.length
  }

  #deepen(): void {
    this.#values++
    if (++this.#depth > this.#limits.depth)
      this.#refuse(`It is nested deeper than ${this.#limits.depth} levels.`)
  }

  #take(bytes: Buffer): void {
    if (this.refused) return
    this.#size += bytes.length
    if (this.#size > this.#limits.itemBytes)
      this.#refuse(`It is larger than ${this.#limits.itemBytes / 2 ** 20} MB.`)
    else if (this.#values > this.#limits.values)
      this.#refuse(`It has more than ${this.#limits.values} values.`)
    else this.#parts.push(bytes)
  }

  #refuse(reason: string): void {
    this.refused ??= reason
    this.#parts = []
  }
}
