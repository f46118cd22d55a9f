import type { ModelError } from './error.ts'
import type { JsonObject } from './json.ts'
import type { ProviderData } from './request.ts'
import type { Usage } from './usage.ts'

/**
 * One step of a reply. A reply is at most one `response-start`, then content, then exactly one `finish` or
 * `error`. Ids tie the steps of one block together and are unique within the reply; blocks may interleave.
 * Before a `finish` every block has been ended; an `error` leaves open blocks open.
 */
export type StreamPart =
  | ResponseStart
  | TextStart
  | TextDelta
  | TextEnd
  | ReasoningStart
  | ReasoningDelta
  | ReasoningEnd
  | ToolInputStart
  | ToolInputDelta
  | ToolInputEnd
  | ToolCall
  | SourcePart
  | GeneratedFile
  | ProviderItem
  | Finish
  | StreamError

export interface ResponseStart {
  type: 'response-start'
  /** The provider's id of the reply, or one derived from the reply where it has none. */
  id: string
  /** The model that answered, in the provider's spelling; empty when it does not say. */
  model: string
}

export interface TextStart {
  type: 'text-start'
  id: string
}

export interface TextDelta {
  type: 'text-delta'
  id: string
  delta: string
}

export interface TextEnd {
  type: 'text-end'
  id: string
  providerData?: ProviderData
}

export interface ReasoningStart {
  type: 'reasoning-start'
  id: string
}

export interface ReasoningDelta {
  type: 'reasoning-delta'
  id: string
  delta: string
}

/** Provider data is complete here: a `ReasoningPart` is the deltas joined, with this. */
export interface ReasoningEnd {
  type: 'reasoning-end'
  id: string
  providerData?: ProviderData
}

/** The model began to write a call. `id` is the id of the call. */
export interface ToolInputStart {
  type: 'tool-input-start'
  id: string
  name: string
  /** That of the `tool-call`, where it is known by now. */
  providerData?: ProviderData
}

export interface ToolInputDelta {
  type: 'tool-input-delta'
  id: string
  /** A piece of the arguments' JSON text. */
  delta: string
}

export interface ToolInputEnd {
  type: 'tool-input-end'
  id: string
}

/** A whole call, always after its `tool-input-end`. No input at all is `{}`. */
export interface ToolCall {
  type: 'tool-call'
  id: string
  name: string
  /** `{}` when `malformed`. */
  args: JsonObject
  rawArgs: string
  /** The model wrote something that is no JSON object; `rawArgs` has it. */
  malformed?: true
  providerData?: ProviderData
}

/** Something that the reply cites. */
export interface SourcePart {
  type: 'source'
  id: string
  url?: string
  title?: string
  providerData?: ProviderData
}

/** An image or another file that the model made. */
export interface GeneratedFile {
  type: 'file'
  id: string
  mimeType: string
  /** Base64. */
  data: string
  providerData?: ProviderData
}

/** Something with no neutral form, to be kept as a `ProviderItemPart`. */
export interface ProviderItem {
  type: 'provider-item'
  providerData: ProviderData
}

export type FinishReason =
  | 'stop'
  | 'length'
  | 'tool-calls'
  | 'content-filter'
  | 'refusal'
  /** The provider paused a long turn; send the reply back to go on. */
  | 'pause'
  | 'context-window'
  | 'other'

export interface Finish {
  type: 'finish'
  reason: {
    unified: FinishReason
    /** The provider's word, empty when it gave none. */
    raw: string
    /** Which of the request's stop sequences was met, where the provider says. */
    stopSequence?: string
  }
  usage: Usage
}

export interface StreamError {
  type: 'error'
  error: ModelError
  /** What had been used before it broke, when the provider had said. */
  usage?: Usage
}
