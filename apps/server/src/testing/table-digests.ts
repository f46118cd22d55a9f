import pg from 'pg'

/**
 * A digest of a workspace's rows for every table that has such rows, by the name of the table.
 * @param url of a role that sees the rows of all workspaces
 */
export async function digestTables(url: string, workspaceId: string): Promise<Record<string, string>> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows: tables } = await client.query<{ name: string }>(`
      SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id'
      WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relrowsecurity
        AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1`)
    const digests: Record<string, string> = {}
    for (const { name } of tables) {
      const { rows } = await client.query<{ digest: string }>(
        `SELECT count(*) || ':' || coalesce(md5(string_agg(t::text, E'\\n' ORDER BY t::text)), '') AS digest
         FROM ${name} t WHERE workspace_id = $1`,
        [workspaceId],
      )
      digests[name] = rows[0]?.digest ?? ''
    }
    return digests
  } finally {
    await client.end()
  }
}
