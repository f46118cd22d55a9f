import type { ModelErrorType } from '../spec/error.ts'
import type { ClientError, EncodedError } from '../spec/inbound.ts'
import type { JsonObject } from '../spec/json.ts'

/**
 * `{ error: { message, type, param, code } }` with the status by which OpenAI's SDKs choose the class that they
 * throw. https://platform.openai.com/docs/guides/error-codes
 */
export function encodeError(error: ClientError): EncodedError {
  return {
    status: error.status ?? spellings[error.type].status,
    body: encodeErrorBody(error),
    headers: retryHeaders(error),
  }
}

/** The same, for an error in the middle of a stream: a chunk with `error` makes the SDKs throw. */
export function encodeErrorBody(error: Pick<ClientError, 'type' | 'message' | 'code' | 'param'>): JsonObject {
  const { type, code } = spellings[error.type]
  return {
    error: { message: error.message, type, param: error.param ?? null, code: error.code ?? code },
  }
}

/**
 * The SDKs read `retry-after-ms` before `retry-after` (seconds), and would try again after any 429 unless they are
 * told not to: credits that are used up do not come back by waiting.
 */
function retryHeaders({ type, retryAfterMs }: ClientError): Record<string, string> {
  if (type === 'quota-exhausted') return { 'x-should-retry': 'false' }
  if (retryAfterMs === undefined) return {}
  return {
    'retry-after': String(Math.ceil(retryAfterMs / 1000)),
    'retry-after-ms': String(Math.ceil(retryAfterMs)),
  }
}

interface Spelling {
  status: number
  type: string
  code: string | null
}

const spellings: Record<ModelErrorType, Spelling> = {
  'invalid-request': { status: 400, type: 'invalid_request_error', code: null },
  'context-length': { status: 400, type: 'invalid_request_error', code: 'context_length_exceeded' },
  'request-too-large': { status: 413, type: 'invalid_request_error', code: 'request_too_large' },
  'content-filter': { status: 400, type: 'invalid_request_error', code: 'content_filter' },
  authentication: { status: 401, type: 'authentication_error', code: 'invalid_api_key' },
  permission: { status: 403, type: 'invalid_request_error', code: 'insufficient_permissions' },
  'not-found': { status: 404, type: 'invalid_request_error', code: 'model_not_found' },
  'rate-limit': { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  'quota-exhausted': { status: 429, type: 'insufficient_quota', code: 'insufficient_quota' },
  overloaded: { status: 503, type: 'server_error', code: 'server_overloaded' },
  'server-error': { status: 500, type: 'server_error', code: null },
  timeout: { status: 504, type: 'server_error', code: 'timeout' },
  connection: { status: 502, type: 'server_error', code: 'upstream_unreachable' },
  cancelled: { status: 499, type: 'invalid_request_error', code: 'request_cancelled' },
  'stream-truncated': { status: 502, type: 'server_error', code: 'upstream_truncated' },
  'invalid-response': { status: 502, type: 'server_error', code: 'upstream_invalid' },
  unknown: { status: 500, type: 'server_error', code: null },
}
