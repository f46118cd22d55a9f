import type { Role } from '@atrium/contract'
import { changed, first, sql, type Tx } from '#platform/db'

export async function insertWorkspace(tx: Tx, workspaceId: string, name: string): Promise<void> {
  await sql`INSERT INTO identity.workspaces (workspace_id, name) VALUES (${workspaceId}, ${name})`.execute(tx)
}

export async function updateWorkspace(
  tx: Tx,
  workspaceId: string,
  change: { name?: string | undefined; instructions?: string | undefined; defaultModel?: string | undefined },
): Promise<void> {
  await sql`
    UPDATE identity.workspaces SET
      name = coalesce(${change.name ?? null}, name),
      instructions = coalesce(${change.instructions ?? null}, instructions),
      default_model = coalesce(${change.defaultModel ?? null}, default_model)
    WHERE workspace_id = ${workspaceId}`.execute(tx)
}

/** Changes of who belongs to a workspace take turns behind this lock, which rows that refer to it need not wait for. */
export async function lockWorkspace(tx: Tx, workspaceId: string): Promise<void> {
  await sql`SELECT 1 FROM identity.workspaces WHERE workspace_id = ${workspaceId} FOR NO KEY UPDATE`.execute(
    tx,
  )
}

/** Adds a member; false when the person is one already. */
export async function insertMember(
  tx: Tx,
  member: { workspaceId: string; personId: string; role: Role },
): Promise<boolean> {
  const count = await changed(
    tx,
    sql`INSERT INTO identity.members (workspace_id, person_id, role)
      VALUES (${member.workspaceId}, ${member.personId}, ${member.role})
      ON CONFLICT (workspace_id, person_id) DO NOTHING`,
  )
  return count > 0
}

export async function updateRole(tx: Tx, workspaceId: string, personId: string, role: Role): Promise<void> {
  await sql`
    UPDATE identity.members SET role = ${role}
    WHERE workspace_id = ${workspaceId} AND person_id = ${personId}`.execute(tx)
}

/** Removes a member together with their API keys there. */
export async function deleteMember(tx: Tx, workspaceId: string, personId: string): Promise<void> {
  await sql`
    DELETE FROM identity.token_index WHERE workspace_id = ${workspaceId} AND target_id IN (
      SELECT id FROM identity.api_keys WHERE workspace_id = ${workspaceId} AND person_id = ${personId})`.execute(
    tx,
  )
  await sql`
    DELETE FROM identity.members WHERE workspace_id = ${workspaceId} AND person_id = ${personId}`.execute(tx)
}

/** Whether someone besides this person owns the workspace. */
export async function hasOtherOwner(tx: Tx, workspaceId: string, personId: string): Promise<boolean> {
  const row = await first(
    tx,
    sql`SELECT 1 FROM identity.members
      WHERE workspace_id = ${workspaceId} AND role = 'owner' AND person_id <> ${personId} LIMIT 1`,
  )
  return row !== undefined
}

/** Workspaces that one person creates at once are made one after the other. */
export async function lockCreation(tx: Tx, personId: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`workspaces of ${personId}`}, 0))`.execute(tx)
}
