/** General error codes; modules add their own, in the same form. */
const statusOfCode = new Map<string, number>([
  ['INVALID_INPUT', 400],
  ['INVALID_FORMAT', 400],
  ['MISSING_REQUIRED_FIELD', 400],
  ['INVALID_CREDENTIALS', 401],
  ['EXPIRED_TOKEN', 401],
  ['INVALID_API_KEY', 401],
  ['INSUFFICIENT_PERMISSIONS', 403],
  ['RESOURCE_NOT_FOUND', 404],
  ['METHOD_NOT_ALLOWED', 405],
  ['REQUEST_TIMEOUT', 408],
  ['RESOURCE_ALREADY_EXISTS', 409],
  ['RESOURCE_CONFLICT', 409],
  ['IDEMPOTENCY_IN_PROGRESS', 409],
  ['PAYLOAD_TOO_LARGE', 413],
  ['UNSUPPORTED_MEDIA_TYPE', 415],
  ['IDEMPOTENCY_KEY_REUSED', 422],
  ['RATE_LIMIT_EXCEEDED', 429],
  ['QUOTA_EXCEEDED', 429],
  ['HEADERS_TOO_LARGE', 431],
  ['INTERNAL_ERROR', 500],
  ['DATABASE_ERROR', 503],
  ['SERVICE_UNAVAILABLE', 503],
  ['INSUFFICIENT_STORAGE', 507],
])

export interface ErrorOptions {
  /** HTTP status; found by the code when it is a general one. */
  readonly status?: number
  /** Structured facts for the caller. */
  readonly details?: unknown
  /** For the log only. */
  readonly detail?: string
  readonly retryAfterSeconds?: number
  /** Further headers of the answer, such as `RateLimit-Reset`. */
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/**
 * An error that the caller may read. `message` and `details` are public; `detail` and `cause` stay in the log.
 * Module families extend it.
 */
export class AppError extends Error {
  readonly code: string
  readonly status: number
  readonly details: unknown
  readonly detail: string | undefined
  readonly retryAfterSeconds: number | undefined
  readonly headers: Readonly<Record<string, string>>

  constructor(code: string, message: string, options: ErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.status = options.status ?? statusOfCode.get(code) ?? 500
    this.details = options.details
    this.detail = options.detail
    this.retryAfterSeconds = options.retryAfterSeconds
    this.headers = options.headers ?? {}
  }
}

export const notFound = (what: string): AppError =>
  new AppError(`${what.toUpperCase().replaceAll(' ', '_')}_NOT_FOUND`, `There is no such ${what}.`, {
    status: 404,
  })

export const invalidInput = (message: string, details?: unknown): AppError =>
  new AppError('INVALID_INPUT', message, { details })

export const conflict = (message: string, details?: unknown): AppError =>
  new AppError('RESOURCE_CONFLICT', message, { details })

export const forbidden = (message = 'Your role does not allow this.'): AppError =>
  new AppError('INSUFFICIENT_PERMISSIONS', message)
