-- What the ledger does inside the database, each in one statement of its caller. Rows are locked in the order process, hold,
-- period (by workspace, budget, start), lease, account, so that processes wait for each other and never in a circle.

-- The period of a budget that contains a moment. That of 'total' is all of time.
CREATE FUNCTION ledger.period_of(period text, zone text, moment timestamptz,
  OUT starts_at timestamptz, OUT ends_at timestamptz) LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF period = 'total' THEN
    starts_at := 'epoch';
    ends_at := '9999-01-01T00:00:00Z';
  ELSE
    starts_at := date_trunc(period, moment AT TIME ZONE zone) AT TIME ZONE zone;
    ends_at := (date_trunc(period, moment AT TIME ZONE zone) + ('1 ' || period)::interval) AT TIME ZONE zone;
  END IF;
END
$$;

-- The lines of what a call has cost.
CREATE FUNCTION ledger.lines(charged bigint, cost bigint, is_estimated boolean, budget_ids uuid[], funding text,
  OUT accounts text[], OUT amounts bigint[]) LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  amount bigint := coalesce(cost, charged);
  prepaid bigint := CASE WHEN funding = 'credits' THEN charged ELSE 0 END;
BEGIN
  accounts := ARRAY[CASE WHEN cost IS NULL THEN 'unknown' WHEN is_estimated THEN 'estimated' ELSE 'provider' END];
  amounts := ARRAY[amount];
  IF prepaid <> 0 THEN
    accounts := accounts || 'credits'::text;
    amounts := amounts || -prepaid;
  END IF;
  IF amount <> prepaid THEN
    accounts := accounts || 'postpaid'::text;
    amounts := amounts || (prepaid - amount);
  END IF;
  IF charged <> 0 AND cardinality(budget_ids) > 0 THEN
    accounts := accounts || (SELECT array_agg('budget:' || id) FROM unnest(budget_ids) AS id) || 'budgeted'::text;
    amounts := amounts || array_fill(-charged, ARRAY[cardinality(budget_ids)]) || charged * cardinality(budget_ids);
  END IF;
END
$$;

-- Writes an entry and moves the balances.
CREATE FUNCTION ledger.post(workspace uuid, source uuid, in_attempt int, in_kind text, in_accounts text[], in_amounts bigint[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO ledger.entries (workspace_id, source_id, attempt, revision, kind, accounts, amounts)
  SELECT workspace, source, in_attempt, coalesce(max(e.revision) + 1, 0), in_kind, in_accounts, in_amounts
  FROM ledger.entries e WHERE e.workspace_id = workspace AND e.source_id = source AND e.attempt = in_attempt;
  INSERT INTO ledger.accounts AS a (workspace_id, account, balance_nano_usd)
  SELECT workspace, line.account, sum(line.amount) FROM unnest(in_accounts, in_amounts) AS line (account, amount)
  GROUP BY line.account ORDER BY line.account
  ON CONFLICT (workspace_id, account) DO UPDATE SET balance_nano_usd = a.balance_nano_usd + excluded.balance_nano_usd;
END
$$;

-- Leases more of budgets to a process, in the order of their ids. Of what is left a process gets an eighth, or what
-- its waiting calls need when that is more; `tight` gives no more than they need. wants: [{ w, b, least, need, tight }].
CREATE FUNCTION ledger.lease(process uuid, wants jsonb, moment timestamptz)
RETURNS TABLE (workspace_id uuid, budget_id uuid, starts_at timestamptz, ends_at timestamptz, ends_in_ms float8,
  granted numeric, unspent numeric) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  want record;
  budget ledger.budgets;
  period ledger.budget_periods;
  bounds record;
  rest bigint;
  gain bigint;
BEGIN
  PERFORM 1 FROM ledger.processes p WHERE p.id = process FOR KEY SHARE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  FOR want IN SELECT * FROM jsonb_to_recordset(wants) AS x (w uuid, b uuid, least bigint, need bigint, tight boolean) ORDER BY w, b LOOP
    -- A change of the limit waits for leases under the old one, and leases for the change.
    SELECT * INTO budget FROM ledger.budgets b
    WHERE b.workspace_id = want.w AND b.id = want.b AND b.enabled AND b.deleted_at IS NULL FOR SHARE;
    CONTINUE WHEN NOT FOUND;
    SELECT * INTO bounds FROM ledger.period_of(budget.period, budget.time_zone, moment);
    INSERT INTO ledger.budget_periods (workspace_id, budget_id, starts_at, ends_at)
    VALUES (want.w, want.b, bounds.starts_at, bounds.ends_at) ON CONFLICT DO NOTHING;
    SELECT * INTO period FROM ledger.budget_periods p
    WHERE p.workspace_id = want.w AND p.budget_id = want.b AND p.starts_at = bounds.starts_at FOR UPDATE;
    rest := greatest(budget.limit_nano_usd - period.spent_nano_usd - period.leased_nano_usd, 0);
    gain := CASE WHEN rest < want.least THEN 0
      ELSE least(rest, greatest(want.need, CASE WHEN want.tight THEN 0 ELSE rest / 8 END)) END;
    UPDATE ledger.budget_periods p SET leased_nano_usd = p.leased_nano_usd + gain
    WHERE p.workspace_id = want.w AND p.budget_id = want.b AND p.starts_at = bounds.starts_at AND gain > 0;
    RETURN QUERY
    INSERT INTO ledger.leases AS l (workspace_id, process_id, budget_id, starts_at, granted_nano_usd)
    VALUES (want.w, process, want.b, bounds.starts_at, gain)
    ON CONFLICT (workspace_id, process_id, budget_id, starts_at)
      DO UPDATE SET granted_nano_usd = l.granted_nano_usd + excluded.granted_nano_usd
    RETURNING l.workspace_id, l.budget_id, l.starts_at, bounds.ends_at,
      (1000 * extract(epoch FROM bounds.ends_at - moment))::float8,
      l.granted_nano_usd::numeric, (budget.limit_nano_usd - period.spent_nano_usd)::numeric;
  END LOOP;
END
$$;

-- Gives back what a process no longer wants: leases shrink to the given totals, so that a repeated call changes nothing.
-- gifts: [{ w, b, p, granted, done }]; a lease that is `done` and has nothing outstanding goes.
CREATE FUNCTION ledger.give_back(process uuid, gifts jsonb)
RETURNS TABLE (workspace_id uuid, budget_id uuid, starts_at timestamptz, granted numeric) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  gift record;
  held bigint;
  kept bigint;
BEGIN
  PERFORM 1 FROM ledger.processes p WHERE p.id = process FOR KEY SHARE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  FOR gift IN SELECT * FROM jsonb_to_recordset(gifts) AS x (w uuid, b uuid, p timestamptz, granted bigint, done boolean) ORDER BY w, b, p LOOP
    PERFORM 1 FROM ledger.budget_periods p
    WHERE p.workspace_id = gift.w AND p.budget_id = gift.b AND p.starts_at = gift.p FOR UPDATE;
    SELECT l.granted_nano_usd, greatest(least(l.granted_nano_usd, gift.granted), l.settled_nano_usd) INTO held, kept
    FROM ledger.leases l
    WHERE l.workspace_id = gift.w AND l.process_id = process AND l.budget_id = gift.b AND l.starts_at = gift.p;
    CONTINUE WHEN NOT FOUND;
    UPDATE ledger.budget_periods p SET leased_nano_usd = p.leased_nano_usd - (held - kept)
    WHERE p.workspace_id = gift.w AND p.budget_id = gift.b AND p.starts_at = gift.p;
    UPDATE ledger.leases l SET granted_nano_usd = kept
    WHERE l.workspace_id = gift.w AND l.process_id = process AND l.budget_id = gift.b AND l.starts_at = gift.p;
    DELETE FROM ledger.leases l
    WHERE gift.done AND l.workspace_id = gift.w AND l.process_id = process AND l.budget_id = gift.b
      AND l.starts_at = gift.p AND l.granted_nano_usd = l.settled_nano_usd;
    RETURN QUERY SELECT gift.w, gift.b, gift.p, kept::numeric WHERE NOT FOUND OR NOT gift.done;
  END LOOP;
END
$$;

-- Commits what calls hold and have spent, for one process. Rows that are there already change nothing more.
-- batch: [{ w, c, a, s, h, k, x, o, e, b, p, f, t }], each (w, c, a) once: workspace, call, attempt, state, held,
-- charged, cost, status, estimated, budgets, their periods, funding, time. False when the process was taken over:
-- its leases are gone, so each row takes what is left.
CREATE FUNCTION ledger.settle(process uuid, batch jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
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
      cost_nano_usd, status, is_estimated, budget_ids, period_starts, funding, created_at, settled_at)
    SELECT w, c, a, process, s, x.h, k, x, o, e, b, p, f, t, CASE WHEN s <> 'held' THEN now() END
    FROM jsonb_to_recordset(batch) AS x (w uuid, c uuid, a int, s text, h bigint, k bigint, x bigint, o text, e boolean,
      b uuid[], p timestamptz[], f text, t timestamptz)
    ORDER BY w, c, a
    ON CONFLICT (workspace_id, call_id, attempt) DO UPDATE SET state = excluded.state,
      charged_nano_usd = excluded.charged_nano_usd, cost_nano_usd = excluded.cost_nano_usd, status = excluded.status,
      is_estimated = excluded.is_estimated, settled_at = excluded.settled_at
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
    SET spent_nano_usd = q.spent_nano_usd + x.k, leased_nano_usd = q.leased_nano_usd - x.k,
      alerted_at = coalesce(q.alerted_at, CASE WHEN (q.spent_nano_usd + x.k)::numeric * 100
        >= budget.limit_nano_usd::numeric * budget.alert_percent THEN now() END)
    FROM jsonb_to_recordset(deltas) AS x (w uuid, b uuid, p timestamptz, k bigint)
    JOIN ledger.budgets budget ON budget.workspace_id = x.w AND budget.id = x.b
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

-- The same without leases, one row after the other. A call whose process died and that turns out to have ended after
-- all corrects what was charged for it. Charges stop where a budget has nothing left.
CREATE FUNCTION ledger.settle_late(process uuid, batch jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  item record;
  before ledger.holds;
  old_charge bigint;
  new_charge bigint;
  room bigint;
  line record;
BEGIN
  FOR item IN
    SELECT * FROM jsonb_to_recordset(batch) AS x (w uuid, c uuid, a int, s text, h bigint, k bigint, x bigint, o text,
      e boolean, b uuid[], p timestamptz[], f text, t timestamptz)
    WHERE s <> 'held' ORDER BY w, c, a
  LOOP
    SELECT * INTO before FROM ledger.holds
    WHERE workspace_id = item.w AND call_id = item.c AND attempt = item.a FOR UPDATE;
    CONTINUE WHEN before.state IN ('settled', 'released') OR (before.state = 'expired' AND item.s = 'expired');
    old_charge := CASE WHEN before.state = 'expired' THEN before.charged_nano_usd ELSE 0 END;

    PERFORM 1 FROM ledger.budget_periods q JOIN unnest(item.b, item.p) AS paid (budget, period)
      ON q.workspace_id = item.w AND q.budget_id = paid.budget AND q.starts_at = paid.period
    ORDER BY q.workspace_id, q.budget_id, q.starts_at FOR UPDATE OF q;
    SELECT min(greatest(budget.limit_nano_usd - q.spent_nano_usd - q.leased_nano_usd, 0)) INTO room
    FROM unnest(item.b, item.p) AS paid (id, period)
    JOIN ledger.budget_periods q ON q.workspace_id = item.w AND q.budget_id = paid.id AND q.starts_at = paid.period
    JOIN ledger.budgets budget ON budget.workspace_id = item.w AND budget.id = paid.id;
    new_charge := least(item.k, old_charge + coalesce(room, item.k));

    UPDATE ledger.budget_periods q SET spent_nano_usd = q.spent_nano_usd + new_charge - old_charge
    FROM unnest(item.b, item.p) AS paid (budget, period)
    WHERE q.workspace_id = item.w AND q.budget_id = paid.budget AND q.starts_at = paid.period;
    IF before.state = 'expired' THEN
      PERFORM ledger.reverse(item.w, item.c, item.a, 'correction');
    END IF;
    INSERT INTO ledger.holds (workspace_id, call_id, attempt, process_id, state, held_nano_usd, charged_nano_usd,
      cost_nano_usd, status, is_estimated, budget_ids, period_starts, funding, created_at, settled_at)
    VALUES (item.w, item.c, item.a, process, item.s, item.h, new_charge, item.x, item.o, item.e, item.b, item.p, item.f, item.t, now())
    ON CONFLICT (workspace_id, call_id, attempt) DO UPDATE SET state = excluded.state,
      charged_nano_usd = excluded.charged_nano_usd, cost_nano_usd = excluded.cost_nano_usd, status = excluded.status,
      is_estimated = excluded.is_estimated, settled_at = excluded.settled_at;
    SELECT * INTO line FROM ledger.lines(new_charge, item.x, item.e, item.b, item.f);
    IF new_charge > 0 OR item.x > 0 THEN
      PERFORM ledger.post(item.w, item.c, item.a, 'call', line.accounts, line.amounts);
    END IF;
  END LOOP;
END
$$;

-- Takes the last settlement of a call back.
CREATE FUNCTION ledger.reverse(workspace uuid, source uuid, in_attempt int, in_kind text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  last ledger.entries;
BEGIN
  SELECT * INTO last FROM ledger.entries e
  WHERE e.workspace_id = workspace AND e.source_id = source AND e.attempt = in_attempt AND e.kind = 'call'
  ORDER BY e.revision DESC LIMIT 1;
  IF FOUND THEN
    PERFORM ledger.post(workspace, source, in_attempt, in_kind, last.accounts,
      (SELECT array_agg(-amount ORDER BY place) FROM unnest(last.amounts) WITH ORDINALITY AS line (amount, place)));
  END IF;
END
$$;

-- An expired hold turns out to have cost nothing: what its budgets paid can be spent again. False when there is none.
CREATE FUNCTION ledger.release(workspace uuid, call uuid, in_attempt int) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  hold ledger.holds;
BEGIN
  SELECT * INTO hold FROM ledger.holds h
  WHERE h.workspace_id = workspace AND h.call_id = call AND h.attempt = in_attempt AND h.state = 'expired' FOR UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM 1 FROM ledger.budget_periods q JOIN unnest(hold.budget_ids, hold.period_starts) AS paid (budget, period)
    ON q.workspace_id = workspace AND q.budget_id = paid.budget AND q.starts_at = paid.period
  ORDER BY q.workspace_id, q.budget_id, q.starts_at FOR UPDATE OF q;
  UPDATE ledger.budget_periods q SET spent_nano_usd = q.spent_nano_usd - hold.charged_nano_usd
  FROM unnest(hold.budget_ids, hold.period_starts) AS paid (budget, period)
  WHERE q.workspace_id = workspace AND q.budget_id = paid.budget AND q.starts_at = paid.period;
  PERFORM ledger.reverse(workspace, call, in_attempt, 'release');
  UPDATE ledger.holds h SET state = 'released', charged_nano_usd = 0, settled_at = now()
  WHERE h.workspace_id = workspace AND h.call_id = call AND h.attempt = in_attempt;
  RETURN true;
END
$$;

-- Takes over from a process whose lease ran out. `batch` is what its spool says; calls that were open are in it, or in
-- the table, and count as spent. What it had leased beyond that is free again. False when another is at it.
CREATE FUNCTION ledger.take_over(process uuid, batch jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM ledger.processes p WHERE p.id = process AND p.expires_at < now() FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM ledger.settle(process, batch);
  PERFORM ledger.settle(process, (
    SELECT jsonb_agg(jsonb_build_object('w', workspace_id, 'c', call_id, 'a', attempt, 's', 'expired', 'h', held_nano_usd,
      'k', held_nano_usd, 'e', true, 'b', budget_ids, 'p', period_starts, 'f', funding, 't', created_at))
    FROM ledger.holds WHERE process_id = process AND state = 'held'));
  PERFORM ledger.drop_process(process);
  RETURN true;
END
$$;

-- Ends the leases of a process, and the process.
CREATE FUNCTION ledger.drop_process(process uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM ledger.budget_periods q
  JOIN ledger.leases l ON l.workspace_id = q.workspace_id AND l.budget_id = q.budget_id AND l.starts_at = q.starts_at
  WHERE l.process_id = process ORDER BY q.workspace_id, q.budget_id, q.starts_at FOR UPDATE OF q;
  UPDATE ledger.budget_periods q SET leased_nano_usd = q.leased_nano_usd - (l.granted_nano_usd - l.settled_nano_usd)
  FROM ledger.leases l
  WHERE l.process_id = process AND l.workspace_id = q.workspace_id AND l.budget_id = q.budget_id AND l.starts_at = q.starts_at;
  DELETE FROM ledger.leases WHERE process_id = process;
  DELETE FROM ledger.processes WHERE id = process;
END
$$;
