import type { Json } from '../../json.ts'
import { retryAfter, type Refusal, type RefusalReason, type RefusalReply } from '../../refusal.ts'

const types: Record<RefusalReason, string> = {
  'invalid-request': 'invalid_request_error',
  authentication: 'authentication_error',
  'missing-key': 'authentication_error',
  permission: 'permission_error',
  'not-found': 'not_found_error',
  'too-large': 'request_too_large',
  'rate-limit': 'rate_limit_error',
  'spend-limit': 'rate_limit_error',
  server: 'api_error',
  unavailable: 'api_error',
  overloaded: 'overloaded_error',
}

/** An Anthropic error body, the same in a reply and in a stream: https://docs.anthropic.com/en/api/errors */
export function anthropicError(refusal: Refusal): Json {
  return {
    type: 'error',
    error: { type: types[refusal.reason], message: refusal.message },
    request_id: 'req_fake',
  }
}

export function refuseAsAnthropic(refusal: Refusal): RefusalReply {
  return { status: refusal.status, headers: retryAfter(refusal), body: anthropicError(refusal) }
}
