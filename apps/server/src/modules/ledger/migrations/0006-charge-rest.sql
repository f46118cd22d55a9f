-- Costs beyond what a process could charge from what it has leased: its budgets pay them as far as they have the money.

-- After `ledger.settle` in the same transaction, which has locked the periods of every call that was charged anything.
-- What no budget has left is cost without a budget, as before. A repeated batch charges at most what is still open.
-- batch: as that of `ledger.settle`; only calls that cost more (x) than they were charged (k) are looked at.
CREATE FUNCTION ledger.charge_rest(batch jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  hold ledger.holds;
  room bigint;
  charge bigint;
  line record;
BEGIN
  FOR hold IN
    SELECT h.* FROM jsonb_to_recordset(batch) AS x (w uuid, c uuid, a int, k bigint, x bigint)
    JOIN ledger.holds h ON h.workspace_id = x.w AND h.call_id = x.c AND h.attempt = x.a
    WHERE x.x > x.k AND h.state = 'settled' AND h.cost_nano_usd > h.charged_nano_usd AND cardinality(h.budget_ids) > 0
    ORDER BY h.workspace_id, h.call_id, h.attempt FOR UPDATE OF h
  LOOP
    PERFORM 1 FROM ledger.budget_periods q JOIN unnest(hold.budget_ids, hold.period_starts) AS paid (budget, period)
      ON q.workspace_id = hold.workspace_id AND q.budget_id = paid.budget AND q.starts_at = paid.period
    ORDER BY q.workspace_id, q.budget_id, q.starts_at FOR UPDATE OF q;
    SELECT min(greatest(b.limit_nano_usd - q.spent_nano_usd - q.leased_nano_usd, 0)) INTO room
    FROM unnest(hold.budget_ids, hold.period_starts) AS paid (id, period)
    JOIN ledger.budget_periods q ON q.workspace_id = hold.workspace_id AND q.budget_id = paid.id AND q.starts_at = paid.period
    JOIN ledger.budgets b ON b.workspace_id = hold.workspace_id AND b.id = paid.id;
    charge := least(hold.cost_nano_usd, hold.charged_nano_usd + coalesce(room, 0));
    CONTINUE WHEN charge = hold.charged_nano_usd;

    UPDATE ledger.budget_periods q SET spent_nano_usd = q.spent_nano_usd + charge - hold.charged_nano_usd
    FROM unnest(hold.budget_ids, hold.period_starts) AS paid (budget, period)
    WHERE q.workspace_id = hold.workspace_id AND q.budget_id = paid.budget AND q.starts_at = paid.period;
    UPDATE ledger.holds h SET charged_nano_usd = charge
    WHERE h.workspace_id = hold.workspace_id AND h.call_id = hold.call_id AND h.attempt = hold.attempt;

    SELECT array_agg(account ORDER BY account) AS accounts, array_agg(amount ORDER BY account) AS amounts INTO line FROM (
      SELECT account, sum(amount)::bigint AS amount FROM (
        SELECT l.account, l.amount
        FROM ledger.lines(charge, hold.cost_nano_usd, hold.is_estimated, hold.budget_ids, hold.funding) AS n,
          unnest(n.accounts, n.amounts) AS l (account, amount)
        UNION ALL
        SELECT l.account, -l.amount
        FROM ledger.lines(hold.charged_nano_usd, hold.cost_nano_usd, hold.is_estimated, hold.budget_ids, hold.funding) AS o,
          unnest(o.accounts, o.amounts) AS l (account, amount)
      ) AS moved GROUP BY account HAVING sum(amount) <> 0
    ) AS difference;
    PERFORM ledger.post(hold.workspace_id, hold.call_id, hold.attempt, 'correction', line.accounts, line.amounts);
  END LOOP;
END
$$;
