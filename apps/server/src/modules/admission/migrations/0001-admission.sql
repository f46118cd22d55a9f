-- Limits of requests, tokens and calls at once, and what the processes have taken of them.
CREATE SCHEMA admission;
GRANT USAGE ON SCHEMA admission TO atrium_app, atrium_job;

-- Limits of a workspace as a whole and of each person in it; those of keys stand with the keys.
CREATE TABLE admission.settings (
  workspace_id uuid PRIMARY KEY,
  workspace_rpm int CHECK (workspace_rpm > 0),
  workspace_tpm int CHECK (workspace_tpm > 0),
  workspace_concurrency int CHECK (workspace_concurrency > 0),
  person_rpm int CHECK (person_rpm > 0),
  person_tpm int CHECK (person_tpm > 0),
  person_concurrency int CHECK (person_concurrency > 0)
);
SELECT platform.protect('admission.settings');

-- A process that takes slices. What it holds is everybody's again once it has expired.
CREATE TABLE admission.processes (
  id uuid PRIMARY KEY,
  expires_at timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON admission.processes TO atrium_job;

-- How full each limit is: at `measured_at` it held `level`, which flows off at the limit's rate unless it counts slots.
CREATE TABLE admission.buckets (
  workspace_id uuid NOT NULL,
  scope text NOT NULL CHECK (scope IN ('key', 'person', 'workspace')),
  scope_id uuid NOT NULL,
  unit text NOT NULL CHECK (unit IN ('requests', 'tokens', 'slots')),
  level double precision NOT NULL DEFAULT 0,
  measured_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (workspace_id, scope, scope_id, unit)
) WITH (fillfactor = 50);
SELECT platform.protect('admission.buckets');

-- Who holds the slots that are in a bucket's level.
CREATE TABLE admission.holders (
  workspace_id uuid NOT NULL,
  scope text NOT NULL,
  scope_id uuid NOT NULL,
  process_id uuid NOT NULL REFERENCES admission.processes (id),
  slots double precision NOT NULL,
  PRIMARY KEY (workspace_id, scope, scope_id, process_id)
) WITH (fillfactor = 50);
CREATE INDEX holders_process ON admission.holders (process_id);
SELECT platform.protect('admission.holders');
