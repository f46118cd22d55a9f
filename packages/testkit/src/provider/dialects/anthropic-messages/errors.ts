import type { Json } from '../../json.ts'
import { retryAfter, type Refusal, type RefusalReason, type RefusalReply } from '../../refusal.ts'

const types: Record<RefusalReason, string> = {
  'invalid-request': 'invalid_request_error',
  authentication: 'authentication_error',
  'missing-key': 'authentication_error',
  'invalid-key': 'authentication_error',
  permission: 'permission_error',
  'not-found': 'not_found_error',
  'too-large': 'request_too_large',
  'rate-limit': 'rate_limit_error',
  'spend-limit': 'rate_limit_error',
  server: 'api_error',
  unavailable: 'api_error',
  overloaded: 'overloaded_error',
}

const messages: Partial<Record<RefusalReason, string>> = {
  'missing-key': 'x-api-key header is required',
  'invalid-key': 'invalid x-api-key',
  authentication: 'invalid x-api-key',
  'rate-limit': "This request would exceed your organization's rate limit.",
  'spend-limit': "This request would exceed your account's monthly spend limit. Please try again later.",
}

/**
 * An Anthropic error body, the same in a reply and in a stream. An exhausted budget comes as a 429 without
 * `Retry-After`, or as a 400 that tells the day it ends. Source: https://docs.anthropic.com/en/api/errors
 */
export function anthropicError(refusal: Refusal): Json {
  const capped = refusal.reason === 'spend-limit' && refusal.status === 400
  const error = capped
    ? {
        type: 'invalid_request_error',
        message:
          'You have reached your specified API usage limits. You will regain access on 2027-01-01 at 00:00 UTC.',
      }
    : { type: types[refusal.reason], message: messages[refusal.reason] ?? refusal.message }
  return { type: 'error', error, request_id: 'req_fake' }
}

export function refuseAsAnthropic(refusal: Refusal): RefusalReply {
  return { status: refusal.status, headers: retryAfter(refusal), body: anthropicError(refusal) }
}
