-- How many answers a person has under way is asked with every turn.
CREATE INDEX runs_person_live ON chat.runs (workspace_id, person_id) WHERE status IN ('queued', 'running');
