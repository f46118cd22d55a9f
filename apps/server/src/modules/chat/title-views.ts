import { first, sql, type Tx } from '#platform/db'
import { textOf } from './prompt.ts'
import type { StoredPart } from './rows.ts'

/** What a title is made from. */
export interface TitleMaterial {
  readonly personId: string
  readonly model: string
  readonly question: string
  /** Names of the files that came with the question. */
  readonly fileNames: readonly string[]
  /** As far as it was written; empty when nothing was. */
  readonly answer: string
}

/**
 * The first question and its first answer, a whole one where there is one, else what was stopped, interrupted or failed;
 * undefined while none has ended, or when there is a title.
 */
export async function titleMaterial(tx: Tx, conversationId: string): Promise<TitleMaterial | undefined> {
  const row = await first(
    tx,
    sql<{ owner_id: string; model: string; question: StoredPart[]; answer: StoredPart[] }>`
    SELECT c.owner_id, a.model, q.content AS question, a.content AS answer
    FROM chat.conversations c
    JOIN chat.messages q ON q.conversation_id = c.id AND q.sibling_group = c.id AND q.role = 'user'
    JOIN chat.messages a ON a.conversation_id = c.id AND a.sibling_group = q.id AND a.role = 'assistant'
      AND a.status IN ('complete', 'stopped', 'interrupted', 'failed')
    WHERE c.id = ${conversationId} AND c.title_source = 'none' AND c.deleted_at IS NULL AND a.model IS NOT NULL
    ORDER BY a.status <> 'complete', a.created_at LIMIT 1`,
  )
  return (
    row && {
      personId: row.owner_id,
      model: row.model,
      question: textOf(row.question),
      fileNames: row.question.flatMap((part) => (part.type === 'file' ? [part.name] : [])),
      answer: textOf(row.answer),
    }
  )
}
