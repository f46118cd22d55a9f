import type { StreamPart } from '../spec/stream.ts'

type Kind = 'text' | 'reasoning' | 'tool'

interface Held {
  kind: Kind | 'single'
  id: string
  parts: StreamPart[]
  ended: boolean
}

/**
 * Puts the blocks of a reply one after the other, for dialects that cannot interleave them. A block that begins
 * while another is open waits until that has ended; only a text is ended early, since nothing of it is lost when
 * its rest becomes a text of its own. The parts of a tool call are one block, from `tool-input-start` to `tool-call`.
 */
export class Sequencer {
  #emit: (part: StreamPart) => void
  #openKind: Kind | undefined
  #openId = ''
  #held: Held[] = []

  constructor(emit: (part: StreamPart) => void) {
    this.#emit = emit
  }

  push(part: StreamPart): void {
    switch (part.type) {
      case 'text-start':
        return this.#start('text', part.id, part)
      case 'text-delta':
        return this.#continue('text', part.id, part)
      case 'text-end':
        return this.#end('text', part.id, part)
      case 'reasoning-start':
        return this.#start('reasoning', part.id, part)
      case 'reasoning-delta':
        return this.#continue('reasoning', part.id, part)
      case 'reasoning-end':
        return this.#end('reasoning', part.id, part)
      case 'tool-input-start':
        return this.#start('tool', part.id, part)
      case 'tool-input-delta':
      case 'tool-input-end':
        return this.#continue('tool', part.id, part)
      case 'tool-call':
        return this.#end('tool', part.id, part)
      case 'source':
        return this.#openKind === 'text' ? this.#emit(part) : this.#single(part)
      case 'file':
      case 'provider-item':
        return this.#single(part)
      case 'finish':
        this.#flush()
        return this.#emit(part)
      case 'response-start':
      case 'error':
        return this.#emit(part)
    }
  }

  #start(kind: Kind, id: string, part: StreamPart): void {
    if (this.#openKind === 'text' && kind !== 'text') this.#cutText()
    if (this.#openKind === undefined) {
      this.#openKind = kind
      this.#openId = id
      this.#emit(part)
    } else this.#held.push({ kind, id, parts: [part], ended: false })
  }

  #continue(kind: Kind, id: string, part: StreamPart): void {
    if (this.#openKind === kind && this.#openId === id) return this.#emit(part)
    const held = this.#find(kind, id)
    if (held) hold(held, part)
    else if (part.type === 'text-delta') {
      this.#start('text', id, { type: 'text-start', id })
      this.#continue(kind, id, part)
    }
  }

  /** The end of a text that was cut before is passed over. */
  #end(kind: Kind, id: string, part: StreamPart): void {
    const held = this.#find(kind, id)
    if (held) {
      held.parts.push(part)
      held.ended = true
    } else if (this.#openKind === kind && this.#openId === id) {
      this.#emit(part)
      this.#openKind = undefined
      this.#drain()
    }
  }

  #single(part: StreamPart): void {
    if (this.#openKind === 'text') this.#cutText()
    if (this.#openKind === undefined) this.#emit(part)
    else this.#held.push({ kind: 'single', id: '', parts: [part], ended: true })
  }

  #find(kind: Kind, id: string): Held | undefined {
    return this.#held.find((held) => held.kind === kind && held.id === id && !held.ended)
  }

  #cutText(): void {
    this.#emit({ type: 'text-end', id: this.#openId })
    this.#openKind = undefined
    this.#drain()
  }

  #drain(): void {
    while (this.#openKind === undefined) {
      const next = this.#held.shift()
      if (!next) return
      for (const part of next.parts) this.#emit(part)
      if (next.ended || next.kind === 'single') continue
      this.#openKind = next.kind
      this.#openId = next.id
    }
  }

  #flush(): void {
    do {
      this.#openKind = undefined
      this.#drain()
    } while (this.#openKind !== undefined)
  }
}

/** Deltas that wait are joined, so that a long block costs no more than its text. */
function hold(held: Held, part: StreamPart): void {
  const last = held.parts.at(-1)
  if (isDelta(part) && last?.type === part.type && isDelta(last)) {
    held.parts[held.parts.length - 1] = { ...last, delta: last.delta + part.delta }
  } else held.parts.push(part)
}

function isDelta(part: StreamPart): part is Extract<StreamPart, { delta: string }> {
  return 'delta' in part
}
