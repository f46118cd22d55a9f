import type { PriceSheet } from '@atrium/contract'
import { changed, first, rows, sql, type Tx } from '#platform/db'

export interface OverrideRow {
  readonly id: string
  readonly version: number
  readonly connectionId: string | null
  readonly modelPattern: string
  readonly sheet: PriceSheet
  readonly effectiveFrom: Date
  readonly note: string
  readonly authorId: string | null
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** Most overrides of one workspace: all of them are looked through for each route. */
export const mostOverrides = 500

const columns = sql`id, version, connection_id AS "connectionId", model_pattern AS "modelPattern", sheet,
  effective_from AS "effectiveFrom", note, author_id AS "authorId", created_at AS "createdAt", updated_at AS "updatedAt"`

export async function readAllOverrides(tx: Tx, workspaceId: string): Promise<OverrideRow[]> {
  return rows(
    tx,
    sql<OverrideRow>`
    SELECT ${columns} FROM models.price_overrides WHERE workspace_id = ${workspaceId} LIMIT ${mostOverrides}`,
  )
}

/** The last made first. */
export async function readOverrides(
  tx: Tx,
  workspaceId: string,
  { limit, before }: { limit: number; before: { createdAt: string; id: string } | null },
): Promise<OverrideRow[]> {
  return rows(
    tx,
    sql<OverrideRow>`
    SELECT ${columns} FROM models.price_overrides
    WHERE workspace_id = ${workspaceId}
      AND (${before === null} OR (created_at, id) < (${before?.createdAt ?? null}::timestamptz, ${before?.id ?? null}::uuid))
    ORDER BY created_at DESC, id DESC LIMIT ${limit}`,
  )
}

/** Keeps others from changing it until the transaction ends. */
export async function lockOverride(
  tx: Tx,
  workspaceId: string,
  id: string,
): Promise<OverrideRow | undefined> {
  return first(
    tx,
    sql<OverrideRow>`
    SELECT ${columns} FROM models.price_overrides WHERE workspace_id = ${workspaceId} AND id = ${id} FOR UPDATE`,
  )
}

export type OverrideFields = Pick<
  OverrideRow,
  'connectionId' | 'modelPattern' | 'sheet' | 'effectiveFrom' | 'note'
>

/** Undefined when there are as many as there may be. Those who add one take turns. */
export async function insertOverride(
  tx: Tx,
  workspaceId: string,
  row: OverrideFields & { readonly id: string; readonly authorId: string },
): Promise<OverrideRow | undefined> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`models.overrides ${workspaceId}`}, 0))`.execute(
    tx,
  )
  return first(
    tx,
    sql<OverrideRow>`
    INSERT INTO models.price_overrides
      (workspace_id, id, connection_id, model_pattern, sheet, effective_from, note, author_id)
    SELECT ${workspaceId}, ${row.id}, ${row.connectionId}, ${row.modelPattern}, ${JSON.stringify(row.sheet)}::jsonb,
      ${row.effectiveFrom}, ${row.note}, ${row.authorId}
    WHERE (SELECT count(*) FROM models.price_overrides WHERE workspace_id = ${workspaceId}) < ${mostOverrides}
    RETURNING ${columns}`,
  )
}

/** Writes the fields and counts the version up. */
export async function updateOverride(
  tx: Tx,
  workspaceId: string,
  id: string,
  fields: OverrideFields,
): Promise<OverrideRow | undefined> {
  return first(
    tx,
    sql<OverrideRow>`
    UPDATE models.price_overrides SET version = version + 1, connection_id = ${fields.connectionId},
      model_pattern = ${fields.modelPattern}, sheet = ${JSON.stringify(fields.sheet)}::jsonb,
      effective_from = ${fields.effectiveFrom}, note = ${fields.note}, updated_at = now()
    WHERE workspace_id = ${workspaceId} AND id = ${id} RETURNING ${columns}`,
  )
}

export async function deleteOverride(tx: Tx, workspaceId: string, id: string): Promise<boolean> {
  return (
    (await changed(
      tx,
      sql`DELETE FROM models.price_overrides WHERE workspace_id = ${workspaceId} AND id = ${id}`,
    )) > 0
  )
}
