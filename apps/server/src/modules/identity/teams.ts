import { type Team, type TeamMember, type TeamRole, timestamp } from '@atrium/contract'
import { z } from 'zod'
import type { Bus } from '#platform/bus'
import type { Clock } from '#platform/clock'
import { type Database, type Tx, violatedConstraint } from '#platform/db'
import { AppError, conflict, forbidden, notFound } from '#platform/errors'
import { decodeCursor, type Member, paginate } from '#platform/http'
import { actorOf } from './actors.ts'
import type { Audit, AuditInput } from './audit.ts'
import { announceRevocation } from './notices.ts'
import {
  countKeys,
  deleteTeamMember,
  insertTeam,
  lockTeam,
  putTeamMember,
  updateTeam,
} from './store/teams.ts'
import { findRole } from './views/callers.ts'
import { findTeam, readTeam, readTeamMember, readTeamMembers, readTeams } from './views/teams.ts'
import type { Page, PageQuery } from './workspaces.ts'

export interface TeamParts {
  readonly db: Database
  readonly bus: Bus
  readonly clock: Clock
  readonly audit: Audit
}

export interface TeamQuery extends PageQuery {
  readonly mine: boolean
  readonly archived: boolean
}

export interface TeamChange {
  readonly name?: string | undefined
  readonly archived?: boolean | undefined
}

/** Teams of a workspace and who is in them. */
export class Teams {
  readonly #parts: TeamParts

  constructor(parts: TeamParts) {
    this.#parts = parts
  }

  /** Newest first. */
  async list({ workspaceId, personId }: Member, query: TeamQuery): Promise<Page<Team>> {
    const { limit, cursor, mine, archived } = query
    const before = cursor === undefined ? null : decodeCursor(cursor, z.uuid())[0]
    const filter = { personId, mine, archived, limit: limit + 1, before }
    const list = await this.#parts.db.withWorkspace(workspaceId, (tx) => readTeams(tx, workspaceId, filter))
    return paginate(list, limit, ({ id }) => [id])
  }

  get(member: Member, teamId: string): Promise<Team> {
    return this.#parts.db.withWorkspace(member.workspaceId, (tx) => read(tx, member, teamId))
  }

  /** @throws AppError 409 when a team has that name */
  create(member: Member, name: string, address: string): Promise<Team> {
    const { workspaceId } = member
    const id = this.#parts.clock.uuid()
    return this.#parts.db.withWorkspace(workspaceId, async (tx) => {
      await insertTeam(tx, { workspaceId, id, name }).catch(nameTaken)
      await this.#record(tx, member, id, address, { action: 'team.created', details: { name } })
      return read(tx, member, id)
    })
  }

  /** @throws AppError 409 when a team has that name, or keys belong to one that is to be archived */
  update(member: Member, teamId: string, change: TeamChange, address: string): Promise<Team> {
    const { workspaceId } = member
    return this.#parts.db.withWorkspace(workspaceId, async (tx) => {
      const before = await lockTeam(tx, workspaceId, teamId)
      if (!before) throw notFound('team')
      const after = { name: change.name ?? before.name, archived: change.archived ?? before.archived }
      if (after.archived && !before.archived) await refuseWithKeys(tx, workspaceId, teamId)
      await updateTeam(tx, workspaceId, teamId, after).catch(nameTaken)
      await this.#record(tx, member, teamId, address, { action: 'team.updated', details: { before, after } })
      await announceRevocation(this.#parts.bus, tx, { workspaceId })
      return read(tx, member, teamId)
    })
  }

  /** In the order in which they joined. */
  async listMembers(member: Member, teamId: string, query: PageQuery): Promise<Page<TeamMember>> {
    const { workspaceId } = member
    const { limit, cursor } = query
    const after = cursor === undefined ? null : decodeCursor(cursor, timestamp, z.uuid())
    const list = await this.#parts.db.withWorkspace(workspaceId, async (tx) => {
      await read(tx, member, teamId)
      return readTeamMembers(tx, workspaceId, teamId, limit + 1, after)
    })
    return paginate(list, limit, ({ joinedAt, personId }) => [joinedAt, personId])
  }

  /** @throws AppError 403 to who neither manages teams nor leads this one, 404 for who is no member of the workspace */
  setMember(
    member: Member,
    teamId: string,
    { personId, role }: { personId: string; role: TeamRole },
    address: string,
  ): Promise<TeamMember> {
    const { workspaceId } = member
    return this.#parts.db.withWorkspace(workspaceId, async (tx) => {
      await mayManage(tx, member, teamId)
      if (!(await findRole(tx, workspaceId, personId))) throw notFound('member')
      await putTeamMember(tx, { workspaceId, teamId, personId, role })
      const details = { personId, role }
      await this.#record(tx, member, teamId, address, { action: 'team.member-set', details })
      await announceRevocation(this.#parts.bus, tx, { workspaceId, personId })
      const set = await readTeamMember(tx, workspaceId, teamId, personId)
      if (!set) throw notFound('member')
      return set
    })
  }

  /** Throws as `setMember` does. */
  removeMember(member: Member, teamId: string, personId: string, address: string): Promise<void> {
    const { workspaceId } = member
    return this.#parts.db.withWorkspace(workspaceId, async (tx) => {
      await mayManage(tx, member, teamId)
      if (!(await deleteTeamMember(tx, workspaceId, teamId, personId))) throw notFound('member')
      const details = { personId }
      await this.#record(tx, member, teamId, address, { action: 'team.member-removed', details })
      await announceRevocation(this.#parts.bus, tx, { workspaceId, personId })
    })
  }

  #record(
    tx: Tx,
    member: Member,
    teamId: string,
    address: string,
    what: Pick<AuditInput, 'action' | 'details'>,
  ): Promise<void> {
    const { workspaceId } = member
    const target = { kind: 'team', id: teamId }
    return this.#parts.audit.record(tx, { workspaceId, actor: actorOf(member), target, address, ...what })
  }
}

async function read(tx: Tx, { workspaceId, personId }: Member, teamId: string): Promise<Team> {
  const team = await readTeam(tx, workspaceId, teamId, personId)
  if (!team) throw notFound('team')
  return team
}

/** Leading a team is a matter of the person: a key needs the permission. */
async function mayManage(tx: Tx, member: Member, teamId: string): Promise<void> {
  const team = await findTeam(tx, member.workspaceId, teamId, member.personId)
  if (!team) throw notFound('team')
  const leads = member.kind === 'session' && team.role === 'lead'
  if (!leads && !member.permissions.has('team:manage')) {
    throw forbidden('Only admins and leads of the team can change who is in it.')
  }
  if (team.archived) throw conflict('This team is archived. Bring it back first.')
}

async function refuseWithKeys(tx: Tx, workspaceId: string, teamId: string): Promise<void> {
  const keys = await countKeys(tx, workspaceId, teamId)
  if (keys > 0) {
    throw conflict('Keys belong to this team. Move them to another one or revoke them first.', { keys })
  }
}

function nameTaken(error: unknown): never {
  if (violatedConstraint(error) === 'teams_name') {
    throw new AppError('RESOURCE_ALREADY_EXISTS', 'A team has this name already.')
  }
  throw error
}
