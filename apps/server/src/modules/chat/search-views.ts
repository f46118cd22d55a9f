import { rows, sql, type Tx } from '#platform/db'

export interface Match {
  readonly conversationId: string
  readonly messageId: string | null
  readonly snippet: string
  readonly rank: number
}

/** Marks of a match within a snippet: private-use characters, so that no text of people is mistaken for one. */
const marks = 'StartSel=\uE000, StopSel=\uE001, MaxWords=30, MinWords=12, MaxFragments=1'

/** The best hit of each conversation, best first. `words` are lower-case letters and digits. */
export async function searchConversations(
  tx: Tx,
  filter: { personId: string; words: readonly string[]; limit: number; offset: number; most: number },
): Promise<Match[]> {
  if (filter.words.length === 0) return []
  const query = filter.words
    .map((word, index) => (index === filter.words.length - 1 && word.length > 2 ? `${word}:*` : word))
    .join(' & ')
  const found = await rows(
    tx,
    sql<{ conversation_id: string; message_id: string | null; rank: number; snippet: string }>`
    WITH best AS (
      SELECT DISTINCT ON (conversation_id) conversation_id, message_id, rank
      FROM chat.matches(${filter.personId}::uuid, to_tsquery('simple', ${query}), ${filter.most})
      ORDER BY conversation_id, rank DESC
    ), page AS (SELECT * FROM best ORDER BY rank DESC, conversation_id LIMIT ${filter.limit} OFFSET ${filter.offset})
    SELECT p.conversation_id, p.message_id, p.rank::float8 AS rank,
      ts_headline('simple', coalesce((
        SELECT left(string_agg(part ->> 'text', ' '), 200000) FROM chat.messages m, jsonb_array_elements(m.content) AS part
        WHERE m.conversation_id = p.conversation_id AND m.id = p.message_id AND part ->> 'type' = 'text'
      ), c.title), to_tsquery('simple', ${query}), ${marks}) AS snippet
    FROM page p JOIN chat.conversations c ON c.id = p.conversation_id
    ORDER BY p.rank DESC, p.conversation_id`,
  )
  return found.map((row) => ({
    conversationId: row.conversation_id,
    messageId: row.message_id,
    rank: row.rank,
    snippet: row.snippet,
  }))
}
