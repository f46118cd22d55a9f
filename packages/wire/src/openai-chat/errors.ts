import { modelError, retryAfterOf, saysContextLength, typeOfStatus } from '../shared/errors.ts'
import { numberOf, objectOf, parseJson, stringOf } from '../shared/json.ts'
import type { ResponseHeaders } from '../spec/dialect.ts'
import type { ModelError, ModelErrorType } from '../spec/error.ts'
import type { JsonObject, JsonValue } from '../spec/json.ts'

/**
 * Reads `{ error: { message, type, code } }` and the shapes of compatible servers: `{ error: "…" }`,
 * `{ object: "error", message }` (vLLM), `{ detail }` (FastAPI), `[{ error }]` (Gemini's compatible face).
 * https://platform.openai.com/docs/guides/error-codes
 */
export function decodeError(status: number, headers: ResponseHeaders, bodyText: string): ModelError {
  const body = parseJson(bodyText)
  const fallback = bodyText.slice(0, 500) || `HTTP ${status}`
  return fromBody(objectOf(Array.isArray(body) ? body[0] : body) ?? {}, {
    status,
    retryAfterMs: retryAfterOf(headers),
    raw: body ?? bodyText,
    fallback,
  })
}

/** An error that came in a stream, or in place of a reply, after 200. */
export function decodeErrorBody(body: JsonObject): ModelError {
  return fromBody(body, { raw: body, fallback: 'unknown error' })
}

interface Surroundings {
  status?: number
  retryAfterMs?: number | undefined
  raw: JsonValue
  fallback: string
}

function fromBody(body: JsonObject, around: Surroundings): ModelError {
  const error = objectOf(body['error']) ?? body
  const message =
    stringOf(error['message']) ?? stringOf(body['error']) ?? stringOf(body['detail']) ?? around.fallback
  const code = wordOf(error['code'])
  const status = around.status ?? statusIn(error)
  const type = typeOf(status, [code, stringOf(error['type']) ?? ''], message)
  return modelError(type, message, around.raw, { status, retryAfterMs: around.retryAfterMs })
}

/** Compatible servers put an HTTP status where OpenAI has a word. */
function statusIn(error: JsonObject): number | undefined {
  const status = numberOf(error['status']) ?? numberOf(error['code']) ?? Number(stringOf(error['code']))
  return status >= 400 && status < 600 ? status : undefined
}

function wordOf(code: JsonValue | undefined): string {
  return typeof code === 'string' ? code : ''
}

function typeOf(status: number | undefined, words: string[], message: string): ModelErrorType {
  for (const word of words) {
    const known = errorWords.get(word)
    if (known) return known
  }
  if (status === 429 && quotaWords.test(message)) return 'quota-exhausted'
  const type = status === undefined ? typeOfWords(words) : typeOfStatus(status)
  return (type === 'invalid-request' || type === 'unknown') && saysContextLength(message)
    ? 'context-length'
    : type
}

function typeOfWords(words: string[]): ModelErrorType {
  return words.includes('invalid_request_error') || words.includes('BadRequestError')
    ? 'invalid-request'
    : 'unknown'
}

const quotaWords = /exceeded your current quota|insufficient (?:balance|credits|quota)|spend(?:ing)? limit/iu

/** Codes and types that say more than the status does. */
const errorWords: ReadonlyMap<string, ModelErrorType> = new Map<string, ModelErrorType>([
  ['insufficient_quota', 'quota-exhausted'],
  ['credit_balance_exhausted', 'quota-exhausted'],
  ['organization_spend_limit_exceeded', 'quota-exhausted'],
  ['project_spend_limit_exceeded', 'quota-exhausted'],
  ['organization_usage_limit_exceeded', 'quota-exhausted'],
  ['billing_hard_limit_reached', 'quota-exhausted'],
  ['billing_not_active', 'quota-exhausted'],
  ['context_length_exceeded', 'context-length'],
  ['string_above_max_length', 'context-length'],
  ['content_filter', 'content-filter'],
  ['content_policy_violation', 'content-filter'],
  ['model_not_found', 'not-found'],
  ['invalid_api_key', 'authentication'],
  ['authentication_error', 'authentication'],
  ['rate_limit_exceeded', 'rate-limit'],
  ['rate_limit_error', 'rate-limit'],
  ['slow_down', 'rate-limit'],
  ['server_error', 'server-error'],
  ['internal_server_error', 'server-error'],
  ['InternalServerError', 'server-error'],
  ['server_overloaded', 'overloaded'],
  ['overloaded_error', 'overloaded'],
])
