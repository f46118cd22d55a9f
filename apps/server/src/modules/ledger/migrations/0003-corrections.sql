-- Costs that turn out to be others after a call has been settled: correcting entries beside those that stand.

-- The rating that a correction follows; each corrects an attempt once.
ALTER TABLE ledger.entries ADD COLUMN correction_id uuid;
CREATE UNIQUE INDEX entries_correction ON ledger.entries (workspace_id, source_id, attempt, correction_id)
  WHERE correction_id IS NOT NULL;

-- Brings the book to what calls have cost, all attempts together; null where that is unknown now. The attempt that has
-- answered takes the difference: what others cost stays. Budgets pay or get back in the periods that had paid, and no
-- more than they have left; the rest is cost without a budget. Locks as 0002 says. A repeated batch changes nothing.
-- batch: [{ c, r, x, e }], each call once: call, rating, cost, whether its usage is an estimate.
-- Gives the number of attempts that were corrected.
CREATE FUNCTION ledger.correct(workspace uuid, batch jsonb) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  item record;
  cost bigint;
  charge bigint;
  room bigint;
  line record;
  count int := 0;
  all_accounts text[] := '{}';
  all_amounts bigint[] := '{}';
BEGIN
  PERFORM 1 FROM ledger.holds h JOIN jsonb_to_recordset(batch) AS x (c uuid) ON h.call_id = x.c
  WHERE h.workspace_id = workspace AND h.state = 'settled' ORDER BY h.call_id, h.attempt FOR UPDATE OF h;
  PERFORM 1 FROM ledger.budget_periods q
  WHERE q.workspace_id = workspace AND (q.budget_id, q.starts_at) IN (
    SELECT paid.budget, paid.period
    FROM jsonb_to_recordset(batch) AS x (c uuid) JOIN ledger.holds h ON h.workspace_id = workspace AND h.call_id = x.c,
      unnest(h.budget_ids, h.period_starts) AS paid (budget, period)
    WHERE h.state = 'settled')
  ORDER BY q.budget_id, q.starts_at FOR UPDATE;

  FOR item IN
    SELECT DISTINCT ON (h.call_id) x.r AS rating, x.x AS total, x.e AS is_estimated, h AS hold,
      (SELECT coalesce(sum(o.cost_nano_usd), 0) FROM ledger.holds o
        WHERE o.workspace_id = workspace AND o.call_id = h.call_id AND o.attempt <> h.attempt AND o.state = 'settled') AS others
    FROM jsonb_to_recordset(batch) AS x (c uuid, r uuid, x bigint, e boolean)
    JOIN ledger.holds h ON h.workspace_id = workspace AND h.call_id = x.c AND h.state = 'settled'
    WHERE NOT EXISTS (SELECT FROM ledger.entries e
      WHERE e.workspace_id = workspace AND e.source_id = x.c AND e.correction_id = x.r)
    ORDER BY h.call_id, (h.status = 'finished') DESC, h.attempt DESC
  LOOP
    cost := CASE WHEN item.total IS NOT NULL THEN greatest(item.total - item.others, 0) END;
    charge := coalesce(cost, (item.hold).charged_nano_usd);
    IF charge > (item.hold).charged_nano_usd THEN
      SELECT min(greatest(b.limit_nano_usd - q.spent_nano_usd - q.leased_nano_usd, 0)) INTO room
      FROM unnest((item.hold).budget_ids, (item.hold).period_starts) AS paid (id, period)
      JOIN ledger.budget_periods q ON q.workspace_id = workspace AND q.budget_id = paid.id AND q.starts_at = paid.period
      JOIN ledger.budgets b ON b.workspace_id = workspace AND b.id = paid.id;
      charge := least(charge, (item.hold).charged_nano_usd + coalesce(room, charge));
    END IF;

    UPDATE ledger.budget_periods q SET spent_nano_usd = q.spent_nano_usd + charge - (item.hold).charged_nano_usd,
      alerted_at = coalesce(q.alerted_at, CASE WHEN (q.spent_nano_usd + charge - (item.hold).charged_nano_usd)::numeric * 100
        >= b.limit_nano_usd::numeric * b.alert_percent THEN now() END)
    FROM unnest((item.hold).budget_ids, (item.hold).period_starts) AS paid (id, period)
    JOIN ledger.budgets b ON b.workspace_id = workspace AND b.id = paid.id
    WHERE charge <> (item.hold).charged_nano_usd
      AND q.workspace_id = workspace AND q.budget_id = paid.id AND q.starts_at = paid.period;
    UPDATE ledger.holds h SET charged_nano_usd = charge, cost_nano_usd = cost,
      is_estimated = item.is_estimated OR cost IS NULL
    WHERE h.workspace_id = workspace AND h.call_id = (item.hold).call_id AND h.attempt = (item.hold).attempt;

    SELECT array_agg(account ORDER BY account) AS accounts, array_agg(amount ORDER BY account) AS amounts INTO line FROM (
      SELECT account, sum(amount)::bigint AS amount FROM (
        SELECT l.account, l.amount
        FROM ledger.lines(charge, cost, item.is_estimated, (item.hold).budget_ids, (item.hold).funding) AS n,
          unnest(n.accounts, n.amounts) AS l (account, amount)
        UNION ALL
        SELECT l.account, -l.amount
        FROM ledger.lines((item.hold).charged_nano_usd, (item.hold).cost_nano_usd, (item.hold).is_estimated,
            (item.hold).budget_ids, (item.hold).funding) AS o,
          unnest(o.accounts, o.amounts) AS l (account, amount)
      ) AS moved GROUP BY account HAVING sum(amount) <> 0
    ) AS difference;
    CONTINUE WHEN line.accounts IS NULL;
    INSERT INTO ledger.entries (workspace_id, source_id, attempt, revision, kind, accounts, amounts, correction_id)
    SELECT workspace, (item.hold).call_id, (item.hold).attempt, coalesce(max(e.revision) + 1, 0), 'correction',
      line.accounts, line.amounts, item.rating
    FROM ledger.entries e WHERE e.workspace_id = workspace AND e.source_id = (item.hold).call_id
      AND e.attempt = (item.hold).attempt;
    all_accounts := all_accounts || line.accounts;
    all_amounts := all_amounts || line.amounts;
    count := count + 1;
  END LOOP;

  INSERT INTO ledger.accounts AS a (workspace_id, account, balance_nano_usd)
  SELECT workspace, moved.account, sum(moved.amount) FROM unnest(all_accounts, all_amounts) AS moved (account, amount)
  GROUP BY moved.account ORDER BY moved.account
  ON CONFLICT (workspace_id, account) DO UPDATE SET balance_nano_usd = a.balance_nano_usd + excluded.balance_nano_usd;
  RETURN count;
END
$$;
