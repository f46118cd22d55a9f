-- Conversations as trees of immutable messages, and the runs that write answers. See docs/decisions/0003.
CREATE SCHEMA chat;
GRANT USAGE ON SCHEMA chat TO atrium_app, atrium_job;

CREATE TABLE chat.conversations (
  workspace_id uuid NOT NULL,
  id uuid NOT NULL,
  owner_id uuid NOT NULL,
  title text NOT NULL DEFAULT '',
  title_source text NOT NULL DEFAULT 'none' CHECK (title_source IN ('none', 'model', 'person', 'import')),
  model text,
  style text NOT NULL DEFAULT 'normal',
  settings jsonb NOT NULL DEFAULT '{}',
  pinned boolean NOT NULL DEFAULT false,
  archived boolean NOT NULL DEFAULT false,
  -- Where an imported conversation came from; importing it again finds this row.
  import_key text,
  version int NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  deleted_at timestamptz(3),
  search tsvector GENERATED ALWAYS AS (to_tsvector('simple', title)) STORED,
  PRIMARY KEY (workspace_id, id)
);
CREATE INDEX conversations_list ON chat.conversations (workspace_id, owner_id, archived, pinned DESC, updated_at DESC, id DESC)
  WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX conversations_import ON chat.conversations (workspace_id, owner_id, import_key) WHERE import_key IS NOT NULL;
CREATE INDEX conversations_deleted ON chat.conversations (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX conversations_search ON chat.conversations USING gin (search);

CREATE TABLE chat.messages (
  workspace_id uuid NOT NULL,
  id uuid NOT NULL,
  conversation_id uuid NOT NULL,
  -- Null under the virtual root, so that the first message has siblings too.
  parent_id uuid,
  role text NOT NULL CHECK (role IN ('user', 'assistant')),
  author_id uuid,
  content jsonb NOT NULL,
  status text NOT NULL CHECK (status IN ('complete', 'streaming', 'stopped', 'interrupted', 'failed')),
  model text,
  run_id uuid,
  usage jsonb,
  cost_nano_usd bigint,
  first_token_ms int,
  total_ms int,
  trace_id text,
  error jsonb,
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  sibling_group uuid NOT NULL GENERATED ALWAYS AS (coalesce(parent_id, conversation_id)) STORED,
  search tsvector,
  PRIMARY KEY (workspace_id, id),
  UNIQUE (workspace_id, conversation_id, id),
  FOREIGN KEY (workspace_id, conversation_id) REFERENCES chat.conversations (workspace_id, id) ON DELETE CASCADE,
  FOREIGN KEY (workspace_id, conversation_id, parent_id) REFERENCES chat.messages (workspace_id, conversation_id, id)
);
-- Neither index ends with the id: foreign-key checks would take them for the key before there are statistics.
CREATE INDEX messages_siblings ON chat.messages (workspace_id, conversation_id, sibling_group, created_at);
CREATE INDEX messages_search ON chat.messages USING gin (search);

-- Where each person stands in a conversation.
CREATE TABLE chat.leaves (
  workspace_id uuid NOT NULL,
  conversation_id uuid NOT NULL,
  person_id uuid NOT NULL,
  message_id uuid NOT NULL,
  PRIMARY KEY (workspace_id, conversation_id, person_id),
  FOREIGN KEY (workspace_id, conversation_id, message_id) REFERENCES chat.messages (workspace_id, conversation_id, id) ON DELETE CASCADE
);

CREATE TABLE chat.ratings (
  workspace_id uuid NOT NULL,
  message_id uuid NOT NULL,
  person_id uuid NOT NULL,
  rating text NOT NULL CHECK (rating IN ('up', 'down')),
  PRIMARY KEY (workspace_id, message_id, person_id),
  FOREIGN KEY (workspace_id, message_id) REFERENCES chat.messages (workspace_id, id) ON DELETE CASCADE
);

CREATE TABLE chat.styles (
  workspace_id uuid NOT NULL,
  id uuid NOT NULL,
  owner_id uuid NOT NULL,
  name text NOT NULL,
  instructions text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (workspace_id, id)
);
CREATE INDEX styles_owner ON chat.styles (workspace_id, owner_id, created_at);

-- A process that generates answers. Its lease covers all of its runs: renewed together, lost together.
CREATE TABLE chat.engines (
  id uuid PRIMARY KEY,
  lease_expires_at timestamptz NOT NULL,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
GRANT SELECT, INSERT, UPDATE, DELETE ON chat.engines TO atrium_job;
-- Whoever ends a run locks the lease that it holds.
GRANT SELECT, UPDATE (lease_expires_at) ON chat.engines TO atrium_app;

-- One generation. `fence` grows with each takeover; who writes must name the current one.
CREATE TABLE chat.runs (
  workspace_id uuid NOT NULL,
  id uuid NOT NULL,
  conversation_id uuid NOT NULL,
  assistant_message_id uuid NOT NULL,
  user_message_id uuid,
  parent_id uuid,
  person_id uuid NOT NULL,
  status text NOT NULL CHECK (status IN ('queued', 'running', 'completed', 'stopped', 'interrupted', 'failed')),
  model text NOT NULL,
  engine_id uuid,
  fence int NOT NULL DEFAULT 0,
  last_sequence int NOT NULL DEFAULT 0,
  request jsonb NOT NULL,
  branched boolean NOT NULL DEFAULT false,
  hold_id uuid,
  trace_id text NOT NULL,
  request_id text NOT NULL,
  receipt jsonb,
  -- Why the router called what it called.
  why jsonb,
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  started_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  ended_at timestamptz(3),
  PRIMARY KEY (workspace_id, id),
  FOREIGN KEY (workspace_id, conversation_id) REFERENCES chat.conversations (workspace_id, id) ON DELETE CASCADE,
  FOREIGN KEY (workspace_id, conversation_id, assistant_message_id) REFERENCES chat.messages (workspace_id, conversation_id, id) ON DELETE CASCADE
);
CREATE INDEX runs_live ON chat.runs (workspace_id, conversation_id) WHERE status IN ('queued', 'running');
CREATE INDEX runs_engine ON chat.runs (engine_id) WHERE status = 'running';
CREATE INDEX runs_queued ON chat.runs (created_at) WHERE status = 'queued';
CREATE INDEX runs_person ON chat.runs (workspace_id, person_id, created_at DESC, id DESC);
CREATE INDEX runs_conversation ON chat.runs (workspace_id, conversation_id, created_at DESC, id DESC);
CREATE INDEX runs_ended ON chat.runs (ended_at) WHERE ended_at IS NOT NULL AND last_sequence > 0;

-- What clients are shown, in order. Kept until the run is long over and its message row complete.
CREATE TABLE chat.run_events (
  workspace_id uuid NOT NULL,
  run_id uuid NOT NULL,
  sequence int NOT NULL,
  type text NOT NULL,
  payload text NOT NULL,
  PRIMARY KEY (workspace_id, run_id, sequence)
);

SELECT platform.protect(format('chat.%s', name)::regclass)
FROM unnest(ARRAY['conversations', 'messages', 'leaves', 'ratings', 'styles', 'runs', 'run_events']) AS name;

-- Full-text search. Under row-level security the planner may not use an index for `@@` (it is not leakproof),
-- so the match runs in a function of the job role that itself keeps to the workspace of the transaction.
-- Ranking reads the whole text vector of a match, so of a very common word only some thousand matches are ranked.
CREATE FUNCTION chat.matches(person uuid, query tsquery, most int)
RETURNS TABLE (conversation_id uuid, message_id uuid, rank real)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT m.conversation_id, m.id, ts_rank(m.search, query) FROM (
    SELECT m.conversation_id, m.id, m.search FROM chat.messages m
    JOIN chat.conversations c ON c.workspace_id = m.workspace_id AND c.id = m.conversation_id
    WHERE m.search @@ query AND c.owner_id = person AND c.deleted_at IS NULL
      AND m.workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid
    LIMIT 4 * most
  ) m
  UNION ALL
  SELECT c.id, NULL, 2 * ts_rank(c.search, query) + 1 FROM chat.conversations c
  WHERE c.search @@ query AND c.owner_id = person AND c.deleted_at IS NULL
    AND c.workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid
  ORDER BY 3 DESC, 1, 2 LIMIT most
$$;
REVOKE ALL ON FUNCTION chat.matches FROM PUBLIC;
GRANT EXECUTE ON FUNCTION chat.matches TO atrium_app;
GRANT CREATE ON SCHEMA chat TO atrium_job;
ALTER FUNCTION chat.matches OWNER TO atrium_job;
REVOKE CREATE ON SCHEMA chat FROM atrium_job;
CREATE INDEX messages_order ON chat.messages (workspace_id, conversation_id, created_at);
