import { isAPIError } from 'better-auth/api'
import { isUnavailable } from '#platform/db'
import { AppError, conflict, invalidInput } from '#platform/errors'

const badLink = (cause: unknown): AppError =>
  new AppError('INVALID_TOKEN', 'This link is not valid any more. Ask for a new one.', { status: 400, cause })

const known = new Map<string, (cause: unknown) => AppError>([
  [
    'INVALID_EMAIL_OR_PASSWORD',
    (cause) => new AppError('INVALID_CREDENTIALS', 'The e-mail address or the password is wrong.', { cause }),
  ],
  [
    'INVALID_PASSWORD',
    (cause) => new AppError('INVALID_CREDENTIALS', 'The password is wrong.', { status: 400, cause }),
  ],
  ['UNAUTHORIZED', (cause) => new AppError('INVALID_CREDENTIALS', 'Sign in first.', { cause })],
  ['USER_ALREADY_EXISTS', alreadyExists],
  ['USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL', alreadyExists],
  ['INVALID_TOKEN', badLink],
  ['TOKEN_EXPIRED', badLink],
  ['USER_NOT_FOUND', badLink],
  ['EMAIL_ALREADY_VERIFIED', () => conflict('This address is confirmed already.')],
  ['PASSWORD_TOO_SHORT', () => invalidInput('password: is too short')],
  ['PASSWORD_TOO_LONG', () => invalidInput('password: is too long')],
  ['INVALID_EMAIL', () => invalidInput('email: is not an e-mail address')],
])

function alreadyExists(cause: unknown): AppError {
  return new AppError('RESOURCE_ALREADY_EXISTS', 'An account with this e-mail address exists already.', {
    cause,
  })
}

const databaseGone = (cause: unknown): AppError =>
  new AppError('DATABASE_ERROR', 'The database is not available. Try again shortly.', {
    retryAfterSeconds: 2,
    cause,
  })

/** Turns what Better Auth refuses into errors of ours; anything else passes unchanged. */
export async function translated<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (isUnavailable(error)) throw databaseGone(error)
    if (!isAPIError(error)) throw error
    const make = known.get(error.body?.code ?? '')
    throw make
      ? make(error)
      : new AppError('INTERNAL_ERROR', 'Something went wrong on our side.', { cause: error })
  }
}
