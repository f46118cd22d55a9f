import { startTestServer, type TestServer } from '@atrium/testkit'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sharedTables } from './modules/identity/index.ts'

let server: TestServer
let client: pg.Client
let roles: Record<keyof TestServer['roles'], string>

beforeAll(async () => {
  server = await startTestServer()
  const { owner, app, job } = server.roles
  roles = { owner: new URL(owner).username, app: new URL(app).username, job: new URL(job).username }
  client = new pg.Client({ connectionString: server.roles.owner })
  await client.connect()
})
afterAll(async () => {
  await client.end()
  await server[Symbol.asyncDispose]()
})

/** Tables without a tenant, each with its reason; everything else must be protected. */
const exceptions = new Map<string, string>([
  ...Object.entries(sharedTables),
  ['platform.migrations', 'what was applied; no role but the owner can read it'],
  ['chat.engines', 'processes, not data of people'],
  ['admission.processes', 'processes, not data of people'],
  ['models.currency_rates', 'public reference rates, the same for all'],
  ['ledger.processes', 'processes, not data of people'],
])

interface Table {
  name: string
  protected: boolean
  forced: boolean
  has_workspace: boolean
}

const tables = async (): Promise<Table[]> =>
  (
    await client.query<Table>(`
      SELECT n.nspname || '.' || c.relname AS name, c.relrowsecurity AS protected, c.relforcerowsecurity AS forced,
        EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'workspace_id' AND a.attnotnull) AS has_workspace
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'jobs')`)
  ).rows

describe('the catalogue', () => {
  it('has row-level security, enabled and forced, on every table that is no listed exception', async () => {
    const open = (await tables()).filter(
      (table) => !exceptions.has(table.name) && !(table.protected && table.forced && table.has_workspace),
    )
    expect(open.map((table) => table.name)).toEqual([])
  })

  it('lists no exception that does not exist', async () => {
    const names = new Set((await tables()).map((table) => table.name))
    expect([...exceptions.keys()].filter((name) => !names.has(name))).toEqual([])
  })

  it('gives each protected table a policy for requests that reads and writes by workspace', async () => {
    const { rows } = await client.query<{ name: string }>(
      `SELECT p.schemaname || '.' || p.tablename AS name FROM pg_policies p
      WHERE $1 = ANY(p.roles) AND p.cmd = 'ALL' AND p.qual LIKE '%app.workspace_id%' AND p.with_check LIKE '%app.workspace_id%'`,
      [roles.app],
    )
    const covered = new Set(rows.map((row) => row.name))
    const missing = (await tables()).filter((table) => table.protected && !covered.has(table.name))
    expect(missing.map((table) => table.name)).toEqual([])
  })

  it('leads every unique key of a protected table with the workspace', async () => {
    const { rows } = await client.query<{ name: string }>(`
      SELECT n.nspname || '.' || i.relname AS name FROM pg_index x
      JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
      JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0]
      WHERE x.indisunique AND t.relrowsecurity AND n.nspname <> 'jobs' AND a.attname <> 'workspace_id'`)
    expect(rows.map((row) => row.name).filter((name) => name !== 'identity.workspaces_pkey')).toEqual([])
  })

  it('leads every foreign key between protected tables with the workspace', async () => {
    const { rows } = await client.query<{ name: string }>(`
      SELECT c.conrelid::regclass || '.' || c.conname AS name FROM pg_constraint c
      JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class f ON f.oid = c.confrelid
      WHERE c.contype = 'f' AND t.relrowsecurity AND f.relrowsecurity
        AND NOT EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.conrelid AND a.attnum = c.conkey[1] AND a.attname = 'workspace_id')`)
    expect(rows.map((row) => row.name)).toEqual([])
  })

  it('has no view that runs with the rights of its owner, and no materialised view', async () => {
    const { rows } = await client.query<{ name: string }>(`
      SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'jobs')
        AND (c.relkind = 'm' OR (c.relkind = 'v' AND NOT coalesce(c.reloptions::text LIKE '%security_invoker=true%', false)))`)
    expect(rows.map((row) => row.name)).toEqual([])
  })

  it('lets requests reach the queue of jobs in no way', async () => {
    const { rows } = await client.query<{ allowed: boolean }>(
      `SELECT has_schema_privilege($1, 'jobs', 'USAGE') AS allowed`,
      [roles.app],
    )
    expect(rows[0]?.allowed).toBe(false)
  })
})

describe('the roles', () => {
  it('of requests and jobs are no superusers and do not bypass row-level security', async () => {
    const { rows } = await client.query<{ powerful: boolean }>(
      `SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb AS powerful FROM pg_roles WHERE rolname = ANY ($1)`,
      [Object.values(roles)],
    )
    expect(rows).toEqual([{ powerful: false }, { powerful: false }, { powerful: false }])
  })

  it('see nothing without a workspace', async () => {
    const app = new pg.Client({ connectionString: server.roles.app })
    await app.connect()
    try {
      await server.owner()
      for (const { name, protected: isProtected } of await tables()) {
        if (!isProtected) continue
        const { rows } = await app.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${name}`)
        expect([name, rows[0]?.count]).toEqual([name, 0])
      }
    } finally {
      await app.end()
    }
  })
})
