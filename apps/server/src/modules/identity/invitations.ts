import type { Invitation, Role, Workspace } from '@atrium/contract'
import type { Bus } from '#platform/bus'
import type { Clock } from '#platform/clock'
import type { Database, Tx } from '#platform/db'
import { AppError, forbidden, notFound } from '#platform/errors'
import { type Caller, decodeCursor, type Member, paginate } from '#platform/http'
import { z } from 'zod'
import { actorOf } from './actors.ts'
import type { Audit } from './audit.ts'
import { invitationGone, standing } from './invitation-rules.ts'
import { invitationLink, linkLifeSeconds, type Mailer } from './mails.ts'
import { announceWorkspaceChange } from './notices.ts'
import { refuseBeyondKey } from './role-rules.ts'
import { deleteInvitation, insertInvitation, lockInvitation } from './store/invitations.ts'
import { findToken, insertToken, type TokenTarget } from './store/tokens.ts'
import { insertMember } from './store/workspaces.ts'
import { hashToken, mintToken } from './tokens.ts'
import { readPerson } from './views/people.ts'
import { type InvitationOffer, readInvitations, readOffer, readWorkspace } from './views/workspaces.ts'
import type { Page, PageQuery } from './workspaces.ts'

export interface InvitationParts {
  readonly db: Database
  readonly bus: Bus
  readonly clock: Clock
  readonly audit: Audit
  readonly mailer: Mailer
  readonly publicUrl: string
}

const validMs = linkLifeSeconds.invitation * 1000

/** Invitations by e-mail. */
export class Invitations {
  readonly #parts: InvitationParts

  constructor(parts: InvitationParts) {
    this.#parts = parts
  }

  /**
   * Writes a mail with a link that is valid for seven days; an earlier one for the same address ends.
   * @throws AppError 403 when somebody who is no owner invites one, or a key somebody who may do more than it
   */
  create(
    member: Member,
    { email, role }: { email: string; role: Role },
    address: string,
  ): Promise<Invitation & { link: string }> {
    const { workspaceId, name } = member
    if (role === 'owner' && member.role !== 'owner') throw forbidden('Only owners can invite owners.')
    refuseBeyondKey(member, role)
    return this.#parts.db.withWorkspace(workspaceId, async (tx) => {
      const { invitation, token } = await this.#store(tx, member, email, role)
      const workspace = await readWorkspace(tx, workspaceId, role)
      if (!workspace) throw notFound('workspace')
      await this.#parts.mailer.sendInvitation(tx, email, { workspace: workspace.name, inviter: name, token })
      await this.#parts.audit.record(tx, {
        workspaceId,
        actor: actorOf(member),
        action: 'invitation.created',
        target: { kind: 'invitation', id: invitation.id },
        details: { email, role },
        address,
      })
      return { ...invitation, link: invitationLink(this.#parts.publicUrl, token) }
    })
  }

  /** Open invitations, newest first. */
  async list({ workspaceId }: Member, { limit, cursor }: PageQuery): Promise<Page<Invitation>> {
    const before = cursor === undefined ? null : decodeCursor(cursor, z.uuid())[0]
    const list = await this.#parts.db.withWorkspace(workspaceId, (tx) =>
      readInvitations(tx, workspaceId, limit + 1, before),
    )
    return paginate(list, limit, ({ id }) => [id])
  }

  async revoke(member: Member, invitationId: string, address: string): Promise<void> {
    const { workspaceId } = member
    await this.#parts.db.withWorkspace(workspaceId, async (tx) => {
      if (!(await deleteInvitation(tx, workspaceId, invitationId))) throw notFound('invitation')
      await this.#parts.audit.record(tx, {
        workspaceId,
        actor: actorOf(member),
        action: 'invitation.revoked',
        target: { kind: 'invitation', id: invitationId },
        address,
      })
    })
  }

  /** What a link offers, to whoever holds it. */
  async offer(token: string): Promise<InvitationOffer> {
    const { workspaceId, targetId } = await this.#parts.db.transaction((tx) => find(tx, token))
    const found = await this.#parts.db.withWorkspace(workspaceId, (tx) =>
      readOffer(tx, workspaceId, targetId),
    )
    const { inviterRole: _, ...offer } = standing(found)
    return offer
  }

  /**
   * Part of the transaction of the request's key, if it has one: a repetition then gets the answer, and not that the
   * invitation is used.
   * @throws AppError 403 when the invitation names another address, 409 for a member
   */
  async accept(caller: Caller, token: string, address: string): Promise<Workspace> {
    const { db } = this.#parts
    const { workspaceId, targetId } = await db.atomically({}, (tx) => find(tx, token))
    const { personId } = caller
    return db.atomically({ workspaceId }, async (tx) => {
      const role = await useInvitation(tx, workspaceId, targetId, personId)
      await this.#parts.audit.record(tx, {
        workspaceId,
        actor: actorOf(caller),
        action: 'member.joined',
        target: { kind: 'person', id: personId },
        details: { role, by: 'invitation' },
        address,
      })
      await announceWorkspaceChange(this.#parts.bus, tx, workspaceId)
      const workspace = await readWorkspace(tx, workspaceId, role)
      if (!workspace) throw notFound('workspace')
      return workspace
    })
  }

  async #store(
    tx: Tx,
    { workspaceId, personId, name }: Member,
    email: string,
    role: Role,
  ): Promise<{ invitation: Invitation; token: string }> {
    const { clock } = this.#parts
    const createdAt = clock.now()
    const expiresAt = new Date(createdAt.getTime() + validMs)
    const id = clock.uuid()
    const token = mintToken()
    await insertInvitation(tx, { workspaceId, id, email, role, invitedBy: personId, createdAt, expiresAt })
    await insertToken(tx, { kind: 'invitation', hash: hashToken(token), workspaceId, targetId: id })
    const times = { createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString() }
    return { invitation: { id, email, role, invitedBy: name, ...times }, token }
  }
}

async function find(tx: Tx, token: string): Promise<TokenTarget> {
  const target = await findToken(tx, 'invitation', hashToken(token))
  if (!target) throw invitationGone()
  return target
}

async function useInvitation(
  tx: Tx,
  workspaceId: string,
  invitationId: string,
  personId: string,
): Promise<Role> {
  const invitation = standing(await lockInvitation(tx, workspaceId, invitationId))
  const person = await readPerson(tx, personId)
  if (person?.email !== invitation.email) throw forbidden('This invitation is for another e-mail address.')
  const { role } = invitation
  if (!(await insertMember(tx, { workspaceId, personId, role }))) throw memberAlready()
  await deleteInvitation(tx, workspaceId, invitationId)
  return role
}

const memberAlready = (): AppError =>
  new AppError('RESOURCE_ALREADY_EXISTS', 'You are a member of this workspace already.')
