import { modelError, retryAfterOf, saysContextLength, typeOfStatus } from '../shared/errors.ts'
import { objectOf, parseJson, stringOf } from '../shared/json.ts'
import type { ResponseHeaders } from '../spec/dialect.ts'
import type { ModelError, ModelErrorType } from '../spec/error.ts'
import type { JsonObject, JsonValue } from '../spec/json.ts'

/**
 * Reads `{ type: "error", error: { type, message, details } }`.
 * https://platform.claude.com/docs/en/api/errors
 */
export function decodeError(status: number, headers: ResponseHeaders, bodyText: string): ModelError {
  const body = parseJson(bodyText)
  const error = objectOf(objectOf(body)?.['error'])
  if (!error) {
    return modelError(typeOfStatus(status), bodyText.slice(0, 500) || `HTTP ${status}`, body ?? bodyText, {
      status,
      retryAfterMs: retryAfterOf(headers),
    })
  }
  return fromError(error, status, retryAfterOf(headers), body ?? null)
}

/** An `error` event within a stream that began with 200. */
export function decodeErrorEvent(body: JsonObject): ModelError {
  return fromError(objectOf(body['error']) ?? {}, undefined, undefined, body)
}

function fromError(
  error: JsonObject,
  status: number | undefined,
  retryAfterMs: number | undefined,
  raw: JsonValue,
): ModelError {
  const known = errorTypes.get(stringOf(error['type']) ?? '')
  const message = stringOf(error['message']) ?? stringOf(error['type']) ?? 'unknown error'
  const actual = status ?? known?.status
  const type = refine(
    known?.type ?? (actual === undefined ? 'unknown' : typeOfStatus(actual)),
    error,
    message,
  )
  return modelError(type, message, raw, { status: actual, retryAfterMs })
}

/** Spend limits hide behind `rate_limit_error` (the plan's) and `invalid_request_error` (one's own). */
function refine(type: ModelErrorType, error: JsonObject, message: string): ModelErrorType {
  const code = stringOf(objectOf(error['details'])?.['error_code'])
  if (code?.includes('spend_limit') || spendWords.test(message)) return 'quota-exhausted'
  if (type === 'invalid-request' && saysContextLength(message)) return 'context-length'
  return type
}

const spendWords = /credit balance is too low|API usage limits|spend(?:ing)? limit/iu

const errorTypes: ReadonlyMap<string, { type: ModelErrorType; status: number }> = new Map<
  string,
  { type: ModelErrorType; status: number }
>([
  ['invalid_request_error', { type: 'invalid-request', status: 400 }],
  ['authentication_error', { type: 'authentication', status: 401 }],
  ['billing_error', { type: 'quota-exhausted', status: 402 }],
  ['permission_error', { type: 'permission', status: 403 }],
  ['not_found_error', { type: 'not-found', status: 404 }],
  ['request_too_large', { type: 'request-too-large', status: 413 }],
  ['rate_limit_error', { type: 'rate-limit', status: 429 }],
  ['api_error', { type: 'server-error', status: 500 }],
  ['timeout_error', { type: 'timeout', status: 504 }],
  ['overloaded_error', { type: 'overloaded', status: 529 }],
])
