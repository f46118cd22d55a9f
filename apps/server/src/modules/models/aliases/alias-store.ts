import type { Policy } from '@atrium/contract'
import { changed, sql, type Tx } from '#platform/db'

export interface NewAlias {
  readonly workspaceId: string
  readonly id: string
  readonly name: string
  readonly description: string
}

/** Whoever adds or renames an alias waits here for the one before. */
export async function lockAliases(tx: Tx, workspaceId: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`models.aliases ${workspaceId}`}, 0))`.execute(tx)
}

export async function insertAlias(tx: Tx, { workspaceId, id, name, description }: NewAlias): Promise<void> {
  await sql`
    INSERT INTO models.aliases (workspace_id, id, name, description, version)
    VALUES (${workspaceId}, ${id}, ${name}, ${description}, 1)`.execute(tx)
}

export interface AliasChange {
  readonly name: string
  readonly description: string
  readonly enabled: boolean
  readonly version: number
}

export async function updateAlias(
  tx: Tx,
  workspaceId: string,
  id: string,
  { name, description, enabled, version }: AliasChange,
): Promise<void> {
  await sql`
    UPDATE models.aliases SET name = ${name}, description = ${description}, enabled = ${enabled},
      version = ${version}, updated_at = now()
    WHERE workspace_id = ${workspaceId} AND id = ${id}`.execute(tx)
}

export async function deleteAlias(tx: Tx, workspaceId: string, id: string): Promise<boolean> {
  return (
    (await changed(tx, sql`DELETE FROM models.aliases WHERE workspace_id = ${workspaceId} AND id = ${id}`)) >
    0
  )
}

export interface NewAliasVersion {
  readonly workspaceId: string
  readonly aliasId: string
  readonly version: number
  readonly policy: Policy
  readonly authorId: string | null
  readonly note: string
  readonly rollbackOf: number | null
}

export async function insertAliasVersion(tx: Tx, row: NewAliasVersion): Promise<void> {
  await sql`
    INSERT INTO models.alias_versions (workspace_id, alias_id, version, policy, author_id, note, rollback_of)
    VALUES (${row.workspaceId}, ${row.aliasId}, ${row.version}, ${JSON.stringify(row.policy)}, ${row.authorId},
      ${row.note}, ${row.rollbackOf})`.execute(tx)
}
