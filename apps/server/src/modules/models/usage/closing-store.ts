import { rows, sql, type Tx } from '#platform/db'

/** Everything here needs the job role. */

export interface OpenWorkspace {
  readonly workspaceId: string
  /** Where its open time begins. */
  readonly from: Date
}

/** The workspaces that have calls, by steps through the index. */
export async function readOpenWorkspaces(tx: Tx): Promise<OpenWorkspace[]> {
  return rows(
    tx,
    sql<OpenWorkspace>`
    WITH RECURSIVE found AS (
      (SELECT workspace_id FROM models.usage_days ORDER BY workspace_id LIMIT 1)
      UNION ALL
      SELECT (SELECT d.workspace_id FROM models.usage_days d WHERE d.workspace_id > found.workspace_id
        ORDER BY d.workspace_id LIMIT 1) FROM found WHERE found.workspace_id IS NOT NULL
    )
    SELECT f.workspace_id AS "workspaceId", coalesce(u.until, (SELECT min(d.day) FROM models.usage_days d
      WHERE d.workspace_id = f.workspace_id)) AS "from"
    FROM found f LEFT JOIN models.usage_closed u USING (workspace_id)
    WHERE f.workspace_id IS NOT NULL LIMIT 100000`,
  )
}

/** Closes the time of a workspace until the beginning of a quarter of an hour. */
export async function closeUsage(tx: Tx, workspaceId: string, until: Date): Promise<void> {
  await sql`SELECT models.close_usage(${workspaceId}, ${until}::timestamptz)`.execute(tx)
}
