import { setTimeout as sleep } from 'node:timers/promises'
import type { Person, Workspace } from '@atrium/contract'
import type { Bus } from '#platform/bus'
import type { Database, Tx } from '#platform/db'
import { AppError } from '#platform/errors'
import type { Caller } from '#platform/http'
import type { Auth } from './auth.ts'
import type { AuthDatabase } from './auth-database.ts'
import { translated } from './auth-errors.ts'
import { authHeaders, type Client } from './client.ts'
import type { Limit, Limits } from './limits.ts'
import { announceRevocation } from './notices.ts'
import type { SignInGuard } from './sign-in-guard.ts'
import { forgetLinks } from './store/mails.ts'
import { endPasswordResets, lockPassword } from './store/people.ts'
import { deleteOtherSessions, forgetDevices } from './store/sessions.ts'
import { hashToken } from './tokens.ts'
import { readFirstScreen, readPerson } from './views/people.ts'

/** An answer that also sets cookies. */
export interface WithCookies<T> {
  readonly answer: T
  readonly cookies: readonly string[]
}

export interface SignedIn {
  readonly person: Person
  readonly workspaces: Workspace[]
}

export interface AccountParts {
  readonly db: Database
  readonly bus: Bus
  readonly auth: Auth
  readonly authDatabase: AuthDatabase
  readonly limits: Limits
  readonly signInGuard: SignInGuard
}

const quarterHour = 900
const hour = 3600
/** Longer than any lookup takes: the time of the answer does not tell whether an address is known. */
const evenlySlowMs = 150

/** Signing in and out, and passwords. */
export class Accounts {
  readonly #parts: AccountParts

  constructor(parts: AccountParts) {
    this.#parts = parts
  }

  /** @throws AppError 401 for a wrong address or password, 429 after too many */
  async signIn(input: { email: string; password: string }, client: Client): Promise<WithCookies<SignedIn>> {
    const { db, auth, signInGuard } = this.#parts
    const attempt = await signInGuard.admit(input.email, client)
    const headers = authHeaders(client, { withCookie: false })
    const call = auth.api.signInEmail({ body: input, headers, returnHeaders: true })
    const reply = await translated(call)
    const cookies = [...reply.headers.getSetCookie(), await attempt.succeeded()]
    return { answer: await signedIn(db, reply.response.user.id), cookies }
  }

  /** Ends the session; gives the cookies that remove it from the browser. */
  signOut(caller: Caller, client: Client): Promise<readonly string[]> {
    const { bus, auth } = this.#parts
    return this.#together(async (tx) => {
      const headers = authHeaders(client, { withCookie: true })
      const reply = await translated(auth.api.signOut({ headers, returnHeaders: true }))
      await announceRevocation(bus, tx, { credentialId: caller.credentialId })
      return reply.headers.getSetCookie()
    })
  }

  /** Ends all other sessions as well, and the links that set another password. */
  async changePassword(
    caller: Caller,
    body: { currentPassword: string; newPassword: string },
    client: Client,
  ): Promise<void> {
    const { bus, auth, limits } = this.#parts
    const { personId, credentialId } = caller
    const attempts = [{ name: 'change password', subject: personId, max: 10, windowSeconds: quarterHour }]
    await limits.take(attempts)
    await this.#together(async (tx) => {
      await lockPassword(tx, personId)
      const headers = authHeaders(client, { withCookie: true })
      await translated(auth.api.changePassword({ body, headers }))
      await deleteOtherSessions(tx, personId, credentialId)
      await endPasswordResets(tx, personId)
      await announceRevocation(bus, tx, { personId })
    })
    await limits.giveBack(attempts)
  }

  /** Writes a mail with a link when the address is known; does and lasts the same otherwise. */
  async requestPasswordReset(email: string, client: Client): Promise<void> {
    const { auth, limits } = this.#parts
    await limits.take(mailLimits('password reset', email, client))
    const headers = authHeaders(client, { withCookie: false })
    const call = translated(auth.api.requestPasswordReset({ body: { email }, headers }))
    await Promise.all([call, sleep(evenlySlowMs)])
  }

  /** Sets a new password; ends all sessions, and the other links that set one. */
  async resetPassword(
    { token, password }: { token: string; password: string },
    client: Client,
  ): Promise<void> {
    const { auth, limits } = this.#parts
    await limits.take([{ name: 'reset link', subject: client.network, max: 50, windowSeconds: hour }])
    const body = { token, newPassword: password }
    const headers = authHeaders(client, { withCookie: false })
    const personId = await this.#resetting(token)
    await this.#together(async (tx) => {
      if (personId !== undefined) await lockPassword(tx, personId)
      await translated(auth.api.resetPassword({ body, headers }))
      if (personId === undefined) return
      await endPasswordResets(tx, personId)
      await forgetDevices(tx, personId)
    })
  }

  /** Whose password a link sets; undefined for one that Better Auth will refuse. */
  async #resetting(token: string): Promise<string | undefined> {
    const { internalAdapter } = await this.#parts.auth.$context
    const found = await translated(internalAdapter.findVerificationValue(`reset-password:${token}`))
    return found?.value
  }

  /** @throws AppError 409 when the address is confirmed already */
  async requestVerification(caller: Caller, client: Client): Promise<void> {
    const { db, auth, limits } = this.#parts
    const person = await db.transaction((tx) => readPerson(tx, caller.personId))
    if (!person) throw accountGone()
    const { email } = person
    await limits.take(mailLimits('verification', email, client))
    const headers = authHeaders(client, { withCookie: true })
    await translated(auth.api.sendVerificationEmail({ body: { email }, headers }))
  }

  async verifyEmail(token: string, client: Client): Promise<void> {
    const { auth, limits } = this.#parts
    await limits.take([{ name: 'verification link', subject: client.network, max: 50, windowSeconds: hour }])
    const headers = authHeaders(client, { withCookie: false })
    await this.#together(async (tx) => {
      await translated(auth.api.verifyEmail({ query: { token }, headers }))
      await forgetLinks(tx, [hashToken(token)])
    })
  }

  /** Moves the end of the session on; gives the cookies to set. */
  async renew(client: Client): Promise<readonly string[]> {
    const headers = authHeaders(client, { withCookie: true })
    const call = this.#parts.auth.api.getSession({ headers, returnHeaders: true })
    return (await translated(call)).headers.getSetCookie()
  }

  /** Better Auth's work and ours commit as one. */
  #together<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const { db, authDatabase } = this.#parts
    return db.transaction((tx) => authDatabase.within(tx, () => work(tx)))
  }
}

/** What someone sees right after signing in. */
export async function signedIn(db: Database, personId: string): Promise<SignedIn> {
  const viewer = { personId, sessionId: null, only: null }
  const { person, workspaces } = await db.withPerson(personId, (tx) => readFirstScreen(tx, viewer, 0))
  if (!person) throw accountGone()
  return { person, workspaces }
}

const accountGone = (): AppError =>
  new AppError('INVALID_CREDENTIALS', 'This account does not exist any more.')

const mailLimits = (purpose: string, email: string, { network }: Client): Limit[] => [
  { name: `${purpose} account`, subject: email, max: 5, windowSeconds: hour },
  { name: `${purpose} network`, subject: network, max: 50, windowSeconds: hour },
]
