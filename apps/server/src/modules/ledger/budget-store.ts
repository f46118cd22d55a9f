import type { Budget, UnknownPriceRule } from '@atrium/contract'
import { changed, first, sql, type Tx } from '#platform/db'

/** Everything here is written in a transaction of the workspace. */

export interface NewBudget extends Pick<
  Budget,
  'id' | 'name' | 'scope' | 'scopeId' | 'period' | 'timeZone' | 'limitNanoUsd' | 'alertPercents' | 'enabled'
> {
  readonly workspaceId: string
  readonly kind: 'budget' | 'credits'
  readonly unknownPrice: UnknownPriceRule
}

const ceilingOf = (rule: UnknownPriceRule): string | null => (rule.rule === 'ceiling' ? rule.nanoUsd : null)

export async function insertBudget(tx: Tx, row: NewBudget): Promise<void> {
  await sql`
    INSERT INTO ledger.budgets (workspace_id, id, kind, name, scope, scope_id, period, time_zone, limit_nano_usd,
      alert_percents, unknown_ceiling_nano_usd, enabled)
    VALUES (${row.workspaceId}, ${row.id}, ${row.kind}, ${row.name}, ${row.scope}, ${row.scopeId}, ${row.period},
      ${row.timeZone}, ${row.limitNanoUsd}, ${row.alertPercents}::int[], ${ceilingOf(row.unknownPrice)}, ${row.enabled})`.execute(
    tx,
  )
}

/** What changes of a budget; what is undefined stays. */
export interface BudgetChange {
  readonly name?: string | undefined
  readonly limitNanoUsd?: string | undefined
  readonly alertPercents?: readonly number[] | undefined
  readonly unknownPrice?: UnknownPriceRule | undefined
  readonly enabled?: boolean | undefined
}

/** Waits for leases that are being granted under the old limit. */
export async function updateBudget(
  tx: Tx,
  workspaceId: string,
  budgetId: string,
  { name, limitNanoUsd, alertPercents, unknownPrice, enabled }: BudgetChange,
): Promise<void> {
  await sql`
    UPDATE ledger.budgets SET name = coalesce(${name ?? null}, name),
      limit_nano_usd = coalesce(${limitNanoUsd ?? null}::bigint, limit_nano_usd),
      alert_percents = coalesce(${alertPercents ?? null}::int[], alert_percents),
      unknown_ceiling_nano_usd = CASE WHEN ${unknownPrice !== undefined}
        THEN ${unknownPrice ? ceilingOf(unknownPrice) : null}::bigint ELSE unknown_ceiling_nano_usd END,
      enabled = coalesce(${enabled ?? null}::boolean, enabled), updated_at = now()
    WHERE workspace_id = ${workspaceId} AND id = ${budgetId}`.execute(tx)
}

export async function deleteBudget(tx: Tx, workspaceId: string, budgetId: string): Promise<boolean> {
  return (
    (await changed(
      tx,
      sql`UPDATE ledger.budgets SET deleted_at = now(), enabled = false
        WHERE workspace_id = ${workspaceId} AND id = ${budgetId} AND kind = 'budget' AND deleted_at IS NULL`,
    )) > 0
  )
}

/** Moves the limit of the prepaid balance. False when it would fall below 0 or what calls have spent and leased. */
export async function raiseCredits(
  tx: Tx,
  workspaceId: string,
  budgetId: string,
  amountNanoUsd: string,
): Promise<boolean> {
  const count = await changed(
    tx,
    sql`UPDATE ledger.budgets b SET limit_nano_usd = b.limit_nano_usd + ${amountNanoUsd}::bigint, updated_at = now()
      WHERE b.workspace_id = ${workspaceId} AND b.id = ${budgetId}
        AND (${amountNanoUsd}::bigint > 0 OR b.limit_nano_usd + ${amountNanoUsd}::bigint >= coalesce((
          SELECT q.spent_nano_usd + q.leased_nano_usd FROM ledger.budget_periods q
          WHERE q.workspace_id = b.workspace_id AND q.budget_id = b.id FOR UPDATE), 0))`,
  )
  return count > 0
}

/** Writes a grant into the book. */
export async function postGrant(
  tx: Tx,
  workspaceId: string,
  grantId: string,
  amountNanoUsd: string,
): Promise<void> {
  const amounts = [amountNanoUsd, (-BigInt(amountNanoUsd)).toString()]
  await sql`SELECT ledger.post(${workspaceId}, ${grantId}, 0, 'grant', ${['credits', 'issued']}::text[],
    ${amounts}::bigint[])`.execute(tx)
}

/** Gives back what an expired hold has charged. False when there is no such hold. */
export async function releaseHold(
  tx: Tx,
  workspaceId: string,
  callId: string,
  attempt: number,
): Promise<boolean> {
  const done = await first(
    tx,
    sql<{ ok: boolean }>`SELECT ledger.release(${workspaceId}, ${callId}, ${attempt}) AS ok`,
  )
  return done?.ok ?? false
}
