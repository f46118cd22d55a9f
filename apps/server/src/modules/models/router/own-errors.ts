import { RequestError } from '@atrium/wire'
import { AppError } from '#platform/errors'
import type { CallError, CallErrorCode } from '../types.ts'

export const internalError: CallError = {
  code: 'INTERNAL_ERROR',
  message: 'Something went wrong on our side.',
  retryable: true,
  status: null,
  retryAfterMs: null,
}

const codes: ReadonlyMap<string, CallErrorCode> = new Map<string, CallErrorCode>([
  ['MODEL_NOT_FOUND', 'MODEL_NOT_FOUND'],
  ['MODEL_DISABLED', 'MODEL_DISABLED'],
  ['CONNECTION_DISABLED', 'CONNECTION_DISABLED'],
  ['NO_DEPLOYMENT_AVAILABLE', 'NO_DEPLOYMENT_AVAILABLE'],
  ['ENDPOINT_NOT_SUPPORTED', 'ENDPOINT_NOT_SUPPORTED'],
  ['FIDELITY_LOSS', 'FIDELITY_LOSS'],
  ['BUDGET_EXHAUSTED', 'BUDGET_EXHAUSTED'],
  ['PRICE_UNKNOWN', 'PRICE_UNKNOWN'],
  ['DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED'],
  ['SECRET_UNREADABLE', 'CONNECTION_KEY_UNREADABLE'],
  ['DATABASE_ERROR', 'SERVICE_UNAVAILABLE'],
  ['SERVICE_UNAVAILABLE', 'SERVICE_UNAVAILABLE'],
])

const mayHelpLater: ReadonlySet<CallErrorCode> = new Set<CallErrorCode>([
  'SERVICE_UNAVAILABLE',
  'NO_DEPLOYMENT_AVAILABLE',
  'DEADLINE_EXCEEDED',
])

/** What ended a call on our side of the wire, in words for the caller. What has no words is our own fault. */
export function ownError(thrown: unknown): CallError {
  if (thrown instanceof RequestError)
    return { ...internalError, code: 'REQUEST_INVALID', message: thrown.message, retryable: false }
  const code = thrown instanceof AppError ? codes.get(thrown.code) : undefined
  if (!(thrown instanceof AppError) || !code) return internalError
  return {
    code,
    message:
      code === 'CONNECTION_KEY_UNREADABLE'
        ? 'The stored key of this connection cannot be read. Enter it again in Settings › Models.'
        : thrown.message,
    retryable: mayHelpLater.has(code),
    status: null,
    retryAfterMs: thrown.retryAfterSeconds === undefined ? null : thrown.retryAfterSeconds * 1000,
    ...(thrown.details === undefined ? {} : { details: thrown.details }),
  }
}
