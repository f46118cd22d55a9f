-- What every module builds on: protection of tenant tables, the outbox, idempotency keys, data keys, live processes.

-- Makes a table with a workspace_id column a tenant table: requests see their workspace's rows only,
-- background jobs see all, the owner none.
CREATE FUNCTION platform.protect(target regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
  EXECUTE format('CREATE POLICY tenant ON %s TO atrium_app
    USING (workspace_id = nullif(current_setting(''app.workspace_id'', true), '''')::uuid)
    WITH CHECK (workspace_id = nullif(current_setting(''app.workspace_id'', true), '''')::uuid)', target);
  EXECUTE format('CREATE POLICY job ON %s TO atrium_job USING (true) WITH CHECK (true)', target);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO atrium_app, atrium_job', target);
END
$$;

-- Facts that modules publish in the transaction that makes them true; delivered to handlers at least once.
CREATE TABLE platform.outbox (
  workspace_id uuid NOT NULL,
  id uuid NOT NULL,
  type text NOT NULL,
  payload jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, id)
);
CREATE INDEX outbox_order ON platform.outbox (created_at, id);
SELECT platform.protect('platform.outbox');

-- One row per Idempotency-Key and caller; commits with the work that it guards.
CREATE TABLE platform.idempotency (
  workspace_id uuid NOT NULL,
  caller text NOT NULL,
  operation text NOT NULL,
  key text NOT NULL,
  fingerprint bytea NOT NULL,
  status int,
  answer jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, caller, operation, key)
);
CREATE INDEX idempotency_age ON platform.idempotency (created_at);
SELECT platform.protect('platform.idempotency');

-- The data key of each workspace, wrapped by a version of the master key.
CREATE TABLE platform.data_keys (
  workspace_id uuid PRIMARY KEY,
  wrapped text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
SELECT platform.protect('platform.data_keys');
