import { modelError, retryAfterOf, saysContextLength, typeOfStatus } from '../shared/errors.ts'
import { numberOf, objectOf, objectsOf, parseJson, stringOf } from '../shared/json.ts'
import type { ResponseHeaders } from '../spec/dialect.ts'
import type { ModelError, ModelErrorType } from '../spec/error.ts'
import type { JsonObject, JsonValue } from '../spec/json.ts'

/**
 * Reads `{ error: { code, message, status, details } }`, which may stand in an array.
 * https://ai.google.dev/gemini-api/docs/troubleshooting and https://cloud.google.com/apis/design/errors
 */
export function decodeError(status: number, headers: ResponseHeaders, bodyText: string): ModelError {
  const body = parseJson(bodyText)
  const error = objectOf(objectOf(Array.isArray(body) ? body[0] : body)?.['error'])
  if (error) return fromError(error, status, retryAfterOf(headers), body ?? null)
  return modelError(typeOfStatus(status), bodyText.slice(0, 500) || `HTTP ${status}`, body ?? bodyText, {
    status,
    retryAfterMs: retryAfterOf(headers),
  })
}

/** An error that came in a stream, or in place of a reply, after 200. */
export function decodeErrorBody(body: JsonObject): ModelError {
  const error = objectOf(body['error']) ?? {}
  return fromError(error, numberOf(error['code']), undefined, body)
}

function fromError(
  error: JsonObject,
  status: number | undefined,
  headerDelayMs: number | undefined,
  raw: JsonValue,
): ModelError {
  const message = stringOf(error['message']) ?? stringOf(error['status']) ?? 'unknown error'
  const type = typeOf(error, status, message)
  const isFinal = type === 'quota-exhausted'
  const retryAfterMs = isFinal ? undefined : (retryDelayOf(error) ?? headerDelayMs)
  return modelError(type, message, raw, { status, retryAfterMs })
}

function typeOf(error: JsonObject, status: number | undefined, message: string): ModelErrorType {
  const word = stringOf(error['status']) ?? ''
  const reasons = objectsOf(error['details']).map((detail) => stringOf(detail['reason']) ?? '')
  if (reasons.includes('API_KEY_INVALID')) return 'authentication'
  if (word === 'RESOURCE_EXHAUSTED' && isUsedUp(error, message)) return 'quota-exhausted'
  const type = statusWords.get(word) ?? (status === undefined ? 'unknown' : typeOfStatus(status))
  return type === 'invalid-request' && saysContextLength(message) ? 'context-length' : type
}

/** A quota per day, or a spend limit, does not come back in the seconds that RetryInfo still names. */
function isUsedUp(error: JsonObject, message: string): boolean {
  const violations = objectsOf(error['details']).flatMap((detail) => objectsOf(detail['violations']))
  return (
    violations.some((violation) => stringOf(violation['quotaId'])?.includes('PerDay')) ||
    /spend(?:ing)? (?:cap|limit)|limit: 0\b|prepay(?:ment)? credits/iu.test(message)
  )
}

/** `RetryInfo.retryDelay`, seconds with up to nine decimals and an `s`. */
function retryDelayOf(error: JsonObject): number | undefined {
  for (const detail of objectsOf(error['details'])) {
    const match = /^(\d+(?:\.\d+)?)s$/u.exec(stringOf(detail['retryDelay']) ?? '')
    if (match) return Math.ceil(Number(match[1]) * 1000)
  }
  return undefined
}

const statusWords: ReadonlyMap<string, ModelErrorType> = new Map<string, ModelErrorType>([
  ['INVALID_ARGUMENT', 'invalid-request'],
  ['FAILED_PRECONDITION', 'invalid-request'],
  ['UNAUTHENTICATED', 'authentication'],
  ['PERMISSION_DENIED', 'permission'],
  ['NOT_FOUND', 'not-found'],
  ['RESOURCE_EXHAUSTED', 'rate-limit'],
  ['CANCELLED', 'cancelled'],
  ['INTERNAL', 'server-error'],
  ['UNAVAILABLE', 'overloaded'],
  ['DEADLINE_EXCEEDED', 'timeout'],
])
