import { changed, first, rows, sql, type Tx } from '#platform/db'

/** One day (UTC) of a table that is parted into days. */
export interface DayPart {
  /** `YYYY-MM-DD`. */
  readonly day: string
  /** The table of this day alone. */
  readonly part: string
}

/** The days that a table has, the oldest first. */
export async function listDays(tx: Tx, table: string): Promise<DayPart[]> {
  return rows(
    tx,
    sql<DayPart>`
    SELECT to_char(to_date(right(c.relname, 8), 'YYYYMMDD'), 'YYYY-MM-DD') AS day, 'traces.' || c.relname AS part
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = ${`traces.${table}`}::regclass ORDER BY c.relname`,
  )
}

/** Which workspaces have rows in a table, each found by one look into an index that begins with it. Needs the job role. */
export async function workspacesIn(tx: Tx, table: string): Promise<string[]> {
  const found = await rows(
    tx,
    sql<{ id: string }>`
    WITH RECURSIVE found AS (
      (SELECT workspace_id AS id FROM ${sql.table(table)} ORDER BY workspace_id LIMIT 1)
      UNION ALL
      SELECT (SELECT workspace_id FROM ${sql.table(table)} WHERE workspace_id > f.id ORDER BY workspace_id LIMIT 1)
      FROM found f WHERE f.id IS NOT NULL
    )
    SELECT id FROM found WHERE id IS NOT NULL`,
  )
  return found.map(({ id }) => id)
}

/**
 * Drops a day unless others than these workspaces have rows in it; says whether it is gone. Needs the job role.
 * @throws 55P03 when the table is in use for long
 */
export async function dropDay(
  tx: Tx,
  table: string,
  day: string,
  workspaceIds: readonly string[],
): Promise<boolean> {
  const row = await first(
    tx,
    sql<{ gone: boolean }>`SELECT traces.drop_day(${table}, ${day}::date, ${workspaceIds}::uuid[]) AS gone`,
  )
  return row?.gone ?? false
}

/** Deletes so many rows of a workspace from the table of one day; gives how many there were. Needs the job role. */
export async function deleteRows(tx: Tx, part: string, workspaceId: string, limit: number): Promise<number> {
  return changed(
    tx,
    sql`
    DELETE FROM ${sql.table(part)} WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM ${sql.table(part)} WHERE workspace_id = ${workspaceId} LIMIT ${limit}))`,
  )
}

/** Deletes so many series of metrics of a workspace that have no point since then; gives how many there were. Needs the job role. */
export async function deleteSeries(
  tx: Tx,
  workspaceId: string,
  before: Date,
  limit: number,
): Promise<number> {
  return changed(
    tx,
    sql`
    DELETE FROM traces.metric_series WHERE workspace_id = ${workspaceId} AND id IN (
      SELECT id FROM traces.metric_series WHERE workspace_id = ${workspaceId} AND last_at < ${before}
      LIMIT ${limit} FOR UPDATE SKIP LOCKED)`,
  )
}

/**
 * Deletes so many traces of a workspace that have no span of this time or later; gives how many there were. What a sender
 * is just adding to stays. Needs the job role.
 */
export async function deleteTraces(
  tx: Tx,
  workspaceId: string,
  before: Date,
  limit: number,
): Promise<number> {
  return changed(
    tx,
    sql`
    DELETE FROM traces.traces WHERE workspace_id = ${workspaceId} AND id IN (
      SELECT t.id FROM traces.traces t
      WHERE t.workspace_id = ${workspaceId} AND t.started_at < ${before} AND (t.ended_at < ${before} OR (
        SELECT true FROM traces.spans s
        WHERE s.workspace_id = t.workspace_id AND s.trace_id = t.id AND s.started_at >= ${before} LIMIT 1) IS NULL)
      LIMIT ${limit} FOR UPDATE OF t SKIP LOCKED)`,
  )
}
