import type { ModelErrorType } from '../spec/error.ts'
import type { ClientError, EncodedError } from '../spec/inbound.ts'

/** `{ error: "…" }`. https://docs.ollama.com/api/errors */
export function encodeError({ type, message, status, retryAfterMs }: ClientError): EncodedError {
  return {
    status: status ?? statuses[type],
    body: { error: message },
    headers: retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) },
  }
}

const statuses: Record<ModelErrorType, number> = {
  'invalid-request': 400,
  'context-length': 400,
  'request-too-large': 413,
  'content-filter': 400,
  authentication: 401,
  permission: 403,
  'not-found': 404,
  'rate-limit': 429,
  'quota-exhausted': 402,
  overloaded: 503,
  'server-error': 500,
  timeout: 504,
  connection: 502,
  cancelled: 499,
  'stream-truncated': 502,
  'invalid-response': 502,
  unknown: 500,
}
