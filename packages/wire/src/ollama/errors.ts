import { modelError, retryAfterOf, saysContextLength, typeOfStatus } from '../shared/errors.ts'
import { objectOf, parseJson, stringOf } from '../shared/json.ts'
import type { ResponseHeaders } from '../spec/dialect.ts'
import type { ModelError, ModelErrorType } from '../spec/error.ts'
import type { JsonObject } from '../spec/json.ts'

/** Reads `{ error: "…" }`. https://docs.ollama.com/api/errors */
export function decodeError(status: number, headers: ResponseHeaders, bodyText: string): ModelError {
  const body = parseJson(bodyText)
  const message = messageIn(objectOf(body)) ?? (bodyText.slice(0, 500) || `HTTP ${status}`)
  return modelError(refine(typeOfStatus(status), message), message, body ?? bodyText, {
    status,
    retryAfterMs: retryAfterOf(headers),
  })
}

/** A line with an error, after 200. */
export function decodeErrorLine(body: JsonObject): ModelError {
  const message = messageIn(body) ?? 'unknown error'
  return modelError(refine('server-error', message), message, body)
}

function messageIn(body: JsonObject | undefined): string | undefined {
  return stringOf(body?.['error']) ?? stringOf(objectOf(body?.['error'])?.['message'])
}

function refine(type: ModelErrorType, message: string): ModelErrorType {
  if (/model .*not found|try pulling it/u.test(message)) return 'not-found'
  if (/does not support/u.test(message)) return 'invalid-request'
  return type !== 'rate-limit' && saysContextLength(message) ? 'context-length' : type
}
