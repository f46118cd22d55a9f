import { rows, sql, type Tx } from '#platform/db'

/** A word of a query: lower-case letters and digits. */
export interface SearchWord {
  readonly text: string
  /** It may also be the beginning of a longer word. */
  readonly isPrefix: boolean
}

export interface Match {
  readonly conversationId: string
  /** Null when the title matches. */
  readonly messageId: string | null
  readonly rank: number
}

/** Longest that a statement of a search may take, in milliseconds. */
const maxStatementMs = 2000

/** Ends statements of this transaction that take too long: one search must not hold a connection for half a minute. */
export async function limitSearchTime(tx: Tx): Promise<void> {
  await sql`SET LOCAL statement_timeout = ${sql.lit(maxStatementMs)}`.execute(tx)
}

/** The best match of each conversation, best first. */
export async function findMatches(
  tx: Tx,
  filter: { personId: string; words: readonly SearchWord[]; limit: number; offset: number; most: number },
): Promise<Match[]> {
  const found = await rows(
    tx,
    sql<{ conversation_id: string; message_id: string | null; rank: number }>`
    WITH best AS (
      SELECT DISTINCT ON (conversation_id) conversation_id, message_id, rank
      FROM chat.matches(${filter.personId}::uuid, to_tsquery('simple', ${queryOf(filter.words, '&')}), ${filter.most})
      ORDER BY conversation_id, rank DESC
    )
    SELECT conversation_id, message_id, rank::float8 AS rank FROM best
    ORDER BY best.rank DESC, conversation_id LIMIT ${filter.limit} OFFSET ${filter.offset}`,
  )
  return found.map((row) => ({
    conversationId: row.conversation_id,
    messageId: row.message_id,
    rank: row.rank,
  }))
}

/** Marks of a match within a snippet: private-use characters, so that no text of people is mistaken for one. */
const marks = 'StartSel=\uE000, StopSel=\uE001, MaxWords=30, MinWords=12, MaxFragments=1'
/** Characters that a snippet is made from, and how many of them stand before where the match is seen first. */
const windowChars = 3000
const leadChars = 1500

/**
 * What stands around each match, by conversation. Marking takes a millisecond for each thousand characters, so only a
 * window is looked at: it ends soon after each of the words has come up once. Words too far apart are marked one by one.
 */
export async function readSnippets(
  tx: Tx,
  matches: readonly Match[],
  words: readonly SearchWord[],
): Promise<Map<string, string>> {
  const found = await rows(
    tx,
    sql<{ conversation_id: string; snippet: string }>`
    WITH q AS MATERIALIZED (
      SELECT to_tsquery('simple', ${queryOf(words, '&')}) AS all_words, to_tsquery('simple', ${queryOf(words, '|')}) AS any_word
    )
    SELECT f.conversation_id, ts_headline('simple', near.text,
      CASE WHEN to_tsvector('simple', near.text) @@ q.all_words THEN q.all_words ELSE q.any_word END, ${marks}) AS snippet
    FROM q, unnest(${matches.map((one) => one.conversationId)}::uuid[], ${matches.map((one) => one.messageId)}::uuid[])
      AS f (conversation_id, message_id)
    CROSS JOIN LATERAL (
      SELECT ' ' || coalesce((
        SELECT left(string_agg(part ->> 'text', ' '), 200000) FROM chat.messages m, jsonb_array_elements(m.content) AS part
        WHERE m.conversation_id = f.conversation_id AND m.id = f.message_id AND part ->> 'type' = 'text'
      ), (SELECT title FROM chat.conversations c WHERE c.id = f.conversation_id)) || ' ' AS text OFFSET 0
    ) whole
    CROSS JOIN LATERAL (
      SELECT max(strpos(whole.text, substring(whole.text FROM pattern))) AS place
      FROM unnest(${words.map(patternOf)}::text[]) AS pattern OFFSET 0
    ) seen
    CROSS JOIN LATERAL (
      SELECT btrim(substr(whole.text, greatest(1, seen.place - ${leadChars}::int), ${windowChars}::int)) AS text OFFSET 0
    ) near
    LIMIT ${matches.length}`,
  )
  return new Map(found.map((row) => [row.conversation_id, row.snippet]))
}

const queryOf = (words: readonly SearchWord[], operator: '&' | '|'): string =>
  words.map(({ text, isPrefix }) => (isPrefix ? `${text}:*` : text)).join(` ${operator} `)

/**
 * A regular expression for a word with what borders on it: where the text that it matches stands first in the whole is
 * where it matches first. Words need no escaping.
 */
const patternOf = ({ text, isPrefix }: SearchWord): string =>
  `(?i)[^[:alnum:]]${text}${isPrefix ? '' : '[^[:alnum:]]'}`
