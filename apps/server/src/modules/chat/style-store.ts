import type { Style } from '@atrium/contract'
import { changed, first, rows, sql, type Tx } from '#platform/db'

interface StyleRow {
  id: string
  name: string
  instructions: string
}

/** Most custom styles of one person. */
export const styleLimit = 100

const toStyle = (row: StyleRow): Style => ({ ...row, preset: false })

export async function listStyles(tx: Tx, personId: string): Promise<Style[]> {
  const found = await rows(
    tx,
    sql<StyleRow>`
    SELECT id, name, instructions FROM chat.styles WHERE owner_id = ${personId} ORDER BY created_at, id LIMIT ${styleLimit}`,
  )
  return found.map(toStyle)
}

export async function findStyle(tx: Tx, personId: string, id: string): Promise<Style | undefined> {
  const row = await first(
    tx,
    sql<StyleRow>`SELECT id, name, instructions FROM chat.styles WHERE id = ${id} AND owner_id = ${personId}`,
  )
  return row && toStyle(row)
}

export async function insertStyle(
  tx: Tx,
  style: { workspaceId: string; personId: string; id: string; name: string; instructions: string },
): Promise<Style> {
  await sql`
    INSERT INTO chat.styles (workspace_id, id, owner_id, name, instructions)
    VALUES (${style.workspaceId}, ${style.id}, ${style.personId}, ${style.name}, ${style.instructions})`.execute(
    tx,
  )
  return toStyle({ id: style.id, name: style.name, instructions: style.instructions })
}

export async function updateStyle(
  tx: Tx,
  personId: string,
  id: string,
  change: { name?: string | undefined; instructions?: string | undefined },
): Promise<Style | undefined> {
  const row = await first(
    tx,
    sql<StyleRow>`
    UPDATE chat.styles SET name = coalesce(${change.name ?? null}, name), instructions = coalesce(${change.instructions ?? null}, instructions)
    WHERE id = ${id} AND owner_id = ${personId} RETURNING id, name, instructions`,
  )
  return row && toStyle(row)
}

/** False when there was none. Conversations that used it fall back to Normal. */
export async function deleteStyle(tx: Tx, personId: string, id: string): Promise<boolean> {
  const gone = await changed(tx, sql`DELETE FROM chat.styles WHERE id = ${id} AND owner_id = ${personId}`)
  if (gone > 0)
    await sql`UPDATE chat.conversations SET style = 'normal' WHERE owner_id = ${personId} AND style = ${id}`.execute(
      tx,
    )
  return gone > 0
}
