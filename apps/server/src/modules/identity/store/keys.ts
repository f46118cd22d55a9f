import type { KeyLimits, Permission } from '@atrium/contract'
import { changed, first, sql, type Tx } from '#platform/db'

/** What may change about a key. */
export interface KeySettings {
  readonly name: string
  readonly expiresAt: Date | null
  readonly teamId: string | null
  /** Patterns of model ids; null allows all. */
  readonly models: readonly string[] | null
  readonly limits: KeyLimits
  readonly enabled: boolean
}

export interface NewKey extends KeySettings {
  readonly workspaceId: string
  readonly id: string
  /** Whose rights it has. */
  readonly personId: string
  readonly createdBy: string
  readonly prefix: string
  readonly scopes: readonly Permission[]
  readonly createdAt: Date
}

export async function insertKey(tx: Tx, key: NewKey): Promise<void> {
  const { rpm, tpm, concurrency } = key.limits
  await sql`
    INSERT INTO identity.api_keys (workspace_id, id, person_id, created_by, name, prefix, scopes, created_at,
      expires_at, team_id, models, rpm, tpm, concurrency, enabled)
    VALUES (${key.workspaceId}, ${key.id}, ${key.personId}, ${key.createdBy}, ${key.name}, ${key.prefix},
      ${key.scopes}, ${key.createdAt}, ${key.expiresAt}, ${key.teamId}, ${key.models}, ${rpm}, ${tpm},
      ${concurrency}, ${key.enabled})`.execute(tx)
}

/** A key as it stands, until the transaction ends. */
export interface LockedKey extends KeySettings {
  readonly prefix: string
  readonly scopes: readonly Permission[]
  readonly ownerId: string
  readonly createdById: string
}

/** Locks a key, of this person only unless `personId` is null. */
export async function lockKey(
  tx: Tx,
  workspaceId: string,
  keyId: string,
  personId: string | null,
): Promise<LockedKey | undefined> {
  return first(
    tx,
    sql<LockedKey>`
      SELECT person_id AS "ownerId", created_by AS "createdById", name, expires_at AS "expiresAt",
        team_id AS "teamId", models, enabled, prefix, scopes,
        json_build_object('rpm', rpm, 'tpm', tpm, 'concurrency', concurrency) AS limits
      FROM identity.api_keys
      WHERE workspace_id = ${workspaceId} AND id = ${keyId}
        AND (${personId}::uuid IS NULL OR person_id = ${personId})
      FOR NO KEY UPDATE`,
  )
}

export async function updateKey(
  tx: Tx,
  workspaceId: string,
  keyId: string,
  settings: KeySettings,
): Promise<void> {
  const { name, expiresAt, teamId, models, limits, enabled } = settings
  await sql`
    UPDATE identity.api_keys SET name = ${name}, expires_at = ${expiresAt}, team_id = ${teamId},
      models = ${models}, rpm = ${limits.rpm}, tpm = ${limits.tpm}, concurrency = ${limits.concurrency},
      enabled = ${enabled}
    WHERE workspace_id = ${workspaceId} AND id = ${keyId}`.execute(tx)
}

/** Notes that a key has another secret, which begins with `prefix`. */
export async function markRotated(
  tx: Tx,
  workspaceId: string,
  keyId: string,
  { prefix, at }: { prefix: string; at: Date },
): Promise<void> {
  await sql`
    UPDATE identity.api_keys SET prefix = ${prefix}, rotated_at = ${at}
    WHERE workspace_id = ${workspaceId} AND id = ${keyId}`.execute(tx)
}

/** Removes a key with its tokens, of this person only unless `personId` is null; false when there is none. */
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
