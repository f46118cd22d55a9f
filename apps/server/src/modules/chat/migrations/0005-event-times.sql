-- When an event was committed; null for those of before. Tells how long a run lasted whose process is gone.
ALTER TABLE chat.run_events ADD COLUMN created_at timestamptz(3);
ALTER TABLE chat.run_events ALTER COLUMN created_at SET DEFAULT now();
