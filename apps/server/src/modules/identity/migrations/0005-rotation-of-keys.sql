-- A key may have several secrets: the newest, and those that it took the place of, until their time is over.
ALTER TABLE identity.token_index
  ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(),
  ADD COLUMN expires_at timestamptz(3);
CREATE INDEX token_index_end ON identity.token_index (expires_at) WHERE expires_at IS NOT NULL;
GRANT UPDATE (expires_at) ON identity.token_index TO atrium_app;

ALTER TABLE identity.api_keys ADD COLUMN rotated_at timestamptz(3);
