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
