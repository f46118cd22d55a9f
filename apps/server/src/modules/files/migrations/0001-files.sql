-- What is known of uploaded files; their bytes are blobs.

CREATE SCHEMA files;
GRANT USAGE ON SCHEMA files TO atrium_app, atrium_job;

CREATE TABLE files.files (
  workspace_id uuid NOT NULL,
  id uuid NOT NULL,
  owner_id uuid NOT NULL,
  name text NOT NULL,
  -- What the bytes are, not what the client said.
  media_type text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('image', 'text')),
  size_bytes int NOT NULL,
  sha256 text NOT NULL,
  blob_key text NOT NULL,
  -- Null until a message refers to it.
  used_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, id)
);
CREATE INDEX files_unused ON files.files (created_at) WHERE used_at IS NULL;
SELECT platform.protect('files.files');
