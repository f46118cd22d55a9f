import { type ApiKey, permissions } from '@atrium/contract'
import { first, rows, sql, type Tx } from '#platform/db'

type Moment = 'rotatedAt' | 'formerSecretUntil' | 'lastUsedAt' | 'expiresAt'

interface Row extends Omit<ApiKey, 'createdAt' | Moment> {
  readonly createdAt: Date
  readonly rotatedAt: Date | null
  readonly formerSecretUntil: Date | null
  readonly lastUsedAt: Date | null
  readonly expiresAt: Date | null
}

const keys = sql`
  SELECT k.id, k.name, k.prefix, k.scopes, p.id AS "ownerId", p.name AS "ownerName", c.id AS "createdById",
    c.name AS "createdByName", k.team_id AS "teamId", t.name AS "teamName", k.models, k.enabled,
    json_build_object('rpm', k.rpm, 'tpm', k.tpm, 'concurrency', k.concurrency) AS limits,
    k.created_at AS "createdAt", k.rotated_at AS "rotatedAt", (
      SELECT max(i.expires_at) FROM identity.token_index i
      WHERE i.workspace_id = k.workspace_id AND i.target_id = k.id AND i.expires_at > now()
    ) AS "formerSecretUntil", k.last_used_at AS "lastUsedAt", k.expires_at AS "expiresAt"
  FROM identity.api_keys k
  JOIN identity.people p ON p.id = k.person_id
  JOIN identity.people c ON c.id = k.created_by
  LEFT JOIN identity.teams t ON t.workspace_id = k.workspace_id AND t.id = k.team_id`

const known: ReadonlySet<string> = new Set(permissions)

const toApiKey = (row: Row): ApiKey => ({
  ...row,
  // Keys that were made earlier may name permissions that are no more.
  scopes: row.scopes.filter((scope) => known.has(scope)),
  createdAt: row.createdAt.toISOString(),
  rotatedAt: row.rotatedAt?.toISOString() ?? null,
  formerSecretUntil: row.formerSecretUntil?.toISOString() ?? null,
  lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
  expiresAt: row.expiresAt?.toISOString() ?? null,
})

/** A key, of this person only unless `personId` is null. */
export async function readKey(
  tx: Tx,
  workspaceId: string,
  keyId: string,
  personId: string | null,
): Promise<ApiKey | undefined> {
  const row = await first(
    tx,
    sql<Row>`
      ${keys} WHERE k.workspace_id = ${workspaceId} AND k.id = ${keyId}
        AND (${personId}::uuid IS NULL OR k.person_id = ${personId})`,
  )
  return row && toApiKey(row)
}

/** Which keys a list shows: null shows those of every person or team. */
export interface KeyFilter {
  readonly personId: string | null
  readonly teamId: string | null
  readonly limit: number
  readonly before: string | null
}

/** Keys, newest first, before the given id. */
export async function readKeys(tx: Tx, workspaceId: string, filter: KeyFilter): Promise<ApiKey[]> {
  const { personId, teamId, limit, before } = filter
  const list = await rows(
    tx,
    sql<Row>`
      ${keys} WHERE k.workspace_id = ${workspaceId}
        AND (${personId}::uuid IS NULL OR k.person_id = ${personId})
        AND (${teamId}::uuid IS NULL OR k.team_id = ${teamId})
        AND (${before}::uuid IS NULL OR k.id < ${before})
      ORDER BY k.id DESC LIMIT ${limit}`,
  )
  return list.map(toApiKey)
}
