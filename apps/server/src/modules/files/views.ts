import { first, rows, sql, type Tx } from '#platform/db'

/** A file with what only this module may see. */
export interface FileRow {
  readonly id: string
  readonly name: string
  readonly mediaType: string
  readonly kind: 'image' | 'text'
  readonly sizeBytes: number
  readonly blobKey: string
  readonly createdAt: Date
}

const columns = sql`id, name, media_type AS "mediaType", kind, size_bytes AS "sizeBytes", blob_key AS "blobKey",
  created_at AS "createdAt"`

/**
 * Files of a person, by id; those of others are left out. `kept` files cannot be tidied away until the transaction
 * ends.
 */
export async function readOwned(
  tx: Tx,
  ownerId: string,
  ids: readonly string[],
  mode?: 'kept',
): Promise<FileRow[]> {
  return rows(
    tx,
    sql<FileRow>`
    SELECT ${columns} FROM files.files
    WHERE workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid
      AND id = ANY (${ids}::uuid[]) AND owner_id = ${ownerId}
    ORDER BY id LIMIT ${ids.length} ${mode === 'kept' ? sql`FOR NO KEY UPDATE` : sql``}`,
  )
}

/** How many bytes the files of the workspace take together. */
export async function readUsage(tx: Tx, workspaceId: string): Promise<number> {
  const row = await first(
    tx,
    sql<{
      bytes: number
    }>`SELECT bytes::float8 AS bytes FROM files.usage WHERE workspace_id = ${workspaceId}`,
  )
  return row?.bytes ?? 0
}

/** Any file of the workspace: for callers that have proven their right otherwise. */
export async function readFile(tx: Tx, workspaceId: string, id: string): Promise<FileRow | undefined> {
  return first(
    tx,
    sql<FileRow>`
    SELECT ${columns} FROM files.files WHERE workspace_id = ${workspaceId} AND id = ${id}`,
  )
}
