-- Lists of traces by one thing that they are about, each in the order of time. Traces that began at the same time are few,
-- so that the id is left out. What changes with nearly every span of a trace, its end and its counts, is in none of these
-- indexes: a trace that grows is written in place.

-- Up to which share of a second, second, ten seconds and so on a trace has taken; the bounds are those of `views.ts`.
ALTER TABLE traces.traces ADD duration_class smallint NOT NULL GENERATED ALWAYS AS (width_bucket(
  extract(epoch FROM ended_at - started_at)::float8, '{0.1,0.3,1,3,10,30,100,300,1000}'::float8[])) STORED;
ALTER TABLE traces.traces ADD failed boolean NOT NULL GENERATED ALWAYS AS (errors > 0) STORED;
ALTER TABLE traces.traces ADD has_more_models boolean NOT NULL GENERATED ALWAYS AS (cardinality(models) > 3) STORED;
ALTER TABLE traces.traces SET (fillfactor = 85);

CREATE INDEX traces_service ON traces.traces (workspace_id, service, started_at DESC) WHERE service IS NOT NULL;
CREATE INDEX traces_agent ON traces.traces (workspace_id, agent, started_at DESC) WHERE agent IS NOT NULL;
CREATE INDEX traces_session ON traces.traces (workspace_id, session, started_at DESC) WHERE session IS NOT NULL;
CREATE INDEX traces_user ON traces.traces (workspace_id, end_user, started_at DESC) WHERE end_user IS NOT NULL;
CREATE INDEX traces_environment ON traces.traces (workspace_id, environment, started_at DESC) WHERE environment IS NOT NULL;
CREATE INDEX traces_failed ON traces.traces (workspace_id, started_at DESC) WHERE failed;
CREATE INDEX traces_duration ON traces.traces (workspace_id, duration_class, started_at DESC) WHERE duration_class > 0;
-- Models of a trace are distinct: it stands in the lists of one model once. Few traces have more than three of them.
CREATE INDEX traces_model_1 ON traces.traces (workspace_id, (models[1]), started_at DESC) WHERE models[1] IS NOT NULL;
CREATE INDEX traces_model_2 ON traces.traces (workspace_id, (models[2]), started_at DESC) WHERE models[2] IS NOT NULL;
CREATE INDEX traces_model_3 ON traces.traces (workspace_id, (models[3]), started_at DESC) WHERE models[3] IS NOT NULL;
CREATE INDEX traces_models ON traces.traces (workspace_id, started_at DESC) WHERE has_more_models;

-- Spans are found by their trace only: an index by time made each of them larger for nobody.
DROP INDEX traces.spans_time;
