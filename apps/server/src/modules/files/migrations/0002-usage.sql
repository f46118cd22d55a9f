-- How much each workspace stores, kept with every upload and removal: adding it up takes longer the more there is.

CREATE TABLE files.usage (
  workspace_id uuid PRIMARY KEY,
  bytes bigint NOT NULL CHECK (bytes >= 0)
);
SELECT platform.protect('files.usage');

-- The owner of the tables sees no rows of theirs; the job role sees all.
SET LOCAL ROLE atrium_job;
INSERT INTO files.usage (workspace_id, bytes) SELECT workspace_id, sum(size_bytes) FROM files.files GROUP BY workspace_id;
RESET ROLE;
