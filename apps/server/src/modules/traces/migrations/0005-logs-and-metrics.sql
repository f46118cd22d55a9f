-- Log records and metrics as OpenTelemetry's exporters send them, in partitions of days (UTC) as spans are.

-- One row per record, narrow: what it carries lies compressed in a chunk.
CREATE TABLE traces.logs (
  workspace_id uuid NOT NULL,
  -- When it happened; where that was not told, when it was seen.
  at timestamptz NOT NULL,
  -- A digest of all that the record holds, and of its place among equal ones of its request.
  id uuid NOT NULL,
  -- 0 unspecified, 1–4 trace, 5–8 debug, 9–12 info, 13–16 warn, 17–20 error, 21–24 fatal.
  severity smallint NOT NULL,
  event text COLLATE "C",
  -- The beginning of what it says.
  message text COLLATE "C" NOT NULL,
  trace_id uuid,
  span_id bigint,
  service text COLLATE "C",
  model text COLLATE "C",
  tool text COLLATE "C",
  session text COLLATE "C",
  -- Whom the application serves, by whatever name it gives them.
  end_user text COLLATE "C",
  team text COLLATE "C",
  project text COLLATE "C",
  environment text COLLATE "C",
  version text COLLATE "C",
  duration_ns bigint,
  -- Disjoint kinds; null where nothing was told.
  input_tokens bigint,
  cache_read_tokens bigint,
  cache_write_tokens bigint,
  output_tokens bigint,
  reasoning_tokens bigint,
  -- Null when nobody knows it, never 0 for that.
  cost_nano_usd bigint,
  chunk_id bigint NOT NULL,
  chunk_place smallint NOT NULL,
  PRIMARY KEY (workspace_id, at, id)
) PARTITION BY RANGE (at);
CREATE INDEX logs_trace ON traces.logs (workspace_id, trace_id, at) WHERE trace_id IS NOT NULL;
CREATE INDEX logs_session ON traces.logs (workspace_id, session, at) WHERE session IS NOT NULL;
SELECT platform.protect('traces.logs');
REVOKE UPDATE, DELETE ON traces.logs FROM atrium_app;

-- What records carry (bodies, attributes), some dozens together as one zstd frame of a JSON array.
CREATE TABLE traces.log_chunks (
  workspace_id uuid NOT NULL,
  id bigint NOT NULL,
  -- Of all its records.
  day date NOT NULL,
  body bytea NOT NULL,
  PRIMARY KEY (workspace_id, id, day)
) PARTITION BY RANGE (day);
ALTER TABLE traces.log_chunks ALTER body SET STORAGE EXTERNAL;
SELECT platform.protect('traces.log_chunks');
REVOKE UPDATE, DELETE ON traces.log_chunks FROM atrium_app;

-- One row per metric, resource, scope and attributes: what the points of a series have in common.
CREATE TABLE traces.metric_series (
  workspace_id uuid NOT NULL,
  -- A digest of all that tells it apart from others.
  id bigint NOT NULL,
  name text COLLATE "C" NOT NULL,
  type text NOT NULL CHECK (type IN ('gauge', 'sum', 'histogram', 'exponential_histogram', 'summary')),
  unit text COLLATE "C" NOT NULL,
  description text COLLATE "C" NOT NULL,
  -- `delta`: points add to one another; `cumulative`: a point holds all since it began to count.
  temporality text NOT NULL CHECK (temporality IN ('delta', 'cumulative', 'none')),
  monotonic boolean NOT NULL,
  service text COLLATE "C",
  attributes jsonb NOT NULL,
  resource jsonb NOT NULL,
  scope jsonb NOT NULL,
  -- Times of its points.
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, id)
) WITH (fillfactor = 80);
CREATE INDEX metric_series_name ON traces.metric_series (workspace_id, name);
SELECT platform.protect('traces.metric_series');
REVOKE DELETE ON traces.metric_series FROM atrium_app;

-- All values are null in a point that says that there was none.
CREATE TABLE traces.metric_points (
  workspace_id uuid NOT NULL,
  series_id bigint NOT NULL,
  at timestamptz NOT NULL,
  -- When it began to count; null where that was not told.
  since timestamptz,
  -- Of gauges and sums.
  value double precision,
  -- Of distributions. There is one count more than bounds, which are upper ones and ascend.
  count double precision,
  sum double precision,
  min double precision,
  max double precision,
  bounds double precision[],
  counts double precision[],
  -- Of summaries: the values at these quantiles.
  quantiles double precision[],
  quantile_values double precision[],
  PRIMARY KEY (workspace_id, series_id, at)
) PARTITION BY RANGE (at);
SELECT platform.protect('traces.metric_points');
REVOKE UPDATE, DELETE ON traces.metric_points FROM atrium_app;

-- Makes the partitions of a day for a signal unless they are there; `traces` as open_day(date) does.
CREATE FUNCTION traces.open_day(signal text, wanted date) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  parents text[] := CASE signal WHEN 'logs' THEN '{logs,log_chunks}' WHEN 'metrics' THEN '{metric_points}' END;
  parent text;
  part text;
BEGIN
  IF signal = 'traces' THEN
    PERFORM traces.open_day(wanted);
    RETURN;
  END IF;
  IF parents IS NULL OR wanted < current_date - 400 OR wanted > current_date + 8 THEN
    RAISE EXCEPTION 'no partition of % is made for %', signal, wanted;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('traces.open_day', 0));
  FOREACH parent IN ARRAY parents LOOP
    part := parent || '_' || to_char(wanted, 'YYYYMMDD');
    CONTINUE WHEN to_regclass(format('traces.%I', part)) IS NOT NULL;
    EXECUTE format('CREATE TABLE traces.%I PARTITION OF traces.%I FOR VALUES FROM (%L) TO (%L)', part, parent,
      to_char(wanted, 'YYYY-MM-DD') || ' 00:00:00+00', to_char(wanted + 1, 'YYYY-MM-DD') || ' 00:00:00+00');
    PERFORM platform.protect(format('traces.%I', part)::regclass);
    EXECUTE format('REVOKE UPDATE, DELETE ON traces.%I FROM atrium_app', part);
  END LOOP;
END
$$;
REVOKE ALL ON FUNCTION traces.open_day(text, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION traces.open_day(text, date) TO atrium_app, atrium_job;
