-- Devices that wait to be signed in. A row lives ten minutes at most, and goes when its token was handed out.
CREATE TABLE identity.device_codes (
  id uuid PRIMARY KEY,
  device_code text NOT NULL UNIQUE,
  user_code text NOT NULL UNIQUE,
  person_id uuid REFERENCES identity.people (id) ON DELETE CASCADE,
  status text NOT NULL,
  client_id text,
  -- How the device names itself.
  scope text,
  polling_interval int,
  last_polled_at timestamptz(3),
  expires_at timestamptz(3) NOT NULL
);
CREATE INDEX device_codes_expiry ON identity.device_codes (expires_at);
CREATE INDEX device_codes_person ON identity.device_codes (person_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON identity.device_codes TO atrium_app;
GRANT SELECT, DELETE ON identity.device_codes TO atrium_job;
