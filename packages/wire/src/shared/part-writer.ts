import type { JsonObject } from '../spec/json.ts'
import type { ProviderData } from '../spec/request.ts'
import type { StreamPart, ToolCall } from '../spec/stream.ts'
import { objectOf, parseJson } from './json.ts'

/**
 * Writes text and reasoning for dialects whose streams have no block boundaries: a block is opened by its first
 * delta and ended by the first delta of the other kind, or by `close`.
 */
export interface PartWriter {
  text(delta: string, out: StreamPart[]): void
  reasoning(delta: string, out: StreamPart[]): void
  /** Ends whatever is open; the provider data belongs to that block. */
  close(out: StreamPart[], providerData?: ProviderData): void
  readonly open: 'text' | 'reasoning' | undefined
}

/** `reasoningData` is asked for the provider data of a reasoning block that ends by itself. */
export function createPartWriter(reasoningData?: () => ProviderData | undefined): PartWriter {
  let open: 'text' | 'reasoning' | undefined
  let id = ''
  let count = 0

  function start(kind: 'text' | 'reasoning', out: StreamPart[]): void {
    if (open === kind) return
    close(out)
    open = kind
    id = `${kind}-${count}`
    count += 1
    out.push({ type: `${kind}-start`, id })
  }

  function close(out: StreamPart[], providerData?: ProviderData): void {
    if (open === undefined) return
    const data = providerData ?? (open === 'reasoning' ? reasoningData?.() : undefined)
    out.push(data ? { type: `${open}-end`, id, providerData: data } : { type: `${open}-end`, id })
    open = undefined
  }

  return {
    text(delta, out) {
      start('text', out)
      if (delta !== '') out.push({ type: 'text-delta', id, delta })
    },
    reasoning(delta, out) {
      start('reasoning', out)
      if (delta !== '') out.push({ type: 'reasoning-delta', id, delta })
    },
    close,
    get open() {
      return open
    },
  }
}

/** A finished call from the text of its arguments. No text at all means no arguments. */
export function toolCallPart(id: string, name: string, rawArgs: string, data?: ProviderData): ToolCall {
  const spelled = rawArgs.trim() === '' ? '{}' : rawArgs
  const args = objectOf(parseJson(spelled))
  const call: ToolCall = { type: 'tool-call', id, name, args: args ?? {}, rawArgs: spelled }
  if (!args) call.malformed = true
  if (data) call.providerData = data
  return call
}

/** All the parts of a call that arrived whole. */
export function wholeToolCall(
  id: string,
  name: string,
  args: JsonObject,
  out: StreamPart[],
  data?: ProviderData,
): void {
  const rawArgs = JSON.stringify(args)
  const known = data ? { providerData: data } : {}
  out.push({ type: 'tool-input-start', id, name, ...known }, { type: 'tool-input-delta', id, delta: rawArgs })
  out.push({ type: 'tool-input-end', id }, { type: 'tool-call', id, name, args, rawArgs, ...known })
}

/** Names the calls of one reply: by the provider's id, unless it has none or gave it to another call already. */
export class CallIds {
  /** The reply's id, so that made-up ids differ from those of other turns. */
  seed = ''
  #taken = new Set<string>()

  get count(): number {
    return this.#taken.size
  }

  take(given: string | undefined): string {
    const isFree = given !== undefined && given !== '' && !this.#taken.has(given)
    const id = isFree ? given : stableId('call', `${this.seed} ${this.#taken.size}`)
    this.#taken.add(id)
    return id
  }
}

/**
 * An id for something that the provider left unnamed, the same whenever the same bytes are read. It depends on the
 * reply, so that calls of two turns do not share one, and fits every provider's rule for ids.
 */
export function stableId(prefix: string, seed: string): string {
  return `${prefix}_${fnv1a(seed, 0x811c9dc5)}${fnv1a(seed, 0x01000193)}`
}

/** FNV-1a, 32 bits (http://www.isthe.com/chongo/tech/comp/fnv/). */
function fnv1a(text: string, basis: number): string {
  let hash = basis
  for (let position = 0; position < text.length; position += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(position), 0x01000193)
  }
  return (hash >>> 0).toString(16).padStart(8, '0')
}
