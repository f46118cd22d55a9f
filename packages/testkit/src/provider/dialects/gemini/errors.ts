import type { Json } from '../../json.ts'
import type { Refusal, RefusalReason, RefusalReply } from '../../refusal.ts'

interface Spelling {
  readonly status: string
  readonly message?: string
  /** Where the HTTP status is not the one that other providers use. */
  readonly http?: number
}

const typePrefix = 'type.googleapis.com/google.rpc.'

const spellings: Record<RefusalReason, Spelling> = {
  'invalid-request': { status: 'INVALID_ARGUMENT' },
  authentication: {
    status: 'UNAUTHENTICATED',
    message: 'Request had invalid authentication credentials. Expected a valid authentication credential.',
  },
  'invalid-key': {
    status: 'INVALID_ARGUMENT',
    message: 'API key not valid. Please pass a valid API key.',
    http: 400,
  },
  'missing-key': {
    status: 'PERMISSION_DENIED',
    message:
      "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
    http: 403,
  },
  permission: { status: 'PERMISSION_DENIED' },
  'not-found': { status: 'NOT_FOUND' },
  'too-large': { status: 'INVALID_ARGUMENT' },
  'rate-limit': {
    status: 'RESOURCE_EXHAUSTED',
    message: 'Resource has been exhausted (e.g. check quota).',
  },
  'spend-limit': {
    status: 'RESOURCE_EXHAUSTED',
    message: 'You exceeded your current quota, please check your plan and billing details.',
  },
  server: {
    status: 'INTERNAL',
    message: 'An internal error has occurred. Please retry or report in the documentation.',
  },
  unavailable: { status: 'UNAVAILABLE', message: 'The model is overloaded. Please try again later.' },
  overloaded: { status: 'UNAVAILABLE', message: 'The model is overloaded. Please try again later.' },
}

/**
 * A `google.rpc.Status` as JSON. When to come back stands in a `RetryInfo` of the body, never in a header.
 * Source: https://ai.google.dev/gemini-api/docs/troubleshooting and google/rpc/error_details.proto
 */
export function geminiError(refusal: Refusal): Json {
  const { status, message, http } = spellings[refusal.reason]
  const details = detailsOf(refusal)
  const error = { code: http ?? refusal.status, message: message ?? refusal.message, status }
  return { error: details.length === 0 ? error : { ...error, details } }
}

export function refuseAsGemini(refusal: Refusal): RefusalReply {
  const status = spellings[refusal.reason].http ?? refusal.status
  return { status, headers: {}, body: geminiError(refusal) }
}

function detailsOf(refusal: Refusal): Json[] {
  if (refusal.reason === 'invalid-key') {
    return [{ '@type': `${typePrefix}ErrorInfo`, reason: 'API_KEY_INVALID', domain: 'googleapis.com' }]
  }
  if (refusal.reason === 'spend-limit') {
    const url = 'https://ai.google.dev/gemini-api/docs/rate-limits'
    return [
      { '@type': `${typePrefix}Help`, links: [{ description: 'Learn more about Gemini API quotas', url }] },
    ]
  }
  if (refusal.retryAfterS === undefined) return []
  return [{ '@type': `${typePrefix}RetryInfo`, retryDelay: `${refusal.retryAfterS}s` }]
}
