import { unwrapState, wrapState } from '../shared/carried-state.ts'
import { stringOf } from '../shared/json.ts'
import { wrapOpaque } from '../shared/opaque.ts'
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
  if (carried.kind === 'call') return wrapState({ state: carried.data, facts: { for: 'call' } })
  const { part } = carried
  const facts = part.type === 'reasoning' ? { for: part.type, text: part.text } : { for: part.type }
  return wrapState({ state: part.providerData ?? noState, facts })
}

const noState: ProviderData = { dialect: 'anthropic-messages', data: {} }

/** Marks a thinking block of ours that has no state, so that it is never taken for one that Claude has signed. */
export const plainSignature = wrapOpaque(noState)

/** What a thinking block stands for. A signature that is not ours is Claude's. */
export function readThinking(thinking: string, signature: string): Carried {
  const wrapped = unwrapState(signature)
  if (!wrapped) return reasoning(thinking, signature === '' ? undefined : claudes(signature))
  const { state, facts } = wrapped
  switch (facts['for']) {
    case 'call':
      return { kind: 'call', data: state }
    case 'provider-item':
      return { kind: 'part', part: { type: 'provider-item', providerData: state } }
    case 'reasoning':
      return reasoning(stringOf(facts['text']) ?? '', unlessNone(state))
    default:
      return reasoning(thinking, unlessNone(state))
  }
}

function reasoning(text: string, providerData: ProviderData | undefined): Carried {
  return { kind: 'part', part: { type: 'reasoning', text, ...(providerData && { providerData }) } }
}

function unlessNone(data: ProviderData): ProviderData | undefined {
  return data.dialect === 'anthropic-messages' && Object.keys(data.data).length === 0 ? undefined : data
}

function claudes(signature: string): ProviderData {
  return { dialect: 'anthropic-messages', data: { type: 'thinking', signature } }
}
