import { objectOf, stringOf } from '../shared/json.ts'
import { unwrapOpaque, wrapOpaque } from '../shared/opaque.ts'
import { dialectNames } from '../spec/dialect-name.ts'
import type { JsonObject, JsonValue } from '../spec/json.ts'
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

export function carrierOf({ state, ...carried }: Carried): string {
  const { dialect, data } = state
  return wrapOpaque({ dialect: 'openai-responses', data: { ...carried, state: { dialect, data } } })
}

export type EncryptedContent =
  /** This API's own, or none that we know of. */
  | { kind: 'own' }
  /** The state of reasoning that another provider has written. */
  | { kind: 'state'; state: ProviderData }
  | { kind: 'carried'; carried: Carried }

/** What the `encrypted_content` of a reasoning item means. It comes from a client: what is malformed is not ours. */
export function readEncryptedContent(text: string): EncryptedContent {
  const state = unwrapOpaque(text)
  if (!state) return { kind: 'own' }
  if (state.dialect !== 'openai-responses') return { kind: 'state', state }
  const carried = carriedOf(state.data)
  return carried ? { kind: 'carried', carried } : { kind: 'own' }
}

function carriedOf(data: JsonObject): Carried | undefined {
  const state = stateOf(data['state'])
  const { index, callId } = { index: data['index'], callId: stringOf(data['callId']) }
  if (!state) return undefined
  switch (data['of']) {
    case 'text':
      return typeof index === 'number' ? { of: 'text', index, state } : undefined
    case 'call':
      return callId === undefined ? undefined : { of: 'call', callId, state }
    case 'image':
      return { of: 'image', state }
    case 'item':
      return { of: 'item', state }
    default:
      return undefined
  }
}

function stateOf(value: JsonValue | undefined): ProviderData | undefined {
  const state = objectOf(value)
  const dialect = dialectNames.find((name) => name === state?.['dialect'])
  const data = objectOf(state?.['data'])
  return dialect && data && { dialect, data }
}
