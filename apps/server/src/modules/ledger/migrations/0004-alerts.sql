-- Shares of a limit at which a budget warns, several where there was one, and when each was reached.

ALTER TABLE ledger.budgets DROP CONSTRAINT budgets_alert_percent_check;
ALTER TABLE ledger.budgets ALTER COLUMN alert_percent TYPE int[]
  USING CASE WHEN alert_percent IS NULL THEN '{}' ELSE ARRAY[alert_percent] END;
ALTER TABLE ledger.budgets RENAME COLUMN alert_percent TO alert_percents;
ALTER TABLE ledger.budgets ALTER COLUMN alert_percents SET NOT NULL, ALTER COLUMN alert_percents SET DEFAULT '{}',
  ADD CHECK (cardinality(alert_percents) <= 10 AND 1 <= ALL (alert_percents) AND 100 >= ALL (alert_percents));

CREATE TABLE ledger.budget_alerts (
  workspace_id uuid NOT NULL,
  budget_id uuid NOT NULL,
  starts_at timestamptz(3) NOT NULL,
  percent int NOT NULL CHECK (percent BETWEEN 1 AND 100),
  -- As they were at that moment.
  spent_nano_usd bigint NOT NULL,
  limit_nano_usd bigint NOT NULL,
  reached_at timestamptz(3) NOT NULL DEFAULT now(),
  -- When the audit log, the outbox and the owners were told.
  told_at timestamptz(3),
  PRIMARY KEY (workspace_id, budget_id, starts_at, percent),
  FOREIGN KEY (workspace_id, budget_id, starts_at) REFERENCES ledger.budget_periods (workspace_id, budget_id, starts_at)
);
CREATE INDEX budget_alerts_untold ON ledger.budget_alerts (workspace_id) WHERE told_at IS NULL;

-- What was reached before is not told again. The owner of the tables sees their rows only while nothing is forced.
ALTER TABLE ledger.budgets NO FORCE ROW LEVEL SECURITY;
ALTER TABLE ledger.budget_periods NO FORCE ROW LEVEL SECURITY;
INSERT INTO ledger.budget_alerts (workspace_id, budget_id, starts_at, percent, spent_nano_usd, limit_nano_usd, reached_at, told_at)
SELECT q.workspace_id, q.budget_id, q.starts_at, percent, q.spent_nano_usd, b.limit_nano_usd, q.alerted_at, now()
FROM ledger.budget_periods q JOIN ledger.budgets b ON b.workspace_id = q.workspace_id AND b.id = q.budget_id,
  unnest(b.alert_percents) AS percent
WHERE q.alerted_at IS NOT NULL;
ALTER TABLE ledger.budgets FORCE ROW LEVEL SECURITY;
ALTER TABLE ledger.budget_periods FORCE ROW LEVEL SECURITY;
SELECT platform.protect('ledger.budget_alerts');

-- Notes every share that a period has reached and that was not noted before.
CREATE FUNCTION ledger.note_alerts(workspace uuid, budget uuid, start timestamptz, spent bigint)
RETURNS void LANGUAGE sql AS $$
  INSERT INTO ledger.budget_alerts (workspace_id, budget_id, starts_at, percent, spent_nano_usd, limit_nano_usd)
  SELECT workspace, budget, start, percent, spent, b.limit_nano_usd
  FROM ledger.budgets b, unnest(b.alert_percents) AS percent
  WHERE b.workspace_id = workspace AND b.id = budget AND spent > 0
    AND spent::numeric * 100 >= b.limit_nano_usd::numeric * percent
  ON CONFLICT DO NOTHING
$$;

CREATE FUNCTION ledger.period_spent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM ledger.note_alerts(new.workspace_id, new.budget_id, new.starts_at, new.spent_nano_usd);
  RETURN NULL;
END
$$;
CREATE TRIGGER alerts AFTER UPDATE OF spent_nano_usd ON ledger.budget_periods
  FOR EACH ROW WHEN (new.spent_nano_usd > old.spent_nano_usd) EXECUTE FUNCTION ledger.period_spent();

-- A limit that is raised makes the shares that are no longer reached warn anew. The lock makes settlements that are
-- under way count on one side: here, or in their own trigger, which then sees the new limit.
CREATE FUNCTION ledger.budget_limited() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  period ledger.budget_periods;
BEGIN
  FOR period IN
    SELECT * FROM ledger.budget_periods q
    WHERE q.workspace_id = new.workspace_id AND q.budget_id = new.id AND q.starts_at <= now() AND q.ends_at > now() FOR UPDATE
  LOOP
    DELETE FROM ledger.budget_alerts a
    WHERE a.workspace_id = new.workspace_id AND a.budget_id = new.id AND a.starts_at = period.starts_at
      AND (period.spent_nano_usd::numeric * 100 < new.limit_nano_usd::numeric * a.percent
        OR NOT a.percent = ANY (new.alert_percents));
    PERFORM ledger.note_alerts(new.workspace_id, new.id, period.starts_at, period.spent_nano_usd);
  END LOOP;
  RETURN NULL;
END
$$;
CREATE TRIGGER alerts AFTER UPDATE OF limit_nano_usd, alert_percents ON ledger.budgets
  FOR EACH ROW WHEN ((new.limit_nano_usd, new.alert_percents) IS DISTINCT FROM (old.limit_nano_usd, old.alert_percents))
  EXECUTE FUNCTION ledger.budget_limited();

-- Settlements and corrections had noted the one share themselves.
DO $$
DECLARE
  function regprocedure;
  before text;
  after text;
BEGIN
  FOREACH function IN ARRAY ARRAY['ledger.settle(uuid, jsonb)', 'ledger.correct(uuid, jsonb)']::regprocedure[] LOOP
    before := pg_get_functiondef(function);
    after := regexp_replace(before, ',\s*?alerted_at = coalesce\(.*?THEN now\(\) END\)', '');
    after := replace(after, '
    JOIN ledger.budgets budget ON budget.workspace_id = x.w AND budget.id = x.b', '');
    IF after = before THEN
      RAISE EXCEPTION '% does not note alerts', function;
    END IF;
    EXECUTE after;
  END LOOP;
END
$$;
ALTER TABLE ledger.budget_periods DROP COLUMN alerted_at;
