import type { ModelErrorType } from '../spec/error.ts'
import type { ClientError, EncodedError } from '../spec/inbound.ts'
import type { JsonObject } from '../spec/json.ts'

/**
 * The API's own types and statuses, which its SDKs turn into classes. What is used up must not be tried again, which
 * the SDKs are told by a header of their own. https://platform.claude.com/docs/en/api/errors
 */
export function encodeError(error: ClientError): EncodedError {
  const headers: Record<string, string> = {}
  if (error.retryAfterMs !== undefined) headers['retry-after'] = `${Math.ceil(error.retryAfterMs / 1000)}`
  if (error.requestId !== undefined) headers['request-id'] = error.requestId
  if (error.type === 'quota-exhausted') headers['x-should-retry'] = 'false'
  return { status: error.status ?? errorTypes[error.type][1], body: errorBody(error), headers }
}

/** The body of a failure, as a reply or as the data of an `error` event. */
export function errorBody(error: Pick<ClientError, 'type' | 'message' | 'requestId'>): JsonObject {
  return {
    type: 'error',
    error: { type: errorTypes[error.type][0], message: error.message },
    ...(error.requestId !== undefined && { request_id: error.requestId }),
  }
}

const errorTypes: Record<ModelErrorType, readonly [string, number]> = {
  'invalid-request': ['invalid_request_error', 400],
  'context-length': ['invalid_request_error', 400],
  'content-filter': ['invalid_request_error', 400],
  authentication: ['authentication_error', 401],
  'quota-exhausted': ['billing_error', 402],
  permission: ['permission_error', 403],
  'not-found': ['not_found_error', 404],
  'request-too-large': ['request_too_large', 413],
  'rate-limit': ['rate_limit_error', 429],
  'server-error': ['api_error', 500],
  unknown: ['api_error', 500],
  cancelled: ['api_error', 499],
  connection: ['api_error', 502],
  'stream-truncated': ['api_error', 502],
  'invalid-response': ['api_error', 502],
  timeout: ['timeout_error', 504],
  overloaded: ['overloaded_error', 529],
}
