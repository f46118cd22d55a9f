import type { Files } from '#modules/files'
import { rows, sql, type Tx } from '#platform/db'

const batch = 200

/**
 * Removes for good what was deleted a month ago, and lets go of the files that no other message names; gives how many
 * conversations. Needs the job role.
 */
export async function purgeDeleted(tx: Tx, files: Pick<Files, 'release'>): Promise<number> {
  const gone = await rows(
    tx,
    sql<{ workspaceId: string; id: string }>`
    SELECT workspace_id AS "workspaceId", id FROM chat.conversations
    WHERE deleted_at < now() - interval '30 days' LIMIT ${batch} FOR UPDATE SKIP LOCKED`,
  )
  for (const { workspaceId, id } of gone) {
    const named = await filesNamedIn(tx, workspaceId, id)
    await sql`DELETE FROM chat.run_events e USING chat.runs r WHERE r.workspace_id = ${workspaceId} AND r.conversation_id = ${id}
      AND e.workspace_id = r.workspace_id AND e.run_id = r.id`.execute(tx)
    await sql`DELETE FROM chat.conversations WHERE workspace_id = ${workspaceId} AND id = ${id}`.execute(tx)
    await files.release(tx, workspaceId, await namedNowhere(tx, workspaceId, named))
  }
  return gone.length
}

const fileIds = sql`jsonb_path_query_array(content, '$[*] ? (@.type == "file").fileId')`
const namesFiles = sql`content @? '$[*] ? (@.type == "file")'`

async function filesNamedIn(tx: Tx, workspaceId: string, conversationId: string): Promise<string[]> {
  const found = await rows(
    tx,
    sql<{ id: string }>`
    SELECT DISTINCT jsonb_array_elements_text(${fileIds}) AS id FROM chat.messages
    WHERE workspace_id = ${workspaceId} AND conversation_id = ${conversationId} AND ${namesFiles} LIMIT 100000`,
  )
  return found.map(({ id }) => id)
}

async function namedNowhere(tx: Tx, workspaceId: string, ids: readonly string[]): Promise<string[]> {
  const found = await rows(
    tx,
    sql<{ id: string }>`
    SELECT named.id FROM unnest(${ids}::text[]) AS named (id) WHERE NOT EXISTS (
      SELECT 1 FROM chat.messages WHERE workspace_id = ${workspaceId} AND ${namesFiles} AND ${fileIds} ? named.id
    ) LIMIT 100000`,
  )
  return found.map(({ id }) => id)
}
