import type { ReplyPart } from '#modules/models'
import type { StoredPart } from './rows.ts'
import type { PendingEvent } from './run-log.ts'
import { storable, storableText } from './storable.ts'

type Part<Type extends ReplyPart['type']> = Extract<ReplyPart, { type: Type }>

/** Turns a provider's stream into what clients see and what is stored. */
export class Accumulator {
  readonly #parts: StoredPart[] = []
  readonly #now: () => number
  readonly #clean = createCleaner()
  #thinkingSince: number | null = null
  #citations = 0

  /** @param now milliseconds of a monotonic clock, for the time spent thinking */
  constructor(now: () => number) {
    this.#now = now
  }

  /** The message so far. */
  content(): StoredPart[] {
    return this.#parts.filter((part) => part.type !== 'text' || part.text !== '')
  }

  /** The events that a part shows, in order. */
  take(part: ReplyPart): PendingEvent[] {
    switch (part.type) {
      case 'text-delta':
        return this.#text('text', part.delta)
      case 'reasoning-start':
        this.#thinkingSince ??= this.#now()
        return []
      case 'reasoning-delta':
        this.#thinkingSince ??= this.#now()
        return this.#text('reasoning', part.delta)
      case 'reasoning-end':
        return this.#endReasoning(part)
      case 'tool-input-start':
        return [{ type: 'tool_call_started', ...namesOf(part) }]
      case 'tool-input-delta':
        return [
          { type: 'tool_call_delta', callId: storableText(part.id), inputText: storableText(part.delta) },
        ]
      case 'tool-call':
        return this.#toolCall(part)
      case 'tool-result':
        return this.#toolResult(part)
      case 'source':
        return this.#citation(part)
      default:
        return []
    }
  }

  #text(type: 'text' | 'reasoning', delta: string): PendingEvent[] {
    const text = this.#clean(delta)
    if (text === '') return []
    const last = this.#parts.at(-1)
    if (last?.type === type && (last.type !== 'reasoning' || last.durationMs === null)) last.text += text
    else this.#parts.push(type === 'text' ? { type, text } : { type, text, durationMs: null })
    return [{ type: type === 'text' ? 'text_delta' : 'reasoning_delta', text }]
  }

  #endReasoning(part: Part<'reasoning-end'>): PendingEvent[] {
    const open = this.#openReasoning() ?? (part.providerData ? this.#addReasoning() : undefined)
    if (open) {
      open.durationMs = this.#thinkingSince === null ? 0 : Math.round(this.#now() - this.#thinkingSince)
      if (part.providerData) open.providerData = part.providerData
    }
    this.#thinkingSince = null
    return []
  }

  #openReasoning(): Extract<StoredPart, { type: 'reasoning' }> | undefined {
    const last = this.#parts.at(-1)
    return last?.type === 'reasoning' && last.durationMs === null ? last : undefined
  }

  #addReasoning(): Extract<StoredPart, { type: 'reasoning' }> {
    const part: Extract<StoredPart, { type: 'reasoning' }> = { type: 'reasoning', text: '', durationMs: null }
    this.#parts.push(part)
    return part
  }

  #toolCall(part: Part<'tool-call'>): PendingEvent[] {
    const call = { ...namesOf(part), input: storable(part.args) }
    this.#parts.push({ type: 'tool_call', ...call })
    return [{ type: 'tool_call_ended', ...call }]
  }

  #toolResult(part: Part<'tool-result'>): PendingEvent[] {
    const { output, isError } = part
    const result = {
      type: 'tool_result' as const,
      ...namesOf(part),
      output: storableText(output),
      isError,
    }
    this.#parts.push(result)
    return [result]
  }

  #citation(part: Part<'source'>): PendingEvent[] {
    const snippet = 'snippet' in part ? (part.snippet ?? '') : ''
    const citation = {
      type: 'citation' as const,
      index: ++this.#citations,
      title: storableText(part.title ?? part.url ?? ''),
      url: part.url === undefined ? null : storableText(part.url),
      snippet: storableText(snippet),
    }
    this.#parts.push(citation)
    return [citation]
  }
}

const namesOf = ({ id, name }: { id: string; name: string }) => ({
  callId: storableText(id),
  name: storableText(name),
})

/** The message that committed events add up to, for a run whose process is gone. */
export function contentOfEvents(events: readonly PendingEvent[]): StoredPart[] {
  const parts: StoredPart[] = []
  for (const event of events) {
    const last = parts.at(-1)
    if (event.type === 'text_delta') {
      if (last?.type === 'text') last.text += event.text
      else parts.push({ type: 'text', text: event.text })
    } else if (event.type === 'reasoning_delta') {
      if (last?.type === 'reasoning') last.text += event.text
      else parts.push({ type: 'reasoning', text: event.text, durationMs: null })
    } else if (event.type === 'tool_call_ended') {
      parts.push({ type: 'tool_call', callId: event.callId, name: event.name, input: event.input })
    } else if (event.type === 'tool_result' || event.type === 'citation') parts.push(event)
  }
  return parts
}

/**
 * Makes deltas storable: NUL becomes U+FFFD, and a surrogate pair that a provider split over two deltas is joined.
 * What people send is refused instead; see the contract's `text`.
 */
function createCleaner(): (delta: string) => string {
  let held = ''
  return (delta) => {
    const text = held + delta
    const code = text.charCodeAt(text.length - 1)
    held = code >= 0xd8_00 && code <= 0xdb_ff ? text.slice(-1) : ''
    return storableText(text.slice(0, text.length - held.length))
  }
}
