import type { Budget } from '@atrium/contract'
import { rows, sql, type Tx } from '#platform/db'

/** A share of a budget's limit that was reached, and what it was reached with. */
export interface Alert extends Pick<Budget, 'scope' | 'scopeId' | 'period' | 'timeZone'> {
  readonly budgetId: string
  readonly name: string
  readonly startsAt: Date
  readonly endsAt: Date
  readonly percent: number
  readonly spentNanoUsd: string
  readonly limitNanoUsd: string
}

/** Workspaces of whose alerts nobody was told yet; needs the job role. */
export async function findUntold(tx: Tx, limit: number): Promise<string[]> {
  const found = await rows(
    tx,
    sql<{ id: string }>`
      SELECT DISTINCT workspace_id AS id FROM ledger.budget_alerts WHERE told_at IS NULL LIMIT ${limit}`,
  )
  return found.map(({ id }) => id)
}

/** Takes what nobody was told of: each once, whoever asks. Ordered by budget and share. Those of deleted budgets are left out. */
export async function takeUntold(tx: Tx, workspaceId: string): Promise<Alert[]> {
  return rows(
    tx,
    sql<Alert>`
      WITH taken AS (
        UPDATE ledger.budget_alerts SET told_at = now()
        WHERE workspace_id = ${workspaceId} AND told_at IS NULL
        RETURNING budget_id, starts_at, percent, spent_nano_usd, limit_nano_usd
      )
      SELECT t.budget_id AS "budgetId", b.name, b.scope, b.scope_id AS "scopeId", b.period, b.time_zone AS "timeZone",
        t.starts_at AS "startsAt", q.ends_at AS "endsAt", t.percent, t.spent_nano_usd AS "spentNanoUsd",
        t.limit_nano_usd AS "limitNanoUsd"
      FROM taken t
      JOIN ledger.budgets b ON b.workspace_id = ${workspaceId} AND b.id = t.budget_id AND b.deleted_at IS NULL
      JOIN ledger.budget_periods q
        ON q.workspace_id = ${workspaceId} AND q.budget_id = t.budget_id AND q.starts_at = t.starts_at
      ORDER BY t.budget_id, t.starts_at, t.percent`,
  )
}
