import type { BookVerification } from '@atrium/contract'
import { first, sql, type Tx } from '#platform/db'

/** Everything in one statement, so that all of it is of one moment. */
export async function recount(tx: Tx, workspaceId: string): Promise<Omit<BookVerification, 'balanced'>> {
  const found = await first(
    tx,
    sql<Omit<BookVerification, 'balanced'>>`
    WITH entries AS MATERIALIZED (
      SELECT source_id, attempt, accounts, amounts FROM ledger.entries WHERE workspace_id = ${workspaceId}
    ), lines AS MATERIALIZED (
      SELECT e.source_id, e.attempt, line.account, line.amount
      FROM entries e, unnest(e.accounts, e.amounts) AS line (account, amount)
    ), sums AS (
      SELECT account, sum(amount) AS total FROM lines GROUP BY account
    ), balances AS (
      SELECT account, balance_nano_usd AS total FROM ledger.accounts WHERE workspace_id = ${workspaceId}
    ), calls AS MATERIALIZED (
      SELECT call_id, attempt, charged_nano_usd AS charged, cost_nano_usd AS cost, budget_ids, period_starts
      FROM ledger.holds WHERE workspace_id = ${workspaceId} AND state <> 'held'
    ), charges AS (
      SELECT paid.budget_id, paid.starts_at, sum(calls.charged) AS total
      FROM calls, unnest(calls.budget_ids, calls.period_starts) AS paid (budget_id, starts_at) GROUP BY 1, 2
    ), periods AS (
      SELECT budget_id, starts_at, spent_nano_usd AS spent, leased_nano_usd AS leased
      FROM ledger.budget_periods WHERE workspace_id = ${workspaceId}
    ), leases AS (
      SELECT budget_id, starts_at, sum(granted_nano_usd - settled_nano_usd) AS total
      FROM ledger.leases WHERE workspace_id = ${workspaceId} GROUP BY 1, 2
    ), booked AS (
      SELECT source_id, attempt,
        coalesce(sum(amount) FILTER (WHERE account IN ('provider', 'estimated', 'unknown')), 0) AS cost,
        coalesce(sum(amount) FILTER (WHERE account = 'budgeted'), 0) AS charged
      FROM lines WHERE NOT account IN ('issued') GROUP BY 1, 2
    )
    SELECT (SELECT count(*)::int FROM entries) AS entries,
      (SELECT count(*)::int FROM entries WHERE ledger.total(amounts) <> 0) AS "unbalancedEntries",
      (SELECT count(*)::int FROM sums FULL JOIN balances USING (account)
        WHERE coalesce(sums.total, 0) <> coalesce(balances.total, 0)) AS "wrongAccounts",
      (SELECT count(*)::int FROM periods FULL JOIN charges USING (budget_id, starts_at)
        WHERE coalesce(periods.spent, 0) <> coalesce(charges.total, 0)) AS "wrongPeriods",
      (SELECT count(*)::int FROM periods FULL JOIN leases USING (budget_id, starts_at)
        WHERE coalesce(periods.leased, 0) <> coalesce(leases.total, 0)) AS "wrongLeases",
      (SELECT count(*)::int FROM calls LEFT JOIN booked ON booked.source_id = calls.call_id AND booked.attempt = calls.attempt
        WHERE coalesce(booked.cost, 0) <> coalesce(calls.cost, calls.charged)
          OR coalesce(booked.charged, 0) <> calls.charged * cardinality(calls.budget_ids)) AS "wrongCalls",
      (SELECT count(*)::int FROM periods JOIN ledger.budgets b ON b.workspace_id = ${workspaceId} AND b.id = periods.budget_id
        WHERE periods.spent + periods.leased > b.limit_nano_usd) AS "overLimit",
      coalesce((SELECT jsonb_agg(jsonb_build_object('account', account, 'balanceNanoUsd', total::text) ORDER BY account)
        FROM (SELECT account, total FROM balances ORDER BY account LIMIT 1000) AS few), '[]') AS accounts`,
  )
  if (!found) throw new Error('a count has a row')
  return found
}
