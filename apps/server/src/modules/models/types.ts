import type { Model, Usage as ContractUsage } from '@atrium/contract'
import type {
  DialectName,
  FidelityReport,
  Finish,
  FinishReason,
  ModelError,
  ModelRequest,
  SourcePart,
  StreamPart,
} from '@atrium/wire'
import type { TracePlace } from '#platform/telemetry'
import type { Payer } from './router/ledger.ts'

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

export type CallPurpose = 'chat' | 'title' | 'test' | 'gateway'

/** A request without the model's name, which the router fills in. */
export type RoutedRequest = Omit<ModelRequest, 'model'>

export interface ModelCall {
  readonly workspaceId: string
  readonly personId: string
  readonly purpose: CallPurpose
  /** The name of an alias, or `{connection slug}/{upstream id}`. */
  readonly model: string
  /** Of a call with `raw` it is read only when the reply must be translated: it may be a getter. */
  readonly request: RoutedRequest
  /** Aborting closes the provider's socket. */
  readonly signal: AbortSignal
  /** Where the call's span belongs; the call begins a trace of its own unless given. */
  readonly trace?: TracePlace
  /** Of the key that calls, for people. */
  readonly keyName?: string
  /** Whose budgets pay; the person alone unless given. */
  readonly payer?: Payer
  /** What a policy's conditions may ask for. */
  readonly metadata?: Readonly<Record<string, string>>
  /** Calls of one affinity go to one deployment where a policy is sticky: a conversation's id, or what the client named. */
  readonly affinity?: string
  /** The conversation that it belongs to, for its span; its affinity unless given. */
  readonly session?: string
  /** The request as its client spelled it: goes byte for byte to a provider of the same dialect. */
  readonly raw?: RawRequest
  /** What the client's own dialect said that the neutral form has no word for; counts only when translated. */
  readonly lost?: FidelityReport
  /** Refuses a translation that loses anything: 400 FIDELITY_LOSS, and nobody is called. */
  readonly strict?: boolean
  /** Calls a second deployment when the first has not begun to answer by then; the slower one is cancelled. */
  readonly hedgeAfterMs?: number
  /** No attempt begins after it, and none lasts longer; on the clock of `performance.now()`. */
  readonly deadline?: number
}

/** A request in its client's own words. */
export interface RawRequest {
  readonly dialect: DialectName
  /** A valid JSON object. */
  readonly bodyText: string
  /** As the client sent them, names in lower case; only what providers of the dialect know is sent on. */
  readonly headers: Readonly<Record<string, string>>
  readonly stream: boolean
  /** The client has asked for the usage of its Chat Completions stream. */
  readonly includeUsage: boolean
  /** The limit that the client has set, when it has. */
  readonly maxOutputTokens?: number | undefined
  /** How many answers the client has asked for; one unless told. The limit is that of each. */
  readonly answers?: number
  /** Where the dialect has several: `/api/generate`. `{model}` stands for the upstream model. */
  readonly path?: string
}

/** Hears of a reply while it comes. When a promise is given back, the provider is read no further until it is settled. */
export interface CallListener {
  /** Once, with the first content: no failing over can happen any more. Never called for a call that fails before. */
  onStart?(start: CallStart): void
  /** Of a reply that is translated, and of every reply to a call without `raw`. */
  onParts(parts: ReplyPart[]): void | Promise<void>
  /** Of a reply in the client's own dialect, which comes as the provider wrote it. A whole reply comes in one piece. */
  onBytes?(chunk: Uint8Array): void | Promise<void>
}

/** A listener that is never waited for. */
export type PartsListener = (parts: ReplyPart[]) => void

export interface CallStart {
  readonly callId: string
  /** Bytes will come, not parts. */
  readonly passthrough: boolean
  /** Of the bytes; empty when parts come. */
  readonly contentType: string
  /** Connection slug and upstream id. */
  readonly deployment: string
  /** What the translation could not carry over; empty when bytes pass. */
  readonly fidelity: FidelityReport
  /** What the provider said about the request: its id, its limits. Never cookies or connection matters. */
  readonly headers: Readonly<Record<string, string>>
}

/** A request that is only passed on: embeddings, images, sound, counting. */
export interface ForwardCall {
  readonly workspaceId: string
  readonly personId: string
  readonly payer?: Payer
  readonly purpose: 'gateway'
  readonly model: string
  /** Deployments that speak one of these may take it. */
  readonly dialects: readonly DialectName[]
  readonly method: 'GET' | 'POST'
  /** Behind the base URL of a connection; `{model}` stands for the upstream model. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** JSON has its `model` replaced; any other body is made for the upstream model by its owner. */
  readonly body: Buffer | ((upstreamModel: string) => Buffer)
  readonly signal: AbortSignal
  readonly trace?: TracePlace
  readonly keyName?: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly affinity?: string
  readonly deadline?: number
}

/** The answer to a `ForwardCall`: of a provider when it is a good one; status 0 when nobody gave one. */
export interface ForwardReply {
  readonly callId: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Must be read to its end or ended early. */
  readonly body: AsyncIterable<Uint8Array>
  /** Resolves when the body has ended and the call is recorded; never rejects. */
  readonly done: Promise<CallResult>
}

export interface CallError {
  readonly code: CallErrorCode
  /** Plain words for the reader; no secrets, no driver text. */
  readonly message: string
  /** Whether the same request may succeed later. */
  readonly retryable: boolean
  /** HTTP status of the provider, when there was one. */
  readonly status: number | null
  /** How long the provider asks to be left alone, or until it is worth trying again. */
  readonly retryAfterMs: number | null
  /** Structured facts: the budget that is exhausted, what a translation would lose. */
  readonly details?: unknown
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
  /** Every deployment of an alias is switched off, cooling down or unfit for the request. */
  | 'NO_DEPLOYMENT_AVAILABLE'
  /** None of the deployments speaks a dialect that has this endpoint. */
  | 'ENDPOINT_NOT_SUPPORTED'
  /** The request is wrong in itself, so that it could not be read to be translated. */
  | 'REQUEST_INVALID'
  /** A strict call would lose something in translation. */
  | 'FIDELITY_LOSS'
  | 'BUDGET_EXHAUSTED'
  | 'PRICE_UNKNOWN'
  /** The answer was cut where the money reserved for it ended. */
  | 'BUDGET_REACHED'
  | 'DEADLINE_EXCEEDED'

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
  /** What the provider's reply ended with. */
  readonly finish: Finish | null
  /** The failure as dialects spell it, in words that may be public. */
  readonly failure: ModelError | null
  /** The reply went out in the client's own dialect, byte for byte. */
  readonly passthrough: boolean
  /** The client has received the terminal event of its own dialect already, good or bad. */
  readonly terminalSent: boolean
  /** Why this call went where it went. */
  readonly why: Why
}

/** The answer to "why": stored with the call, put on its span. */
export interface Why {
  readonly model: string
  /** `single` for a model that was named itself. */
  readonly policy: string
  /** Version of the alias's policy; null for a model that was named itself. */
  readonly version: number | null
  /** The rule of the policy that applied, and the variant that was drawn. */
  readonly rule: string | null
  readonly variant: string | null
  readonly candidates: readonly Candidate[]
  readonly chosen: string | null
  readonly attempts: readonly Attempt[]
  /** Why no further attempt was made after the last one failed. */
  readonly stopped: string | null
  readonly passthrough: boolean
  /** What the provider's dialect could not carry over as it was. */
  readonly fidelity: readonly { readonly feature: string; readonly action: string }[]
  readonly timeouts: Readonly<Record<string, number>>
}

/** A deployment that was considered, and why it was passed over if it was. */
export interface Candidate {
  readonly deployment: string
  readonly passedOver: string | null
  /** What it was ordered by: milliseconds, nano-USD or a draw, as the strategy says. */
  readonly score: number | null
}

/** One try at one deployment. */
export interface Attempt {
  readonly deployment: string
  readonly ms: number
  readonly outcome: 'finished' | 'aborted' | 'overtaken' | CallErrorCode
  readonly status: number | null
  /** The request may have reached the provider, so that it is not sent there again. */
  readonly sent: boolean
  readonly firstTokenMs: number | null
  /** Reserved before it; null when nobody keeps the money. */
  readonly heldNanoUsd: string | null
  /** Null when the price is unknown. */
  readonly costNanoUsd: string | null
  /** Whether its usage, and so its cost, was estimated. */
  readonly estimated: boolean
  /** It was sent beside another one that was slow. */
  readonly hedge: boolean
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
