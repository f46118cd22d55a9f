import type { Signal } from '@atrium/wire/otlp'
import { first, rows, sql, type Tx } from '#platform/db'

/** Days for which telemetry is kept, by signal. */
export type RetentionDays = Readonly<Record<Signal, number>>

const retentionColumns = sql`traces_days AS traces, logs_days AS logs, metrics_days AS metrics`

/** What the workspace of the transaction has chosen. */
export async function readRetention(tx: Tx): Promise<RetentionDays | undefined> {
  return first(tx, sql<RetentionDays>`SELECT ${retentionColumns} FROM traces.retention`)
}

/** What all workspaces have chosen that have chosen anything. Needs the job role. */
export async function readRetentions(tx: Tx): Promise<(RetentionDays & { workspaceId: string })[]> {
  return rows(
    tx,
    sql<RetentionDays & { workspaceId: string }>`
    SELECT workspace_id AS "workspaceId", ${retentionColumns} FROM traces.retention`,
  )
}

export async function writeRetention(
  tx: Tx,
  workspaceId: string,
  { traces, logs, metrics }: RetentionDays,
): Promise<void> {
  await sql`
    INSERT INTO traces.retention (workspace_id, traces_days, logs_days, metrics_days)
    VALUES (${workspaceId}, ${traces}, ${logs}, ${metrics})
    ON CONFLICT (workspace_id) DO UPDATE SET traces_days = excluded.traces_days, logs_days = excluded.logs_days,
      metrics_days = excluded.metrics_days, updated_at = now()`.execute(tx)
}
