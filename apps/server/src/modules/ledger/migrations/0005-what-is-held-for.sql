-- What a call is that is held for, so that whoever takes over from a process can tell what it was doing.

-- In the words of whoever makes the call; null once it is settled.
ALTER TABLE ledger.holds ADD COLUMN about jsonb;

-- Commits what calls hold and have spent, for one process. Rows that are there already change nothing more.
-- batch: [{ w, c, a, s, h, k, x, o, e, b, p, f, t, n }], each (w, c, a) once: workspace, call, attempt, state, held,
-- charged, cost, status, estimated, budgets, their periods, funding, time, what the call is. False when the
-- process was taken over: its leases are gone, so each row takes what is left.
CREATE OR REPLACE FUNCTION ledger.settle(process uuid, batch jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  done jsonb;
  deltas jsonb;
  expected int;
  moved int;
BEGIN
  PERFORM 1 FROM ledger.processes p WHERE p.id = process FOR KEY SHARE;
  IF NOT FOUND THEN
    PERFORM ledger.settle_late(process, batch);
    RETURN false;
  END IF;

  WITH written AS (
    INSERT INTO ledger.holds AS h (workspace_id, call_id, attempt, process_id, state, held_nano_usd, charged_nano_usd,
      cost_nano_usd, status, is_estimated, budget_ids, period_starts, funding, created_at, settled_at, about)
    SELECT w, c, a, process, s, x.h, k, x, o, e, b, p, f, t, CASE WHEN s <> 'held' THEN now() END,
      CASE WHEN s = 'held' THEN n END
    FROM jsonb_to_recordset(batch) AS x (w uuid, c uuid, a int, s text, h bigint, k bigint, x bigint, o text, e boolean,
      b uuid[], p timestamptz[], f text, t timestamptz, n jsonb)
    ORDER BY w, c, a
    ON CONFLICT (workspace_id, call_id, attempt) DO UPDATE SET state = excluded.state,
      charged_nano_usd = excluded.charged_nano_usd, cost_nano_usd = excluded.cost_nano_usd, status = excluded.status,
      is_estimated = excluded.is_estimated, settled_at = excluded.settled_at,
      about = CASE WHEN excluded.state = 'expired' THEN h.about END
      WHERE h.state = 'held' AND excluded.state <> 'held' AND h.process_id = excluded.process_id
    RETURNING h.*
  )
  SELECT jsonb_agg(jsonb_build_object('w', workspace_id, 'c', call_id, 'a', attempt, 'k', charged_nano_usd,
    'b', budget_ids, 'p', period_starts, 'accounts', line.accounts, 'amounts', line.amounts)) INTO done
  FROM written, ledger.lines(charged_nano_usd, cost_nano_usd, is_estimated, budget_ids, funding) AS line
  WHERE state <> 'held' AND (charged_nano_usd > 0 OR cost_nano_usd > 0);
  IF done IS NULL THEN
    RETURN true;
  END IF;

  SELECT jsonb_agg(jsonb_build_object('w', w, 'b', budget, 'p', period, 'k', k)), count(*) INTO deltas, expected FROM (
    SELECT x.w, paid.budget, paid.period, sum(x.k) AS k
    FROM jsonb_to_recordset(done) AS x (w uuid, k bigint, b uuid[], p timestamptz[]), unnest(x.b, x.p) AS paid (budget, period)
    WHERE x.k > 0 GROUP BY 1, 2, 3
  ) AS sums;
  IF deltas IS NOT NULL THEN
    PERFORM 1 FROM ledger.budget_periods q
    JOIN jsonb_to_recordset(deltas) AS x (w uuid, b uuid, p timestamptz)
      ON q.workspace_id = x.w AND q.budget_id = x.b AND q.starts_at = x.p
    ORDER BY q.workspace_id, q.budget_id, q.starts_at FOR UPDATE OF q;
    UPDATE ledger.leases l SET settled_nano_usd = l.settled_nano_usd + x.k
    FROM jsonb_to_recordset(deltas) AS x (w uuid, b uuid, p timestamptz, k bigint)
    WHERE l.workspace_id = x.w AND l.process_id = process AND l.budget_id = x.b AND l.starts_at = x.p;
    GET DIAGNOSTICS moved = ROW_COUNT;
    IF moved <> expected THEN
      RAISE EXCEPTION 'a settlement names a budget that its process has not leased';
    END IF;
    UPDATE ledger.budget_periods q
    SET spent_nano_usd = q.spent_nano_usd + x.k, leased_nano_usd = q.leased_nano_usd - x.k
    FROM jsonb_to_recordset(deltas) AS x (w uuid, b uuid, p timestamptz, k bigint)
    WHERE q.workspace_id = x.w AND q.budget_id = x.b AND q.starts_at = x.p;
  END IF;

  -- What was written by another process in the meantime has a revision already.
  INSERT INTO ledger.entries (workspace_id, source_id, attempt, revision, kind, accounts, amounts)
  SELECT w, c, a, 0, 'call', accounts, amounts
  FROM jsonb_to_recordset(done) AS x (w uuid, c uuid, a int, accounts text[], amounts bigint[]);
  INSERT INTO ledger.accounts AS a (workspace_id, account, balance_nano_usd)
  SELECT x.w, line.account, sum(line.amount)
  FROM jsonb_to_recordset(done) AS x (w uuid, accounts text[], amounts bigint[]), unnest(x.accounts, x.amounts) AS line (account, amount)
  GROUP BY 1, 2 ORDER BY 1, 2
  ON CONFLICT (workspace_id, account) DO UPDATE SET balance_nano_usd = a.balance_nano_usd + excluded.balance_nano_usd;
  RETURN true;
END
$$;
