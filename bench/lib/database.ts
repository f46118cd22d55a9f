import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import type { Atrium } from './atrium.ts'

/** A look behind the API: the embedded database as its superuser, whom row-level security does not hide anything from. */
export interface DatabaseLook extends AsyncDisposable {
  rows<R extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<R[]>
}

export async function openDatabase({ dataDir }: Atrium): Promise<DatabaseLook> {
  const root = join(dataDir, 'postgres')
  const client = new pg.Client({
    host: join(root, 'run'),
    port: 5432,
    user: 'postgres',
    password: (await readFile(join(root, 'password'), 'utf8')).trim(),
    database: 'atrium',
    application_name: 'atrium-bench',
  })
  // A kill breaks the connection; the next statement says so.
  client.on('error', () => undefined)
  await client.connect()
  return {
    rows: async <R extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []) =>
      (await client.query<R>(text, [...values])).rows,
    [Symbol.asyncDispose]: () => client.end(),
  }
}

/** The first person of a workspace: the owner whose key the benches use. */
export async function ownerOf(
  db: DatabaseLook,
  workspaceId: string,
): Promise<{ workspaceId: string; personId: string }> {
  const [row] = await db.rows<{ personId: string }>(
    `SELECT person_id AS "personId" FROM identity.members WHERE workspace_id = $1 ORDER BY joined_at LIMIT 1`,
    [workspaceId],
  )
  if (!row) throw new Error('the workspace has no members')
  return { workspaceId, personId: row.personId }
}
