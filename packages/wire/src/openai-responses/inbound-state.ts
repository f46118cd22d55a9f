import { unwrapState, wrapState } from '../shared/carried-state.ts'
import { indexOf, stringOf } from '../shared/json.ts'
import type { ProviderData } from '../spec/request.ts'

/**
 * State of other providers on its way through a client of this API. Reasoning items have a slot for it
 * (`encrypted_content`), and clients send them back as they are. Text, calls, images and provider items have none:
 * a reasoning item without a summary follows them and carries it.
 */
export type Carried =
  /** Of one part of the message before. */
  | { of: 'text'; index: number; state: ProviderData }
  | { of: 'call'; callId: string; state: ProviderData }
  /** Of the image before. */
  | { of: 'image'; state: ProviderData }
  /** A provider item in itself. */
  | { of: 'item'; state: ProviderData }
  /** Of the reasoning item itself. */
  | { of: 'reasoning'; state: ProviderData }

export function carrierOf({ state, ...facts }: Carried): string {
  return wrapState({ state, facts })
}

/** What the `encrypted_content` of a reasoning item carries; `undefined` when it is OpenAI's own. */
export function readCarrier(text: string): Carried | undefined {
  const carried = unwrapState(text)
  if (!carried) return undefined
  const { state, facts } = carried
  switch (facts['of']) {
    case 'text':
      return { of: 'text', index: indexOf(facts['index']) ?? 0, state }
    case 'call':
      return { of: 'call', callId: stringOf(facts['callId']) ?? '', state }
    case 'image':
    case 'item':
      return { of: facts['of'], state }
    default:
      return { of: 'reasoning', state }
  }
}
