import type { KeyLimits, Permission, Role } from '@atrium/contract'
import type { IncomingHttpHeaders } from 'node:http'

/** Who sends a request, proven by a session cookie or an API key. */
export interface Caller {
  readonly kind: 'session' | 'key'
  /** Of the session or the key. */
  readonly credentialId: string
  readonly personId: string
  readonly name: string
  readonly isOperator: boolean
  /** Set for keys: the only workspace that the key opens. */
  readonly workspaceId: string | null
  /** Set for keys: what it may do at most. */
  readonly scopes: ReadonlySet<Permission> | null
}

/** A caller inside a workspace. */
export interface Member extends Caller {
  readonly workspaceId: string
  readonly role: Role
  readonly permissions: ReadonlySet<Permission>
  /** The teams whose budgets the caller's calls spend: those of the person, and the key's. */
  readonly teamIds: readonly string[]
  /** The key that the caller uses; null for a session. */
  readonly key: MemberKey | null
}

/** What a key allows besides its scopes. */
export interface MemberKey {
  readonly id: string
  readonly name: string
  /** Which of its secrets was shown: one that was replaced may open for a while beside the new one. */
  readonly tokenId: string
  readonly teamId: string | null
  /** Patterns of model ids, see `allowsModel` of the contract; null allows all. */
  readonly models: readonly string[] | null
  readonly limits: KeyLimits
}

/** Where a request shows who sends it; Fastify's requests are such. */
export interface Shown {
  readonly headers: IncomingHttpHeaders
  /** Keys that stand in places of which only the address knows, such as `?key=`. */
  readonly otherKeys?: readonly string[]
}

/** How the HTTP layer learns who calls; the identity module supplies it. */
export interface Gatekeeper {
  /**
   * The caller, or null without credentials; at once when nothing must be looked up.
   * @throws AppError 401 for a credential that is not valid, 400 for two different ones
   */
  authenticate(request: Shown): Caller | null | Promise<Caller | null>
  /**
   * The caller inside a workspace, or null without credentials.
   * @throws AppError as `authenticate`, and 404 when the caller is no member of the workspace
   */
  admit(request: Shown, workspaceId: string): Promise<Member | null>
  /** Tells within 5 s that the credential or the membership was revoked. */
  watch(caller: Caller, workspaceId: string): AccessWatch
}

/** Looks after somebody's access while a stream is open. */
export interface AccessWatch {
  /** Aborted when the access has ended. */
  readonly signal: AbortSignal
  /** Calls back instead, once, when it ends. */
  onEnd(action: () => void): void
  /** Ends the watch. */
  release(): void
}
