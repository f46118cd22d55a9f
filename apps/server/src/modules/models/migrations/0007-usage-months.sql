-- The sums by one dimension also by month (UTC), for figures of a long time in one piece: a row per member and month.

CREATE TABLE models.usage_member_months (
  LIKE models.usage_member_days,
  PRIMARY KEY (workspace_id, dimension, start, member)
);

-- They follow the days that are closed: what is added to these and, when one changes, the difference. Rows are locked in
-- the order of the days. The functions differ in what they take off, and each names every figure once.
DO $do$
DECLARE
  figures text[] := ARRAY['calls', 'failed', 'aborted', 'unpriced', 'estimated', 'input_uncached', 'input_cache_read',
    'input_cache_write_5m', 'input_cache_write_1h', 'output_text', 'output_reasoning', 'cost_nano_usd',
    'first_token_calls', 'first_token_ms', 'total_ms'];
  list text := array_to_string(figures, ', ');
  sums text := (SELECT string_agg(format('sum(%I)', figure), ', ') FROM unnest(figures) AS figure);
  added text := (SELECT string_agg(format('%1$I = u.%1$I + excluded.%1$I', figure), ', ') FROM unnest(figures) AS figure);
  negated text := (SELECT string_agg(format('-%I', figure), ', ') FROM unnest(figures) AS figure);
  event text;
BEGIN
  FOREACH event IN ARRAY ARRAY['insert', 'update'] LOOP
    EXECUTE format($f$
      CREATE FUNCTION models.months_after_%1$s() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO models.usage_member_months AS u
        SELECT workspace_id, dimension, date_trunc('month', start, 'UTC'), member, %2$s
        FROM (SELECT workspace_id, dimension, start, member, %3$s FROM changed %4$s) AS difference
        GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
        ON CONFLICT (workspace_id, dimension, start, member) DO UPDATE SET %5$s;
        RETURN NULL;
      END
      $$ $f$, event, sums, list,
      CASE event WHEN 'update' THEN format('UNION ALL SELECT workspace_id, dimension, start, member, %s FROM before', negated) END,
      added);
  END LOOP;
  -- What is there already: the owner sees it only while row-level security is not forced.
  ALTER TABLE models.usage_member_days NO FORCE ROW LEVEL SECURITY;
  EXECUTE format('INSERT INTO models.usage_member_months
    SELECT workspace_id, dimension, date_trunc(''month'', start, ''UTC''), member, %s
    FROM models.usage_member_days GROUP BY 1, 2, 3, 4', sums);
  ALTER TABLE models.usage_member_days FORCE ROW LEVEL SECURITY;
END
$do$;

CREATE TRIGGER months_after_insert AFTER INSERT ON models.usage_member_days REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION models.months_after_insert();
CREATE TRIGGER months_after_update AFTER UPDATE ON models.usage_member_days
  REFERENCING OLD TABLE AS before NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION models.months_after_update();

SELECT platform.protect('models.usage_member_months');
REVOKE INSERT, UPDATE, DELETE ON models.usage_member_months FROM atrium_app;
