import type { Conversation } from '@atrium/contract'
import { changed, first, sql, type Tx } from '#platform/db'

export interface SettingsChange {
  readonly thinking?: boolean | undefined
}

export interface NewConversation {
  readonly workspaceId: string
  readonly id: string
  readonly ownerId: string
  readonly title: string
  readonly titleSource: Conversation['titleSource']
  readonly model: string | null
  readonly style: string
  readonly settings: SettingsChange
  readonly importKey: string | null
  readonly archived: boolean
  readonly pinned: boolean
  readonly createdAt: Date | null
  readonly updatedAt: Date | null
}

/** False when the id, or the import key of this person, exists already. */
export async function insertConversation(tx: Tx, one: NewConversation): Promise<boolean> {
  const inserted = await changed(
    tx,
    sql`
    INSERT INTO chat.conversations (workspace_id, id, owner_id, title, title_source, model, style, settings, import_key, archived, pinned,
      created_at, updated_at)
    VALUES (${one.workspaceId}, ${one.id}, ${one.ownerId}, ${one.title}, ${one.titleSource}, ${one.model}, ${one.style},
      ${JSON.stringify(one.settings)}, ${one.importKey}, ${one.archived}, ${one.pinned},
      coalesce(${one.createdAt}, clock_timestamp()), coalesce(${one.updatedAt}, clock_timestamp()))
    ON CONFLICT DO NOTHING`,
  )
  return inserted === 1
}

export interface ConversationChange {
  readonly title?: string | undefined
  readonly pinned?: boolean | undefined
  readonly archived?: boolean | undefined
  readonly model?: string | undefined
  readonly style?: string | undefined
  readonly settings?: SettingsChange | undefined
}

/** False when this person has no such conversation. */
export async function updateConversation(
  tx: Tx,
  personId: string,
  id: string,
  change: ConversationChange,
): Promise<boolean> {
  const count = await changed(
    tx,
    sql`
    UPDATE chat.conversations SET
      title = coalesce(${change.title ?? null}, title),
      title_source = CASE WHEN ${change.title ?? null}::text IS NULL THEN title_source ELSE 'person' END,
      pinned = coalesce(${change.pinned ?? null}, pinned),
      archived = coalesce(${change.archived ?? null}, archived),
      model = coalesce(${change.model ?? null}, model),
      style = coalesce(${change.style ?? null}, style),
      settings = settings || ${JSON.stringify(change.settings ?? {})}::jsonb,
      version = version + 1
    WHERE id = ${id} AND owner_id = ${personId} AND deleted_at IS NULL`,
  )
  return count === 1
}

/** Gives a title to a conversation that nobody has named; false when somebody has. */
export async function setModelTitle(
  tx: Tx,
  workspaceId: string,
  id: string,
  title: string,
): Promise<boolean> {
  const count = await changed(
    tx,
    sql`
    UPDATE chat.conversations SET title = ${title}, title_source = 'model', version = version + 1
    WHERE workspace_id = ${workspaceId} AND id = ${id} AND title_source = 'none' AND deleted_at IS NULL`,
  )
  return count === 1
}

/** Marks as deleted, or takes the mark back. False when there was nothing to mark. */
export async function markDeleted(tx: Tx, personId: string, id: string, deleted: boolean): Promise<boolean> {
  const count = await changed(
    tx,
    sql`
    UPDATE chat.conversations SET deleted_at = ${deleted ? sql`clock_timestamp()` : sql`NULL`}, version = version + 1
    WHERE id = ${id} AND owner_id = ${personId} AND ${deleted ? sql`deleted_at IS NULL` : sql`deleted_at IS NOT NULL`}`,
  )
  return count === 1
}

/** Rates an answer; null takes the rating back. False when the message is not in this person's conversation. */
export async function setRating(
  tx: Tx,
  at: { workspaceId: string; personId: string; conversationId: string; messageId: string },
  rating: 'up' | 'down' | null,
): Promise<boolean> {
  const own = await first(
    tx,
    sql<{ id: string }>`
    SELECT m.id FROM chat.messages m JOIN chat.conversations c ON c.workspace_id = m.workspace_id AND c.id = m.conversation_id
    WHERE m.id = ${at.messageId} AND m.conversation_id = ${at.conversationId} AND c.owner_id = ${at.personId} AND c.deleted_at IS NULL`,
  )
  if (!own) return false
  const statement = rating
    ? sql`INSERT INTO chat.ratings (workspace_id, message_id, person_id, rating)
        VALUES (${at.workspaceId}, ${at.messageId}, ${at.personId}, ${rating})
        ON CONFLICT (workspace_id, message_id, person_id) DO UPDATE SET rating = excluded.rating`
    : sql`DELETE FROM chat.ratings WHERE message_id = ${at.messageId} AND person_id = ${at.personId}`
  await statement.execute(tx)
  return true
}
