import type { JsonObject } from '../spec/json.ts'
import type { ProviderData } from '../spec/request.ts'
import { objectOf } from './json.ts'
import { unwrapOpaque, wrapOpaque } from './opaque.ts'

/**
 * Opaque state together with what a dialect must remember of it, such as the call that it belongs to, for the places
 * where it cannot stand on its own part.
 */
export interface CarriedState {
  state: ProviderData
  facts: JsonObject
}

export function wrapState({ state, facts }: CarriedState): string {
  return wrapOpaque({ dialect: state.dialect, data: { [marker]: facts, data: state.data } })
}

/**
 * What `wrapState` or `wrapOpaque` has wrapped, the latter without facts; `undefined` for the dialect's own state.
 * Never throws. Facts come from a client and may be anything.
 */
export function unwrapState(text: string): CarriedState | undefined {
  const wrapped = unwrapOpaque(text)
  if (!wrapped) return undefined
  const facts = objectOf(wrapped.data[marker])
  if (!facts) return { state: wrapped, facts: {} }
  return { state: { dialect: wrapped.dialect, data: objectOf(wrapped.data['data']) ?? {} }, facts }
}

const marker = 'atrium'
