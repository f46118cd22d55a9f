import type { Team, TeamMember, TeamRole } from '@atrium/contract'
import { first, rows, sql, type Tx } from '#platform/db'

type TeamRow = Omit<Team, 'createdAt' | 'archivedAt'> & { createdAt: Date; archivedAt: Date | null }

/** Teams as a person sees them. */
const teams = (personId: string) => sql`
  SELECT t.id, t.name, own.role, t.created_at AS "createdAt", t.archived_at AS "archivedAt",
    (SELECT count(*)::int FROM identity.team_members m
      WHERE m.workspace_id = t.workspace_id AND m.team_id = t.id) AS "memberCount",
    coalesce((
      SELECT json_agg(json_build_object('personId', lead.person_id, 'name', p.name) ORDER BY lead.joined_at, lead.person_id)
      FROM (
        SELECT m.person_id, m.joined_at FROM identity.team_members m
        WHERE m.workspace_id = t.workspace_id AND m.team_id = t.id AND m.role = 'lead'
        ORDER BY m.joined_at, m.person_id LIMIT 10
      ) AS lead
      JOIN identity.people p ON p.id = lead.person_id
    ), '[]') AS leads
  FROM identity.teams t
  LEFT JOIN identity.team_members own
    ON own.workspace_id = t.workspace_id AND own.team_id = t.id AND own.person_id = ${personId}`

const toTeam = (row: TeamRow): Team => ({
  ...row,
  createdAt: row.createdAt.toISOString(),
  archivedAt: row.archivedAt?.toISOString() ?? null,
})

export async function readTeam(
  tx: Tx,
  workspaceId: string,
  teamId: string,
  personId: string,
): Promise<Team | undefined> {
  const row = await first(
    tx,
    sql<TeamRow>`${teams(personId)} WHERE t.workspace_id = ${workspaceId} AND t.id = ${teamId}`,
  )
  return row && toTeam(row)
}

/** Teams, newest first, before the given id; `mine` leaves out those that the person is not in. */
export async function readTeams(
  tx: Tx,
  workspaceId: string,
  filter: { personId: string; mine: boolean; archived: boolean; limit: number; before: string | null },
): Promise<Team[]> {
  const { personId, mine, archived, limit, before } = filter
  const list = await rows(
    tx,
    sql<TeamRow>`
      ${teams(personId)} WHERE t.workspace_id = ${workspaceId}
        AND (t.archived_at IS NOT NULL) = ${archived} AND (NOT ${mine}::boolean OR own.role IS NOT NULL)
        AND (${before}::uuid IS NULL OR t.id < ${before})
      ORDER BY t.id DESC LIMIT ${limit}`,
  )
  return list.map(toTeam)
}

/** What a person is in a team, and whether the team is archived. */
export async function findTeam(
  tx: Tx,
  workspaceId: string,
  teamId: string,
  personId: string,
): Promise<{ readonly role: TeamRole | null; readonly archived: boolean } | undefined> {
  return first(
    tx,
    sql<{ role: TeamRole | null; archived: boolean }>`
      SELECT m.role, t.archived_at IS NOT NULL AS archived FROM identity.teams t
      LEFT JOIN identity.team_members m
        ON m.workspace_id = t.workspace_id AND m.team_id = t.id AND m.person_id = ${personId}
      WHERE t.workspace_id = ${workspaceId} AND t.id = ${teamId}
      FOR KEY SHARE OF t`,
  )
}

type MemberRow = Omit<TeamMember, 'joinedAt'> & { joinedAt: Date }

const members = sql`
  SELECT m.person_id AS "personId", p.name, p.email, m.role, m.joined_at AS "joinedAt"
  FROM identity.team_members m JOIN identity.people p ON p.id = m.person_id`

const toMember = (row: MemberRow): TeamMember => ({ ...row, joinedAt: row.joinedAt.toISOString() })

export async function readTeamMember(
  tx: Tx,
  workspaceId: string,
  teamId: string,
  personId: string,
): Promise<TeamMember | undefined> {
  const row = await first(
    tx,
    sql<MemberRow>`
      ${members} WHERE m.workspace_id = ${workspaceId} AND m.team_id = ${teamId} AND m.person_id = ${personId}`,
  )
  return row && toMember(row)
}

/** Members of a team in the order in which they joined, after the given place. */
export async function readTeamMembers(
  tx: Tx,
  workspaceId: string,
  teamId: string,
  limit: number,
  after: readonly [joinedAt: string, personId: string] | null,
): Promise<TeamMember[]> {
  const [joinedAt, personId] = after ?? [null, null]
  const list = await rows(
    tx,
    sql<MemberRow>`
      ${members} WHERE m.workspace_id = ${workspaceId} AND m.team_id = ${teamId}
        AND (${joinedAt}::timestamptz IS NULL OR (m.joined_at, m.person_id) > (${joinedAt}::timestamptz, ${personId}::uuid))
      ORDER BY m.joined_at, m.person_id LIMIT ${limit}`,
  )
  return list.map(toMember)
}
