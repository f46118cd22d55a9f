-- What one key has used, split by another dimension: few rows of the sums over all dimensions.
CREATE INDEX usage_days_key ON models.usage_days (workspace_id, key_id, day) WHERE key_id IS NOT NULL;
CREATE INDEX usage_hours_key ON models.usage_hours (workspace_id, key_id, hour) WHERE key_id IS NOT NULL;
