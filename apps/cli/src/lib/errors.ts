import { errorBody, type ErrorBody } from '@atrium/contract'

/** What the process ends with. Scripts rely on these: they are documented and do not change. */
export const exitCodes = {
  ok: 0,
  failure: 1,
  usage: 2,
  notSignedIn: 3,
  notFound: 4,
  refused: 5,
  unavailable: 6,
  interrupted: 130,
} as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

export interface CliErrorOptions {
  readonly exitCode?: ExitCode
  readonly details?: unknown
  readonly requestId?: string
  /** One sentence: what to do about it. */
  readonly hint?: string
  readonly cause?: unknown
}

/** An error that the person at the terminal may read. */
export class CliError extends Error {
  readonly code: string
  readonly exitCode: ExitCode
  readonly options: CliErrorOptions

  constructor(code: string, message: string, options: CliErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.name = 'CliError'
    this.code = code
    this.exitCode = options.exitCode ?? exitCodes.failure
    this.options = options
  }
}

export const usageError = (message: string, hint?: string): CliError =>
  new CliError('INVALID_INPUT', message, { exitCode: exitCodes.usage, ...(hint ? { hint } : {}) })

export const notSignedIn = (): CliError =>
  new CliError('NOT_SIGNED_IN', 'You are not signed in.', {
    exitCode: exitCodes.notSignedIn,
    hint: 'Run "atrium login", or set ATRIUM_API_KEY.',
  })

/** What the server has answered, as an error of ours. */
export function answeredError(status: number, body: unknown): CliError {
  const { data } = errorBody.safeParse(body)
  const { code, message, details, requestId } = data?.error ?? unreadable(status)
  return new CliError(code, message, {
    exitCode: exitCodeOf(status),
    details,
    requestId,
    ...(status === 401 ? { hint: 'Run "atrium login" to sign in again.' } : {}),
  })
}

const unreadable = (status: number): ErrorBody['error'] => ({
  code: 'UNEXPECTED_ANSWER',
  message: `The server answered ${status} in a form that is not Atrium's. Is the address right?`,
  timestamp: '',
  requestId: '',
})

function exitCodeOf(status: number): ExitCode {
  if (status === 401) return exitCodes.notSignedIn
  if (status === 404) return exitCodes.notFound
  if (status === 400 || status === 422) return exitCodes.usage
  return status >= 500 ? exitCodes.unavailable : exitCodes.refused
}

/** Our error in the shape that every error of the HTTP API has. */
export function shapeOf(error: CliError): ErrorBody {
  const { details, requestId } = error.options
  return {
    error: {
      code: error.code,
      message: error.message,
      ...(details === undefined || details === null ? {} : { details }),
      timestamp: new Date().toISOString(),
      requestId: requestId ?? '',
    },
  }
}
