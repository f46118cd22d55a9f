-- Connections to model providers, their models, and one row for each call.

CREATE SCHEMA models;
GRANT USAGE ON SCHEMA models TO atrium_app, atrium_job;

CREATE TABLE models.connections (
  workspace_id uuid NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL,
  -- First part of its models' ids.
  slug text NOT NULL CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,39}$' AND slug <> 'atrium'),
  kind text NOT NULL CHECK (kind IN ('anthropic', 'openai', 'openai-responses', 'google', 'ollama', 'openai-compatible')),
  base_url text NOT NULL,
  -- Sealed under the workspace's data key and bound to this row.
  sealed_key text,
  enabled boolean NOT NULL DEFAULT true,
  source text NOT NULL CHECK (source IN ('person', 'environment', 'detected')),
  -- Of the last test or refresh.
  health jsonb,
  refreshed_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, id),
  UNIQUE (workspace_id, slug)
);
CREATE INDEX connections_refreshed ON models.connections (refreshed_at NULLS FIRST) WHERE enabled;
SELECT platform.protect('models.connections');

CREATE TABLE models.models (
  workspace_id uuid NOT NULL,
  connection_id uuid NOT NULL,
  upstream_id text NOT NULL,
  name text NOT NULL,
  context_tokens int,
  max_output_tokens int,
  capabilities jsonb NOT NULL,
  enabled boolean NOT NULL,
  -- Added by a person: a refresh that does not list it leaves it alone.
  added boolean NOT NULL DEFAULT false,
  discovered_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, connection_id, upstream_id),
  FOREIGN KEY (workspace_id, connection_id) REFERENCES models.connections (workspace_id, id) ON DELETE CASCADE
);
SELECT platform.protect('models.models');

-- One row per model call. It outlives its connection, so there is no foreign key.
CREATE TABLE models.calls (
  workspace_id uuid NOT NULL,
  id uuid NOT NULL,
  person_id uuid NOT NULL,
  purpose text NOT NULL CHECK (purpose IN ('chat', 'title', 'test')),
  -- As it was asked for: `{slug}/{upstream id}`.
  model text NOT NULL,
  connection_id uuid,
  upstream_model text,
  status text NOT NULL CHECK (status IN ('finished', 'failed', 'aborted')),
  finish_reason text,
  finish_reason_raw text,
  error_code text,
  input_uncached bigint NOT NULL,
  input_cache_read bigint NOT NULL,
  input_cache_write_5m bigint NOT NULL,
  input_cache_write_1h bigint NOT NULL,
  output_text bigint NOT NULL,
  output_reasoning bigint NOT NULL,
  -- What the provider said, so that a call can be rated again.
  usage_raw jsonb,
  estimated boolean NOT NULL,
  -- Null when the price is unknown, never 0 for that.
  cost_nano_usd bigint,
  price_source text,
  first_token_ms int,
  total_ms int NOT NULL,
  why jsonb NOT NULL,
  trace_id text,
  created_at timestamptz(3) NOT NULL,
  PRIMARY KEY (workspace_id, id)
);
CREATE INDEX calls_time ON models.calls (workspace_id, created_at DESC, id DESC);
CREATE INDEX calls_person ON models.calls (workspace_id, person_id, created_at DESC);
CREATE INDEX calls_model ON models.calls (workspace_id, model, created_at DESC);
SELECT platform.protect('models.calls');
REVOKE UPDATE, DELETE ON models.calls FROM atrium_app;

-- Which connections the environment or detection has made, so that one that a person deletes stays deleted.
CREATE TABLE models.provisions (
  workspace_id uuid NOT NULL,
  -- 'home' marks the workspace that gets them: the first.
  what text NOT NULL,
  -- Of the key and address that were given; when it changes the connection follows.
  fingerprint text NOT NULL,
  connection_id uuid,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, what)
);
SELECT platform.protect('models.provisions');
