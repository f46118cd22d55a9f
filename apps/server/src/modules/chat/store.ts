import type { Run, RunError, StopReceipt, Usage } from '@atrium/contract'
import { changed, first, rows, sql, type Tx } from '#platform/db'
import type { RunRequest, RunRow, StoredPart } from './rows.ts'
import { storable } from './storable.ts'
import { runColumns } from './views.ts'

/** What a new turn meets in the conversation; the conversation row is locked until the transaction ends. */
export interface TurnScene {
  parent_found: boolean
  parent_role: 'user' | 'assistant' | null
  /** A run that is still writing the parent. */
  parent_run_id: string | null
  leaf_id: string | null
  sibling_count: number
  last_sibling_id: string | null
  /** Of this person in all conversations; not counted further than asked for. */
  live_runs: number
  now: Date
  style: string
  model: string | null
  settings: { thinking?: boolean }
}

/** Conditions are laid out so that each row is found by its key even while the tables have no statistics. */
export async function lockScene(
  tx: Tx,
  at: { personId: string; conversationId: string; parentId: string | null; countRunsTo?: number },
): Promise<TurnScene | undefined> {
  const group = at.parentId ?? at.conversationId
  return first(
    tx,
    sql<TurnScene>`
    WITH c AS MATERIALIZED (
      SELECT id, owner_id, deleted_at, style, model, settings FROM chat.conversations
      WHERE id = ${at.conversationId} FOR NO KEY UPDATE
    ), p AS MATERIALIZED (${parentSql(at.parentId)})
    SELECT c.style, c.model, c.settings, p.id IS NOT NULL AS parent_found, p.role AS parent_role,
      (SELECT r.id FROM chat.runs r WHERE r.id = p.run_id AND r.ended_at IS NULL) AS parent_run_id,
      (SELECT message_id FROM chat.leaves WHERE conversation_id = c.id AND person_id = ${at.personId}) AS leaf_id,
      coalesce(array_length(s.ids, 1), 0) AS sibling_count, s.ids[1] AS last_sibling_id,
      (SELECT count(*)::int FROM (SELECT 1 FROM chat.runs WHERE person_id = ${at.personId} AND status IN ('queued', 'running')
        LIMIT ${at.countRunsTo ?? 0}) AS live) AS live_runs,
      date_trunc('milliseconds', clock_timestamp()) AS now
    FROM c LEFT JOIN p ON p.conversation_id = c.id CROSS JOIN LATERAL (
      SELECT array_agg(id ORDER BY created_at DESC, id DESC) AS ids FROM chat.messages
      WHERE conversation_id = c.id AND sibling_group = ${group}::uuid
    ) s
    WHERE c.owner_id = ${at.personId} AND c.deleted_at IS NULL`,
  )
}

/** Nothing is looked for where a turn stands under the virtual root. */
const parentSql = (id: string | null) =>
  id === null
    ? sql`SELECT NULL::uuid AS id, NULL::uuid AS conversation_id, NULL AS role, NULL::uuid AS run_id WHERE false`
    : sql`SELECT id, conversation_id, role, run_id FROM chat.messages WHERE id = ${id}`

export interface NewMessage {
  readonly id: string
  readonly parentId: string | null
  readonly role: 'user' | 'assistant'
  readonly authorId: string | null
  readonly content: readonly StoredPart[]
  readonly status: 'complete' | 'streaming'
  readonly model: string | null
  readonly runId: string | null
  readonly traceId: string | null
}

export interface NewRun {
  readonly id: string
  readonly assistantMessageId: string
  readonly userMessageId: string | null
  readonly parentId: string | null
  readonly status: Extract<Run['status'], 'queued' | 'running'>
  readonly model: string
  readonly engineId: string | null
  readonly request: RunRequest
  readonly branched: boolean
  readonly traceId: string
  readonly requestId: string
}

/** Writes a turn in one statement: messages, run, its first event, the leaf, the conversation's place in the list. */
export async function insertTurn(
  tx: Tx,
  turn: {
    workspaceId: string
    conversationId: string
    personId: string
    at: Date
    messages: readonly NewMessage[]
    run: NewRun
    started: string
    model: string | null
  },
): Promise<void> {
  const { run, workspaceId, conversationId, personId, at } = turn
  await sql`
    WITH new_messages AS (${messagesSql(workspaceId, conversationId, turn.messages, at)}),
    new_run AS (
      INSERT INTO chat.runs (workspace_id, id, conversation_id, assistant_message_id, user_message_id, parent_id, person_id,
        status, model, engine_id, last_sequence, request, branched, trace_id, request_id, created_at, started_at)
      VALUES (${workspaceId}, ${run.id}, ${conversationId}, ${run.assistantMessageId}, ${run.userMessageId}, ${run.parentId},
        ${personId}, ${run.status}, ${run.model}, ${run.engineId}, 1, ${JSON.stringify(run.request)}, ${run.branched},
        ${run.traceId}, ${run.requestId}, ${at}, ${at})
    ), first_event AS (
      INSERT INTO chat.run_events (workspace_id, run_id, sequence, type, payload)
      VALUES (${workspaceId}, ${run.id}, 1, 'turn_started', ${turn.started})
    ), leaf AS (${leafSql(workspaceId, conversationId, personId, run.assistantMessageId)})
    UPDATE chat.conversations SET updated_at = ${at}, version = version + 1, archived = false, model = coalesce(${turn.model}, model)
    WHERE id = ${conversationId}`.execute(tx)
}

const leafSql = (workspaceId: string, conversationId: string, personId: string, messageId: string) => sql`
  INSERT INTO chat.leaves (workspace_id, conversation_id, person_id, message_id)
  VALUES (${workspaceId}, ${conversationId}, ${personId}, ${messageId})
  ON CONFLICT (workspace_id, conversation_id, person_id) DO UPDATE SET message_id = excluded.message_id`

export async function setLeaf(
  tx: Tx,
  workspaceId: string,
  conversationId: string,
  personId: string,
  messageId: string,
): Promise<void> {
  await leafSql(workspaceId, conversationId, personId, messageId).execute(tx)
}

/** Inserts messages of one conversation in the order given; parents come first. */
export async function insertMessages(
  tx: Tx,
  workspaceId: string,
  conversationId: string,
  messages: readonly NewMessage[],
  at: Date,
): Promise<void> {
  await messagesSql(workspaceId, conversationId, messages, at).execute(tx)
}

function messagesSql(workspaceId: string, conversationId: string, messages: readonly NewMessage[], at: Date) {
  const values = messages.map(
    (message) => sql`(
    ${workspaceId}, ${message.id}, ${conversationId}, ${message.parentId}, ${message.role}, ${message.authorId},
    ${JSON.stringify(message.content)}, ${message.status}, ${message.model}, ${message.runId}, ${message.traceId},
    ${at}, to_tsvector('simple', ${searchText(message.content)}))`,
  )
  return sql`
    INSERT INTO chat.messages (workspace_id, id, conversation_id, parent_id, role, author_id, content, status, model, run_id,
      trace_id, created_at, search)
    VALUES ${sql.join(values)}`
}

/** Most characters of a message that search looks at: a tsvector holds one megabyte at most. */
const searchChars = 200_000

/** What search finds in a message. */
export function searchText(content: readonly StoredPart[]): string {
  const texts = content.map((part) =>
    part.type === 'text' ? part.text : part.type === 'file' ? part.name : '',
  )
  // The parser drops what looks like a tag, and people look for words inside tags too.
  return texts.filter(Boolean).join('\n').slice(0, searchChars).replaceAll(/[<>]/g, ' ').toWellFormed()
}

/** The end of a run, as it is stored. */
export interface RunEnding {
  readonly status: Exclude<Run['status'], 'queued' | 'running'>
  readonly content: readonly StoredPart[]
  readonly usage: Usage | null
  readonly costNanoUsd: bigint | null
  readonly firstTokenMs: number | null
  /** Null when nobody measured it. */
  readonly totalMs: number | null
  readonly error: RunError | null
  readonly receipt: StopReceipt | null
  /** Why the router called what it called; null when nothing was called. */
  readonly why: unknown
}

/** JSON that PostgreSQL can hold: providers' words may carry what it cannot. */
const storedJson = (value: unknown): string | null =>
  value === null || value === undefined ? null : JSON.stringify(storable(value))

const messageStatus = {
  completed: 'complete',
  stopped: 'stopped',
  interrupted: 'interrupted',
  failed: 'failed',
} as const

/** A run that ends, and who ends it. */
export interface RunEnd {
  readonly run: RunRow
  readonly ending: RunEnding
  /** Of the event that tells. */
  readonly sequence: number
  /** Who wrote the run: only while that engine holds its lease. Null for runs that nobody writes. */
  readonly engineId: string | null
}

/**
 * Ends a run if it is still this fence's, and completes its message. Takes hold of the lease for this transaction, so
 * that nobody takes the engine's runs over meanwhile. False when the lease is gone, another process has taken the run,
 * or it has ended already.
 */
export async function endRun(tx: Tx, { run, ending, sequence, engineId }: RunEnd): Promise<boolean> {
  const row = await first(
    tx,
    sql<{ ended: boolean }>`
    WITH lease AS MATERIALIZED (SELECT id FROM chat.engines WHERE id = ${engineId} FOR KEY SHARE),
    ended AS (
      UPDATE chat.runs SET status = ${ending.status}, ended_at = clock_timestamp(), last_sequence = ${sequence},
        receipt = ${storedJson(ending.receipt)}, why = ${storedJson(ending.why)}
      WHERE workspace_id = ${run.workspace_id} AND id = ${run.id} AND fence = ${run.fence} AND ended_at IS NULL
        AND (${engineId}::uuid IS NULL OR EXISTS (SELECT 1 FROM lease))
      RETURNING id
    ), message AS (
      UPDATE chat.messages SET content = ${storedJson(ending.content)}, status = ${messageStatus[ending.status]},
        usage = ${storedJson(ending.usage)}, cost_nano_usd = ${ending.costNanoUsd?.toString() ?? null},
        first_token_ms = ${ending.firstTokenMs}, total_ms = ${ending.totalMs}, error = ${storedJson(ending.error)},
        search = to_tsvector('simple', ${searchText(ending.content)})
      WHERE workspace_id = ${run.workspace_id} AND id = ${run.assistant_message_id} AND EXISTS (SELECT 1 FROM ended)
    ), place AS (
      UPDATE chat.conversations SET updated_at = clock_timestamp(), version = version + 1
      WHERE workspace_id = ${run.workspace_id} AND id = ${run.conversation_id} AND EXISTS (SELECT 1 FROM ended)
    )
    SELECT EXISTS (SELECT 1 FROM ended) AS ended`,
  )
  return row?.ended === true
}

/** Writes the last event of a run. Says whether a turn may wait for this run: one is queued in the conversation. */
export async function insertLastEvent(
  tx: Tx,
  run: RunRow,
  last: { sequence: number; type: string; payload: string },
): Promise<boolean> {
  const row = await first(
    tx,
    sql<{ followed: boolean }>`
    INSERT INTO chat.run_events (workspace_id, run_id, sequence, type, payload)
    VALUES (${run.workspace_id}, ${run.id}, ${last.sequence}, ${last.type}, ${last.payload})
    RETURNING EXISTS (SELECT 1 FROM chat.runs q WHERE q.workspace_id = ${run.workspace_id}
      AND q.conversation_id = ${run.conversation_id} AND q.status = 'queued') AS followed`,
  )
  return row?.followed === true
}

/** Registers an engine or renews its lease; says how many engines there are. False when the lease had expired. */
export async function renewLease(
  tx: Tx,
  engineId: string,
  seconds: number,
  isNew: boolean,
): Promise<{ held: boolean; engines: number }> {
  const until = sql`clock_timestamp() + make_interval(secs => ${seconds})`
  const write = isNew
    ? sql`INSERT INTO chat.engines (id, lease_expires_at) VALUES (${engineId}, ${until})`
    : sql`UPDATE chat.engines SET lease_expires_at = ${until} WHERE id = ${engineId}`
  const held = (await changed(tx, write)) === 1
  return { held, engines: await countLeases(tx) }
}

/** How many engines hold a lease. */
export async function countLeases(tx: Tx): Promise<number> {
  const row = await first(
    tx,
    sql<{
      count: number
    }>`SELECT count(*)::int AS count FROM chat.engines WHERE lease_expires_at > clock_timestamp()`,
  )
  return row?.count ?? 0
}

export async function dropEngine(tx: Tx, engineId: string): Promise<void> {
  await sql`DELETE FROM chat.engines WHERE id = ${engineId}`.execute(tx)
}

/**
 * Removes engines whose lease has expired and takes over, with a higher fence, runs that nobody writes: those of such
 * engines, and those of `engineId` that are not among its `live` ones (they could not be ended).
 * Waits for batches that a late engine is writing right now; what it tries later is refused.
 */
export async function takeOver(
  tx: Tx,
  engineId: string,
  live: readonly string[],
  limit: number,
): Promise<RunRow[]> {
  await sql`DELETE FROM chat.engines WHERE lease_expires_at < clock_timestamp() AND id <> ${engineId}`.execute(
    tx,
  )
  return rows(
    tx,
    sql<RunRow>`
    UPDATE chat.runs AS r SET fence = r.fence + 1 WHERE (r.workspace_id, r.id) IN (
      SELECT o.workspace_id, o.id FROM chat.runs o
      WHERE o.status = 'running' AND (
        NOT EXISTS (SELECT 1 FROM chat.engines e WHERE e.id = o.engine_id)
        OR (o.engine_id = ${engineId} AND o.id <> ALL(${live}::uuid[]) AND o.started_at < now() - interval '10 seconds'))
      ORDER BY o.fence, o.started_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
    ) RETURNING ${runColumns}`,
  )
}

/** Starts queued runs whose predecessor has ended; each is claimed by one engine only. */
export async function claimQueued(tx: Tx, engineId: string, limit: number): Promise<RunRow[]> {
  return rows(
    tx,
    sql<RunRow>`
    UPDATE chat.runs AS r SET status = 'running', engine_id = ${engineId}, fence = r.fence + 1, started_at = now() WHERE (r.workspace_id, r.id) IN (
      SELECT q.workspace_id, q.id FROM chat.runs q WHERE q.status = 'queued' AND NOT EXISTS (
        SELECT 1 FROM chat.messages u JOIN chat.runs p ON p.workspace_id = u.workspace_id AND p.conversation_id = u.conversation_id
          AND p.assistant_message_id = u.parent_id AND p.status IN ('queued', 'running')
        WHERE u.workspace_id = q.workspace_id AND u.id = q.parent_id
      ) ORDER BY q.created_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
    ) RETURNING ${runColumns}`,
  )
}

/** Forgets the events of runs that ended long ago; the message row has it all. */
export async function dropOldEvents(tx: Tx): Promise<void> {
  await sql`
    WITH old AS (
      SELECT workspace_id, id FROM chat.runs WHERE ended_at < now() - interval '1 day' AND last_sequence > 0
        AND EXISTS (SELECT 1 FROM chat.run_events e WHERE e.workspace_id = runs.workspace_id AND e.run_id = runs.id) LIMIT 5000
    )
    DELETE FROM chat.run_events e USING old WHERE e.workspace_id = old.workspace_id AND e.run_id = old.id`.execute(
    tx,
  )
}
