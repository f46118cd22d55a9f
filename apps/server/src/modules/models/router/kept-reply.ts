import { condense, dialects, type DialectName, type StreamDecoder, type StreamPart } from '@atrium/wire'
import type { CallListener, CallStart, ReplyPart } from '../types.ts'

/** Of one reply; of a longer one the beginning is kept. */
const mostChars = 64 * 1024
/** A whole reply in JSON is taken apart at once or not at all. */
const mostWholeBytes = 256 * 1024
/** A stream's bytes are many times what they carry, so they are not held for long. */
const mostHeldBytes = 32 * 1024
/** Of all replies that are under way in this process. */
const mostInProcess = 64 * 1024 * 1024

/** What replies that are under way hold together. */
export class ReplyMemory {
  used = 0
}

/** A part of a message as OpenTelemetry's conventions have it. */
export type OutputPart =
  | { readonly type: 'text' | 'reasoning'; content: string }
  | { readonly type: 'tool_call'; readonly id: string; readonly name: string; readonly arguments: string }
  | { readonly type: 'tool_call_response'; readonly id: string; readonly response: string }
  | { readonly type: 'file'; readonly mime_type: string }

/** Hears a reply beside whoever asked for it, and remembers what it says. */
export class KeptReply implements CallListener {
  readonly #inner: CallListener
  readonly #dialect: DialectName | undefined
  /** Until the reply is over. */
  #memory: ReplyMemory | undefined
  readonly #parts: OutputPart[] = []
  #chars = 0
  #held: Uint8Array[] = []
  #heldBytes = 0
  #decoder: StreamDecoder | undefined
  #isWhole = false
  #isCut = false

  /** @param dialect in which a reply comes that nobody has taken apart */
  constructor(inner: CallListener, dialect: DialectName | undefined, memory: ReplyMemory) {
    this.#inner = inner
    this.#dialect = dialect
    this.#memory = memory
  }

  onStart(start: CallStart): void {
    this.#isWhole = start.contentType.startsWith('application/json')
    this.#inner.onStart?.(start)
  }

  onParts(parts: ReplyPart[]): void | Promise<void> {
    const appetite = this.#inner.onParts(parts)
    for (const part of parts) this.#add(part)
    return appetite
  }

  onBytes(chunk: Uint8Array): void | Promise<void> {
    const appetite = this.#inner.onBytes?.(chunk)
    if (this.#dialect && !this.#isCut) this.#hold(chunk)
    return appetite
  }

  /** Its end is missing. */
  get isCut(): boolean {
    return this.#isCut
  }

  /** The reply is over: what it holds counts elsewhere. Gives the number of characters, about. */
  release(): number {
    const size = this.#chars + this.#heldBytes
    this.#count(-size)
    this.#memory = undefined
    return size
  }

  /** What it says. Takes apart what nobody has taken apart, so it is asked once and late. */
  message(): readonly OutputPart[] {
    this.#read(this.#held)
    const last = this.#parts.at(-1)
    // Half of a key would not be taken for one.
    if (this.#isCut && last && 'content' in last) last.content = upToLastWord(last.content)
    return this.#parts
  }

  #hold(chunk: Uint8Array): void {
    const size = chunk.byteLength
    const isTooLarge = this.#isWhole && this.#heldBytes + size > mostWholeBytes
    if (isTooLarge || !this.#count(size)) {
      this.#isCut = true
      return
    }
    this.#held.push(chunk)
    this.#heldBytes += size
    if (this.#isWhole || this.#heldBytes < mostHeldBytes) return
    const held = this.#held
    this.#count(-this.#heldBytes)
    this.#held = []
    this.#heldBytes = 0
    this.#read(held)
  }

  #read(held: readonly Uint8Array[]): void {
    const [first] = held
    if (!first || !this.#dialect) return
    const bytes = held.length === 1 ? first : Buffer.concat(held)
    const dialect = dialects[this.#dialect]
    const parts = this.#isWhole
      ? dialect.decodeReply(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'))
      : (this.#decoder ??= dialect.createStreamDecoder()).push(condense(bytes))
    for (const part of parts) this.#add(part)
  }

  #add(part: ReplyPart | StreamPart): void {
    switch (part.type) {
      case 'text-delta':
        return this.#addText('text', part.delta)
      case 'reasoning-delta':
        return this.#addText('reasoning', part.delta)
      case 'tool-call':
        return this.#addPart(part.rawArgs.length, {
          type: 'tool_call',
          id: part.id,
          name: part.name,
          arguments: part.rawArgs,
        })
      case 'tool-result':
        return this.#addPart(part.output.length, {
          type: 'tool_call_response',
          id: part.id,
          response: part.output,
        })
      case 'file':
        return this.#addPart(0, { type: 'file', mime_type: part.mimeType })
      default:
    }
  }

  #addText(type: 'text' | 'reasoning', delta: string): void {
    if (!this.#hasRoom(delta.length)) return
    const last = this.#parts.at(-1)
    if (last?.type === type) last.content += delta
    else this.#parts.push({ type, content: delta })
  }

  #addPart(chars: number, part: OutputPart): void {
    if (this.#hasRoom(chars)) this.#parts.push(part)
  }

  #hasRoom(chars: number): boolean {
    this.#isCut ||= this.#chars + chars > mostChars || !this.#count(chars)
    if (this.#isCut) return false
    this.#chars += chars
    return true
  }

  /** False when all replies together would hold too much. */
  #count(change: number): boolean {
    if (!this.#memory) return true
    if (change > 0 && this.#memory.used + change > mostInProcess) return false
    this.#memory.used += change
    return true
  }
}

const upToLastWord = (text: string): string =>
  text.slice(0, Math.max(text.lastIndexOf(' '), text.lastIndexOf('\n')) + 1)
