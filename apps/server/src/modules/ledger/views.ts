import { rows, sql, type Tx } from '#platform/db'

/** A budget as holds see it. */
export interface BudgetRow {
  readonly workspaceId: string
  readonly id: string
  readonly kind: 'budget' | 'credits'
  readonly scope: 'workspace' | 'team' | 'person' | 'key'
  readonly scopeId: string | null
  readonly period: 'day' | 'week' | 'month' | 'total'
  readonly limitNanoUsd: bigint
  /** What a call of unknown price reserves; null refuses it. */
  readonly unknownCeilingNanoUsd: bigint | null
}

type RawBudget = Omit<BudgetRow, 'limitNanoUsd' | 'unknownCeilingNanoUsd'> & {
  readonly limit: string
  readonly unknownCeiling: string | null
}

/** Most budgets of a workspace: each call looks through those that cover it. */
export const mostBudgets = 5000

/** The budgets that count in a workspace. */
export async function readCoverage(tx: Tx, workspaceId: string): Promise<BudgetRow[]> {
  const found = await rows(
    tx,
    sql<RawBudget>`
    SELECT workspace_id AS "workspaceId", id, kind, scope, scope_id AS "scopeId", period, limit_nano_usd AS "limit",
      unknown_ceiling_nano_usd AS "unknownCeiling"
    FROM ledger.budgets WHERE workspace_id = ${workspaceId} AND enabled AND deleted_at IS NULL
    ORDER BY id LIMIT ${mostBudgets}`,
  )
  return found.map(({ limit, unknownCeiling, ...row }) => ({
    ...row,
    limitNanoUsd: BigInt(limit),
    unknownCeilingNanoUsd: unknownCeiling === null ? null : BigInt(unknownCeiling),
  }))
}
