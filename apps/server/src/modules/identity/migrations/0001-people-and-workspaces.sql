-- People and how they prove themselves, workspaces and who belongs to them, API keys, audit log, mails.
-- Times keep milliseconds, as JavaScript does: what a page's cursor carries finds its row again.

CREATE SCHEMA identity;
GRANT USAGE ON SCHEMA identity TO atrium_app, atrium_job;

CREATE TABLE identity.people (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  email text NOT NULL UNIQUE CHECK (email = lower(email)),
  email_verified boolean NOT NULL DEFAULT false,
  image text,
  is_operator boolean NOT NULL DEFAULT false,
  instructions text NOT NULL DEFAULT '',
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE ON identity.people TO atrium_app;
GRANT SELECT ON identity.people TO atrium_job;

CREATE TABLE identity.sessions (
  id uuid PRIMARY KEY,
  person_id uuid NOT NULL REFERENCES identity.people (id) ON DELETE CASCADE,
  token text NOT NULL UNIQUE,
  ip_address text,
  user_agent text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  last_used_at timestamptz(3) NOT NULL DEFAULT now(),
  expires_at timestamptz(3) NOT NULL
);
CREATE INDEX sessions_person ON identity.sessions (person_id, created_at DESC);
CREATE INDEX sessions_expiry ON identity.sessions (expires_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON identity.sessions TO atrium_app;
GRANT SELECT, UPDATE, DELETE ON identity.sessions TO atrium_job;

-- Ways to sign in: a password hash, later links to other identity providers.
CREATE TABLE identity.accounts (
  id uuid PRIMARY KEY,
  person_id uuid NOT NULL REFERENCES identity.people (id) ON DELETE CASCADE,
  provider_id text NOT NULL,
  account_id text NOT NULL,
  password text,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamptz(3),
  refresh_token_expires_at timestamptz(3),
  scope text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  UNIQUE (provider_id, account_id)
);
CREATE INDEX accounts_person ON identity.accounts (person_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON identity.accounts TO atrium_app;

CREATE TABLE identity.verifications (
  id uuid PRIMARY KEY,
  identifier text NOT NULL,
  value text NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX verifications_identifier ON identity.verifications (identifier);
CREATE INDEX verifications_expiry ON identity.verifications (expires_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON identity.verifications TO atrium_app;
GRANT SELECT, DELETE ON identity.verifications TO atrium_job;

-- Attempts per account or address in a window of time; keys are hashes.
CREATE TABLE identity.rate_limits (
  key text PRIMARY KEY,
  count int NOT NULL,
  ends_at timestamptz(3) NOT NULL
);
CREATE INDEX rate_limits_end ON identity.rate_limits (ends_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON identity.rate_limits TO atrium_app;
GRANT SELECT, DELETE ON identity.rate_limits TO atrium_job;

-- At most one row; its presence means that the installation has its owner.
CREATE TABLE identity.installation (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  registration text NOT NULL DEFAULT 'invitation' CHECK (registration IN ('invitation', 'open')),
  default_workspace_id uuid NOT NULL,
  bootstrap_key_id uuid,
  created_at timestamptz(3) NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE ON identity.installation TO atrium_app;
GRANT SELECT ON identity.installation TO atrium_job;

CREATE TABLE identity.mails (
  id uuid PRIMARY KEY,
  recipient text NOT NULL,
  subject text NOT NULL,
  text text NOT NULL,
  attempts int NOT NULL DEFAULT 0,
  next_attempt_at timestamptz(3) NOT NULL DEFAULT now(),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  sent_at timestamptz(3)
);
CREATE INDEX mails_waiting ON identity.mails (next_attempt_at) WHERE sent_at IS NULL;
CREATE INDEX mails_age ON identity.mails (created_at);
GRANT SELECT, INSERT ON identity.mails TO atrium_app;
GRANT SELECT, UPDATE, DELETE ON identity.mails TO atrium_job;

-- Finds the workspace of a token before the workspace is known. Tokens carry 256 random bits, so their hashes tell nothing.
CREATE TABLE identity.token_index (
  hash bytea PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('key', 'invitation')),
  workspace_id uuid NOT NULL,
  target_id uuid NOT NULL
);
CREATE INDEX token_index_target ON identity.token_index (workspace_id, target_id);
GRANT SELECT, INSERT, DELETE ON identity.token_index TO atrium_app, atrium_job;

CREATE TABLE identity.workspaces (
  workspace_id uuid PRIMARY KEY,
  name text NOT NULL,
  instructions text NOT NULL DEFAULT '',
  default_model text NOT NULL DEFAULT 'atrium/guide',
  created_at timestamptz(3) NOT NULL DEFAULT now()
);
SELECT platform.protect('identity.workspaces');

CREATE TABLE identity.members (
  workspace_id uuid NOT NULL REFERENCES identity.workspaces (workspace_id),
  person_id uuid NOT NULL REFERENCES identity.people (id),
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
  joined_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, person_id)
);
CREATE INDEX members_order ON identity.members (workspace_id, joined_at, person_id);
CREATE INDEX members_person ON identity.members (person_id);
SELECT platform.protect('identity.members');

-- A person sees to which workspaces they belong.
CREATE POLICY own ON identity.members FOR SELECT TO atrium_app
  USING (person_id = nullif(current_setting('app.person_id', true), '')::uuid);
CREATE POLICY own ON identity.workspaces FOR SELECT TO atrium_app
  USING (workspace_id IN (
    SELECT members.workspace_id FROM identity.members
    WHERE members.person_id = nullif(current_setting('app.person_id', true), '')::uuid));

CREATE TABLE identity.invitations (
  workspace_id uuid NOT NULL REFERENCES identity.workspaces (workspace_id),
  id uuid NOT NULL,
  email text NOT NULL CHECK (email = lower(email)),
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
  invited_by uuid NOT NULL REFERENCES identity.people (id),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  expires_at timestamptz(3) NOT NULL,
  PRIMARY KEY (workspace_id, id),
  UNIQUE (workspace_id, email)
);
CREATE INDEX invitations_inviter ON identity.invitations (invited_by);
SELECT platform.protect('identity.invitations');

CREATE TABLE identity.api_keys (
  workspace_id uuid NOT NULL,
  id uuid NOT NULL,
  person_id uuid NOT NULL,
  name text NOT NULL,
  prefix text NOT NULL,
  scopes text[] NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  last_used_at timestamptz(3),
  expires_at timestamptz(3),
  PRIMARY KEY (workspace_id, id),
  FOREIGN KEY (workspace_id, person_id) REFERENCES identity.members (workspace_id, person_id) ON DELETE CASCADE
);
CREATE INDEX api_keys_person ON identity.api_keys (workspace_id, person_id);
SELECT platform.protect('identity.api_keys');

-- Each entry's hash covers the hash before it; nobody but the owner of the tables can change what is written.
CREATE TABLE identity.audit_log (
  workspace_id uuid NOT NULL REFERENCES identity.workspaces (workspace_id),
  sequence bigint NOT NULL,
  action text NOT NULL,
  actor jsonb NOT NULL,
  target jsonb,
  details jsonb NOT NULL,
  address text,
  created_at timestamptz(3) NOT NULL,
  hash bytea NOT NULL,
  PRIMARY KEY (workspace_id, sequence)
);
SELECT platform.protect('identity.audit_log');
REVOKE UPDATE, DELETE ON identity.audit_log FROM atrium_app, atrium_job;

-- The end of each chain, sealed with a key that the database does not know: a shortened or rewritten log does not match it.
CREATE TABLE identity.audit_heads (
  workspace_id uuid PRIMARY KEY REFERENCES identity.workspaces (workspace_id),
  entries bigint NOT NULL,
  hash bytea NOT NULL,
  seal bytea NOT NULL
);
SELECT platform.protect('identity.audit_heads');
REVOKE DELETE ON identity.audit_heads FROM atrium_app, atrium_job;
