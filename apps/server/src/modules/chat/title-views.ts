import { first, sql, type Tx } from '#platform/db'
import { textOf } from './prompt.ts'
import type { StoredPart } from './rows.ts'

/** What a title is made from. */
export interface TitleMaterial {
  readonly personId: string
  readonly model: string
  readonly question: string
  readonly answer: string
}

/** The first question and its first complete answer; undefined while there is none, or when there is a title. */
export async function titleMaterial(tx: Tx, conversationId: string): Promise<TitleMaterial | undefined> {
  const row = await first(
    tx,
    sql<{ owner_id: string; model: string; question: StoredPart[]; answer: StoredPart[] }>`
    SELECT c.owner_id, a.model, q.content AS question, a.content AS answer
    FROM chat.conversations c
    JOIN chat.messages q ON q.conversation_id = c.id AND q.sibling_group = c.id AND q.role = 'user'
    JOIN chat.messages a ON a.conversation_id = c.id AND a.sibling_group = q.id AND a.role = 'assistant' AND a.status = 'complete'
    WHERE c.id = ${conversationId} AND c.title_source = 'none' AND c.deleted_at IS NULL AND a.model IS NOT NULL
    ORDER BY a.created_at LIMIT 1`,
  )
  return (
    row && {
      personId: row.owner_id,
      model: row.model,
      question: textOf(row.question),
      answer: textOf(row.answer),
    }
  )
}
