-- Who paid for a call and by which way it came; prices of a workspace's own, ratings, sums over calls, currencies.

ALTER TABLE models.calls DROP CONSTRAINT calls_purpose_check;
ALTER TABLE models.calls ADD CONSTRAINT calls_purpose_check CHECK (purpose IN ('chat', 'title', 'test', 'gateway'));
ALTER TABLE models.calls
  ADD COLUMN key_id uuid,
  ADD COLUMN team_id uuid,
  -- By which the model was asked for; null when it was named itself.
  ADD COLUMN alias text,
  -- In which the client spoke; null for calls of Atrium itself.
  ADD COLUMN dialect text,
  -- The newest rating, when there is a later one than that of the moment of the call. See models.ratings.
  ADD COLUMN rated_nano_usd bigint,
  ADD COLUMN rated_source text,
  ADD COLUMN rated_at timestamptz(3);

CREATE INDEX calls_key ON models.calls (workspace_id, key_id, created_at DESC) WHERE key_id IS NOT NULL;
CREATE INDEX calls_team ON models.calls (workspace_id, team_id, created_at DESC) WHERE team_id IS NOT NULL;

-- Prices that a workspace has agreed otherwise. What the history of one was stands in the audit log.
CREATE TABLE models.price_overrides (
  workspace_id uuid NOT NULL,
  id uuid NOT NULL,
  version int NOT NULL DEFAULT 1,
  -- Null for every connection.
  connection_id uuid,
  -- `*` stands for any characters.
  model_pattern text NOT NULL,
  -- Nano-USD per million tokens by kind, as the contract describes it.
  sheet jsonb NOT NULL,
  effective_from timestamptz(3) NOT NULL,
  note text NOT NULL,
  author_id uuid,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, id),
  FOREIGN KEY (workspace_id, connection_id) REFERENCES models.connections (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX price_overrides_order ON models.price_overrides (workspace_id, created_at DESC, id DESC);
CREATE INDEX price_overrides_connection ON models.price_overrides (workspace_id, connection_id);
SELECT platform.protect('models.price_overrides');

-- Runs that compute the costs of calls again.
CREATE TABLE models.reratings (
  workspace_id uuid NOT NULL,
  id uuid NOT NULL,
  from_time timestamptz(3) NOT NULL,
  to_time timestamptz(3) NOT NULL,
  connection_id uuid,
  model_pattern text,
  status text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'running', 'finished', 'failed')),
  total bigint NOT NULL DEFAULT 0,
  done bigint NOT NULL DEFAULT 0,
  changed bigint NOT NULL DEFAULT 0,
  skipped bigint NOT NULL DEFAULT 0,
  difference_nano_usd bigint NOT NULL DEFAULT 0,
  -- The last call that was looked at.
  place_time timestamptz(3),
  place_id uuid,
  requested_by uuid,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  finished_at timestamptz(3),
  PRIMARY KEY (workspace_id, id)
);
CREATE INDEX reratings_order ON models.reratings (workspace_id, created_at DESC, id DESC);
SELECT platform.protect('models.reratings');

-- Every later rating of a call; the first stands in the call itself.
CREATE TABLE models.ratings (
  workspace_id uuid NOT NULL,
  call_id uuid NOT NULL,
  id uuid NOT NULL,
  rerating_id uuid NOT NULL,
  -- Null when the price is unknown.
  cost_nano_usd bigint,
  price_source text,
  rated_at timestamptz(3) NOT NULL,
  PRIMARY KEY (workspace_id, call_id, id),
  FOREIGN KEY (workspace_id, call_id) REFERENCES models.calls (workspace_id, id) ON DELETE CASCADE,
  FOREIGN KEY (workspace_id, rerating_id) REFERENCES models.reratings (workspace_id, id)
);
CREATE INDEX ratings_run ON models.ratings (workspace_id, rerating_id);
SELECT platform.protect('models.ratings');
REVOKE INSERT, UPDATE, DELETE ON models.ratings FROM atrium_app;

-- Sums over the calls of an hour (UTC) that have all of these in common. Triggers keep them exact in the transaction
-- that writes or rates the calls.
CREATE TABLE models.usage_hours (
  workspace_id uuid NOT NULL,
  hour timestamptz(0) NOT NULL,
  person_id uuid NOT NULL,
  purpose text NOT NULL,
  -- As the provider calls it; as it was asked for when none was called.
  model text NOT NULL,
  alias text,
  connection_id uuid,
  key_id uuid,
  team_id uuid,
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
  UNIQUE NULLS NOT DISTINCT (workspace_id, hour, person_id, purpose, model, alias, connection_id, key_id, team_id)
) WITH (fillfactor = 70);
CREATE INDEX usage_hours_person ON models.usage_hours (workspace_id, person_id, hour);

-- The amount that counts for a call: that of its newest rating.
CREATE FUNCTION models.cost_of(call models.calls) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN call.rated_at IS NULL THEN call.cost_nano_usd ELSE call.rated_nano_usd END
$$;

-- Both functions lock rows in one order, so that processes that write at once wait and do not block each other for ever.
CREATE FUNCTION models.count_calls() RETURNS trigger LANGUAGE plpgsql AS $$
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
  RETURN NULL;
END
$$;

-- Only ratings change calls that are written.
CREATE FUNCTION models.count_ratings() RETURNS trigger LANGUAGE plpgsql AS $$
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
  RETURN NULL;
END
$$;

CREATE TRIGGER count_calls AFTER INSERT ON models.calls REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION models.count_calls();
CREATE TRIGGER count_ratings AFTER UPDATE ON models.calls
  REFERENCING OLD TABLE AS before_rating NEW TABLE AS after_rating
  FOR EACH STATEMENT EXECUTE FUNCTION models.count_ratings();

-- What is there already: the owner sees it only while row-level security is not forced.
ALTER TABLE models.calls NO FORCE ROW LEVEL SECURITY;
INSERT INTO models.usage_hours
SELECT c.workspace_id, date_bin('1 hour', c.created_at, 'epoch'), c.person_id, c.purpose,
  coalesce(c.upstream_model, c.model), c.alias, c.connection_id, c.key_id, c.team_id,
  count(*), count(*) FILTER (WHERE c.status = 'failed'), count(*) FILTER (WHERE c.status = 'aborted'),
  count(*) FILTER (WHERE c.cost_nano_usd IS NULL), count(*) FILTER (WHERE c.estimated),
  sum(c.input_uncached), sum(c.input_cache_read), sum(c.input_cache_write_5m), sum(c.input_cache_write_1h),
  sum(c.output_text), sum(c.output_reasoning), coalesce(sum(c.cost_nano_usd), 0),
  count(c.first_token_ms), coalesce(sum(c.first_token_ms), 0), sum(c.total_ms)
FROM models.calls c GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9;
ALTER TABLE models.calls FORCE ROW LEVEL SECURITY;
SELECT platform.protect('models.usage_hours');
REVOKE INSERT, UPDATE, DELETE ON models.usage_hours FROM atrium_app;

-- How a workspace sees money and days.
CREATE TABLE models.money_settings (
  workspace_id uuid PRIMARY KEY,
  -- ISO 4217.
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  -- IANA name.
  time_zone text NOT NULL,
  updated_at timestamptz(3) NOT NULL DEFAULT now()
);
SELECT platform.protect('models.money_settings');

-- Public reference rates that the operator stores; the same for all workspaces.
CREATE TABLE models.currency_rates (
  date date PRIMARY KEY,
  base text NOT NULL CHECK (base ~ '^[A-Z]{3}$'),
  -- Units of each currency for one of the base, as decimal text.
  rates jsonb NOT NULL,
  source text NOT NULL,
  updated_at timestamptz(3) NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE ON models.currency_rates TO atrium_app, atrium_job;
