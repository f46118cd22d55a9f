import type {
  Budget,
  BudgetAlert,
  BudgetPeriodEntry,
  CreditGrant,
  OpenHold,
  UnknownPriceRule,
} from '@atrium/contract'
import { first, rows, sql, type Tx } from '#platform/db'

/** Everything here is read in a transaction of the workspace. */

interface RawBudget {
  readonly id: string
  readonly name: string
  readonly scope: Budget['scope']
  readonly scopeId: string | null
  readonly period: Budget['period']
  readonly timeZone: string
  readonly limit: string
  readonly spent: string
  readonly held: string
  readonly startsAt: Date | null
  readonly endsAt: Date | null
  readonly alertPercents: number[]
  readonly alerts: readonly RawAlert[]
  readonly unknownCeiling: string | null
  readonly enabled: boolean
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** A budget without the name of what it covers, which the identity module knows. */
export type BudgetView = Omit<Budget, 'scopeName'>

interface RawAlert {
  readonly percent: number
  /** As PostgreSQL writes it in JSON. */
  readonly reachedAt: string
}

const toAlert = ({ percent, reachedAt }: RawAlert): BudgetAlert => ({
  percent,
  reachedAt: new Date(reachedAt).toISOString(),
})

/** The shares that the budget `b` has reached in a period. */
const alertsOf = (startsAt: ReturnType<typeof sql>) => sql`
  (SELECT coalesce(jsonb_agg(jsonb_build_object('percent', a.percent, 'reachedAt', a.reached_at) ORDER BY a.percent), '[]')
    FROM ledger.budget_alerts a
    WHERE a.workspace_id = b.workspace_id AND a.budget_id = b.id AND a.starts_at = ${startsAt})`

/** Budgets with the period that runs now, which has no row before its first call. */
const budgets = sql`
  SELECT b.id, b.name, b.scope, b.scope_id AS "scopeId", b.period, b.time_zone AS "timeZone",
    b.limit_nano_usd AS "limit", coalesce(q.spent_nano_usd, 0) AS spent, open.held,
    bounds.starts_at AS "startsAt", bounds.ends_at AS "endsAt", b.alert_percents AS "alertPercents",
    ${alertsOf(sql`bounds.starts_at`)} AS alerts, b.unknown_ceiling_nano_usd AS "unknownCeiling", b.enabled,
    b.created_at AS "createdAt", b.updated_at AS "updatedAt"
  FROM ledger.budgets b
  CROSS JOIN LATERAL ledger.period_of(b.period, b.time_zone, now()) AS bounds
  LEFT JOIN ledger.budget_periods q
    ON q.workspace_id = b.workspace_id AND q.budget_id = b.id AND q.starts_at = bounds.starts_at
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(h.held_nano_usd), 0)::bigint AS held FROM ledger.holds h
    WHERE h.workspace_id = b.workspace_id AND h.state = 'held' AND b.id = ANY (h.budget_ids)
  ) AS open`

function toBudget(row: RawBudget): BudgetView {
  const { limit, spent, held, startsAt, endsAt, unknownCeiling, ...rest } = row
  const left = BigInt(limit) - BigInt(spent) - BigInt(held)
  const isEndless = row.period === 'total'
  return {
    ...rest,
    limitNanoUsd: limit,
    spentNanoUsd: spent,
    heldNanoUsd: held,
    leftNanoUsd: (left > 0n ? left : 0n).toString(),
    startsAt: isEndless ? null : (startsAt?.toISOString() ?? null),
    endsAt: isEndless ? null : (endsAt?.toISOString() ?? null),
    alerts: row.alerts.map(toAlert),
    unknownPrice: ruleOf(unknownCeiling),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  }
}

const ruleOf = (nanoUsd: string | null): UnknownPriceRule =>
  nanoUsd === null ? { rule: 'block' } : { rule: 'ceiling', nanoUsd }

/** Whose budgets are meant: null for everybody's; the workspace's are always among them. */
export interface Sight {
  readonly scopeIds: readonly string[] | null
}

const inSight = ({ scopeIds }: Sight) =>
  scopeIds === null ? sql`true` : sql`(b.scope_id IS NULL OR b.scope_id = ANY (${scopeIds}::uuid[]))`

export async function readBudget(
  tx: Tx,
  workspaceId: string,
  budgetId: string,
  sight: Sight,
): Promise<BudgetView | undefined> {
  const row = await first(
    tx,
    sql<RawBudget>`${budgets} WHERE b.workspace_id = ${workspaceId} AND b.id = ${budgetId} AND b.kind = 'budget'
      AND b.deleted_at IS NULL AND ${inSight(sight)}`,
  )
  return row && toBudget(row)
}

export interface BudgetFilter {
  readonly scope?: string | undefined
  readonly scopeId?: string | undefined
  readonly limit: number
  readonly before: string | null
}

/** Newest first. */
export async function readBudgets(
  tx: Tx,
  workspaceId: string,
  sight: Sight,
  { scope, scopeId, limit, before }: BudgetFilter,
): Promise<BudgetView[]> {
  const found = await rows(
    tx,
    sql<RawBudget>`${budgets} WHERE b.workspace_id = ${workspaceId} AND b.kind = 'budget' AND b.deleted_at IS NULL
      AND ${inSight(sight)} AND (${scope ?? null}::text IS NULL OR b.scope = ${scope ?? null})
      AND (${scopeId ?? null}::uuid IS NULL OR b.scope_id = ${scopeId ?? null})
      AND (${before}::uuid IS NULL OR b.id < ${before}) ORDER BY b.id DESC LIMIT ${limit}`,
  )
  return found.map(toBudget)
}

export async function countBudgets(tx: Tx, workspaceId: string): Promise<number> {
  const row = await first(
    tx,
    sql<{ count: number }>`SELECT count(*)::int AS count FROM ledger.budgets
      WHERE workspace_id = ${workspaceId} AND deleted_at IS NULL`,
  )
  return row?.count ?? 0
}

/** Newest first. */
export async function readPeriods(
  tx: Tx,
  workspaceId: string,
  budgetId: string,
  { limit, before }: { limit: number; before: string | null },
): Promise<BudgetPeriodEntry[]> {
  const found = await rows(
    tx,
    sql<{ startsAt: Date; endsAt: Date; spent: string; alerts: readonly RawAlert[]; period: string }>`
    SELECT q.starts_at AS "startsAt", q.ends_at AS "endsAt", q.spent_nano_usd AS spent,
      ${alertsOf(sql`q.starts_at`)} AS alerts, b.period
    FROM ledger.budget_periods q JOIN ledger.budgets b ON b.workspace_id = q.workspace_id AND b.id = q.budget_id
    WHERE q.workspace_id = ${workspaceId} AND q.budget_id = ${budgetId}
      AND (${before}::timestamptz IS NULL OR q.starts_at < ${before}) ORDER BY q.starts_at DESC LIMIT ${limit}`,
  )
  return found.map(({ startsAt, endsAt, spent, alerts, period }) => ({
    startsAt: startsAt.toISOString(),
    endsAt: period === 'total' ? null : endsAt.toISOString(),
    spentNanoUsd: spent,
    alerts: alerts.map(toAlert),
  }))
}

/** Holds that are open or expired, newest call first. */
export async function readHolds(
  tx: Tx,
  workspaceId: string,
  filter: { state?: 'held' | 'expired' | undefined; limit: number; before: readonly [string, number] | null },
): Promise<OpenHold[]> {
  const { state = null, limit, before } = filter
  const [callId, attempt] = before ?? [null, null]
  const found = await rows(
    tx,
    sql<Omit<OpenHold, 'createdAt'> & { createdAt: Date }>`
    SELECT call_id AS "callId", attempt, state, held_nano_usd AS "heldNanoUsd", budget_ids AS "budgetIds",
      created_at AS "createdAt"
    FROM ledger.holds WHERE workspace_id = ${workspaceId} AND state IN ('held', 'expired')
      AND (${state}::text IS NULL OR state = ${state})
      AND (${callId}::uuid IS NULL OR (call_id, attempt) < (${callId}, ${attempt}::int))
    ORDER BY call_id DESC, attempt DESC LIMIT ${limit}`,
  )
  return found.map((row) => ({ ...row, createdAt: row.createdAt.toISOString() }))
}

export interface CreditsRow {
  readonly id: string
  readonly enabled: boolean
  readonly granted: bigint
  readonly spent: bigint
  readonly held: bigint
}

/** The prepaid balance, if the workspace ever had one. */
export async function readCredits(tx: Tx, workspaceId: string): Promise<CreditsRow | undefined> {
  const row = await first(
    tx,
    sql<RawBudget>`${budgets} WHERE b.workspace_id = ${workspaceId} AND b.kind = 'credits'`,
  )
  if (!row) return undefined
  const { id, enabled, limit, spent, held } = row
  return { id, enabled, granted: BigInt(limit), spent: BigInt(spent), held: BigInt(held) }
}

/** Newest first. */
export async function readGrants(
  tx: Tx,
  workspaceId: string,
  { limit, before }: { limit: number; before: string | null },
): Promise<CreditGrant[]> {
  const found = await rows(
    tx,
    sql<{ id: string; amountNanoUsd: string; createdAt: Date }>`
    SELECT source_id AS id, amounts[1] AS "amountNanoUsd", created_at AS "createdAt"
    FROM ledger.entries WHERE workspace_id = ${workspaceId} AND kind = 'grant'
      AND (${before}::uuid IS NULL OR source_id < ${before}) ORDER BY source_id DESC LIMIT ${limit}`,
  )
  return found.map((row) => ({ ...row, createdAt: row.createdAt.toISOString() }))
}
