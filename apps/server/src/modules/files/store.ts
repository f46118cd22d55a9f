import { changed, rows, sql, type Tx } from '#platform/db'

export interface NewFile {
  readonly workspaceId: string
  readonly id: string
  readonly ownerId: string
  readonly name: string
  readonly mediaType: string
  readonly kind: 'image' | 'text'
  readonly sizeBytes: number
  readonly sha256: string
  readonly blobKey: string
}

/** Stores a file unless its workspace would have more than so many bytes; says whether it did. */
export async function insertFile(tx: Tx, file: NewFile, workspaceBytes: number): Promise<boolean> {
  const count = await changed(
    tx,
    sql`
    WITH room AS (
      INSERT INTO files.usage AS u (workspace_id, bytes)
      SELECT ${file.workspaceId}, ${file.sizeBytes}::bigint WHERE ${file.sizeBytes}::bigint <= ${workspaceBytes}::bigint
      ON CONFLICT (workspace_id) DO UPDATE SET bytes = u.bytes + excluded.bytes
        WHERE u.bytes + excluded.bytes <= ${workspaceBytes}::bigint
      RETURNING workspace_id
    )
    INSERT INTO files.files (workspace_id, id, owner_id, name, media_type, kind, size_bytes, sha256, blob_key)
    SELECT workspace_id, ${file.id}, ${file.ownerId}, ${file.name}, ${file.mediaType}, ${file.kind},
      ${file.sizeBytes}, ${file.sha256}, ${file.blobKey} FROM room`,
  )
  return count > 0
}

/** Files of the transaction's workspace; those that are used already stay as they are. */
export async function markUsed(tx: Tx, ids: readonly string[]): Promise<void> {
  await sql`
    UPDATE files.files SET used_at = now()
    WHERE workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid
      AND id = ANY (${ids}::uuid[]) AND used_at IS NULL`.execute(tx)
}

/** Files that are used no more. */
export async function release(tx: Tx, workspaceId: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await sql`
    UPDATE files.files SET used_at = NULL WHERE workspace_id = ${workspaceId} AND id = ANY (${ids}::uuid[])`.execute(
    tx,
  )
}

/** Files that no message has used within a day, locked so that none can take them now. Needs the job role. */
export async function lockUnused(
  tx: Tx,
  limit: number,
): Promise<{ workspaceId: string; id: string; blobKey: string }[]> {
  return rows(
    tx,
    sql<{ workspaceId: string; id: string; blobKey: string }>`
    SELECT workspace_id AS "workspaceId", id, blob_key AS "blobKey" FROM files.files
    WHERE used_at IS NULL AND created_at < now() - interval '24 hours'
    ORDER BY created_at LIMIT ${limit} FOR UPDATE SKIP LOCKED`,
  )
}

export async function deleteFile(tx: Tx, workspaceId: string, id: string): Promise<void> {
  await sql`
    WITH gone AS (
      DELETE FROM files.files WHERE workspace_id = ${workspaceId} AND id = ${id} RETURNING workspace_id, size_bytes
    )
    UPDATE files.usage u SET bytes = u.bytes - gone.size_bytes FROM gone
    WHERE u.workspace_id = gone.workspace_id`.execute(tx)
}
