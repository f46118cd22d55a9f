-- Sums over spans, for dashboards: by minute, hour and day (UTC) of their start.

-- What newly stored spans add to the sums, one document for each transaction that stored some. Whoever adds it to the sums
-- removes it in the same transaction: what lies here is exactly what they lack.
CREATE TABLE traces.usage_pending (
  workspace_id uuid NOT NULL,
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  -- JSON: groups of spans with what they add up to.
  body text NOT NULL,
  PRIMARY KEY (workspace_id, id)
) WITH (autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_insert_threshold = -1);
-- It lives for a second.
ALTER TABLE traces.usage_pending ALTER body SET STORAGE EXTERNAL;
SELECT platform.protect('traces.usage_pending');
REVOKE UPDATE, DELETE ON traces.usage_pending FROM atrium_app;
REVOKE INSERT, UPDATE ON traces.usage_pending FROM atrium_job;

-- What sums are of: one row for each combination of dimensions that has occurred. Its id is a hash of them.
CREATE TABLE traces.usage_series (
  workspace_id uuid NOT NULL,
  id uuid NOT NULL,
  service text COLLATE "C",
  operation text COLLATE "C",
  provider text COLLATE "C",
  model text COLLATE "C",
  agent text COLLATE "C",
  environment text COLLATE "C",
  version text COLLATE "C",
  team text COLLATE "C",
  project text COLLATE "C",
  -- Only in series of the sums by user.
  end_user text COLLATE "C",
  PRIMARY KEY (workspace_id, id)
);

-- Counts and amounts of the spans of a series that started within a minute, an hour, a day. Durations and times to the
-- first token are histograms: pairs of bucket and count, each a LEB128 number, where bucket i holds values up to 1.02^i
-- nanoseconds. Two of them joined end to end are one again.
CREATE TABLE traces.usage_1m (
  workspace_id uuid NOT NULL,
  start timestamptz NOT NULL,
  series_id uuid NOT NULL,
  spans bigint NOT NULL,
  errors bigint NOT NULL,
  -- Spans without a parent.
  runs bigint NOT NULL,
  model_calls bigint NOT NULL,
  tool_calls bigint NOT NULL,
  -- Spans that told tokens, that have a cost, and calls of models that have none.
  told bigint NOT NULL,
  priced bigint NOT NULL,
  unpriced bigint NOT NULL,
  -- Senders may claim amounts whose sum no bigint holds.
  input_tokens numeric NOT NULL,
  cache_read_tokens numeric NOT NULL,
  cache_write_tokens numeric NOT NULL,
  output_tokens numeric NOT NULL,
  reasoning_tokens numeric NOT NULL,
  cost_nano_usd numeric NOT NULL,
  latency bytea NOT NULL,
  first_token bytea NOT NULL,
  PRIMARY KEY (workspace_id, start, series_id)
) WITH (fillfactor = 80);
CREATE INDEX usage_1m_age ON traces.usage_1m (start);
CREATE TABLE traces.usage_1h (LIKE traces.usage_1m, PRIMARY KEY (workspace_id, start, series_id)) WITH (fillfactor = 80);
CREATE TABLE traces.usage_1d (LIKE traces.usage_1m, PRIMARY KEY (workspace_id, start, series_id)) WITH (fillfactor = 80);
-- The same of spans that name a user, by fewer other dimensions: users are many.
CREATE TABLE traces.user_usage_1h (LIKE traces.usage_1m, PRIMARY KEY (workspace_id, start, series_id)) WITH (fillfactor = 80);
CREATE TABLE traces.user_usage_1d (LIKE traces.usage_1m, PRIMARY KEY (workspace_id, start, series_id)) WITH (fillfactor = 80);

SELECT platform.protect('traces.usage_series');
SELECT platform.protect('traces.usage_1m');
SELECT platform.protect('traces.usage_1h');
SELECT platform.protect('traces.usage_1d');
SELECT platform.protect('traces.user_usage_1h');
SELECT platform.protect('traces.user_usage_1d');
REVOKE INSERT, UPDATE, DELETE ON traces.usage_series, traces.usage_1m, traces.usage_1h, traces.usage_1d, traces.user_usage_1h,
  traces.user_usage_1d FROM atrium_app;
