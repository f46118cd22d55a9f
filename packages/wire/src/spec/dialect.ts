import type { DialectName } from './dialect-name.ts'
import type { ModelError } from './error.ts'
import type { FidelityReport } from './fidelity.ts'
import type { JsonObject } from './json.ts'
import type { ModelRequest } from './request.ts'
import type { StreamPart } from './stream.ts'

/** Everything that a caller of providers needs to know about one wire format. */
export interface Dialect {
  readonly name: DialectName
  /** Where the company behind the dialect serves it; paths are appended to this or to a connection's own base. */
  readonly defaultBaseUrl: string
  encodeRequest(request: ModelRequest, facts?: ModelFacts): EncodedRequest
  createStreamDecoder(options?: DecoderOptions): StreamDecoder
  /** A whole reply that was not streamed, as the parts that a stream of it would have had. Never throws. */
  decodeReply(bodyText: string): StreamPart[]
  /** A reply whose HTTP status was not 2xx. Header names are lower case, as undici gives them. */
  decodeError(status: number, headers: ResponseHeaders, bodyText: string): ModelError
  /** Headers that prove who calls and which version of the API is meant. No key (a local server): no credential. */
  authHeaders(key: string | undefined): Record<string, string>
  readonly modelListPath: string
  decodeModelList(bodyText: string): ModelList
}

/** What the caller knows about the upstream model, where a dialect's spelling depends on it. */
export interface ModelFacts {
  contextWindow?: number | undefined
  maxOutputTokens?: number | undefined
}

export interface EncodedRequest {
  /** Appended to the base URL; begins with a slash and may have a query. */
  path: string
  /** Without credentials. */
  headers: Record<string, string>
  body: JsonObject
  fidelity: FidelityReport
}

export type ResponseHeaders = Record<string, string | string[] | undefined>

export interface DecoderOptions {
  /** Largest single event that is accepted, in bytes; beyond it the stream ends with `invalid-response`. */
  maxEventBytes?: number
}

/**
 * Reads one streamed reply. Bytes may be split anywhere. Across all calls exactly one terminal part (`finish`
 * or `error`) is given, as the last; what is pushed after it is ignored. Neither method throws.
 */
export interface StreamDecoder {
  push(bytes: Uint8Array): StreamPart[]
  /** The body has ended. Gives `stream-truncated` unless the terminal part is already out. */
  end(): StreamPart[]
}

export type ModelList =
  | {
      ok: true
      models: ListedModel[]
      /** Path of the next page, when there is one. */
      nextPath?: string
    }
  | { ok: false; error: ModelError }

/** A model as its provider lists it. Providers that list names only give ids only. */
export interface ListedModel {
  id: string
  displayName?: string
  contextWindow?: number
  maxOutput?: number
  /** Only what the listing states; absence means unknown. */
  capabilities?: {
    tools?: boolean
    vision?: boolean
    thinking?: boolean
    structuredOutput?: boolean
    embeddings?: boolean
  }
}
