import type { Message } from '@atrium/contract'
import { sql, type Tx } from '#platform/db'
import { searchText } from '../store.ts'
import type { DraftPart, MessageFacts } from './draft.ts'

/** A message of an import as it is stored. */
export interface ImportedMessage extends MessageFacts {
  readonly id: string
  readonly parentId: string | null
  readonly role: Message['role']
  readonly authorId: string | null
  readonly content: readonly DraftPart[]
  readonly model: string | null
  readonly createdAt: Date
}

const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value))

/** Inserts messages of one conversation; the parents are among them or there already. */
export async function insertImported(
  tx: Tx,
  at: { workspaceId: string; conversationId: string },
  messages: readonly ImportedMessage[],
): Promise<void> {
  const column = <T>(value: (message: ImportedMessage) => T): T[] => messages.map(value)
  await sql`
    INSERT INTO chat.messages (workspace_id, conversation_id, id, parent_id, role, author_id, content, status, model, usage,
      cost_nano_usd, first_token_ms, total_ms, error, created_at, search)
    SELECT ${at.workspaceId}, ${at.conversationId}, n.id, n.parent_id, n.role, n.author_id, n.content::jsonb, n.status, n.model,
      n.usage::jsonb, n.cost_nano_usd, n.first_token_ms, n.total_ms, n.error::jsonb, n.created_at, to_tsvector('simple', n.search)
    FROM unnest(
      ${column((one) => one.id)}::uuid[], ${column((one) => one.parentId)}::uuid[], ${column((one) => one.role)}::text[],
      ${column((one) => one.authorId)}::uuid[], ${column((one) => json(one.content))}::text[], ${column((one) => one.status)}::text[],
      ${column((one) => one.model)}::text[], ${column((one) => json(one.usage))}::text[], ${column((one) => one.costNanoUsd)}::bigint[],
      ${column((one) => one.timing?.firstTokenMs ?? null)}::int[], ${column((one) => one.timing?.totalMs ?? null)}::int[],
      ${column((one) => json(one.error))}::text[], ${column((one) => one.createdAt.toISOString())}::timestamptz[],
      ${column((one) => searchText(one.content))}::text[]
    ) AS n (id, parent_id, role, author_id, content, status, model, usage, cost_nano_usd, first_token_ms, total_ms, error,
      created_at, search)`.execute(tx)
}

/** Inserts the ratings that a person gave to imported messages. */
export async function insertRatings(
  tx: Tx,
  at: { workspaceId: string; personId: string },
  messages: readonly ImportedMessage[],
): Promise<void> {
  const rated = messages.filter((one) => one.rating !== null)
  if (rated.length === 0) return
  await sql`
    INSERT INTO chat.ratings (workspace_id, person_id, message_id, rating)
    SELECT ${at.workspaceId}, ${at.personId}, n.id, n.rating
    FROM unnest(${rated.map((one) => one.id)}::uuid[], ${rated.map((one) => one.rating)}::text[]) AS n (id, rating)`.execute(
    tx,
  )
}
