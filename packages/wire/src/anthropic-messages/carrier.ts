import { unwrapOpaque, wrapOpaque } from '../shared/opaque.ts'
import { objectOf, stringOf } from '../shared/json.ts'
import type { JsonObject } from '../spec/json.ts'
import type { AssistantPart, ProviderData } from '../spec/request.ts'

/**
 * The Messages API has one slot for opaque state, the signature of a thinking block. What another provider attaches
 * to something else (Gemini signs calls) or sends beside the text (items of the Responses API) rides in the signature
 * of a thinking block without text, which stands before the call that it belongs to.
 */
export type Carried =
  /** Belongs to the tool call that follows. */
  | { kind: 'call'; data: ProviderData }
  /** A part of its own, that has no block or whose thoughts the client did not ask for. */
  | { kind: 'part'; part: Extract<AssistantPart, { type: 'reasoning' | 'provider-item' }> }

export function wrapCarried(carried: Carried): string {
  if (carried.kind === 'call') return wrap(carried.data, { for: 'call' })
  const { part } = carried
  const data = part.providerData ?? plainData
  return part.type === 'reasoning'
    ? wrap(data, { for: 'reasoning', text: part.text })
    : wrap(data, { for: 'provider-item' })
}

/** Marks a thinking block of ours that has no state, so that it is never taken for one that Claude has signed. */
export const plainSignature = wrapOpaque({ dialect: 'anthropic-messages', data: {} })

const plainData: ProviderData = { dialect: 'anthropic-messages', data: {} }

function wrap({ dialect, data }: ProviderData, facts: JsonObject): string {
  return wrapOpaque({ dialect, data: { [member]: facts, data } })
}

const member = 'atrium'

/** What a thinking block stands for. A signature that is not ours is Claude's. */
export function readThinking(thinking: string, signature: string): Carried {
  const wrapped = unwrapOpaque(signature)
  if (!wrapped) return reasoning(thinking, signature === '' ? undefined : claudes(signature))
  const facts = objectOf(wrapped.data[member])
  const data = facts ? { dialect: wrapped.dialect, data: objectOf(wrapped.data['data']) ?? {} } : wrapped
  switch (facts?.['for']) {
    case 'call':
      return { kind: 'call', data }
    case 'provider-item':
      return { kind: 'part', part: { type: 'provider-item', providerData: data } }
    case 'reasoning':
      return reasoning(stringOf(facts['text']) ?? '', unlessPlain(data))
    default:
      return reasoning(thinking, unlessPlain(data))
  }
}

function reasoning(text: string, providerData: ProviderData | undefined): Carried {
  return { kind: 'part', part: { type: 'reasoning', text, ...(providerData && { providerData }) } }
}

function unlessPlain(data: ProviderData): ProviderData | undefined {
  return data.dialect === 'anthropic-messages' && Object.keys(data.data).length === 0 ? undefined : data
}

function claudes(signature: string): ProviderData {
  return { dialect: 'anthropic-messages', data: { type: 'thinking', signature } }
}
