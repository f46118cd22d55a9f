import type { ReplyPart } from '#modules/models'
import type { PendingEvent } from './run-log.ts'
import type { StoredPart } from './rows.ts'

/** Turns a provider's stream into what clients see and what is stored. */
export interface Accumulator {
  /** The events that a part shows, in order. */
  take(part: ReplyPart): PendingEvent[]
  /** The message so far. */
  content(): StoredPart[]
}

/** @param now milliseconds of a monotonic clock, for the time spent thinking */
export function createAccumulator(now: () => number): Accumulator {
  const parts: StoredPart[] = []
  let thinkingSince: number | null = null
  let citations = 0

  const clean = createCleaner()

  const addText = (type: 'text' | 'reasoning', text: string): void => {
    const last = parts.at(-1)
    if (last?.type === type && (last.type !== 'reasoning' || last.durationMs === null)) last.text += text
    else parts.push(type === 'text' ? { type, text } : { type, text, durationMs: null })
  }

  const endReasoning = (part: Extract<ReplyPart, { type: 'reasoning-end' }>): void => {
    let last = parts.at(-1)
    if (last?.type !== 'reasoning' || last.durationMs !== null) {
      if (!part.providerData) return
      last = { type: 'reasoning', text: '', durationMs: null }
      parts.push(last)
    }
    last.durationMs = thinkingSince === null ? 0 : Math.round(now() - thinkingSince)
    if (part.providerData) last.providerData = part.providerData
    thinkingSince = null
  }

  const take = (part: ReplyPart): PendingEvent[] => {
    switch (part.type) {
      case 'text-delta': {
        const text = clean(part.delta)
        if (text === '') return []
        addText('text', text)
        return [{ type: 'text_delta', text }]
      }
      case 'reasoning-start':
        thinkingSince ??= now()
        return []
      case 'reasoning-delta': {
        const text = clean(part.delta)
        if (text === '') return []
        thinkingSince ??= now()
        addText('reasoning', text)
        return [{ type: 'reasoning_delta', text }]
      }
      case 'reasoning-end':
        endReasoning(part)
        return []
      case 'tool-input-start':
        return [{ type: 'tool_call_started', callId: part.id, name: part.name }]
      case 'tool-input-delta':
        return [
          { type: 'tool_call_delta', callId: part.id, inputText: part.delta.replaceAll('\0', '\uFFFD') },
        ]
      case 'tool-call': {
        const input = storable(part.args)
        parts.push({ type: 'tool_call', callId: part.id, name: part.name, input })
        return [{ type: 'tool_call_ended', callId: part.id, name: part.name, input }]
      }
      case 'source': {
        const citation = { type: 'citation' as const, index: ++citations, ...sourceOf(part) }
        parts.push(citation)
        return [citation]
      }
      case 'tool-result': {
        const result = {
          type: 'tool_result' as const,
          callId: part.id,
          name: part.name,
          output: part.output,
          isError: part.isError,
        }
        parts.push(result)
        return [result]
      }
      default:
        return []
    }
  }
  return { take, content: () => parts.filter((part) => part.type !== 'text' || part.text !== '') }
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
    held = code >= 0xd800 && code <= 0xdbff ? text.slice(-1) : ''
    return storableText(text.slice(0, text.length - held.length))
  }
}

const storableText = (text: string): string => text.replaceAll('\0', '\uFFFD').toWellFormed()

/** The JSON value with texts that PostgreSQL can hold. */
function storable(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value)
  if (Array.isArray(value)) return value.map(storable)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [storableText(key), storable(one)]))
}

function sourceOf(part: Extract<ReplyPart, { type: 'source' }>): {
  title: string
  url: string | null
  snippet: string
} {
  const snippet = 'snippet' in part ? (part.snippet ?? '') : ''
  return { title: part.title ?? part.url ?? '', url: part.url ?? null, snippet }
}

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
