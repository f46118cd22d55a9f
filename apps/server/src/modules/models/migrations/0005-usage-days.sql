-- The same sums by day (UTC): a year is read from them as fast as a month.

CREATE TABLE models.usage_days (LIKE models.usage_hours INCLUDING STORAGE) WITH (fillfactor = 70);
ALTER TABLE models.usage_days RENAME COLUMN hour TO day;
ALTER TABLE models.usage_days
  ADD UNIQUE NULLS NOT DISTINCT (workspace_id, day, person_id, purpose, model, alias, connection_id, key_id, team_id);
CREATE INDEX usage_days_person ON models.usage_days (workspace_id, person_id, day);

CREATE OR REPLACE FUNCTION models.count_calls() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO models.usage_hours AS u
  SELECT c.workspace_id, date_bin('1 hour', c.created_at, 'epoch'), c.person_id, c.purpose,
    coalesce(c.upstream_model, c.model), c.alias, c.connection_id, c.key_id, c.team_id,
    count(*), count(*) FILTER (WHERE c.status = 'failed'), count(*) FILTER (WHERE c.status = 'aborted'),
    count(*) FILTER (WHERE models.cost_of(c) IS NULL), count(*) FILTER (WHERE c.estimated),
    sum(c.input_uncached), sum(c.input_cache_read), sum(c.input_cache_write_5m), sum(c.input_cache_write_1h),
    sum(c.output_text), sum(c.output_reasoning), coalesce(sum(models.cost_of(c)), 0),
    count(c.first_token_ms), coalesce(sum(c.first_token_ms), 0), sum(c.total_ms)
  FROM added c GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9
  ON CONFLICT (workspace_id, hour, person_id, purpose, model, alias, connection_id, key_id, team_id) DO UPDATE SET
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
  INSERT INTO models.usage_days AS u
  SELECT c.workspace_id, date_bin('1 day', c.created_at, 'epoch'), c.person_id, c.purpose,
    coalesce(c.upstream_model, c.model), c.alias, c.connection_id, c.key_id, c.team_id,
    count(*), count(*) FILTER (WHERE c.status = 'failed'), count(*) FILTER (WHERE c.status = 'aborted'),
    count(*) FILTER (WHERE models.cost_of(c) IS NULL), count(*) FILTER (WHERE c.estimated),
    sum(c.input_uncached), sum(c.input_cache_read), sum(c.input_cache_write_5m), sum(c.input_cache_write_1h),
    sum(c.output_text), sum(c.output_reasoning), coalesce(sum(models.cost_of(c)), 0),
    count(c.first_token_ms), coalesce(sum(c.first_token_ms), 0), sum(c.total_ms)
  FROM added c GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9
  ON CONFLICT (workspace_id, day, person_id, purpose, model, alias, connection_id, key_id, team_id) DO UPDATE SET
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
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION models.count_ratings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO models.usage_hours AS u
  SELECT c.workspace_id, date_bin('1 hour', c.created_at, 'epoch'), c.person_id, c.purpose,
    coalesce(c.upstream_model, c.model), c.alias, c.connection_id, c.key_id, c.team_id,
    0, 0, 0, sum((models.cost_of(c) IS NULL)::int - (models.cost_of(b) IS NULL)::int), 0, 0, 0, 0, 0, 0, 0,
    sum(coalesce(models.cost_of(c), 0) - coalesce(models.cost_of(b), 0)), 0, 0, 0
  FROM after_rating c JOIN before_rating b ON b.workspace_id = c.workspace_id AND b.id = c.id
  GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9
  ON CONFLICT (workspace_id, hour, person_id, purpose, model, alias, connection_id, key_id, team_id) DO UPDATE SET
    unpriced = u.unpriced + excluded.unpriced, cost_nano_usd = u.cost_nano_usd + excluded.cost_nano_usd;
  INSERT INTO models.usage_days AS u
  SELECT c.workspace_id, date_bin('1 day', c.created_at, 'epoch'), c.person_id, c.purpose,
    coalesce(c.upstream_model, c.model), c.alias, c.connection_id, c.key_id, c.team_id,
    0, 0, 0, sum((models.cost_of(c) IS NULL)::int - (models.cost_of(b) IS NULL)::int), 0, 0, 0, 0, 0, 0, 0,
    sum(coalesce(models.cost_of(c), 0) - coalesce(models.cost_of(b), 0)), 0, 0, 0
  FROM after_rating c JOIN before_rating b ON b.workspace_id = c.workspace_id AND b.id = c.id
  GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9
  ON CONFLICT (workspace_id, day, person_id, purpose, model, alias, connection_id, key_id, team_id) DO UPDATE SET
    unpriced = u.unpriced + excluded.unpriced, cost_nano_usd = u.cost_nano_usd + excluded.cost_nano_usd;
  RETURN NULL;
END
$$;

-- What is there already: the owner sees it only while row-level security is not forced.
ALTER TABLE models.usage_hours NO FORCE ROW LEVEL SECURITY;
INSERT INTO models.usage_days
SELECT workspace_id, date_bin('1 day', hour, 'epoch'), person_id, purpose, model, alias, connection_id, key_id, team_id,
  sum(calls), sum(failed), sum(aborted), sum(unpriced), sum(estimated), sum(input_uncached), sum(input_cache_read),
  sum(input_cache_write_5m), sum(input_cache_write_1h), sum(output_text), sum(output_reasoning), sum(cost_nano_usd),
  sum(first_token_calls), sum(first_token_ms), sum(total_ms)
FROM models.usage_hours GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9;
ALTER TABLE models.usage_hours FORCE ROW LEVEL SECURITY;
SELECT platform.protect('models.usage_days');
REVOKE INSERT, UPDATE, DELETE ON models.usage_days FROM atrium_app;
