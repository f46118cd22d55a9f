import type { Role } from '@atrium/contract'
import type { Bus } from '#platform/bus'
import type { Clock } from '#platform/clock'
import type { Database, Tx } from '#platform/db'
import { AppError, forbidden } from '#platform/errors'
import { type SignedIn, signedIn, type WithCookies } from './accounts.ts'
import { personActor } from './actors.ts'
import type { Audit } from './audit.ts'
import type { Auth } from './auth.ts'
import type { AuthDatabase } from './auth-database.ts'
import { translated } from './auth-errors.ts'
import { authHeaders, type Client } from './client.ts'
import type { Devices } from './devices.ts'
import { invitationGone, standing } from './invitation-rules.ts'
import type { Limit, Limits } from './limits.ts'
import { announceWorkspaceChange } from './notices.ts'
import { findInstallation, insertInstallation, lockEmail, lockInstallation } from './store/installation.ts'
import { deleteInvitation, lockInvitation } from './store/invitations.ts'
import { makeOperator } from './store/people.ts'
import { findToken } from './store/tokens.ts'
import { insertMember, insertWorkspace } from './store/workspaces.ts'
import { hashToken } from './tokens.ts'

export interface SignUp {
  readonly name: string
  readonly email: string
  readonly password: string
  readonly invitation?: string | undefined
  readonly workspaceName?: string | undefined
}

export interface RegistrationParts {
  readonly db: Database
  readonly bus: Bus
  readonly clock: Clock
  readonly auth: Auth
  readonly authDatabase: AuthDatabase
  readonly audit: Audit
  readonly limits: Limits
  readonly devices: Devices
}

/** An account that was made in a transaction, and the cookies of its first session. */
interface Made {
  readonly personId: string
  readonly cookies: readonly string[]
}

/** Makes accounts. */
export class Registration {
  readonly #parts: RegistrationParts

  constructor(parts: RegistrationParts) {
    this.#parts = parts
  }

  /**
   * The first person owns the installation; afterwards an invitation or open registration is needed.
   * @throws AppError 403 when registration is closed, 409 for a known address, 429 after too many
   */
  async signUp(input: SignUp, client: Client): Promise<WithCookies<SignedIn>> {
    const { db, limits, devices } = this.#parts
    const attempts = [hourly('sign-up', client, 300)]
    await limits.take(attempts)
    const isInvited = input.invitation !== undefined
    const admitting = isInvited ? this.#admit(input, client) : this.#guessing(input, client)
    const { personId, cookies } = await admitting
    if (isInvited) await limits.giveBack(attempts)
    const device = devices.remember(input.email, devices.find(client.cookie, input.email))
    return { answer: await signedIn(db, personId), cookies: [...cookies, device] }
  }

  /** Makes the owner that the operator's settings name; true when there was none yet. */
  async makeOwner(owner: { email: string; password: string }): Promise<boolean> {
    const { db, auth, authDatabase } = this.#parts
    if (await db.transaction(findInstallation)) return false
    const names = { person: owner.email, workspace: 'Default' }
    const made = await this.#asOwner(names, null, (tx) =>
      authDatabase.within(tx, () => createVerified(auth, owner)),
    )
    return made !== undefined
  }

  /**
   * Admits whoever comes without an invitation. A sign-up starts a session at once, so an address that is taken cannot
   * be answered as a free one is: what can be limited is how many taken ones somebody finds.
   */
  async #guessing(input: SignUp, client: Client): Promise<Made> {
    const { limits } = this.#parts
    const guess = [hourly('sign-up with a known address', client, 30)]
    await limits.take(guess)
    let found = false
    try {
      return await this.#admit(input, client)
    } catch (error) {
      found = isTaken(error)
      throw error
    } finally {
      if (!found) await limits.giveBack(guess)
    }
  }

  async #admit(input: SignUp, client: Client): Promise<Made> {
    const { db } = this.#parts
    if (!(await db.transaction(findInstallation))) {
      const names = { person: input.name, workspace: input.workspaceName ?? 'Default' }
      const owner = await this.#asOwner(names, client.address, (tx) => this.#create(tx, input, client))
      if (owner) return owner
    }
    if (input.invitation !== undefined) return this.#asInvited(input.invitation, input, client)
    return this.#asMember(input, client)
  }

  /** Undefined when someone else was first. */
  async #asOwner(
    names: { person: string; workspace: string },
    address: string | null,
    make: (tx: Tx) => Promise<Made>,
  ): Promise<Made | undefined> {
    const { db, clock, audit } = this.#parts
    const workspaceId = clock.uuid()
    return db.withWorkspace(workspaceId, async (tx) => {
      await lockInstallation(tx)
      if (await findInstallation(tx)) return undefined
      const made = await make(tx)
      const { personId } = made
      await makeOperator(tx, personId)
      await insertWorkspace(tx, workspaceId, names.workspace)
      await insertMember(tx, { workspaceId, personId, role: 'owner' })
      await insertInstallation(tx, workspaceId)
      await audit.record(tx, {
        workspaceId,
        actor: personActor(personId, names.person),
        action: 'workspace.created',
        target: { kind: 'workspace', id: workspaceId },
        details: { name: names.workspace },
        address,
      })
      return made
    })
  }

  async #asInvited(token: string, input: SignUp, client: Client): Promise<Made> {
    const { db } = this.#parts
    const target = await db.transaction((tx) => findToken(tx, 'invitation', hashToken(token)))
    if (!target) throw invitationGone()
    const { workspaceId, targetId } = target
    return db.withWorkspace(workspaceId, async (tx) => {
      const invitation = standing(await lockInvitation(tx, workspaceId, targetId))
      if (invitation.email !== input.email) throw forbidden('This invitation is for another e-mail address.')
      const made = await this.#join(tx, workspaceId, input, client, {
        role: invitation.role,
        by: 'invitation',
      })
      await deleteInvitation(tx, workspaceId, targetId)
      return made
    })
  }

  async #asMember(input: SignUp, client: Client): Promise<Made> {
    const { db } = this.#parts
    const installation = await db.transaction(findInstallation)
    if (installation?.registration !== 'open') throw registrationClosed()
    const { defaultWorkspaceId } = installation
    return db.withWorkspace(defaultWorkspaceId, (tx) =>
      this.#join(tx, defaultWorkspaceId, input, client, { role: 'member', by: 'open registration' }),
    )
  }

  async #join(tx: Tx, workspaceId: string, input: SignUp, client: Client, joining: Joining): Promise<Made> {
    const made = await this.#create(tx, input, client)
    const { personId } = made
    await insertMember(tx, { workspaceId, personId, role: joining.role })
    await this.#parts.audit.record(tx, {
      workspaceId,
      actor: personActor(personId, input.name),
      action: 'member.joined',
      target: { kind: 'person', id: personId },
      details: { ...joining },
      address: client.address,
    })
    await announceWorkspaceChange(this.#parts.bus, tx, workspaceId)
    return made
  }

  async #create(tx: Tx, { name, email, password }: SignUp, client: Client): Promise<Made> {
    const { auth, authDatabase } = this.#parts
    await lockEmail(tx, email)
    const headers = authHeaders(client, { withCookie: false })
    const call = () => auth.api.signUpEmail({ body: { name, email, password }, headers, returnHeaders: true })
    const reply = await authDatabase.within(tx, () => translated(call()))
    return { personId: reply.response.user.id, cookies: reply.headers.getSetCookie() }
  }
}

interface Joining {
  readonly role: Role
  readonly by: 'invitation' | 'open registration'
}

/** An account without a session, whose address the operator vouches for. */
async function createVerified(auth: Auth, owner: { email: string; password: string }): Promise<Made> {
  const { internalAdapter, password } = await auth.$context
  const email = owner.email.toLowerCase()
  const person = await internalAdapter.createUser(
    { email, name: email.split('@')[0] ?? email, emailVerified: true },
    { method: 'email-password' },
  )
  await internalAdapter.linkAccount({
    userId: person.id,
    providerId: 'credential',
    accountId: person.id,
    password: await password.hash(owner.password),
  })
  return { personId: person.id, cookies: [] }
}

const hourly = (name: string, { network: subject }: Client, max: number): Limit => ({
  name,
  subject,
  max,
  windowSeconds: 3600,
})

const isTaken = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'RESOURCE_ALREADY_EXISTS'

const registrationClosed = (): AppError =>
  new AppError('REGISTRATION_CLOSED', 'Ask a member for an invitation.', { status: 403 })
