-- Teams, which are departments: people and keys that share budgets. And what a key may do.
CREATE TABLE identity.teams (
  workspace_id uuid NOT NULL REFERENCES identity.workspaces (workspace_id),
  id uuid NOT NULL,
  name text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  archived_at timestamptz(3),
  PRIMARY KEY (workspace_id, id)
);
CREATE UNIQUE INDEX teams_name ON identity.teams (workspace_id, lower(name)) WHERE archived_at IS NULL;
SELECT platform.protect('identity.teams');

CREATE TABLE identity.team_members (
  workspace_id uuid NOT NULL,
  team_id uuid NOT NULL,
  person_id uuid NOT NULL,
  role text NOT NULL CHECK (role IN ('lead', 'member')),
  joined_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, team_id, person_id),
  FOREIGN KEY (workspace_id, team_id) REFERENCES identity.teams (workspace_id, id) ON DELETE CASCADE,
  FOREIGN KEY (workspace_id, person_id) REFERENCES identity.members (workspace_id, person_id) ON DELETE CASCADE
);
CREATE INDEX team_members_person ON identity.team_members (workspace_id, person_id);
SELECT platform.protect('identity.team_members');

ALTER TABLE identity.api_keys
  ADD COLUMN created_by uuid REFERENCES identity.people (id),
  ADD COLUMN team_id uuid,
  ADD COLUMN models text[],
  ADD COLUMN rpm int CHECK (rpm > 0),
  ADD COLUMN tpm int CHECK (tpm > 0),
  ADD COLUMN concurrency int CHECK (concurrency > 0),
  ADD COLUMN enabled boolean NOT NULL DEFAULT true,
  ADD FOREIGN KEY (workspace_id, team_id) REFERENCES identity.teams (workspace_id, id);
-- The owner of the tables sees no tenant's rows while the protection is forced.
ALTER TABLE identity.api_keys NO FORCE ROW LEVEL SECURITY;
UPDATE identity.api_keys SET created_by = person_id;
ALTER TABLE identity.api_keys FORCE ROW LEVEL SECURITY;
ALTER TABLE identity.api_keys ALTER COLUMN created_by SET NOT NULL;
CREATE INDEX api_keys_team ON identity.api_keys (workspace_id, team_id) WHERE team_id IS NOT NULL;
CREATE INDEX api_keys_creator ON identity.api_keys (created_by);
