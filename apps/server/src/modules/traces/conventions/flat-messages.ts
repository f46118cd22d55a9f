import type { AttributeValue } from '@atrium/wire/otlp'
import type { MessagePart, SpanMessage } from '../facts.ts'
import { partOf, jsonOr } from './parts.ts'
import { roleOf, type Role } from './messages.ts'
import type { ConventionName } from './rules.ts'
import { fromJson } from './values.ts'

/** What of a message one attribute tells: a field of its own, of one of its parts or of one of its calls. */
export interface FlatPlace {
  readonly message: string
  readonly list: 'parts' | 'calls' | null
  readonly item: string
  readonly field: string
}

/** A convention's way to spread messages over attributes: `llm.input_messages.0.message.role`. */
export interface FlatForm {
  readonly convention: ConventionName
  readonly prefix: string
  readonly direction: 'input' | 'output'
  /** Takes the name without its prefix; null for one that tells nothing of a message. */
  readonly placeOf: (path: string) => FlatPlace | null
}

type Draft = Map<string, string>

interface MessageDraft {
  readonly fields: Draft
  readonly parts: Map<string, Draft>
  readonly calls: Map<string, Draft>
}

/** Gathers messages from the attributes over which they are spread. */
export class FlatMessages {
  readonly taken: [string, AttributeValue][] = []
  readonly #drafts = new Map<string, MessageDraft>()

  /** False when the attribute tells nothing of a message. */
  add(form: FlatForm, name: string, value: AttributeValue): boolean {
    if (typeof value !== 'string') return false
    const place = form.placeOf(name.slice(form.prefix.length))
    if (place === null) return false
    const draft = getOrAdd(this.#drafts, place.message, newMessage)
    const fields = place.list === null ? draft.fields : getOrAdd(draft[place.list], place.item, newDraft)
    fields.set(place.field, value)
    this.taken.push([name, value])
    return true
  }

  messages(role: Role): readonly SpanMessage[] {
    return ordered(this.#drafts).map((draft) => messageOf(draft, role))
  }
}

function messageOf(draft: MessageDraft, otherwise: Role): SpanMessage {
  const role = roleOf(draft.fields.get('role'), otherwise)
  return {
    role,
    parts: [...partsOf(draft, role)],
    finishReason: draft.fields.get('finish') ?? null,
  }
}

function* partsOf({ fields, parts, calls }: MessageDraft, role: Role): Generator<MessagePart> {
  const reasoning = fields.get('reasoning')
  if (reasoning !== undefined) yield { type: 'reasoning', content: reasoning }
  const content = fields.get('content')
  const callId = fields.get('callId')
  if (callId !== undefined && role === 'tool') {
    yield { type: 'tool_call_response', id: callId, response: jsonOr(content) }
  } else if (content !== undefined) {
    yield* contentParts(content)
  }
  for (const part of ordered(parts)) yield partOf(Object.fromEntries(part))
  for (const call of ordered(calls)) yield callPart(call)
}

/** A list of parts is sometimes squeezed into the text of a message as JSON. */
function contentParts(content: string): readonly MessagePart[] {
  const list = content.startsWith('[{') ? fromJson(content) : undefined
  return Array.isArray(list) ? list.map(partOf) : [{ type: 'text', content }]
}

function callPart(call: Draft): MessagePart {
  return {
    type: 'tool_call',
    id: call.get('id') ?? null,
    name: call.get('name') ?? '',
    arguments: jsonOr(call.get('arguments')),
  }
}

function ordered<T>(items: ReadonlyMap<string, T>): readonly T[] {
  const entries = [...items]
  const inOrder = entries.every(([index], at) => at === 0 || Number(entries[at - 1]?.[0]) < Number(index))
  if (!inOrder) entries.sort(([left], [right]) => Number(left) - Number(right))
  return entries.map(([, item]) => item)
}

function getOrAdd<T>(map: Map<string, T>, key: string, make: () => T): T {
  const existing = map.get(key)
  if (existing !== undefined) return existing
  const made = make()
  map.set(key, made)
  return made
}

function newMessage(): MessageDraft {
  return { fields: newDraft(), parts: new Map(), calls: new Map() }
}

function newDraft(): Draft {
  return new Map()
}
