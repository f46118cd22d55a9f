-- For how long telemetry is kept, and the dropping of the days in which it lies.

-- In days (UTC), by signal; a workspace without a row has the defaults.
CREATE TABLE traces.retention (
  workspace_id uuid PRIMARY KEY,
  traces_days int NOT NULL DEFAULT 30 CHECK (traces_days BETWEEN 1 AND 400),
  logs_days int NOT NULL DEFAULT 30 CHECK (logs_days BETWEEN 1 AND 400),
  metrics_days int NOT NULL DEFAULT 30 CHECK (metrics_days BETWEEN 1 AND 400),
  updated_at timestamptz NOT NULL DEFAULT now()
);
SELECT platform.protect('traces.retention');

-- Drops the partition of a day unless others than these workspaces have rows in it; says whether it is gone. It waits two
-- seconds at most for those who use the table, since all others wait behind it.
CREATE FUNCTION traces.drop_day(parent text, unwanted date, expired uuid[]) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET lock_timeout = '2s' AS $$
DECLARE
  part text := format('traces.%I', parent || to_char(unwanted, '_YYYYMMDD'));
  is_wanted boolean;
BEGIN
  IF unwanted >= current_date THEN RAISE EXCEPTION 'the day % is not over', unwanted; END IF;
  EXECUTE format('LOCK TABLE traces.%I IN ACCESS EXCLUSIVE MODE', parent);
  IF to_regclass(part) IS NULL THEN RETURN true; END IF;
  -- The owner of a protected table sees nothing of it.
  EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', part);
  EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE workspace_id <> ALL ($1))', part) INTO is_wanted USING expired;
  EXECUTE format(CASE WHEN is_wanted THEN 'ALTER TABLE %s FORCE ROW LEVEL SECURITY' ELSE 'DROP TABLE %s' END, part);
  RETURN NOT is_wanted;
END
$$;
REVOKE ALL ON FUNCTION traces.drop_day(text, date, uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION traces.drop_day(text, date, uuid[]) TO atrium_job;
