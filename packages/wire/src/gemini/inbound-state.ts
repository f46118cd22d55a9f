import { unwrapState, wrapState } from '../shared/carried-state.ts'
import { indexOf, stringOf } from '../shared/json.ts'
import { wrapOpaque } from '../shared/opaque.ts'
import type { ProviderData } from '../spec/request.ts'

/** State of other providers on its way through a client of this API, in the signature of a part. */
export type Carried =
  /** Of the part itself. */
  | { of: 'part'; state: ProviderData }
  /** Of so much of the text, or of the thoughts, that ends here; in a stream it came in parts before. */
  | { of: 'block'; length: number; state: ProviderData }
  /** Of thoughts that the client did not ask to see. */
  | { of: 'thought'; text: string; state: ProviderData }
  /** A provider item in itself. */
  | { of: 'item'; state: ProviderData }

export function signatureFor(carried: Carried): string {
  const { state, ...facts } = carried
  return carried.of === 'part' ? wrapOpaque(state) : wrapState({ state, facts })
}

/** What a signature carries; `undefined` when it is Google's own. */
export function readSignature(signature: string): Carried | undefined {
  const carried = unwrapState(signature)
  if (!carried) return undefined
  const { state, facts } = carried
  switch (facts['of']) {
    case 'block':
      return { of: 'block', length: indexOf(facts['length']) ?? 0, state }
    case 'thought':
      return { of: 'thought', text: stringOf(facts['text']) ?? '', state }
    case 'item':
      return { of: 'item', state }
    default:
      return { of: 'part', state }
  }
}
