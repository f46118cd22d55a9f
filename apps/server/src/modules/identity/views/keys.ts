import type { ApiKey } from '@atrium/contract'
import { first, rows, sql, type Tx } from '#platform/db'

interface Row extends Omit<ApiKey, 'createdAt' | 'lastUsedAt' | 'expiresAt'> {
  readonly createdAt: Date
  readonly lastUsedAt: Date | null
  readonly expiresAt: Date | null
}

const columns = sql`
  k.id, k.name, k.prefix, k.scopes, p.name AS "ownerName", k.created_at AS "createdAt",
  k.last_used_at AS "lastUsedAt", k.expires_at AS "expiresAt"`

const toApiKey = (row: Row): ApiKey => ({
  ...row,
  createdAt: row.createdAt.toISOString(),
  lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
  expiresAt: row.expiresAt?.toISOString() ?? null,
})

export async function readKey(tx: Tx, workspaceId: string, keyId: string): Promise<ApiKey | undefined> {
  const row = await first(
    tx,
    sql<Row>`
      SELECT ${columns} FROM identity.api_keys k JOIN identity.people p ON p.id = k.person_id
      WHERE k.workspace_id = ${workspaceId} AND k.id = ${keyId}`,
  )
  return row && toApiKey(row)
}

/** Keys, newest first, before the given id; of one person unless `personId` is null. */
export async function readKeys(
  tx: Tx,
  workspaceId: string,
  options: { personId: string | null; limit: number; before: string | null },
): Promise<ApiKey[]> {
  const { personId, limit, before } = options
  const list = await rows(
    tx,
    sql<Row>`
      SELECT ${columns} FROM identity.api_keys k JOIN identity.people p ON p.id = k.person_id
      WHERE k.workspace_id = ${workspaceId} AND (${personId}::uuid IS NULL OR k.person_id = ${personId})
        AND (${before}::uuid IS NULL OR k.id < ${before})
      ORDER BY k.id DESC LIMIT ${limit}`,
  )
  return list.map(toApiKey)
}
