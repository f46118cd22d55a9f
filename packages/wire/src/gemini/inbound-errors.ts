import type { ModelErrorType } from '../spec/error.ts'
import type { ClientError, EncodedError } from '../spec/inbound.ts'
import type { JsonObject } from '../spec/json.ts'

/**
 * `{ error: { code, message, status, details } }`: code is the HTTP status, status a word for it. How long to wait
 * stands in the details, since Google's libraries read no header.
 * https://cloud.google.com/apis/design/errors and https://ai.google.dev/gemini-api/docs/troubleshooting
 */
export function encodeError(error: ClientError): EncodedError {
  const { retryAfterMs } = error
  return {
    status: error.status ?? spellings[error.type].code,
    body: encodeErrorBody(error),
    headers: mayRetry(error) ? { 'retry-after': String(Math.ceil((retryAfterMs ?? 0) / 1000)) } : {},
  }
}

/** The same, for an error in the middle of a stream. */
export function encodeErrorBody(error: ClientError): JsonObject {
  const { code, status } = spellings[error.type]
  const details = encodeDetails(error)
  return {
    error: {
      code: error.status ?? code,
      message: error.message,
      status,
      ...(details.length > 0 && { details }),
    },
  }
}

/** https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto */
function encodeDetails(error: ClientError): JsonObject[] {
  const { code, param, message, retryAfterMs } = error
  const details: JsonObject[] = []
  if (code !== undefined) {
    details.push({ '@type': `${types}ErrorInfo`, reason: code.toUpperCase(), domain: 'atrium' })
  }
  if (param !== undefined) {
    const fieldViolations = [{ field: param, description: message }]
    details.push({ '@type': `${types}BadRequest`, fieldViolations })
  }
  if (mayRetry(error)) {
    details.push({ '@type': `${types}RetryInfo`, retryDelay: `${Math.ceil(retryAfterMs ?? 0) / 1000}s` })
  }
  return details
}

const types = 'type.googleapis.com/google.rpc.'

/** A spend limit does not come back by waiting. */
function mayRetry({ type, retryAfterMs }: ClientError): boolean {
  return retryAfterMs !== undefined && type !== 'quota-exhausted'
}

interface Spelling {
  code: number
  status: string
}

const spellings: Record<ModelErrorType, Spelling> = {
  'invalid-request': { code: 400, status: 'INVALID_ARGUMENT' },
  'context-length': { code: 400, status: 'INVALID_ARGUMENT' },
  'request-too-large': { code: 413, status: 'INVALID_ARGUMENT' },
  'content-filter': { code: 400, status: 'FAILED_PRECONDITION' },
  authentication: { code: 401, status: 'UNAUTHENTICATED' },
  permission: { code: 403, status: 'PERMISSION_DENIED' },
  'not-found': { code: 404, status: 'NOT_FOUND' },
  'rate-limit': { code: 429, status: 'RESOURCE_EXHAUSTED' },
  'quota-exhausted': { code: 429, status: 'RESOURCE_EXHAUSTED' },
  overloaded: { code: 503, status: 'UNAVAILABLE' },
  'server-error': { code: 500, status: 'INTERNAL' },
  timeout: { code: 504, status: 'DEADLINE_EXCEEDED' },
  connection: { code: 502, status: 'UNAVAILABLE' },
  cancelled: { code: 499, status: 'CANCELLED' },
  'stream-truncated': { code: 502, status: 'UNAVAILABLE' },
  'invalid-response': { code: 502, status: 'INTERNAL' },
  unknown: { code: 500, status: 'UNKNOWN' },
}
