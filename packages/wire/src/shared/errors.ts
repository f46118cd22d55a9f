import type { ResponseHeaders } from '../spec/dialect.ts'
import type { ModelError, ModelErrorType } from '../spec/error.ts'
import type { JsonValue } from '../spec/json.ts'
import type { StreamPart } from '../spec/stream.ts'
import type { Usage } from '../spec/usage.ts'

const retryableTypes: ReadonlySet<ModelErrorType> = new Set([
  'rate-limit',
  'overloaded',
  'server-error',
  'timeout',
  'connection',
  'stream-truncated',
  'invalid-response',
])

/** Nobody waits for longer; providers that ask for it are wrong, or mean that credits are used up. */
const longestWaitMs = 3_600_000

export interface ErrorFacts {
  status?: number | undefined
  retryAfterMs?: number | undefined
}

/** An error whose retryability follows from its type. */
export function modelError(
  type: ModelErrorType,
  message: string,
  raw: JsonValue,
  facts: ErrorFacts = {},
): ModelError {
  const error: ModelError = { type, message, retryable: retryableTypes.has(type), raw }
  if (facts.status !== undefined) error.status = facts.status
  if (facts.retryAfterMs !== undefined) error.retryAfterMs = Math.min(facts.retryAfterMs, longestWaitMs)
  return error
}

export function errorPart(error: ModelError, usage?: Usage): StreamPart {
  return usage === undefined ? { type: 'error', error } : { type: 'error', error, usage }
}

export function truncatedError(): ModelError {
  return modelError('stream-truncated', 'provider cut mid-stream', null)
}

export function invalidResponse(detail: string, sample: string): ModelError {
  return modelError('invalid-response', detail, sample.slice(0, 500))
}

/** What an HTTP status means when the body does not say more. 529 is Anthropic's "overloaded". */
export function typeOfStatus(status: number): ModelErrorType {
  const known = statusTypes.get(status)
  if (known) return known
  if (status >= 500) return 'server-error'
  // Another address is no answer of this one.
  if (status >= 300 && status < 400) return 'invalid-response'
  return status >= 400 ? 'invalid-request' : 'unknown'
}

const statusTypes: ReadonlyMap<number, ModelErrorType> = new Map<number, ModelErrorType>([
  [401, 'authentication'],
  [402, 'quota-exhausted'],
  [403, 'permission'],
  [404, 'not-found'],
  [408, 'timeout'],
  [413, 'request-too-large'],
  [429, 'rate-limit'],
  [499, 'cancelled'],
  [503, 'overloaded'],
  [504, 'timeout'],
  [529, 'overloaded'],
])

/** Whether the words of a refusal say that the prompt does not fit; providers have no common code for it. */
export function saysContextLength(message: string): boolean {
  return contextLengthWords.test(message)
}

const contextLengthWords =
  /prompt is too long|maximum context length|context[_ ]length|context window|input token count.*exceeds|exceeds? the (?:available )?context/iu

/** `retry-after-ms`, else `retry-after` in seconds or as an HTTP date. */
export function retryAfterOf(headers: ResponseHeaders): number | undefined {
  const milliseconds = numberIn(headers['retry-after-ms'])
  if (milliseconds !== undefined) return Math.ceil(milliseconds)
  const seconds = numberIn(headers['retry-after'])
  if (seconds !== undefined) return Math.ceil(seconds * 1000)
  return dateDistance(first(headers['retry-after']), first(headers['date']))
}

/** An HTTP date is measured against the server's own `date`, so that no clock is needed here. */
function dateDistance(retryAt: string | undefined, sentAt: string | undefined): number | undefined {
  const distance = Date.parse(retryAt ?? '') - Date.parse(sentAt ?? '')
  return Number.isNaN(distance) ? undefined : Math.max(0, distance)
}

function numberIn(header: string | string[] | undefined): number | undefined {
  const text = first(header)?.trim()
  return text !== undefined && /^\d+(?:\.\d+)?$/u.test(text) ? Number(text) : undefined
}

function first(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}
