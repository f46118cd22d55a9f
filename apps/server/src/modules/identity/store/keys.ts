import type { Permission } from '@atrium/contract'
import { changed, sql, type Tx } from '#platform/db'

export interface NewKey {
  readonly workspaceId: string
  readonly id: string
  readonly personId: string
  readonly name: string
  readonly prefix: string
  readonly scopes: readonly Permission[]
  readonly createdAt: Date
  readonly expiresAt: Date | null
}

export async function insertKey(tx: Tx, key: NewKey): Promise<void> {
  await sql`
    INSERT INTO identity.api_keys (workspace_id, id, person_id, name, prefix, scopes, created_at, expires_at)
    VALUES (${key.workspaceId}, ${key.id}, ${key.personId}, ${key.name}, ${key.prefix}, ${key.scopes},
      ${key.createdAt}, ${key.expiresAt})`.execute(tx)
}

/** Removes a key with its token, of this person only unless `personId` is null; false when there is none. */
export async function deleteKey(
  tx: Tx,
  workspaceId: string,
  keyId: string,
  personId: string | null,
): Promise<boolean> {
  const count = await changed(
    tx,
    sql`DELETE FROM identity.api_keys
      WHERE workspace_id = ${workspaceId} AND id = ${keyId}
        AND (${personId}::uuid IS NULL OR person_id = ${personId})`,
  )
  if (count === 0) return false
  await sql`
    DELETE FROM identity.token_index WHERE workspace_id = ${workspaceId} AND target_id = ${keyId}`.execute(tx)
  return true
}
