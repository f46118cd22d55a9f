import type { ClientError, ModelErrorType, RequestError } from '@atrium/wire'
import type { CallError, CallErrorCode } from '#modules/models'
import { AppError } from '#platform/errors'

/** The errors of this module, by the fact they report. */
export const gatewayErrors = {
  unknownCaller: () =>
    new AppError('INVALID_CREDENTIALS', 'No API key was given. Create one in Settings › API keys.'),
  notAllowed: (kind: 'session' | 'key') =>
    new AppError(
      'INSUFFICIENT_PERMISSIONS',
      kind === 'key' ? 'This API key may not call models.' : 'Your role does not allow calling models.',
    ),
  modelNotAllowed: (model: string) =>
    new AppError('MODEL_NOT_ALLOWED', `This API key may not call the model “${model}”.`, {
      status: 403,
      details: { param: 'model' },
    }),
  workspaceNeeded: () =>
    new AppError(
      'MISSING_REQUIRED_FIELD',
      'X-Atrium-Workspace: a browser session must name the workspace that it calls for.',
    ),
  twoCredentials: () =>
    new AppError('INVALID_INPUT', 'The request shows two different credentials; send one.'),
  notJson: () => new AppError('UNSUPPORTED_MEDIA_TYPE', 'Send the body as application/json.'),
  encoded: () => new AppError('UNSUPPORTED_MEDIA_TYPE', 'Send the body without a content encoding.'),
  notMultipart: () => new AppError('UNSUPPORTED_MEDIA_TYPE', 'Send the body as multipart/form-data.'),
  tooLarge: (bytes: number) =>
    new AppError('PAYLOAD_TOO_LARGE', `The body is larger than ${Math.floor(bytes / 1024 / 1024)} MB.`),
  malformed: (what: string) => new AppError('INVALID_FORMAT', what),
  namesUpstream: (where: string) =>
    new AppError('INVALID_INPUT', `${where}: a request cannot name its own upstream or its key.`, {
      details: { param: where },
    }),
  badHeader: (name: string, rule: string) =>
    new AppError('INVALID_INPUT', `${name}: ${rule}`, { details: { param: name } }),
  unknownAddress: () => new AppError('RESOURCE_NOT_FOUND', 'There is nothing at this address.'),
  otherMethod: (allowed: string) => new AppError('METHOD_NOT_ALLOWED', `This address answers ${allowed}.`),
  keyReused: () =>
    new AppError('IDEMPOTENCY_KEY_REUSED', 'This Idempotency-Key was used for a different request.'),
  stillRunning: () =>
    new AppError('IDEMPOTENCY_IN_PROGRESS', 'The first request with this key is still running.', {
      retryAfterSeconds: 2,
    }),
  outcomeUnknown: () =>
    new AppError(
      'IDEMPOTENCY_OUTCOME_UNKNOWN',
      'The server stopped in the middle of the first request with this key, so nobody knows whether the provider ' +
        'has answered. Send it with another key to call again.',
      { status: 409 },
    ),
  notKept: () =>
    new AppError(
      'IDEMPOTENCY_ANSWER_NOT_KEPT',
      'The first request with this key was answered, but its answer is too large to be kept.',
      { status: 409 },
    ),
} as const

const typeOfStatus: ReadonlyMap<number, ModelErrorType> = new Map([
  [401, 'authentication'],
  [402, 'quota-exhausted'],
  [403, 'permission'],
  [404, 'not-found'],
  [408, 'timeout'],
  [413, 'request-too-large'],
  [429, 'rate-limit'],
  [503, 'overloaded'],
  [504, 'timeout'],
])

/** An error of ours as a client learns of it. Its status stays, its words are public. */
export function clientErrorOfApp(error: AppError, requestId: string): ClientError {
  const { status, code, message, retryAfterSeconds, details } = error
  const type = typeOfStatus.get(status) ?? (status >= 500 ? 'server-error' : 'invalid-request')
  const param = paramOf(details)
  return {
    type,
    message,
    status,
    code: code.toLowerCase(),
    requestId,
    ...(param === undefined ? {} : { param }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterMs: retryAfterSeconds * 1000 }),
  }
}

function paramOf(details: unknown): string | undefined {
  if (typeof details !== 'object' || details === null || !('param' in details)) return undefined
  return typeof details.param === 'string' ? details.param : undefined
}

/** What the API behind the client's dialect would refuse as well. */
export function clientErrorOfRequest(error: RequestError, requestId: string): ClientError {
  const { message, param } = error
  return { type: 'invalid-request', message, requestId, ...(param === undefined ? {} : { param }) }
}

type Spelling = Pick<ClientError, 'type' | 'status'>

/**
 * A provider that does not take our key is no matter of the client's key: a 401 would send people to the wrong place.
 */
const spellings: Readonly<Partial<Record<CallErrorCode, Spelling>>> = {
  PROVIDER_AUTHENTICATION: { type: 'server-error', status: 502 },
  PROVIDER_PERMISSION: { type: 'permission', status: 403 },
  PROVIDER_MODEL_NOT_FOUND: { type: 'not-found' },
  PROVIDER_RATE_LIMITED: { type: 'rate-limit' },
  PROVIDER_QUOTA_EXHAUSTED: { type: 'quota-exhausted' },
  PROVIDER_OVERLOADED: { type: 'overloaded' },
  PROVIDER_TIMEOUT: { type: 'timeout' },
  PROVIDER_UNREACHABLE: { type: 'connection' },
  PROVIDER_ADDRESS_REFUSED: { type: 'connection' },
  PROVIDER_STREAM_CUT: { type: 'stream-truncated' },
  PROVIDER_INVALID_RESPONSE: { type: 'invalid-response' },
  PROVIDER_REFUSED_REQUEST: { type: 'invalid-request' },
  PROVIDER_CONTENT_FILTER: { type: 'content-filter' },
  CONTEXT_TOO_LONG: { type: 'context-length' },
  REQUEST_TOO_LARGE: { type: 'request-too-large' },
  MODEL_NOT_FOUND: { type: 'not-found' },
  MODEL_DISABLED: { type: 'not-found' },
  CONNECTION_DISABLED: { type: 'not-found' },
  NO_DEPLOYMENT_AVAILABLE: { type: 'overloaded' },
  REQUEST_INVALID: { type: 'invalid-request' },
  FIDELITY_LOSS: { type: 'invalid-request' },
  BUDGET_EXHAUSTED: { type: 'quota-exhausted', status: 402 },
  PRICE_UNKNOWN: { type: 'quota-exhausted', status: 402 },
  BUDGET_REACHED: { type: 'quota-exhausted', status: 402 },
  DEADLINE_EXCEEDED: { type: 'timeout' },
  SERVICE_UNAVAILABLE: { type: 'overloaded' },
}

/** Codes for which each dialect has a word of its own, which its clients look for. */
const wellKnown: ReadonlySet<CallErrorCode> = new Set<CallErrorCode>([
  'MODEL_NOT_FOUND',
  'PROVIDER_MODEL_NOT_FOUND',
  'PROVIDER_RATE_LIMITED',
  'PROVIDER_QUOTA_EXHAUSTED',
  'PROVIDER_CONTENT_FILTER',
  'CONTEXT_TOO_LONG',
])

/** The failure of a call as a client learns of it. */
export function clientErrorOfCall(error: CallError, requestId: string): ClientError {
  const { code, message, retryAfterMs } = error
  const { type, status } = spellings[code] ?? { type: 'server-error' }
  return {
    type,
    message,
    requestId,
    ...(status === undefined ? {} : { status }),
    ...(wellKnown.has(code) ? {} : { code: code.toLowerCase() }),
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  }
}
