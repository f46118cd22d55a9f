import type { ModelError, ModelErrorType } from '@atrium/wire'
import type { CallError, CallErrorCode } from '../types.ts'

/** Which clock ran out. */
export type TimeoutKind = 'connect' | 'first-token' | 'idle' | 'total'

/** Where on the way an attempt failed; `reply` is everything after the connection stood, `budget` our own cut. */
export type FaultStage = 'refused-address' | 'dns' | 'connect' | 'tls' | 'timeout' | 'reply' | 'budget'

/** A failed attempt in the router's terms. */
export interface Fault {
  readonly error: ModelError
  readonly stage: FaultStage
  /** The request may have reached the provider. */
  readonly sent: boolean
  readonly timeout?: TimeoutKind
}

/** Whom a message is about. */
export interface Subject {
  readonly connection: string
  readonly model: string
  /** Never shown, wherever it turns up in a provider's words. */
  readonly secret: string | null
}

const codes: Readonly<Record<ModelErrorType, CallErrorCode>> = {
  'invalid-request': 'PROVIDER_REFUSED_REQUEST',
  'context-length': 'CONTEXT_TOO_LONG',
  'request-too-large': 'REQUEST_TOO_LARGE',
  'content-filter': 'PROVIDER_CONTENT_FILTER',
  authentication: 'PROVIDER_AUTHENTICATION',
  permission: 'PROVIDER_PERMISSION',
  'not-found': 'PROVIDER_MODEL_NOT_FOUND',
  'rate-limit': 'PROVIDER_RATE_LIMITED',
  'quota-exhausted': 'PROVIDER_QUOTA_EXHAUSTED',
  overloaded: 'PROVIDER_OVERLOADED',
  'server-error': 'PROVIDER_ERROR',
  timeout: 'PROVIDER_TIMEOUT',
  connection: 'PROVIDER_UNREACHABLE',
  cancelled: 'PROVIDER_STREAM_CUT',
  'stream-truncated': 'PROVIDER_STREAM_CUT',
  'invalid-response': 'PROVIDER_INVALID_RESPONSE',
  unknown: 'PROVIDER_ERROR',
}

/** Statuses that say more than the body does: some dialects spell these as plain server errors or bad requests. */
const typeOfStatus: ReadonlyMap<number, ModelErrorType> = new Map<number, ModelErrorType>([
  [413, 'request-too-large'],
  [503, 'overloaded'],
  [529, 'overloaded'],
])
const vague: ReadonlySet<ModelErrorType> = new Set<ModelErrorType>([
  'server-error',
  'invalid-request',
  'unknown',
])

function sharpened(fault: Fault): Fault {
  const { error } = fault
  const type = vague.has(error.type) ? typeOfStatus.get(error.status ?? 0) : undefined
  return type === undefined ? fault : { ...fault, error: { ...error, type } }
}

const codeOfStage: Partial<Record<FaultStage, CallErrorCode>> = {
  'refused-address': 'PROVIDER_ADDRESS_REFUSED',
  budget: 'BUDGET_REACHED',
}

/** A fault as the reader learns of it. */
export function callErrorOf(given: Fault, subject: Subject): CallError {
  const fault = sharpened(given)
  const { error, stage } = fault
  return {
    code: codeOfStage[stage] ?? codes[error.type],
    message: messageOf(fault, subject),
    retryable: error.retryable,
    status: error.status ?? null,
    retryAfterMs: error.retryAfterMs ?? null,
  }
}

type Wording = (subject: Subject, error: ModelError) => string

const messages: Readonly<Record<ModelErrorType, Wording>> = {
  authentication: ({ connection }) =>
    `${connection} does not accept the API key. Replace it in Settings › Models.`,
  permission: (subject, error) =>
    `${subject.connection} does not let this API key use “${subject.model}”${words(error, subject)}.`,
  'not-found': ({ connection, model }) => `${connection} does not know the model “${model}” at this address.`,
  'rate-limit': ({ connection }, error) => `${connection} is limiting requests. Try again ${waitOf(error)}.`,
  'quota-exhausted': ({ connection }) =>
    `The account at ${connection} has used up its credits or its spending limit.`,
  overloaded: ({ connection }, error) => `${connection} is overloaded. Try again ${waitOf(error)}.`,
  'context-length': ({ model }) =>
    `The conversation is too long for “${model}”. Start a new one, or choose a model with a larger context.`,
  'request-too-large': ({ connection }) =>
    `The message is too large for ${connection}. Send smaller attachments.`,
  'content-filter': (subject, error) =>
    `${subject.connection} declined for reasons of content${words(error, subject)}.`,
  'invalid-request': (subject, error) => `${subject.connection} refused the request${words(error, subject)}.`,
  'invalid-response': ({ connection }) => `${connection} sent an answer that is not in the expected form.`,
  'stream-truncated': ({ connection }) => `${connection} broke off in the middle of the answer.`,
  cancelled: ({ connection }) => `${connection} broke off in the middle of the answer.`,
  timeout: ({ connection }) => `${connection} reported that it took too long.`,
  connection: ({ connection }) => `The connection to ${connection} broke before it answered.`,
  'server-error': (subject, error) => otherError(subject, error),
  unknown: (subject, error) => otherError(subject, error),
}

function messageOf(fault: Fault, subject: Subject): string {
  return fault.stage === 'reply'
    ? messages[fault.error.type](subject, fault.error)
    : wayMessage(fault, subject.connection)
}

function otherError(subject: Subject, error: ModelError): string {
  const status = error.status === undefined ? '' : ` (HTTP ${error.status})`
  return `${subject.connection} reported an error${status}${words(error, subject)}.`
}

/** What went wrong on the way to a provider. */
function wayMessage({ error, stage, timeout }: Fault, connection: string): string {
  if (stage === 'budget') return 'The answer was cut off: the budget that was reserved for it is used up.'
  if (stage === 'timeout' && timeout) return `${connection} ${timeoutWords[timeout]}.`
  return `${connection} cannot be reached. ${error.message}`
}

const timeoutWords: Readonly<Record<TimeoutKind, string>> = {
  connect: 'did not accept a connection in time',
  'first-token': 'did not begin to answer in time',
  idle: 'stopped sending in the middle of the answer',
  total: 'took longer than an answer may take',
}

function waitOf({ retryAfterMs }: ModelError): string {
  if (retryAfterMs === undefined) return 'shortly'
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000))
  return seconds < 120 ? `in ${seconds} s` : `in ${Math.ceil(seconds / 60)} minutes`
}

const longestQuote = 300

/** The provider's own words, without anything that could be a secret. */
function words({ message }: ModelError, { secret }: Subject): string {
  const clean = withoutSecrets(message, secret)
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .replace(/\.$/, '')
  if (clean === '') return ''
  return `: “${clean.length > longestQuote ? `${clean.slice(0, longestQuote)}…` : clean}”`
}

/** Takes out the key itself and whatever looks like one. */
function withoutSecrets(text: string, secret: string | null): string {
  const known = secret ? text.replaceAll(secret, '[key]') : text
  return known.replaceAll(/\b(sk|pk|rk|atr|AIza|gsk|xai|key|Bearer)[-_ ]?[A-Za-z0-9*._-]{12,}/g, '[key]')
}
