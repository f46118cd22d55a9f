-- Where a chain was found broken when an entry was added: sealed with the end, so that later entries do not hide it.
ALTER TABLE identity.audit_heads ADD COLUMN broken_at bigint;
