import type { Policy } from '@atrium/contract'
import { first, rows, sql, type Tx } from '#platform/db'

/** An alias with the policy in force. */
export interface AliasRow {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly enabled: boolean
  readonly version: number
  /** As it was validated when it was stored. */
  readonly policy: Policy
  readonly createdAt: Date
  readonly updatedAt: Date
}

const columns = sql`a.id, a.name, a.description, a.enabled, a.version, v.policy, a.created_at AS "createdAt",
  a.updated_at AS "updatedAt"`
const current = sql`models.aliases a JOIN models.alias_versions v
  ON v.workspace_id = a.workspace_id AND v.alias_id = a.id AND v.version = a.version`

export async function readAliasByName(
  tx: Tx,
  workspaceId: string,
  name: string,
): Promise<AliasRow | undefined> {
  return first(
    tx,
    sql<AliasRow>`SELECT ${columns} FROM ${current} WHERE a.workspace_id = ${workspaceId} AND a.name = ${name}`,
  )
}

/** `locked` keeps others from changing it until the transaction ends. */
export async function readAlias(
  tx: Tx,
  workspaceId: string,
  id: string,
  mode?: 'locked',
): Promise<AliasRow | undefined> {
  return first(
    tx,
    sql<AliasRow>`SELECT ${columns} FROM ${current} WHERE a.workspace_id = ${workspaceId} AND a.id = ${id}
    ${mode === 'locked' ? sql`FOR UPDATE OF a` : sql``}`,
  )
}

/** Oldest first. */
export async function readAliases(
  tx: Tx,
  workspaceId: string,
  options: { limit: number; after?: { createdAt: string; id: string } | null },
): Promise<AliasRow[]> {
  const after = options.after ?? null
  return rows(
    tx,
    sql<AliasRow>`
    SELECT ${columns} FROM ${current}
    WHERE a.workspace_id = ${workspaceId}
      AND (${after === null} OR (a.created_at, a.id) > (${after?.createdAt ?? null}::timestamptz, ${after?.id ?? null}::uuid))
    ORDER BY a.created_at, a.id LIMIT ${options.limit}`,
  )
}

/** Those of the names that aliases have. */
export async function readAliasNames(
  tx: Tx,
  workspaceId: string,
  names: readonly string[],
): Promise<Set<string>> {
  const found = await rows(
    tx,
    sql<{ name: string }>`
    SELECT name FROM models.aliases WHERE workspace_id = ${workspaceId} AND name = ANY (${[...names]}::text[])
    LIMIT 1000`,
  )
  return new Set(found.map(({ name }) => name))
}

export async function countAliases(tx: Tx, workspaceId: string): Promise<number> {
  const row = await first(
    tx,
    sql<{ count: number }>`
    SELECT count(*)::int AS count FROM models.aliases WHERE workspace_id = ${workspaceId}`,
  )
  return row?.count ?? 0
}

export interface AliasVersionRow {
  readonly version: number
  readonly policy: Policy
  readonly authorId: string | null
  readonly note: string
  readonly rollbackOf: number | null
  readonly current: boolean
  readonly createdAt: Date
}

const versionColumns = sql`v.version, v.policy, v.author_id AS "authorId", v.note, v.rollback_of AS "rollbackOf",
  v.version = a.version AS current, v.created_at AS "createdAt"`
const versions = sql`models.alias_versions v JOIN models.aliases a
  ON a.workspace_id = v.workspace_id AND a.id = v.alias_id`

/** Newest first. */
export async function readAliasVersions(
  tx: Tx,
  workspaceId: string,
  aliasId: string,
  options: { limit: number; before: number | null },
): Promise<AliasVersionRow[]> {
  return rows(
    tx,
    sql<AliasVersionRow>`
    SELECT ${versionColumns} FROM ${versions}
    WHERE v.workspace_id = ${workspaceId} AND v.alias_id = ${aliasId}
      AND (${options.before === null} OR v.version < ${options.before})
    ORDER BY v.version DESC LIMIT ${options.limit}`,
  )
}

export async function readAliasVersion(
  tx: Tx,
  workspaceId: string,
  aliasId: string,
  version: number,
): Promise<AliasVersionRow | undefined> {
  return first(
    tx,
    sql<AliasVersionRow>`
    SELECT ${versionColumns} FROM ${versions}
    WHERE v.workspace_id = ${workspaceId} AND v.alias_id = ${aliasId} AND v.version = ${version}`,
  )
}
