import type { Conversation, Run, TreeNode } from '@atrium/contract'
import type { RawBuilder } from 'kysely'
import { first, rows, sql, type Tx } from '#platform/db'
import { chatErrors } from './errors.ts'
import {
  toConversation,
  toRun,
  type ConversationRow,
  type MessageRow,
  type RunRow,
  type StoredPart,
} from './rows.ts'

/** Columns of a conversation `c`, with whether something is being written in it. */
const conversationColumns = sql`
  c.id, c.title, c.title_source, c.model, c.style, c.settings, c.pinned, c.archived, c.version, c.created_at, c.updated_at,
  EXISTS (SELECT 1 FROM chat.runs r WHERE r.workspace_id = c.workspace_id AND r.conversation_id = c.id
    AND r.status IN ('queued', 'running')) AS running`

export interface ListPlace {
  readonly pinned: boolean
  readonly updatedAt: string
  readonly id: string
}

/** One row more than `limit`, so that the caller sees whether there are more. */
export async function listConversations(
  tx: Tx,
  filter: { personId: string; archived: boolean; deleted: boolean; limit: number; after: ListPlace | null },
): Promise<Conversation[]> {
  const { after } = filter
  const place = after
    ? sql`AND (c.pinned, c.updated_at, c.id) < (${after.pinned}, ${after.updatedAt}::timestamptz, ${after.id}::uuid)`
    : sql``
  const kind = filter.deleted
    ? sql`c.deleted_at IS NOT NULL`
    : sql`c.archived = ${filter.archived} AND c.deleted_at IS NULL`
  const found = await rows(
    tx,
    sql<ConversationRow>`
    SELECT ${conversationColumns} FROM chat.conversations c
    WHERE c.owner_id = ${filter.personId} AND ${kind} ${place}
    ORDER BY c.pinned DESC, c.updated_at DESC, c.id DESC LIMIT ${filter.limit + 1}`,
  )
  return found.map(toConversation)
}

/** @throws AppError 404 when there is none of this person */
export async function getConversation(tx: Tx, personId: string, id: string): Promise<Conversation> {
  const row = await findConversation(tx, personId, id)
  if (!row) throw chatErrors.conversationMissing()
  return row
}

async function findConversation(tx: Tx, personId: string, id: string): Promise<Conversation | undefined> {
  const row = await first(
    tx,
    sql<ConversationRow>`
    SELECT ${conversationColumns} FROM chat.conversations c
    WHERE c.id = ${id} AND c.owner_id = ${personId} AND c.deleted_at IS NULL`,
  )
  return row && toConversation(row)
}

/** Several conversations of a person, by id. */
export async function conversationsById(
  tx: Tx,
  personId: string,
  ids: readonly string[],
): Promise<Map<string, Conversation>> {
  const found = await rows(
    tx,
    sql<ConversationRow>`
    SELECT ${conversationColumns} FROM chat.conversations c
    WHERE c.id = ANY(${ids}::uuid[]) AND c.owner_id = ${personId} AND c.deleted_at IS NULL LIMIT ${ids.length}`,
  )
  return new Map(found.map((row) => [row.id, toConversation(row)]))
}

/** The message where a person stands: the stored leaf, else the newest message. */
export async function leafOf(tx: Tx, personId: string, conversationId: string): Promise<string | null> {
  const row = await first(
    tx,
    sql<{ id: string }>`
    SELECT coalesce(
      (SELECT message_id FROM chat.leaves WHERE conversation_id = ${conversationId} AND person_id = ${personId}),
      (SELECT id FROM chat.messages WHERE conversation_id = ${conversationId} ORDER BY created_at DESC, id DESC LIMIT 1)
    ) AS id`,
  )
  return row?.id ?? null
}

/** Columns of a message `m` without its content, with its place among its siblings and the rating of a person. */
const messageColumns = (personId: string) => sql`
  m.id, m.parent_id, m.role, m.author_id, m.status, m.model, m.run_id, m.usage, m.cost_nano_usd,
  m.first_token_ms, m.total_ms, m.trace_id, m.error, m.created_at, s.sibling_index, s.sibling_count, s.previous_id, s.next_id,
  (SELECT rating FROM chat.ratings g WHERE g.message_id = m.id AND g.person_id = ${personId}) AS rating`

const siblings = sql`
  CROSS JOIN LATERAL (
    SELECT count(*)::int AS sibling_count,
      (count(*) FILTER (WHERE (b.created_at, b.id) < (m.created_at, m.id)))::int AS sibling_index,
      (array_agg(b.id ORDER BY b.created_at DESC, b.id DESC) FILTER (WHERE (b.created_at, b.id) < (m.created_at, m.id)))[1] AS previous_id,
      (array_agg(b.id ORDER BY b.created_at, b.id) FILTER (WHERE (b.created_at, b.id) > (m.created_at, m.id)))[1] AS next_id
    FROM chat.messages b WHERE b.conversation_id = m.conversation_id AND b.sibling_group = m.sibling_group
  ) s`

/** Where a path that is read ends, going up: by messages, and by bytes of their contents. */
interface PathLimits {
  readonly limit: number
  /** The message that goes beyond it is the last one. */
  readonly maxBytes: number
}

/**
 * The path that ends at `leafId`, as a table `path` for a WITH RECURSIVE. Contents are written out on the way, since only
 * that tells how long they are: of those beyond the limits nothing is read.
 */
const pathSql = (leaf: RawBuilder<unknown>, { limit, maxBytes }: PathLimits) => sql`
  path AS (
    SELECT id, parent_id, role, content::text AS content, 1 AS depth, 0::bigint AS bytes_below FROM chat.messages WHERE ${leaf}
    UNION ALL
    SELECT m.id, m.parent_id, m.role, m.content::text, p.depth + 1, p.bytes_below + octet_length(p.content)
    FROM path p JOIN chat.messages m ON m.id = p.parent_id
    WHERE p.depth < ${limit} AND p.bytes_below + octet_length(p.content) < ${maxBytes}::bigint
  )`

/** Bytes of contents after which a page of messages ends. */
const pageBytes = 4_000_000

/** The path that ends at `leafId`: its newest messages, at most `limit` and as many as fit a page, oldest first. */
export async function readPath(
  tx: Tx,
  at: { personId: string; conversationId: string; leafId: string; limit: number },
): Promise<MessageRow[]> {
  const leaf = sql`conversation_id = ${at.conversationId} AND id = ${at.leafId}`
  const found = await rows(
    tx,
    sql<Written<MessageRow>>`
    WITH RECURSIVE ${pathSql(leaf, { limit: at.limit, maxBytes: pageBytes })}
    SELECT ${messageColumns(at.personId)}, p.content
    FROM path p JOIN chat.messages m ON m.id = p.id ${siblings}
    ORDER BY p.depth DESC`,
  )
  return found.map((row) => ({ ...row, content: contentOf(row) }))
}

/** A row whose content is JSON as text. */
type Written<Row> = Omit<Row, 'content'> & { content: string }

/** What is stored was made of parts. */
const contentOf = ({ content }: { content: string }): StoredPart[] => JSON.parse(content) as StoredPart[]

/** What a message says, for whoever needs no more of it. */
export interface SaidRow {
  id: string
  role: MessageRow['role']
  content: readonly StoredPart[]
}

/** The same path with nothing but what was said. */
export async function readSaid(tx: Tx, leafId: string, limits: PathLimits): Promise<SaidRow[]> {
  const found = await rows(
    tx,
    sql<Written<SaidRow>>`
    WITH RECURSIVE ${pathSql(sql`id = ${leafId}`, limits)}
    SELECT id, role, content FROM path ORDER BY depth DESC`,
  )
  return found.map((row) => ({ ...row, content: contentOf(row) }))
}

export async function findMessage(
  tx: Tx,
  personId: string,
  conversationId: string,
  id: string,
): Promise<MessageRow | undefined> {
  return first(
    tx,
    sql<MessageRow>`
    SELECT ${messageColumns(personId)}, m.content FROM chat.messages m ${siblings}
    WHERE m.conversation_id = ${conversationId} AND m.id = ${id}`,
  )
}

/** The newest message below `id`, going down by the newest child each time; `id` itself when it has none. */
export async function newestDescendant(tx: Tx, conversationId: string, id: string): Promise<string> {
  const row = await first(
    tx,
    sql<{ id: string }>`
    WITH RECURSIVE down AS (
      SELECT ${id}::uuid AS id, 0 AS depth
      UNION ALL
      SELECT child.id, d.depth + 1 FROM down d CROSS JOIN LATERAL (
        SELECT m.id FROM chat.messages m WHERE m.conversation_id = ${conversationId} AND m.sibling_group = d.id
        ORDER BY m.created_at DESC, m.id DESC LIMIT 1
      ) child WHERE d.depth < 100000
    ) SELECT id FROM down ORDER BY depth DESC LIMIT 1`,
  )
  return row?.id ?? id
}

/** Columns of a run `r`. */
export const runColumns = sql`
  r.workspace_id, r.id, r.conversation_id, r.assistant_message_id, r.user_message_id, r.parent_id, r.person_id, r.status, r.model,
  r.engine_id, r.fence, r.last_sequence, r.request, r.branched, r.trace_id, r.request_id, r.receipt, r.why, r.created_at, r.ended_at`

export async function liveRuns(tx: Tx, conversationId: string): Promise<Run[]> {
  const found = await rows(
    tx,
    sql<RunRow>`
    SELECT ${runColumns} FROM chat.runs r
    WHERE r.conversation_id = ${conversationId} AND r.status IN ('queued', 'running') ORDER BY r.created_at, r.id LIMIT 50`,
  )
  return found.map(toRun)
}

export async function listRuns(
  tx: Tx,
  filter: {
    personId: string
    status?: string | undefined
    conversationId?: string | undefined
    limit: number
    after: { createdAt: string; id: string } | null
  },
): Promise<Run[]> {
  const { after } = filter
  const found = await rows(
    tx,
    sql<RunRow>`
    SELECT ${runColumns} FROM chat.runs r
    WHERE r.person_id = ${filter.personId}
      ${filter.status ? sql`AND r.status = ${filter.status}` : sql``}
      ${filter.conversationId ? sql`AND r.conversation_id = ${filter.conversationId}` : sql``}
      ${after ? sql`AND (r.created_at, r.id) < (${after.createdAt}::timestamptz, ${after.id}::uuid)` : sql``}
    ORDER BY r.created_at DESC, r.id DESC LIMIT ${filter.limit + 1}`,
  )
  return found.map(toRun)
}

/** A run of this person, by id. */
export async function findRun(
  tx: Tx,
  personId: string,
  conversationId: string,
  id: string,
): Promise<RunRow | undefined> {
  return first(
    tx,
    sql<RunRow>`
    SELECT ${runColumns} FROM chat.runs r JOIN chat.conversations c
      ON c.workspace_id = r.workspace_id AND c.id = r.conversation_id AND c.deleted_at IS NULL
    WHERE r.id = ${id} AND r.conversation_id = ${conversationId} AND r.person_id = ${personId}`,
  )
}

/** Any run of the workspace, for the engine. */
export async function runById(tx: Tx, workspaceId: string, id: string): Promise<RunRow | undefined> {
  return first(
    tx,
    sql<RunRow>`SELECT ${runColumns} FROM chat.runs r WHERE r.workspace_id = ${workspaceId} AND r.id = ${id}`,
  )
}

export interface EventRow {
  sequence: number
  type: string
  payload: string
}

/** Committed events of a run after a sequence number, in order. */
export async function readEvents(
  tx: Tx,
  workspaceId: string,
  runId: string,
  after: number,
  limit: number,
): Promise<EventRow[]> {
  return rows(
    tx,
    sql<EventRow>`
    SELECT sequence, type, payload FROM chat.run_events
    WHERE workspace_id = ${workspaceId} AND run_id = ${runId} AND sequence > ${after}
    ORDER BY sequence LIMIT ${limit}`,
  )
}

/** Milliseconds from the start of a run to its first and its last committed event; undefined where nothing was said. */
export async function timesOfEvents(
  tx: Tx,
  run: Pick<RunRow, 'workspace_id' | 'id'>,
): Promise<{ firstTokenMs: number | null; totalMs: number | null } | undefined> {
  return first(
    tx,
    sql<{ firstTokenMs: number | null; totalMs: number | null }>`
    SELECT (extract(epoch FROM min(e.created_at) - r.started_at) * 1000)::int AS "firstTokenMs",
      (extract(epoch FROM max(e.created_at) - r.started_at) * 1000)::int AS "totalMs"
    FROM chat.runs r JOIN chat.run_events e ON e.workspace_id = r.workspace_id AND e.run_id = r.id AND e.sequence > 1
    WHERE r.workspace_id = ${run.workspace_id} AND r.id = ${run.id} GROUP BY r.started_at`,
  )
}

/** The tree without contents, in order of creation. */
export async function readTree(
  tx: Tx,
  conversationId: string,
  limit: number,
  after: { createdAt: string; id: string } | null,
): Promise<TreeNode[]> {
  const found = await rows(
    tx,
    sql<{
      id: string
      parent_id: string | null
      role: TreeNode['role']
      preview: string | null
      model: string | null
      created_at: Date
    }>`
    SELECT m.id, m.parent_id, m.role, m.model, m.created_at,
      left(split_part(ltrim(jsonb_path_query_first(m.content, '$[*] ? (@.type == "text").text') #>> '{}'), E'\n', 1), 120) AS preview
    FROM chat.messages m WHERE m.conversation_id = ${conversationId}
      ${after ? sql`AND (m.created_at, m.id) > (${after.createdAt}::timestamptz, ${after.id}::uuid)` : sql``}
    ORDER BY m.created_at, m.id LIMIT ${limit + 1}`,
  )
  return found.map((row) => ({
    id: row.id,
    parentId: row.parent_id,
    role: row.role,
    preview: row.preview ?? '',
    model: row.model,
    createdAt: row.created_at.toISOString(),
  }))
}
