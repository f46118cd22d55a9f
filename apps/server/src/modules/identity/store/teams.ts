import type { TeamRole } from '@atrium/contract'
import { changed, first, sql, type Tx } from '#platform/db'

export async function insertTeam(
  tx: Tx,
  team: { workspaceId: string; id: string; name: string },
): Promise<void> {
  await sql`
    INSERT INTO identity.teams (workspace_id, id, name)
    VALUES (${team.workspaceId}, ${team.id}, ${team.name})`.execute(tx)
}

export interface LockedTeam {
  readonly name: string
  readonly archived: boolean
}

/** A team as it stands, until the transaction ends. */
export async function lockTeam(tx: Tx, workspaceId: string, teamId: string): Promise<LockedTeam | undefined> {
  return first(
    tx,
    sql<LockedTeam>`
      SELECT name, archived_at IS NOT NULL AS archived FROM identity.teams
      WHERE workspace_id = ${workspaceId} AND id = ${teamId} FOR UPDATE`,
  )
}

export async function updateTeam(
  tx: Tx,
  workspaceId: string,
  teamId: string,
  { name, archived }: LockedTeam,
): Promise<void> {
  await sql`
    UPDATE identity.teams SET name = ${name},
      archived_at = CASE WHEN ${archived}::boolean THEN coalesce(archived_at, now()) END
    WHERE workspace_id = ${workspaceId} AND id = ${teamId}`.execute(tx)
}

/** How many keys belong to a team. */
export async function countKeys(tx: Tx, workspaceId: string, teamId: string): Promise<number> {
  const row = await first(
    tx,
    sql<{ count: number }>`
      SELECT count(*)::int AS count FROM identity.api_keys
      WHERE workspace_id = ${workspaceId} AND team_id = ${teamId}`,
  )
  return row?.count ?? 0
}

/** Adds a person to a team, or changes what they are in it. */
export async function putTeamMember(
  tx: Tx,
  member: { workspaceId: string; teamId: string; personId: string; role: TeamRole },
): Promise<void> {
  await sql`
    INSERT INTO identity.team_members (workspace_id, team_id, person_id, role)
    VALUES (${member.workspaceId}, ${member.teamId}, ${member.personId}, ${member.role})
    ON CONFLICT (workspace_id, team_id, person_id) DO UPDATE SET role = excluded.role`.execute(tx)
}

/** Removes a person from a team; false for one who is not in it. */
export async function deleteTeamMember(
  tx: Tx,
  workspaceId: string,
  teamId: string,
  personId: string,
): Promise<boolean> {
  const count = await changed(
    tx,
    sql`DELETE FROM identity.team_members
      WHERE workspace_id = ${workspaceId} AND team_id = ${teamId} AND person_id = ${personId}`,
  )
  return count > 0
}
