import type { Invitation, Member, Role, Workspace } from '@atrium/contract'
import { first, rows, sql, type Tx } from '#platform/db'

/** A workspace as the holder of `role` sees it. */
export async function readWorkspace(tx: Tx, workspaceId: string, role: Role): Promise<Workspace | undefined> {
  const row = await first(
    tx,
    sql<Omit<Workspace, 'createdAt' | 'role'> & { createdAt: Date }>`
      SELECT workspace_id AS id, name, instructions, default_model AS "defaultModel", created_at AS "createdAt"
      FROM identity.workspaces WHERE workspace_id = ${workspaceId}`,
  )
  return row && { ...row, role, createdAt: row.createdAt.toISOString() }
}

/** What answers are made with unless a conversation says otherwise. */
export interface AnswerSettings {
  readonly workspaceInstructions: string
  readonly personalInstructions: string
  readonly defaultModel: string
}

export async function readAnswerSettings(
  tx: Tx,
  workspaceId: string,
  personId: string,
): Promise<AnswerSettings | undefined> {
  return first(
    tx,
    sql<AnswerSettings>`
      SELECT w.instructions AS "workspaceInstructions", w.default_model AS "defaultModel",
        p.instructions AS "personalInstructions"
      FROM identity.workspaces w, identity.people p WHERE w.workspace_id = ${workspaceId} AND p.id = ${personId}`,
  )
}

const mostOwners = 100

/** E-mail addresses of the owners. */
export async function readOwnerEmails(tx: Tx, workspaceId: string): Promise<string[]> {
  const found = await rows(
    tx,
    sql<{ email: string }>`
      SELECT p.email FROM identity.members m JOIN identity.people p ON p.id = m.person_id
      WHERE m.workspace_id = ${workspaceId} AND m.role = 'owner' ORDER BY m.joined_at, m.person_id LIMIT ${mostOwners}`,
  )
  return found.map(({ email }) => email)
}

type MemberRow = Omit<Member, 'joinedAt'> & { joinedAt: Date }

const memberColumns = sql`m.person_id AS "personId", p.name, p.email, m.role, m.joined_at AS "joinedAt"`
const toMember = (row: MemberRow): Member => ({ ...row, joinedAt: row.joinedAt.toISOString() })

export async function readMember(tx: Tx, workspaceId: string, personId: string): Promise<Member | undefined> {
  const row = await first(
    tx,
    sql<MemberRow>`
      SELECT ${memberColumns} FROM identity.members m JOIN identity.people p ON p.id = m.person_id
      WHERE m.workspace_id = ${workspaceId} AND m.person_id = ${personId}`,
  )
  return row && toMember(row)
}

/** Members in the order in which they joined, after the given place. */
export async function readMembers(
  tx: Tx,
  workspaceId: string,
  limit: number,
  after: readonly [joinedAt: string, personId: string] | null,
): Promise<Member[]> {
  const [joinedAt, personId] = after ?? [null, null]
  const list = await rows(
    tx,
    sql<MemberRow>`
      SELECT ${memberColumns} FROM identity.members m JOIN identity.people p ON p.id = m.person_id
      WHERE m.workspace_id = ${workspaceId}
        AND (${joinedAt}::timestamptz IS NULL OR (m.joined_at, m.person_id) > (${joinedAt}::timestamptz, ${personId}::uuid))
      ORDER BY m.joined_at, m.person_id LIMIT ${limit}`,
  )
  return list.map(toMember)
}

/** Open invitations, newest first, before the given id. */
export async function readInvitations(
  tx: Tx,
  workspaceId: string,
  limit: number,
  before: string | null,
): Promise<Invitation[]> {
  const list = await rows(
    tx,
    sql<Omit<Invitation, 'createdAt' | 'expiresAt'> & { createdAt: Date; expiresAt: Date }>`
      SELECT i.id, i.email, i.role, p.name AS "invitedBy", i.created_at AS "createdAt", i.expires_at AS "expiresAt"
      FROM identity.invitations i JOIN identity.people p ON p.id = i.invited_by
      WHERE i.workspace_id = ${workspaceId} AND i.expires_at > now() AND (${before}::uuid IS NULL OR i.id < ${before})
      ORDER BY i.id DESC LIMIT ${limit}`,
  )
  return list.map((row) => ({
    ...row,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
  }))
}

export interface InvitationOffer {
  readonly workspaceName: string
  readonly email: string
  readonly role: Role
  readonly expiresAt: string
}

export interface OpenOffer extends InvitationOffer {
  /** What the inviter is by now; null for one who is no member any more. */
  readonly inviterRole: Role | null
}

/** What an invitation that has not run out offers. */
export async function readOffer(
  tx: Tx,
  workspaceId: string,
  invitationId: string,
): Promise<OpenOffer | undefined> {
  const row = await first(
    tx,
    sql<Omit<OpenOffer, 'expiresAt'> & { expiresAt: Date }>`
      SELECT w.name AS "workspaceName", i.email, i.role, i.expires_at AS "expiresAt", m.role AS "inviterRole"
      FROM identity.invitations i JOIN identity.workspaces w ON w.workspace_id = i.workspace_id
      LEFT JOIN identity.members m ON m.workspace_id = i.workspace_id AND m.person_id = i.invited_by
      WHERE i.workspace_id = ${workspaceId} AND i.id = ${invitationId} AND i.expires_at > now()`,
  )
  return row && { ...row, expiresAt: row.expiresAt.toISOString() }
}

/** What a person is in all workspaces together; run in the person's scope. */
export async function countMemberships(
  tx: Tx,
  personId: string,
): Promise<{ owned: number; isMoreThanViewer: boolean }> {
  const row = await first(
    tx,
    sql<{ owned: number; isMoreThanViewer: boolean }>`
      SELECT count(*) FILTER (WHERE role = 'owner')::int AS owned,
        coalesce(bool_or(role <> 'viewer'), false) AS "isMoreThanViewer"
      FROM identity.members WHERE person_id = ${personId}`,
  )
  return row ?? { owned: 0, isMoreThanViewer: false }
}
