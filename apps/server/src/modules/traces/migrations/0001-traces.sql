-- What agents did: spans as OpenTelemetry's exporters send them, and what is summed up of them.

CREATE SCHEMA traces;
GRANT USAGE ON SCHEMA traces TO atrium_app, atrium_job;

-- One row per span, narrow: what it carries lies compressed in a chunk. Partitions are days (UTC) of the start, so that
-- old ones are dropped and not deleted. Texts compare by bytes, which is faster and all that filters need.
CREATE TABLE traces.spans (
  workspace_id uuid NOT NULL,
  trace_id uuid NOT NULL,
  -- The eight bytes as a signed number.
  span_id bigint NOT NULL,
  parent_id bigint,
  started_at timestamptz NOT NULL,
  duration_ns bigint NOT NULL,
  -- 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer.
  kind smallint NOT NULL,
  -- 0 unset, 1 ok, 2 error.
  status smallint NOT NULL,
  name text COLLATE "C" NOT NULL,
  service text COLLATE "C",
  operation text COLLATE "C",
  provider text COLLATE "C",
  model text COLLATE "C",
  agent text COLLATE "C",
  tool text COLLATE "C",
  session text COLLATE "C",
  -- Whom the application serves, by whatever name it gives them.
  end_user text COLLATE "C",
  team text COLLATE "C",
  project text COLLATE "C",
  environment text COLLATE "C",
  version text COLLATE "C",
  error_type text COLLATE "C",
  -- Disjoint kinds; null where nothing was told.
  input_tokens bigint,
  cache_read_tokens bigint,
  cache_write_tokens bigint,
  output_tokens bigint,
  reasoning_tokens bigint,
  -- Null when nobody knows it, never 0 for that.
  cost_nano_usd bigint,
  first_token_ns bigint,
  chunk_id bigint NOT NULL,
  chunk_place smallint NOT NULL,
  PRIMARY KEY (workspace_id, trace_id, span_id, started_at)
) PARTITION BY RANGE (started_at);
CREATE INDEX spans_time ON traces.spans (workspace_id, started_at DESC);
SELECT platform.protect('traces.spans');
REVOKE UPDATE, DELETE ON traces.spans FROM atrium_app;

-- What spans carry (messages, arguments, attributes, events), some dozens together as one zstd frame of a JSON array.
CREATE TABLE traces.chunks (
  workspace_id uuid NOT NULL,
  id bigint NOT NULL,
  -- Of all its spans.
  day date NOT NULL,
  body bytea NOT NULL,
  PRIMARY KEY (workspace_id, id, day)
) PARTITION BY RANGE (day);
ALTER TABLE traces.chunks ALTER body SET STORAGE EXTERNAL;
SELECT platform.protect('traces.chunks');
REVOKE UPDATE, DELETE ON traces.chunks FROM atrium_app;

-- One row per trace, for lists: what its spans add up to.
CREATE TABLE traces.traces (
  workspace_id uuid NOT NULL,
  id uuid NOT NULL,
  started_at timestamptz NOT NULL,
  ended_at timestamptz NOT NULL,
  -- Of the root once it is here, else of the earliest span.
  name text COLLATE "C" NOT NULL,
  has_root boolean NOT NULL,
  named_at timestamptz NOT NULL,
  service text COLLATE "C",
  agent text COLLATE "C",
  session text COLLATE "C",
  end_user text COLLATE "C",
  environment text COLLATE "C",
  spans int NOT NULL,
  errors int NOT NULL,
  model_calls int NOT NULL,
  tool_calls int NOT NULL,
  models text[] COLLATE "C" NOT NULL,
  tokens bigint NOT NULL,
  cost_nano_usd bigint,
  PRIMARY KEY (workspace_id, id)
);
CREATE INDEX traces_time ON traces.traces (workspace_id, started_at DESC, id DESC);
SELECT platform.protect('traces.traces');
REVOKE DELETE ON traces.traces FROM atrium_app;

-- What arrived, by key, signal and day (UTC): accepted = stored + duplicate.
CREATE TABLE traces.arrivals (
  workspace_id uuid NOT NULL,
  key_id uuid NOT NULL,
  signal text NOT NULL CHECK (signal IN ('traces', 'logs', 'metrics')),
  day date NOT NULL,
  accepted bigint NOT NULL DEFAULT 0,
  stored bigint NOT NULL DEFAULT 0,
  duplicate bigint NOT NULL DEFAULT 0,
  rejected bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (workspace_id, key_id, signal, day)
);
SELECT platform.protect('traces.arrivals');
REVOKE DELETE ON traces.arrivals FROM atrium_app;

-- Makes the partitions of a day unless they are there. Whoever sends spans of a day that has none waits for this once.
CREATE FUNCTION traces.open_day(wanted date) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  suffix text := to_char(wanted, 'YYYYMMDD');
BEGIN
  IF wanted < current_date - 400 OR wanted > current_date + 8 THEN
    RAISE EXCEPTION 'no partition is made for %', wanted;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('traces.open_day', 0));
  IF to_regclass(format('traces.%I', 'spans_' || suffix)) IS NOT NULL THEN RETURN; END IF;
  EXECUTE format('CREATE TABLE traces.%I PARTITION OF traces.spans FOR VALUES FROM (%L) TO (%L)',
    'spans_' || suffix, to_char(wanted, 'YYYY-MM-DD') || ' 00:00:00+00', to_char(wanted + 1, 'YYYY-MM-DD') || ' 00:00:00+00');
  EXECUTE format('CREATE TABLE traces.%I PARTITION OF traces.chunks FOR VALUES FROM (%L) TO (%L)',
    'chunks_' || suffix, wanted, wanted + 1);
  PERFORM platform.protect(format('traces.%I', 'spans_' || suffix)::regclass);
  PERFORM platform.protect(format('traces.%I', 'chunks_' || suffix)::regclass);
END
$$;
REVOKE ALL ON FUNCTION traces.open_day(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION traces.open_day(date) TO atrium_app, atrium_job;
