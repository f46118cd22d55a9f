import type { Model, Usage as ContractUsage } from '@atrium/contract'
import type { DialectName, FinishReason, ModelRequest, SourcePart, StreamPart } from '@atrium/wire'

/** A source with the words that are cited, where the model gives them. */
export interface CitedSource extends SourcePart {
  readonly snippet?: string
}

/** The answer of a tool that the model's own side has run; it follows its `tool-call`. */
export interface ToolResult {
  readonly type: 'tool-result'
  /** Of the call. */
  readonly id: string
  readonly name: string
  readonly output: string
  readonly isError: boolean
}

/**
 * A step of a reply as the router hands it on. `finish` and `error` never come: they are in the `CallResult`.
 */
export type ReplyPart =
  | Exclude<StreamPart, { type: 'finish' } | { type: 'error' } | SourcePart>
  | CitedSource
  | ToolResult

export type CallPurpose = 'chat' | 'title' | 'test'

/** A request without the model's name, which the router fills in. */
export type RoutedRequest = Omit<ModelRequest, 'model'>

export interface ModelCall {
  readonly workspaceId: string
  readonly personId: string
  readonly purpose: CallPurpose
  /** `{connection slug}/{upstream id}` */
  readonly model: string
  readonly request: RoutedRequest
  /** Aborting closes the provider's socket. */
  readonly signal: AbortSignal
  /** Trace under which the call's span is filed: 32 hex digits. */
  readonly traceId?: string
}

export interface CallError {
  readonly code: CallErrorCode
  /** Plain words for the reader; no secrets, no driver text. */
  readonly message: string
  /** Whether the same request may succeed later. */
  readonly retryable: boolean
  /** HTTP status of the provider, when there was one. */
  readonly status: number | null
  /** How long the provider asks to be left alone. */
  readonly retryAfterMs: number | null
}

/** Every way in which a call can fail. */
export type CallErrorCode =
  | 'PROVIDER_AUTHENTICATION'
  | 'PROVIDER_PERMISSION'
  | 'PROVIDER_MODEL_NOT_FOUND'
  | 'PROVIDER_RATE_LIMITED'
  | 'PROVIDER_QUOTA_EXHAUSTED'
  | 'PROVIDER_OVERLOADED'
  | 'PROVIDER_ERROR'
  | 'PROVIDER_TIMEOUT'
  | 'PROVIDER_UNREACHABLE'
  | 'PROVIDER_ADDRESS_REFUSED'
  | 'PROVIDER_STREAM_CUT'
  | 'PROVIDER_INVALID_RESPONSE'
  | 'PROVIDER_REFUSED_REQUEST'
  | 'PROVIDER_CONTENT_FILTER'
  | 'CONTEXT_TOO_LONG'
  | 'REQUEST_TOO_LARGE'
  | 'MODEL_NOT_FOUND'
  | 'MODEL_DISABLED'
  | 'CONNECTION_DISABLED'
  | 'CONNECTION_KEY_UNREADABLE'
  | 'SERVICE_UNAVAILABLE'
  | 'INTERNAL_ERROR'

/** How a call went. It is given on every path: `stream` never rejects. */
export interface CallResult {
  readonly callId: string
  readonly status: 'finished' | 'failed' | 'aborted'
  readonly finishReason: { readonly unified: FinishReason; readonly raw: string } | null
  readonly usage: ContractUsage
  /** Null when the price is unknown. */
  readonly costNanoUsd: bigint | null
  readonly firstTokenMs: number | null
  readonly totalMs: number
  readonly error: CallError | null
  /** Why this call went where it went. */
  readonly why: Why
}

/** The answer to "why": stored with the call, put on its span. */
export interface Why {
  readonly model: string
  readonly policy: 'single'
  readonly candidates: readonly Candidate[]
  readonly chosen: string | null
  readonly attempts: readonly Attempt[]
  /** What the provider's dialect could not carry over as it was. */
  readonly fidelity: readonly { readonly feature: string; readonly action: string }[]
  readonly timeouts: Readonly<Record<string, number>>
}

/** A deployment that was considered, and why it was passed over if it was. */
export interface Candidate {
  readonly deployment: string
  readonly passedOver: string | null
}

/** One try at one deployment. */
export interface Attempt {
  readonly deployment: string
  readonly ms: number
  readonly outcome: 'finished' | 'aborted' | CallErrorCode
  readonly status: number | null
  /** The request may have reached the provider, so that it is not sent again. */
  readonly sent: boolean
}

/** What callers may know of a model before they call it. */
export interface ResolvedModel {
  readonly id: string
  readonly name: string
  readonly connectionId: string | null
  readonly connectionName: string
  readonly upstreamId: string
  /** Null for models that are built in. */
  readonly dialect: DialectName | null
  readonly contextTokens: number | null
  readonly maxOutputTokens: number | null
  readonly capabilities: Model['capabilities']
  readonly label: string | null
}
