-- Sums over closed time by one dimension alone: few rows, from which any time zone's days of a year are read at once.
-- Time is closed by a job some minutes later, so that calls cost no more to write; what comes late is added to both.

-- The days of UTC that are closed. `member` is '' for calls that have none, and under the dimension 'all'.
CREATE TABLE models.usage_member_days (
  workspace_id uuid NOT NULL,
  dimension text NOT NULL,
  start timestamptz(0) NOT NULL,
  member text NOT NULL,
  calls bigint NOT NULL,
  failed bigint NOT NULL,
  aborted bigint NOT NULL,
  unpriced bigint NOT NULL,
  estimated bigint NOT NULL,
  input_uncached bigint NOT NULL,
  input_cache_read bigint NOT NULL,
  input_cache_write_5m bigint NOT NULL,
  input_cache_write_1h bigint NOT NULL,
  output_text bigint NOT NULL,
  output_reasoning bigint NOT NULL,
  cost_nano_usd bigint NOT NULL,
  first_token_calls bigint NOT NULL,
  first_token_ms bigint NOT NULL,
  total_ms bigint NOT NULL,
  PRIMARY KEY (workspace_id, dimension, start, member)
);
-- Quarters of an hour: every time zone's day begins with one.
CREATE TABLE models.usage_member_quarters (
  LIKE models.usage_member_days,
  PRIMARY KEY (workspace_id, dimension, member, start)
);
CREATE INDEX usage_member_quarters_start ON models.usage_member_quarters (workspace_id, dimension, start);
-- Until when the sums of a workspace hold all calls; the beginning of a quarter.
CREATE TABLE models.usage_closed (
  workspace_id uuid PRIMARY KEY,
  until timestamptz(0) NOT NULL
);

-- What a call is counted under.
CREATE FUNCTION models.members_of(call models.calls) RETURNS TABLE (dimension text, member text)
LANGUAGE sql IMMUTABLE AS $$
  SELECT * FROM (VALUES ('all', ''), ('person', call.person_id::text), ('team', coalesce(call.team_id::text, '')),
    ('key', coalesce(call.key_id::text, '')), ('model', coalesce(call.upstream_model, call.model)),
    ('alias', coalesce(call.alias, '')), ('connection', coalesce(call.connection_id::text, '')), ('purpose', call.purpose)) AS m
$$;

-- Whoever writes calls shares this lock, and whoever closes time has it alone: no call falls between.
CREATE FUNCTION models.usage_lock(workspace uuid) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT hashtextextended('models.usage ' || workspace, 0)
$$;

-- Adds sums of quarters that are closed already, and to those of their days when these are. added: rows of quarters.
CREATE FUNCTION models.add_to_closed(added models.usage_member_quarters[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO models.usage_member_quarters AS u
  SELECT * FROM unnest(added) AS a ORDER BY a.workspace_id, a.dimension, a.member, a.start
  ON CONFLICT (workspace_id, dimension, member, start) DO UPDATE SET
    calls = u.calls + excluded.calls, failed = u.failed + excluded.failed, aborted = u.aborted + excluded.aborted,
    unpriced = u.unpriced + excluded.unpriced, estimated = u.estimated + excluded.estimated,
    input_uncached = u.input_uncached + excluded.input_uncached,
    input_cache_read = u.input_cache_read + excluded.input_cache_read,
    input_cache_write_5m = u.input_cache_write_5m + excluded.input_cache_write_5m,
    input_cache_write_1h = u.input_cache_write_1h + excluded.input_cache_write_1h,
    output_text = u.output_text + excluded.output_text,
    output_reasoning = u.output_reasoning + excluded.output_reasoning,
    cost_nano_usd = u.cost_nano_usd + excluded.cost_nano_usd,
    first_token_calls = u.first_token_calls + excluded.first_token_calls,
    first_token_ms = u.first_token_ms + excluded.first_token_ms, total_ms = u.total_ms + excluded.total_ms;
  INSERT INTO models.usage_member_days AS u
  SELECT a.workspace_id, a.dimension, date_bin('1 day', a.start, 'epoch') AS day, a.member,
    sum(a.calls), sum(a.failed), sum(a.aborted), sum(a.unpriced), sum(a.estimated), sum(a.input_uncached),
    sum(a.input_cache_read), sum(a.input_cache_write_5m), sum(a.input_cache_write_1h), sum(a.output_text),
    sum(a.output_reasoning), sum(a.cost_nano_usd), sum(a.first_token_calls), sum(a.first_token_ms), sum(a.total_ms)
  FROM unnest(added) AS a JOIN models.usage_closed u ON u.workspace_id = a.workspace_id
  WHERE a.start < date_bin('1 day', u.until, 'epoch')
  GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
  ON CONFLICT (workspace_id, dimension, start, member) DO UPDATE SET
    calls = u.calls + excluded.calls, failed = u.failed + excluded.failed, aborted = u.aborted + excluded.aborted,
    unpriced = u.unpriced + excluded.unpriced, estimated = u.estimated + excluded.estimated,
    input_uncached = u.input_uncached + excluded.input_uncached,
    input_cache_read = u.input_cache_read + excluded.input_cache_read,
    input_cache_write_5m = u.input_cache_write_5m + excluded.input_cache_write_5m,
    input_cache_write_1h = u.input_cache_write_1h + excluded.input_cache_write_1h,
    output_text = u.output_text + excluded.output_text,
    output_reasoning = u.output_reasoning + excluded.output_reasoning,
    cost_nano_usd = u.cost_nano_usd + excluded.cost_nano_usd,
    first_token_calls = u.first_token_calls + excluded.first_token_calls,
    first_token_ms = u.first_token_ms + excluded.first_token_ms, total_ms = u.total_ms + excluded.total_ms;
END
$$;

-- Closes the time of a workspace until a moment, the beginning of a quarter. False when it is closed already.
CREATE FUNCTION models.close_usage(workspace uuid, moment timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  before timestamptz;
BEGIN
  PERFORM pg_advisory_xact_lock(models.usage_lock(workspace));
  SELECT until INTO before FROM models.usage_closed WHERE workspace_id = workspace;
  before := coalesce(before, '-infinity');
  IF moment <= before THEN
    RETURN false;
  END IF;
  INSERT INTO models.usage_member_quarters
  SELECT workspace, m.dimension, date_bin('15 minutes', c.created_at, 'epoch'), m.member,
    count(*), count(*) FILTER (WHERE c.status = 'failed'), count(*) FILTER (WHERE c.status = 'aborted'),
    count(*) FILTER (WHERE models.cost_of(c) IS NULL), count(*) FILTER (WHERE c.estimated),
    sum(c.input_uncached), sum(c.input_cache_read), sum(c.input_cache_write_5m), sum(c.input_cache_write_1h),
    sum(c.output_text), sum(c.output_reasoning), coalesce(sum(models.cost_of(c)), 0),
    count(c.first_token_ms), coalesce(sum(c.first_token_ms), 0), sum(c.total_ms)
  FROM models.calls c, models.members_of(c) AS m
  WHERE c.workspace_id = workspace AND c.created_at >= before AND c.created_at < moment
  GROUP BY 2, 3, 4;
  INSERT INTO models.usage_member_days
  SELECT workspace, dimension, date_bin('1 day', start, 'epoch'), member,
    sum(calls), sum(failed), sum(aborted), sum(unpriced), sum(estimated), sum(input_uncached), sum(input_cache_read),
    sum(input_cache_write_5m), sum(input_cache_write_1h), sum(output_text), sum(output_reasoning), sum(cost_nano_usd),
    sum(first_token_calls), sum(first_token_ms), sum(total_ms)
  FROM models.usage_member_quarters
  WHERE workspace_id = workspace AND start < date_bin('1 day', moment, 'epoch')
    AND start >= CASE WHEN before = '-infinity' THEN before ELSE date_bin('1 day', before, 'epoch') END
  GROUP BY 2, 3, 4;
  INSERT INTO models.usage_closed (workspace_id, until) VALUES (workspace, moment)
  ON CONFLICT (workspace_id) DO UPDATE SET until = excluded.until;
  RETURN true;
END
$$;

-- Calls that are written after their time was closed.
CREATE FUNCTION models.count_late_calls() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  late models.usage_member_quarters[];
BEGIN
  PERFORM pg_advisory_xact_lock_shared(models.usage_lock(workspace_id))
  FROM (SELECT DISTINCT workspace_id FROM added ORDER BY workspace_id) AS w;
  SELECT array_agg(q::models.usage_member_quarters) INTO late FROM (
    SELECT c.workspace_id, m.dimension, date_bin('15 minutes', c.created_at, 'epoch')::timestamptz(0), m.member,
      count(*), count(*) FILTER (WHERE c.status = 'failed'), count(*) FILTER (WHERE c.status = 'aborted'),
      count(*) FILTER (WHERE models.cost_of(c) IS NULL), count(*) FILTER (WHERE c.estimated),
      sum(c.input_uncached)::bigint, sum(c.input_cache_read)::bigint, sum(c.input_cache_write_5m)::bigint,
      sum(c.input_cache_write_1h)::bigint, sum(c.output_text)::bigint, sum(c.output_reasoning)::bigint,
      coalesce(sum(models.cost_of(c)), 0)::bigint, count(c.first_token_ms),
      coalesce(sum(c.first_token_ms), 0)::bigint, sum(c.total_ms)::bigint
    FROM added c JOIN models.usage_closed u ON u.workspace_id = c.workspace_id AND c.created_at < u.until,
      models.members_of(c) AS m
    GROUP BY 1, 2, 3, 4
  ) AS q;
  IF late IS NOT NULL THEN
    PERFORM models.add_to_closed(late);
  END IF;
  RETURN NULL;
END
$$;

-- Ratings of calls whose time was closed.
CREATE FUNCTION models.count_late_ratings() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  late models.usage_member_quarters[];
BEGIN
  PERFORM pg_advisory_xact_lock_shared(models.usage_lock(workspace_id))
  FROM (SELECT DISTINCT workspace_id FROM after_rating ORDER BY workspace_id) AS w;
  SELECT array_agg(q::models.usage_member_quarters) INTO late FROM (
    SELECT c.workspace_id, m.dimension, date_bin('15 minutes', c.created_at, 'epoch')::timestamptz(0), m.member,
      0::bigint, 0::bigint, 0::bigint,
      sum((models.cost_of(c) IS NULL)::int - (models.cost_of(b) IS NULL)::int)::bigint,
      0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint,
      sum(coalesce(models.cost_of(c), 0) - coalesce(models.cost_of(b), 0))::bigint, 0::bigint, 0::bigint, 0::bigint
    FROM after_rating c JOIN before_rating b ON b.workspace_id = c.workspace_id AND b.id = c.id
    JOIN models.usage_closed u ON u.workspace_id = c.workspace_id AND c.created_at < u.until, models.members_of(c) AS m
    GROUP BY 1, 2, 3, 4
  ) AS q;
  IF late IS NOT NULL THEN
    PERFORM models.add_to_closed(late);
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER count_late_calls AFTER INSERT ON models.calls REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION models.count_late_calls();
CREATE TRIGGER count_late_ratings AFTER UPDATE ON models.calls
  REFERENCING OLD TABLE AS before_rating NEW TABLE AS after_rating
  FOR EACH STATEMENT EXECUTE FUNCTION models.count_late_ratings();

-- What is there already is closed by the first run of the job.
SELECT platform.protect('models.usage_member_days');
SELECT platform.protect('models.usage_member_quarters');
SELECT platform.protect('models.usage_closed');
REVOKE INSERT, UPDATE, DELETE ON models.usage_member_days, models.usage_member_quarters, models.usage_closed FROM atrium_app;
