import type { DialectName } from './dialect-name.ts'
import type { ModelErrorType } from './error.ts'
import type { FidelityReport } from './fidelity.ts'
import type { JsonObject } from './json.ts'
import type { ModelRequest } from './request.ts'
import type { StreamPart } from './stream.ts'

/**
 * The other direction of a dialect: what a server needs to answer clients that speak it. Requests come in as the
 * client's SDK sends them, replies go out as that SDK expects them, whichever provider has written them.
 */
export interface Inbound {
  readonly name: DialectName
  /** Reads a request. @throws RequestError for what the API behind the dialect would refuse as well */
  decodeRequest(body: JsonObject, address?: RequestAddress): DecodedRequest
  /** Writes a streamed reply. */
  createStreamEncoder(context: ReplyContext): StreamEncoder
  readonly streamContentType: string
  /** Writes a whole reply from the parts of one that finished. */
  encodeReply(parts: readonly StreamPart[], context: ReplyContext): JsonObject
  /** Writes a refusal or a failure before the first byte of a reply. */
  encodeError(error: ClientError): EncodedError
}

/** What stands in the URL instead of the body (Gemini names model and method there). */
export interface RequestAddress {
  readonly model?: string
  readonly stream?: boolean
  /** Whether a stream is asked for as server-sent events. Gemini clients say `alt=sse`; `false` means a JSON array. */
  readonly sse?: boolean
}

export interface DecodedRequest {
  readonly request: ModelRequest
  /** What the neutral form has no word for. Members that only this dialect's providers know are not in it: they
   * are kept in `request.providerOptions` under the dialect's name. */
  readonly fidelity: FidelityReport
  /** What the client asked of the form of the reply. */
  readonly wishes: ReplyWishes
}

export interface ReplyWishes {
  /** A streamed Chat Completions reply tells its usage only when asked to. */
  readonly includeUsage?: boolean
  /**
   * `generate`: Ollama's `/api/generate`, whose replies have no message. `function-call`: a Chat Completions request
   * with the deprecated `functions`, whose replies hold one `function_call` and no `tool_calls`.
   */
  readonly form?: 'generate' | 'function-call'
  /** Gemini's and Anthropic's clients are shown thoughts only when they asked for them. */
  readonly includeThoughts?: boolean
  /** A Gemini stream without `alt=sse` is one JSON array, sent as `application/json`. */
  readonly jsonArray?: boolean
  /** Members of the request that a Responses reply repeats. */
  readonly echo?: JsonObject
}

/** What a reply says besides its parts. */
export interface ReplyContext {
  /** The id of the reply where its provider gave none. */
  readonly id: string
  /** The model as the client named it. */
  readonly model: string
  /** Seconds since 1970. */
  readonly createdAt: number
  readonly wishes: ReplyWishes
}

/**
 * Writes parts as they come. `push` gives the bytes of one part as text, the empty string when a part is held
 * back or has no spelling; the terminal part closes the stream in the dialect's way, errors included.
 */
export interface StreamEncoder {
  push(part: StreamPart): string
}

/** What a client is told when its call fails, in words that may be public. */
export interface ClientError {
  readonly type: ModelErrorType
  readonly message: string
  /** The HTTP status to answer with; absent, the dialect chooses by type. */
  readonly status?: number
  /** A short machine-readable word (`model_not_found`), for dialects that have a place for one. */
  readonly code?: string
  /** The member of the request that is at fault, as a path, for dialects that have a place for it. */
  readonly param?: string
  readonly retryAfterMs?: number
  /** The id of the failed call, for dialects that say it in the body. */
  readonly requestId?: string
}

export interface EncodedError {
  readonly status: number
  readonly body: JsonObject
  readonly headers: Record<string, string>
}

/** A request that its own dialect would refuse: the gateway answers 400 and calls nobody. */
export class RequestError extends Error {
  /** The member at fault, as a path such as `messages[2].content`. */
  readonly param: string | undefined

  constructor(message: string, param?: string) {
    super(message)
    this.name = 'RequestError'
    this.param = param
  }
}
