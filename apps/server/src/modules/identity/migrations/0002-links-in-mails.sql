-- The link in a mail opens an account or a workspace: it goes once it was used, withdrawn or has expired.
-- `link_hash` is the SHA-256 of the link's token; null without a link.

ALTER TABLE identity.mails
  ADD COLUMN link_hash bytea,
  ADD COLUMN link_expires_at timestamptz(3);
CREATE INDEX mails_link ON identity.mails (link_hash) WHERE link_hash IS NOT NULL;
CREATE INDEX mails_link_expiry ON identity.mails (link_expires_at) WHERE link_expires_at IS NOT NULL;
GRANT UPDATE (text, attempts, link_hash, link_expires_at) ON identity.mails TO atrium_app;

-- No link of before lives longer than a week. Those of mails that have left are gone already.
UPDATE identity.mails SET link_expires_at = created_at + interval '7 days' WHERE sent_at IS NULL;
