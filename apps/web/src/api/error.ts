import type { ErrorBody } from '@atrium/contract'

interface ApiErrorInit {
  code: string
  message: string
  status: number
  details?: unknown
  requestId?: string | null
  retryAfterSeconds?: number | null
  cause?: unknown
}

/** A call that did not succeed. `status` is 0 when no answer arrived (`code` is then `NETWORK`). */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: string
  readonly status: number
  readonly details: unknown
  readonly requestId: string | null
  readonly retryAfterSeconds: number | null

  constructor(init: ApiErrorInit) {
    super(init.message, { cause: init.cause })
    this.code = init.code
    this.status = init.status
    this.details = init.details
    this.requestId = init.requestId ?? null
    this.retryAfterSeconds = init.retryAfterSeconds ?? null
  }

  /** The server could not be reached, or is briefly unable to answer. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }
}

export function networkError(cause: unknown): ApiError {
  return new ApiError({
    code: 'NETWORK',
    message: 'Atrium cannot be reached. Check the connection and try again.',
    status: 0,
    cause,
  })
}

/** Reads the one error shape of the API, and stays readable when something else answered (a proxy, say). */
export async function errorFrom(response: Response): Promise<ApiError> {
  const retryAfter = Number(response.headers.get('Retry-After'))
  const common = {
    status: response.status,
    retryAfterSeconds: Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : null,
  }
  const body: unknown = await response.json().catch(() => null)
  if (isErrorBody(body)) return new ApiError({ ...common, ...body.error })
  return new ApiError({
    ...common,
    code: 'UNREADABLE_ANSWER',
    message: `The server answered ${response.status} without saying why.`,
    requestId: response.headers.get('X-Request-Id'),
  })
}

function isErrorBody(body: unknown): body is ErrorBody {
  if (typeof body !== 'object' || body === null || !('error' in body)) return false
  const { error } = body
  return typeof error === 'object' && error !== null && 'code' in error && 'message' in error
}

/** The words to show for anything that was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof ApiError && error.code === 'RATE_LIMIT_EXCEEDED' && error.retryAfterSeconds) {
    return `${error.message.replace(/ Try again (later|shortly)\.$/, '')} Try again in ${error.retryAfterSeconds} s.`
  }
  return error instanceof Error ? error.message : 'Something went wrong.'
}
