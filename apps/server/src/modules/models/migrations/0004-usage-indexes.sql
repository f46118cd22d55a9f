-- Calls are looked for by the model that was called, which is the one that was asked for when none was.
DROP INDEX models.calls_model;
CREATE INDEX calls_model ON models.calls (workspace_id, (coalesce(upstream_model, model)), created_at DESC, id DESC);
CREATE INDEX calls_alias ON models.calls (workspace_id, alias, created_at DESC) WHERE alias IS NOT NULL;
