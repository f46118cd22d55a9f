-- Answers that are kept so that a repeated request gets the same one, and what providers want to be shown again.

CREATE SCHEMA gateway;
GRANT USAGE ON SCHEMA gateway TO atrium_app, atrium_job;

-- One row per Idempotency-Key, key holder and address; kept for a day.
CREATE TABLE gateway.answers (
  workspace_id uuid NOT NULL,
  -- `key:{id}` or `person:{id}`.
  caller text NOT NULL,
  operation text NOT NULL,
  key text NOT NULL,
  -- SHA-256 of the body.
  fingerprint bytea NOT NULL,
  -- running: until its lease ends, after which nobody knows how the call went.
  -- answered: the answer is kept. too-large: it was given, but not kept.
  state text NOT NULL CHECK (state IN ('running', 'answered', 'too-large')),
  lease_until timestamptz NOT NULL,
  status int,
  headers jsonb,
  body bytea,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, caller, operation, key)
);
CREATE INDEX answers_age ON gateway.answers (created_at);
SELECT platform.protect('gateway.answers');

-- Opaque state of a provider, for clients whose dialect has no place for it: by the tool call that it belongs to.
CREATE TABLE gateway.call_states (
  workspace_id uuid NOT NULL,
  person_id uuid NOT NULL,
  call_id text NOT NULL,
  parts jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, person_id, call_id)
);
CREATE INDEX call_states_age ON gateway.call_states (created_at);
SELECT platform.protect('gateway.call_states');
