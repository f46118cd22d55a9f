import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asRole } from './test-support.ts'
import { sharedTables } from './shared-tables.ts'

const tenantTables = [
  'workspaces',
  'members',
  'invitations',
  'api_keys',
  'teams',
  'team_members',
  'audit_log',
  'audit_heads',
] as const

let server: TestServer
let owner: Person
let otherWorkspace: string
beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
  await server.invite(owner, 'member')
  otherWorkspace = (await owner.client.post<{ id: string }>('/api/v1/workspaces', { name: 'Other' })).body.id
  for (const id of [owner.workspaceId, otherWorkspace]) {
    const base = `/api/v1/workspaces/${id}`
    await owner.client.post(`${base}/invitations`, { email: 'guest@example.com', role: 'member' })
    await owner.client.post(`${base}/api-keys`, { name: 'Key', scopes: ['workspace:read'] })
    const team = await owner.client.post<{ id: string }>(`${base}/teams`, { name: 'Research' })
    await owner.client.put(`${base}/teams/${team.body.id}/members/${owner.id}`, { role: 'lead' })
  }
})
afterAll(() => server[Symbol.asyncDispose]())

/** Runs as requests do: the application's role, in the scope of one workspace or person. */
const inScope = <T>(scope: Record<string, string>, work: (client: pg.Client) => Promise<T>): Promise<T> =>
  asRole(server, 'app', async (client) => {
    await client.query('BEGIN')
    for (const [name, value] of Object.entries(scope)) {
      await client.query('SELECT set_config($1, $2, true)', [name, value])
    }
    return work(client)
  })

const workspacesIn = async (client: pg.Client, table: string): Promise<string[]> => {
  const { rows } = await client.query<{ id: string }>(
    `SELECT DISTINCT workspace_id AS id FROM identity.${table}`,
  )
  return rows.map(({ id }) => id)
}

describe.each(tenantTables)('identity.%s', (table) => {
  it('shows a request the rows of its workspace only', async () => {
    expect(
      await inScope({ 'app.workspace_id': owner.workspaceId }, (client) => workspacesIn(client, table)),
    ).toEqual([owner.workspaceId])
    expect(
      await inScope({ 'app.workspace_id': otherWorkspace }, (client) => workspacesIn(client, table)),
    ).toEqual([otherWorkspace])
  })

  it('shows nothing without a workspace', async () => {
    expect(await inScope({}, (client) => workspacesIn(client, table))).toEqual([])
    expect(await inScope({ 'app.workspace_id': '' }, (client) => workspacesIn(client, table))).toEqual([])
  })

  it('takes no row for another workspace', async () => {
    const columns = `SELECT * FROM identity.${table} LIMIT 1`
    const attempt = inScope({ 'app.workspace_id': owner.workspaceId }, async (client) => {
      const { rows } = await client.query<Record<string, unknown>>(columns)
      const row = { ...rows[0], workspace_id: otherWorkspace }
      const names = Object.keys(row)
      const values = Object.values(row).map((value) => toParameter(value))
      const places = names.map((_, index) => `$${index + 1}`)
      await client.query(`INSERT INTO identity.${table} (${names.join()}) VALUES (${places.join()})`, values)
    })
    await expect(attempt).rejects.toThrow(/row-level security/)
  })
})

describe('row-level security', () => {
  it('lets a person see their own memberships and workspaces across workspaces, and nothing else', async () => {
    const scope = { 'app.person_id': owner.id }
    const both = [owner.workspaceId, otherWorkspace].toSorted()
    for (const table of ['workspaces', 'members']) {
      expect((await inScope(scope, (client) => workspacesIn(client, table))).toSorted()).toEqual(both)
    }
    const people = await inScope(scope, (client) =>
      client.query('SELECT DISTINCT person_id FROM identity.members'),
    )
    expect(people.rows).toEqual([{ person_id: owner.id }])
    for (const table of ['invitations', 'api_keys', 'teams', 'team_members', 'audit_log', 'audit_heads']) {
      expect(await inScope(scope, (client) => workspacesIn(client, table))).toEqual([])
    }
    const change = await inScope(scope, (client) =>
      client.query(`UPDATE identity.members SET role = 'owner'`),
    )
    expect(change.rowCount).toBe(0)
  })

  it('is forced on every table of the schema but the listed ones', async () => {
    const { rows } = await asRole(server, 'app', (client) =>
      client.query<{ name: string }>(
        `SELECT 'identity.' || relname AS name FROM pg_class
         WHERE relnamespace = 'identity'::regnamespace AND relkind = 'r' AND NOT (relrowsecurity AND relforcerowsecurity)`,
      ),
    )
    expect(rows.map(({ name }) => name).toSorted()).toEqual(Object.keys(sharedTables).toSorted())
  })
})

const toParameter = (value: unknown): unknown =>
  typeof value === 'object' &&
  value !== null &&
  !Buffer.isBuffer(value) &&
  !(value instanceof Date) &&
  !Array.isArray(value)
    ? JSON.stringify(value)
    : value
