import { AppError } from '#platform/errors'
import type { Log } from '#platform/log'

/** Numbers of `google.rpc.Code` by HTTP status; https://grpc.io/docs/guides/status-codes/ */
const rpcCodes: ReadonlyMap<number, number> = new Map([
  [400, 3],
  [401, 16],
  [403, 7],
  [404, 5],
  [413, 8],
  [415, 12],
  [429, 8],
  [503, 14],
  [507, 14],
])

/** `UNKNOWN`. */
const unknownCode = 2

export interface Failure {
  readonly error: AppError
  readonly rpcCode: number
}

/** What a sender is told of something that was thrown. What is not its fault is logged. */
export function failureOf(thrown: unknown, requestId: string, log: Log): Failure {
  if (!(thrown instanceof AppError) || thrown.status === 500)
    log.error({ err: thrown, requestId }, 'telemetry could not be taken')
  const error =
    thrown instanceof AppError ? thrown : new AppError('INTERNAL_ERROR', 'Something went wrong on our side.')
  return { error, rpcCode: rpcCodes.get(error.status) ?? unknownCode }
}
