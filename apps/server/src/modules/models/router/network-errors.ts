import type { ModelError, ModelErrorType } from '@atrium/wire'
import { EgressError, type EgressErrorCode } from '#platform/egress'
import type { AttemptEnd } from './attempt.ts'
import type { Fault, FaultStage, TimeoutKind } from './faults.ts'

/** The reason with which a clock aborts an attempt. */
export class TimedOut extends Error {
  override readonly name = 'TimedOut'
  readonly kind: TimeoutKind

  constructor(kind: TimeoutKind) {
    super(`timed out: ${kind}`)
    this.kind = kind
  }
}

const stages: Readonly<Record<EgressErrorCode, FaultStage>> = {
  'url-refused': 'refused-address',
  'address-refused': 'refused-address',
  // Only the key can carry what no header may.
  'invalid-request': 'reply',
  'redirect-refused': 'refused-address',
  'too-many-redirects': 'refused-address',
  dns: 'dns',
  connect: 'connect',
  tls: 'tls',
  timeout: 'timeout',
  aborted: 'reply',
  cut: 'reply',
  'too-large': 'reply',
}

/**
 * A thrown network error as a fault. `sent` is false only where the connection never came about; everything else has
 * an unknown outcome and is never sent again.
 */
export function faultOfThrown(thrown: unknown): Fault {
  if (thrown instanceof TimedOut) return timedOut(thrown.kind, thrown.kind !== 'connect')
  if (!(thrown instanceof EgressError))
    return { stage: 'reply', sent: true, error: connectionError('The connection broke.', true) }
  if (thrown.code === 'timeout') return timedOut(thrown.sent ? 'first-token' : 'connect', thrown.sent)
  const stage = stages[thrown.code]
  const error = connectionError(thrown.message, stage === 'dns' || stage === 'connect' || stage === 'reply')
  if (thrown.code === 'invalid-request')
    return { stage, sent: false, error: { ...error, type: 'authentication', retryable: false } }
  if (thrown.code === 'too-large')
    return { stage, sent: true, error: { ...error, type: 'invalid-response', retryable: false } }
  return { stage, sent: thrown.sent, error }
}

const retried: ReadonlySet<FaultStage> = new Set<FaultStage>(['dns', 'connect', 'timeout'])

/** Whether nothing has been sent and another try may find the door open. */
export const mayTryAgain = (fault: Fault): boolean => !fault.sent && retried.has(fault.stage)

/** Another deployment would refuse the same request for the same reason. */
const sameEverywhere: ReadonlySet<ModelErrorType> = new Set<ModelErrorType>([
  'invalid-request',
  'request-too-large',
  'content-filter',
  'cancelled',
])

/** Whether another deployment may be called instead: nothing of the answer has been shown, and it may do better. */
export function mayFailOver(end: AttemptEnd, hasBegun: boolean): boolean {
  if (end.kind !== 'failed' || hasBegun || end.fault.stage === 'budget') return false
  return !sameEverywhere.has(end.fault.error.type)
}

const clearlyRefused: ReadonlySet<ModelErrorType> = new Set<ModelErrorType>([
  'rate-limit',
  'overloaded',
  'server-error',
])

/** Whether the same deployment may be asked again: it has said by its status that it did not do the work. */
export function mayRepeat({ error }: Fault): boolean {
  return (
    error.retryable && error.status !== undefined && error.status >= 429 && clearlyRefused.has(error.type)
  )
}

function timedOut(kind: TimeoutKind, sent: boolean): Fault {
  const error: ModelError = { type: 'timeout', message: `timed out: ${kind}`, retryable: true, raw: null }
  return { stage: 'timeout', sent, error, timeout: kind }
}

function connectionError(message: string, retryable: boolean): ModelError {
  return { type: 'connection', message, retryable, raw: null }
}
