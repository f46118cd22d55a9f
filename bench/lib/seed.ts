/** Fills the database with conversations, past the API: a hundred thousand of them take seconds. */
import type { DatabaseLook } from './database.ts'
import { randomFrom, range } from './stats.ts'

export interface Owner {
  readonly workspaceId: string
  readonly personId: string
}

const vocabulary = 5000
const samples = 1000

/**
 * Texts of ordinary length whose words are as uneven as words are, so that search has common and rare ones. Every third
 * is Markdown as models write it.
 */
function sampleTexts(seed: number): string[] {
  const random = randomFrom(seed)
  const words = (count: number): string =>
    range(count)
      .map(() => `word${Math.floor(vocabulary ** random())}`)
      .join(' ')
  return range(samples).map((index) => {
    const plain = words(10 + (index % 90))
    if (index % 3 !== 0) return plain
    const list = range(3).map((item) => `${item + 1}. **${words(2)}**: ${words(8)}`)
    return `## ${words(3)}\n\n${plain}\n\n${list.join('\n')}\n\n\`\`\`ts\nconst ${words(1)} = '${words(4)}'\n\`\`\``
  })
}

/** Prepares the texts that messages are drawn from. */
async function prepareTexts(db: DatabaseLook, seed: number): Promise<void> {
  await db.rows(
    `CREATE TABLE IF NOT EXISTS public.bench_texts (place int PRIMARY KEY, body text NOT NULL, search tsvector NOT NULL)`,
  )
  await db.rows(
    `INSERT INTO public.bench_texts SELECT place - 1, body, to_tsvector('simple', body)
     FROM unnest($1::text[]) WITH ORDINALITY AS texts (body, place) ON CONFLICT DO NOTHING`,
    [sampleTexts(seed)],
  )
}

const messageColumns = `workspace_id, id, conversation_id, parent_id, role, author_id, content, status, model, created_at, search`

/** Adds conversations of four messages each, a minute apart, the newest first. */
export async function seedConversations(
  db: DatabaseLook,
  { workspaceId, personId }: Owner,
  { from, count, seed }: { from: number; count: number; seed: number },
): Promise<void> {
  await prepareTexts(db, seed)
  await db.rows('BEGIN')
  // The rows are right by construction; checking every reference would take most of the time.
  await db.rows(`SET LOCAL session_replication_role = replica`)
  await db.rows(
    `CREATE TEMP TABLE made ON COMMIT DROP AS
     SELECT n, now() - make_interval(mins => n + 1) AS at, uuidv7(make_interval(mins => -n - 1)) AS id,
       uuidv7(make_interval(mins => -n - 1)) AS m1, uuidv7(make_interval(mins => -n - 1)) AS m2,
       uuidv7(make_interval(mins => -n - 1)) AS m3, uuidv7(make_interval(mins => -n - 1)) AS m4
     FROM generate_series(${from}, ${from + count - 1}) AS n`,
  )
  await db.rows(
    `INSERT INTO chat.conversations (workspace_id, id, owner_id, title, title_source, pinned, created_at, updated_at)
     SELECT $1, id, $2, 'Conversation ' || n || ' about topic' || n % 1000, 'model', n % 20000 = 7, at, at FROM made`,
    [workspaceId, personId],
  )
  await db.rows(
    `INSERT INTO chat.messages (${messageColumns})
     SELECT $1, m.id, c.id, m.parent, m.role, CASE WHEN m.role = 'user' THEN $2::uuid END,
       jsonb_build_array(jsonb_build_object('type', 'text', 'text', t.body || ' topic' || c.n)), 'complete',
       CASE WHEN m.role = 'assistant' THEN 'openai/fake-1' END, c.at + make_interval(secs => m.place),
       t.search || to_tsvector('simple', 'topic' || c.n)
     FROM made c CROSS JOIN LATERAL (VALUES
       (0, c.m1, NULL, 'user'), (1, c.m2, c.m1, 'assistant'), (2, c.m3, c.m2, 'user'), (3, c.m4, c.m3, 'assistant')
     ) AS m (place, id, parent, role)
     JOIN public.bench_texts t ON t.place = (c.n * 7 + m.place * 131) % ${samples}`,
    [workspaceId, personId],
  )
  await db.rows(
    `INSERT INTO chat.leaves (workspace_id, conversation_id, person_id, message_id) SELECT $1, id, $2, m4 FROM made`,
    [workspaceId, personId],
  )
  await db.rows('COMMIT')
}

/** Adds one conversation with a path of so many messages; every tenth question has two more versions beside it. */
export async function seedLongConversation(
  db: DatabaseLook,
  { workspaceId, personId }: Owner,
  { id, messages, seed }: { id: string; messages: number; seed: number },
): Promise<void> {
  await prepareTexts(db, seed)
  await db.rows('BEGIN')
  await db.rows(`SET LOCAL session_replication_role = replica`)
  await db.rows(
    `INSERT INTO chat.conversations (workspace_id, id, owner_id, title, title_source) VALUES ($1, $2, $3, 'The long one', 'person')`,
    [workspaceId, id, personId],
  )
  await db.rows(
    `CREATE TEMP TABLE path ON COMMIT DROP AS
     SELECT n, uuidv7(make_interval(secs => n - ${messages} - 1)) AS id FROM generate_series(1, ${messages}) AS n`,
  )
  await db.rows(
    `INSERT INTO chat.messages (${messageColumns})
     SELECT $1, CASE WHEN version = 0 THEN p.id ELSE uuidv7() END, $2, above.id,
       CASE WHEN p.n % 2 = 1 THEN 'user' ELSE 'assistant' END, CASE WHEN p.n % 2 = 1 THEN $3::uuid END,
       jsonb_build_array(jsonb_build_object('type', 'text', 'text', t.body)), 'complete',
       CASE WHEN p.n % 2 = 0 THEN 'openai/fake-1' END, now() - make_interval(secs => ${messages} + 1 - p.n + version * 0.1), t.search
     FROM path p LEFT JOIN path above ON above.n = p.n - 1
     CROSS JOIN generate_series(0, CASE WHEN p.n % 20 = 1 THEN 2 ELSE 0 END) AS version
     JOIN public.bench_texts t ON t.place = (p.n + version) % ${samples}`,
    [workspaceId, id, personId],
  )
  await db.rows(
    `INSERT INTO chat.leaves (workspace_id, conversation_id, person_id, message_id)
     SELECT $1, $2, $3, path.id FROM path WHERE n = ${messages}`,
    [workspaceId, id, personId],
  )
  await db.rows('COMMIT')
}

/** What autovacuum would do within a minute or two. */
export async function settleStatistics(db: DatabaseLook): Promise<void> {
  await db.rows('VACUUM ANALYZE chat.conversations, chat.messages, chat.leaves')
  await db.rows('CHECKPOINT')
}
