/** Why a call was refused; each dialect spells these in its own words and status codes. */
export type RefusalReason =
  | 'invalid-request'
  | 'authentication'
  | 'missing-key'
  | 'invalid-key'
  | 'permission'
  | 'not-found'
  | 'too-large'
  | 'rate-limit'
  | 'spend-limit'
  | 'server'
  | 'unavailable'
  | 'overloaded'

/** What goes out over HTTP for a refusal. */
export interface RefusalReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

/** A call that the fake provider turns down, as the real one would. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly reason: RefusalReason
  /** Seconds to wait, when the provider says so. */
  readonly retryAfterS: number | undefined
  /** The request field at fault, for dialects that name it. */
  readonly param: string | undefined
  /** A code more special than the reason's own, for dialects that have codes. */
  readonly code: string | undefined

  constructor(
    status: number,
    reason: RefusalReason,
    message: string,
    more: { retryAfterS?: number | undefined; param?: string; code?: string } = {},
  ) {
    super(message)
    this.status = status
    this.reason = reason
    this.retryAfterS = more.retryAfterS
    this.param = more.param
    this.code = more.code
  }
}

/** A 400 for a malformed request. */
export function invalid(message: string, param?: string): Refusal {
  return new Refusal(400, 'invalid-request', message, param === undefined ? {} : { param })
}

/** The `Retry-After` header of a refusal, when it has one. */
export function retryAfter(refusal: Refusal): Record<string, string> {
  return refusal.retryAfterS === undefined ? {} : { 'retry-after': String(refusal.retryAfterS) }
}
