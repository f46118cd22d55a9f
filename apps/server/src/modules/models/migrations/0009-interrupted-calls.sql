-- A call whose process was taken for dead has a row that says so. When it ends after all, its own row takes that place:
-- sums lose what the row before had added and gain what the row after adds, whatever has changed in it.

CREATE OR REPLACE FUNCTION models.count_ratings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO models.usage_hours AS u
  SELECT c.workspace_id, date_bin('1 hour', c.created_at, 'epoch'), c.person_id, c.purpose,
    coalesce(c.upstream_model, c.model), c.alias, c.connection_id, c.key_id, c.team_id,
    sum(c.sign), coalesce(sum(c.sign) FILTER (WHERE c.status = 'failed'), 0),
    coalesce(sum(c.sign) FILTER (WHERE c.status = 'aborted'), 0),
    coalesce(sum(c.sign) FILTER (WHERE c.cost IS NULL), 0),
    coalesce(sum(c.sign) FILTER (WHERE c.estimated), 0), sum(c.sign * c.input_uncached), sum(c.sign * c.input_cache_read),
    sum(c.sign * c.input_cache_write_5m), sum(c.sign * c.input_cache_write_1h), sum(c.sign * c.output_text),
    sum(c.sign * c.output_reasoning), coalesce(sum(c.sign * c.cost), 0),
    coalesce(sum(c.sign) FILTER (WHERE c.first_token_ms IS NOT NULL), 0), coalesce(sum(c.sign * c.first_token_ms), 0),
    sum(c.sign * c.total_ms)
  FROM (
    SELECT b.*, models.cost_of(b) AS cost, -1 AS sign FROM before_rating b
    UNION ALL SELECT a.*, models.cost_of(a), 1 FROM after_rating a
  ) AS c
  GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9
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
    sum(c.sign), coalesce(sum(c.sign) FILTER (WHERE c.status = 'failed'), 0),
    coalesce(sum(c.sign) FILTER (WHERE c.status = 'aborted'), 0),
    coalesce(sum(c.sign) FILTER (WHERE c.cost IS NULL), 0),
    coalesce(sum(c.sign) FILTER (WHERE c.estimated), 0), sum(c.sign * c.input_uncached), sum(c.sign * c.input_cache_read),
    sum(c.sign * c.input_cache_write_5m), sum(c.sign * c.input_cache_write_1h), sum(c.sign * c.output_text),
    sum(c.sign * c.output_reasoning), coalesce(sum(c.sign * c.cost), 0),
    coalesce(sum(c.sign) FILTER (WHERE c.first_token_ms IS NOT NULL), 0), coalesce(sum(c.sign * c.first_token_ms), 0),
    sum(c.sign * c.total_ms)
  FROM (
    SELECT b.*, models.cost_of(b) AS cost, -1 AS sign FROM before_rating b
    UNION ALL SELECT a.*, models.cost_of(a), 1 FROM after_rating a
  ) AS c
  GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9
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

-- The same for time that was closed.
CREATE OR REPLACE FUNCTION models.count_late_ratings() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  late models.usage_member_quarters[];
BEGIN
  PERFORM pg_advisory_xact_lock_shared(models.usage_lock(workspace_id))
  FROM (SELECT DISTINCT workspace_id FROM after_rating ORDER BY workspace_id) AS w;
  SELECT array_agg(q::models.usage_member_quarters) INTO late FROM (
    SELECT c.workspace_id, c.dimension, date_bin('15 minutes', c.created_at, 'epoch')::timestamptz(0), c.member,
      sum(c.sign)::bigint, coalesce(sum(c.sign) FILTER (WHERE c.status = 'failed'), 0)::bigint,
      coalesce(sum(c.sign) FILTER (WHERE c.status = 'aborted'), 0)::bigint,
      coalesce(sum(c.sign) FILTER (WHERE c.cost IS NULL), 0)::bigint,
      coalesce(sum(c.sign) FILTER (WHERE c.estimated), 0)::bigint, sum(c.sign * c.input_uncached)::bigint,
      sum(c.sign * c.input_cache_read)::bigint, sum(c.sign * c.input_cache_write_5m)::bigint,
      sum(c.sign * c.input_cache_write_1h)::bigint, sum(c.sign * c.output_text)::bigint,
      sum(c.sign * c.output_reasoning)::bigint, coalesce(sum(c.sign * c.cost), 0)::bigint,
      coalesce(sum(c.sign) FILTER (WHERE c.first_token_ms IS NOT NULL), 0)::bigint,
      coalesce(sum(c.sign * c.first_token_ms), 0)::bigint, sum(c.sign * c.total_ms)::bigint
    FROM (
      SELECT b.*, models.cost_of(b) AS cost, -1 AS sign, m.dimension, m.member
      FROM before_rating b, models.members_of(b) AS m
      UNION ALL SELECT a.*, models.cost_of(a), 1, m.dimension, m.member FROM after_rating a, models.members_of(a) AS m
    ) AS c
    JOIN models.usage_closed u ON u.workspace_id = c.workspace_id AND c.created_at < u.until
    GROUP BY 1, 2, 3, 4
  ) AS q;
  IF late IS NOT NULL THEN
    PERFORM models.add_to_closed(late);
  END IF;
  RETURN NULL;
END
$$;
