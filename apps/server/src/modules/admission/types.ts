import type { KeyLimits } from '@atrium/contract'
import type { Settings } from './settings.ts'

/** A call that wants to be let in. */
export interface AdmissionRequest {
  readonly workspaceId: string
  /** Null for a call without a key. */
  readonly keyId: string | null
  readonly personId: string
  /** Of the key; pass the same object for the same key where possible. */
  readonly limits: KeyLimits
  /** Input and the most output that the call may take; whole and not negative. */
  readonly estimatedTokens: number
}

/** Leave for one call. */
export interface Ticket {
  /** `RateLimit-*` headers for the answer; none where no limit holds. */
  readonly headers: Readonly<Record<string, string>>
  /** The call is over and took this many tokens, 0 when it was not made. Only the first call counts. */
  release(actualTokens: number): void
}

/** Limits of requests, tokens and calls at once, shared by all processes. */
export interface Admission {
  /**
   * Lets a call in, or refuses it at once. No round trip while this process holds a slice that is large enough, and no
   * promise where no limit holds.
   * @throws AppError RATE_LIMIT_EXCEEDED 429 with `retryAfterSeconds`, headers and details { scope, unit, limit, remaining };
   * DATABASE_ERROR 503 when no slice can be had
   */
  admit(request: AdmissionRequest): Ticket | Promise<Ticket>
}

/** What the module's own routes and jobs use besides. */
export interface AdmissionService extends Admission {
  readonly settings: Settings
  /** Removes what nobody has used for long. */
  tidy(): Promise<void>
}

/** What is counted: `requests` and `tokens` flow off over a minute, `slots` are given back. */
export type Unit = 'requests' | 'tokens' | 'slots'

export type ScopeKind = 'key' | 'person' | 'workspace'

/** What one limit counts, and where. */
export interface Counted {
  readonly workspaceId: string
  readonly scope: ScopeKind
  readonly scopeId: string
  readonly unit: Unit
}
