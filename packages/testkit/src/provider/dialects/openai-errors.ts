import { retryAfter, type Refusal, type RefusalReason, type RefusalReply } from '../refusal.ts'

interface Spelling {
  readonly type: string
  readonly code: string | null
}

const spellings: Record<RefusalReason, Spelling> = {
  'invalid-request': { type: 'invalid_request_error', code: null },
  authentication: { type: 'invalid_request_error', code: 'invalid_api_key' },
  'invalid-key': { type: 'invalid_request_error', code: 'invalid_api_key' },
  'missing-key': { type: 'invalid_request_error', code: null },
  permission: { type: 'invalid_request_error', code: 'unsupported_country_region_territory' },
  'not-found': { type: 'invalid_request_error', code: 'model_not_found' },
  'too-large': { type: 'invalid_request_error', code: null },
  'rate-limit': { type: 'requests', code: 'rate_limit_exceeded' },
  'spend-limit': { type: 'insufficient_quota', code: 'insufficient_quota' },
  server: { type: 'server_error', code: null },
  unavailable: { type: 'service_unavailable_error', code: null },
  overloaded: { type: 'server_error', code: null },
}

const messages: Partial<Record<RefusalReason, string>> = {
  'missing-key':
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth.",
  'invalid-key': 'Incorrect API key provided: sk-***. You can find your API key in your account.',
  authentication: 'Incorrect API key provided: sk-***. You can find your API key in your account.',
  'spend-limit': 'You exceeded your current quota, please check your plan and billing details.',
}

/** The `error` object of OpenAI's APIs, see https://platform.openai.com/docs/guides/error-codes. */
export function openaiError(refusal: Refusal): Record<string, unknown> {
  const { type, code } = spellings[refusal.reason]
  const message = messages[refusal.reason] ?? refusal.message
  return { message, type, param: refusal.param ?? null, code: refusal.code ?? code }
}

/** A refusal as the OpenAI APIs send it. */
export function refuseAsOpenai(refusal: Refusal): RefusalReply {
  return { status: refusal.status, headers: retryAfter(refusal), body: { error: openaiError(refusal) } }
}

/** How the OpenAI APIs name a model they do not have. */
export function unknownOpenaiModel(model: string): string {
  return `The model \`${model}\` does not exist or you do not have access to it.`
}
