import type { Message } from '@atrium/contract'
import type { RawBuilder } from 'kysely'
import { rows, sql, type Tx } from '#platform/db'
import type { ConversationRow, MessageRow } from '../rows.ts'

export type ExportConversationRow = Omit<ConversationRow, 'running' | 'version'> & { leaf_id: string | null }

const conversations = sql`
  SELECT c.id, c.title, c.title_source, c.model, c.style, c.settings, c.pinned, c.archived, c.created_at, c.updated_at,
    coalesce(
      (SELECT l.message_id FROM chat.leaves l WHERE l.conversation_id = c.id AND l.person_id = c.owner_id),
      (SELECT m.id FROM chat.messages m WHERE m.conversation_id = c.id ORDER BY m.created_at DESC, m.id DESC LIMIT 1)
    ) AS leaf_id
  FROM chat.conversations c`

/** Own conversations in the order of their ids, those after `after`. */
export async function conversationsAfter(
  tx: Tx,
  personId: string,
  after: string | null,
  limit: number,
): Promise<ExportConversationRow[]> {
  return rows(
    tx,
    sql<ExportConversationRow>`
    ${conversations} WHERE c.owner_id = ${personId} AND c.deleted_at IS NULL ${after ? sql`AND c.id > ${after}` : sql``}
    ORDER BY c.id LIMIT ${limit}`,
  )
}

/** One own conversation; none when it is somebody else's or deleted. */
export async function conversationOf(tx: Tx, personId: string, id: string): Promise<ExportConversationRow[]> {
  return rows(
    tx,
    sql<ExportConversationRow>`
    ${conversations} WHERE c.owner_id = ${personId} AND c.deleted_at IS NULL AND c.id = ${id} LIMIT 1`,
  )
}

export type ExportMessageRow = Pick<
  MessageRow,
  | 'id'
  | 'parent_id'
  | 'role'
  | 'author_id'
  | 'content'
  | 'status'
  | 'model'
  | 'usage'
  | 'cost_nano_usd'
  | 'first_token_ms'
  | 'total_ms'
  | 'error'
  | 'created_at'
> & { conversation_id: string; rating: Message['rating'] }

/** How far the reading of a conversation has come. */
export interface Progress {
  readonly conversationId: string
  readonly after: { readonly createdAt: Date; readonly id: string } | null
}

/** Most messages of one page, and most bytes of contents beyond the first message. */
const pageRows = 100
const pageBytes = 4_000_000

/** The next messages of several conversations: all of one before the next, each in order of creation. */
export async function nextMessages(
  tx: Tx,
  personId: string,
  progress: readonly Progress[],
): Promise<ExportMessageRow[]> {
  const start = { createdAt: new Date(0), id: '00000000-0000-0000-0000-000000000000' }
  const places = progress.map((one) => one.after ?? start)
  return page(
    tx,
    personId,
    sql`
    SELECT row_number() OVER (ORDER BY c.place, m.created_at, m.id) AS place, c.id AS conversation_id, m.id AS message_id
    FROM unnest(${progress.map((one) => one.conversationId)}::uuid[], ${places.map((one) => one.createdAt.toISOString())}::timestamptz[],
      ${places.map((one) => one.id)}::uuid[]) WITH ORDINALITY AS c (id, after_time, after_id, place)
    CROSS JOIN LATERAL (
      SELECT n.id, n.created_at FROM chat.messages n
      WHERE n.conversation_id = c.id AND (n.created_at, n.id) > (c.after_time, c.after_id)
      ORDER BY n.created_at, n.id LIMIT ${pageRows}
    ) m ORDER BY 1 LIMIT ${pageRows}`,
  )
}

/** The first of these messages of a conversation, in the order given: as many as fit a page. */
export async function messagesInOrder(
  tx: Tx,
  personId: string,
  conversationId: string,
  ids: readonly string[],
): Promise<ExportMessageRow[]> {
  return page(
    tx,
    personId,
    sql`
    SELECT i.place, ${conversationId}::uuid AS conversation_id, i.id AS message_id
    FROM unnest(${ids.slice(0, pageRows)}::uuid[]) WITH ORDINALITY AS i (id, place)`,
  )
}

const columns = sql`id, parent_id, role, author_id, content, status, model, usage, cost_nano_usd, first_token_ms, total_ms,
  error, created_at`

/** Looks up each message by the primary key: joined in any other way, the planner may read the whole table. */
function page(tx: Tx, personId: string, picked: RawBuilder<unknown>): Promise<ExportMessageRow[]> {
  return rows(
    tx,
    sql<ExportMessageRow>`
    WITH picked AS (${picked}), sized AS (
      SELECT p.place, p.conversation_id, ${columns},
        sum(octet_length(content::text)) OVER (ORDER BY p.place) - octet_length(content::text) AS bytes_before
      FROM picked p CROSS JOIN LATERAL (SELECT ${columns} FROM chat.messages n WHERE n.id = p.message_id LIMIT 1) m
    )
    SELECT conversation_id, ${columns},
      (SELECT g.rating FROM chat.ratings g WHERE g.message_id = s.id AND g.person_id = ${personId}) AS rating
    FROM sized s WHERE bytes_before < ${pageBytes} ORDER BY place`,
  )
}

/** Longest path that is followed, in messages. */
const pathLimit = 100_000

/**
 * Ids of the path that ends at `leafId`, oldest first. A parent is in the same conversation by its foreign key; to say so again would
 * only lead the planner to an index that reads the whole conversation for each step.
 */
export async function pathIds(tx: Tx, conversationId: string, leafId: string): Promise<string[]> {
  const found = await rows(
    tx,
    sql<{ id: string }>`
    WITH RECURSIVE path AS (
      SELECT id, parent_id, 1 AS depth FROM chat.messages WHERE conversation_id = ${conversationId} AND id = ${leafId}
      UNION ALL
      SELECT m.id, m.parent_id, p.depth + 1 FROM path p
      JOIN chat.messages m ON m.id = p.parent_id
      WHERE p.depth < ${pathLimit}
    ) SELECT id FROM path ORDER BY depth DESC LIMIT ${pathLimit}`,
  )
  return found.map((row) => row.id)
}
