import { type Member as MemberView, type Role, type Workspace, timestamp } from '@atrium/contract'
import type { Bus } from '#platform/bus'
import type { Clock } from '#platform/clock'
import type { Database, Tx } from '#platform/db'
import { AppError, conflict, forbidden, notFound } from '#platform/errors'
import { type Caller, decodeCursor, type Member, paginate } from '#platform/http'
import { z } from 'zod'
import { actorOf } from './actors.ts'
import type { Audit, AuditInput } from './audit.ts'
import { outOfReach } from './invitation-rules.ts'
import { announceRevocation, announceWorkspaceChange } from './notices.ts'
import { refuseBeyondKey } from './role-rules.ts'
import { findInstallation } from './store/installation.ts'
import { deleteInvitationsOf } from './store/invitations.ts'
import {
  deleteMember,
  hasOtherOwner,
  insertMember,
  insertWorkspace,
  lockCreation,
  lockWorkspace,
  updateRole,
  updateWorkspace,
} from './store/workspaces.ts'
import { findRole } from './views/callers.ts'
import { countMemberships, readMember, readMembers, readWorkspace } from './views/workspaces.ts'

export interface PageQuery {
  readonly limit: number
  readonly cursor?: string | undefined
}

export interface Page<T> {
  readonly data: T[]
  readonly meta: { nextCursor: string | null; hasMore: boolean }
}

export interface WorkspaceChange {
  readonly name?: string | undefined
  readonly instructions?: string | undefined
  readonly defaultModel?: string | undefined
}

export interface WorkspaceParts {
  readonly db: Database
  readonly bus: Bus
  readonly clock: Clock
  readonly audit: Audit
  /** How many workspaces one person may own; operators may own more. */
  readonly maxOwned: number
}

/** Workspaces and who belongs to them. */
export class Workspaces {
  readonly #parts: WorkspaceParts

  constructor(parts: WorkspaceParts) {
    this.#parts = parts
  }

  /**
   * Makes a workspace that the caller owns, in the transaction of the request's key, if it has one.
   * @throws AppError 403 when the installation's settings do not let the caller, 409 when the caller owns enough
   */
  create(caller: Caller, name: string, address: string): Promise<Workspace> {
    const { db, clock, audit, maxOwned } = this.#parts
    const workspaceId = clock.uuid()
    // Both scopes: the new workspace is written, the caller's other memberships are counted.
    return db.atomically({ workspaceId, personId: caller.personId }, async (tx) => {
      if (!caller.isOperator) await refuseCreation(tx, caller.personId, maxOwned)
      await insertWorkspace(tx, workspaceId, name)
      await insertMember(tx, { workspaceId, personId: caller.personId, role: 'owner' })
      await audit.record(tx, {
        workspaceId,
        actor: actorOf(caller),
        action: 'workspace.created',
        target: { kind: 'workspace', id: workspaceId },
        details: { name },
        address,
      })
      return readOwn(tx, workspaceId, 'owner')
    })
  }

  get({ workspaceId, role }: Member): Promise<Workspace> {
    return this.#parts.db.withWorkspace(workspaceId, (tx) => readOwn(tx, workspaceId, role))
  }

  /** Changes what is given. */
  update(member: Member, change: WorkspaceChange, address: string): Promise<Workspace> {
    const { workspaceId, role } = member
    return this.#parts.db.withWorkspace(workspaceId, async (tx) => {
      await updateWorkspace(tx, workspaceId, change)
      await this.#parts.audit.record(tx, {
        workspaceId,
        actor: actorOf(member),
        action: 'workspace.updated',
        target: { kind: 'workspace', id: workspaceId },
        details: { fields: Object.keys(change) },
        address,
      })
      await announceWorkspaceChange(this.#parts.bus, tx, workspaceId)
      return readOwn(tx, workspaceId, role)
    })
  }

  /** Members in the order in which they joined. */
  async listMembers({ workspaceId }: Member, { limit, cursor }: PageQuery): Promise<Page<MemberView>> {
    const after = cursor === undefined ? null : decodeCursor(cursor, timestamp, z.uuid())
    const list = await this.#parts.db.withWorkspace(workspaceId, (tx) =>
      readMembers(tx, workspaceId, limit + 1, after),
    )
    return paginate(list, limit, ({ joinedAt, personId }) => [joinedAt, personId])
  }

  /**
   * @throws AppError 409 when it would leave no owner, 403 when an admin touches ownership, or a key a role that may do
   * more than it
   */
  changeRole(member: Member, personId: string, role: Role, address: string): Promise<MemberView> {
    const { workspaceId } = member
    return this.#parts.db.withWorkspace(workspaceId, async (tx) => {
      const before = await mayChange(tx, member, personId, role)
      await updateRole(tx, workspaceId, personId, role)
      await this.#withdraw(tx, member, personId, role, address)
      const changed = await memberOf(tx, workspaceId, personId)
      await this.#recordChange(tx, member, personId, address, {
        action: 'member.role-changed',
        details: { name: changed.name, before, after: role },
      })
      return changed
    })
  }

  /** Ends a membership with its API keys and invitations. Throws as `changeRole` does. */
  removeMember(member: Member, personId: string, address: string): Promise<void> {
    const { workspaceId } = member
    return this.#parts.db.withWorkspace(workspaceId, async (tx) => {
      const before = await mayChange(tx, member, personId, null)
      const { name } = await memberOf(tx, workspaceId, personId)
      await deleteMember(tx, workspaceId, personId)
      await this.#withdraw(tx, member, personId, null, address)
      await this.#recordChange(tx, member, personId, address, {
        action: 'member.removed',
        details: { name, role: before },
      })
    })
  }

  /** Takes the open invitations back that a person could not write any more with the role that is left. */
  async #withdraw(
    tx: Tx,
    member: Member,
    inviterId: string,
    left: Role | null,
    address: string,
  ): Promise<void> {
    const { workspaceId } = member
    for (const gone of await deleteInvitationsOf(tx, workspaceId, inviterId, outOfReach(left))) {
      const { id, email, role } = gone
      await this.#parts.audit.record(tx, {
        workspaceId,
        actor: actorOf(member),
        action: 'invitation.revoked',
        target: { kind: 'invitation', id },
        details: { email, role, reason: left ? 'inviter was demoted' : 'inviter was removed' },
        address,
      })
    }
  }

  async #recordChange(
    tx: Tx,
    member: Member,
    personId: string,
    address: string,
    what: Pick<AuditInput, 'action' | 'details'>,
  ): Promise<void> {
    const { bus, audit } = this.#parts
    const { workspaceId } = member
    const target = { kind: 'person', id: personId }
    await audit.record(tx, { workspaceId, actor: actorOf(member), target, address, ...what })
    await announceRevocation(bus, tx, { workspaceId, personId })
    await announceWorkspaceChange(bus, tx, workspaceId)
  }
}

async function memberOf(tx: Tx, workspaceId: string, personId: string): Promise<MemberView> {
  const member = await readMember(tx, workspaceId, personId)
  if (!member) throw notFound('member')
  return member
}

async function readOwn(tx: Tx, workspaceId: string, role: Role): Promise<Workspace> {
  const workspace = await readWorkspace(tx, workspaceId, role)
  if (!workspace) throw notFound('workspace')
  return workspace
}

/** Checks a change of membership behind the workspace's lock; gives the role before. `after` null removes. */
async function mayChange(tx: Tx, member: Member, personId: string, after: Role | null): Promise<Role> {
  const { workspaceId } = member
  await lockWorkspace(tx, workspaceId)
  const before = await findRole(tx, workspaceId, personId)
  if (!before) throw notFound('member')
  const concernsOwner = before === 'owner' || after === 'owner'
  if (concernsOwner && member.role !== 'owner')
    throw forbidden('Only owners can change who owns the workspace.')
  refuseBeyondKey(member, before, ...(after ? [after] : []))
  const losesOwner = before === 'owner' && after !== 'owner'
  if (losesOwner && !(await hasOtherOwner(tx, workspaceId, personId))) {
    throw conflict('A workspace needs an owner. Make someone else an owner first.')
  }
  return before
}

async function refuseCreation(tx: Tx, personId: string, maxOwned: number): Promise<void> {
  // One after the other, so that many at once do not all find room for one more.
  await lockCreation(tx, personId)
  const creation = (await findInstallation(tx))?.workspaceCreation
  const { owned, isMoreThanViewer } = await countMemberships(tx, personId)
  const mayCreate = creation === 'everyone' || (creation === 'members' && isMoreThanViewer)
  if (!mayCreate) throw forbidden('You may not create workspaces. Ask who runs this installation.')
  if (owned < maxOwned) return
  const message = `You own ${owned} workspaces, and ${maxOwned} is the most. Ask who runs this installation.`
  throw new AppError('WORKSPACE_LIMIT_REACHED', message, { status: 409, details: { owned, maxOwned } })
}
