-- Aliases with their policies, and what calls through them leave behind.

CREATE TABLE models.aliases (
  workspace_id uuid NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL,
  description text NOT NULL,
  enabled boolean NOT NULL DEFAULT true,
  -- Of `alias_versions`: the one in force.
  version int NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, id),
  UNIQUE (workspace_id, name)
);
CREATE INDEX aliases_time ON models.aliases (workspace_id, created_at, id);
SELECT platform.protect('models.aliases');

-- Never changed: to go back is to add a version with an earlier policy.
CREATE TABLE models.alias_versions (
  workspace_id uuid NOT NULL,
  alias_id uuid NOT NULL,
  version int NOT NULL,
  policy jsonb NOT NULL,
  author_id uuid,
  note text NOT NULL,
  rollback_of int,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, alias_id, version),
  FOREIGN KEY (workspace_id, alias_id) REFERENCES models.aliases (workspace_id, id) ON DELETE CASCADE
);
SELECT platform.protect('models.alias_versions');
REVOKE UPDATE ON models.alias_versions FROM atrium_app;

ALTER TABLE models.calls
  -- Of the policy by which it was routed; null for a model that was named itself.
  ADD COLUMN alias_version int,
  -- The reply went out byte for byte.
  ADD COLUMN passthrough boolean NOT NULL DEFAULT false,
  ADD COLUMN attempts int NOT NULL DEFAULT 1,
  -- A part of the cost: of attempts whose answer nobody saw. Null when their price is unknown.
  ADD COLUMN lost_nano_usd bigint DEFAULT 0;
