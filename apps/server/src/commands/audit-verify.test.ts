import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import pg from 'pg'
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest'

let server: TestServer
let owner: Person
let workspaceId: string
beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
  workspaceId = owner.workspaceId
  await owner.client.post('/api/v1/workspaces', { name: 'Second' })
})
afterAll(() => server[Symbol.asyncDispose]())

/** Runs the command on the test's database as an operator would. */
function run(): Promise<{ code: number; text: string }> {
  const { adminUrl, secret } = inject('cluster')
  const url = new URL(adminUrl)
  url.pathname = new URL(server.roles.owner).pathname
  const env = {
    DATABASE_URL: url.toString(),
    ATRIUM_DATA_DIR: server.dataDir,
    ATRIUM_SECRET: secret,
    PATH: process.env['PATH'],
  }
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(import.meta.dirname, 'audit-verify.ts')],
      { env },
      (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, text: stdout + stderr })
      },
    )
  })
}

/** Runs statements as the owner of the tables, past row-level security. */
async function asOwner(...statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: server.roles.owner })
  await client.connect()
  for (const table of ['audit_log', 'audit_heads']) {
    await client.query(`ALTER TABLE identity.${table} NO FORCE ROW LEVEL SECURITY`)
  }
  for (const statement of statements) await client.query(statement)
  for (const table of ['audit_log', 'audit_heads']) {
    await client.query(`ALTER TABLE identity.${table} FORCE ROW LEVEL SECURITY`)
  }
  await client.end()
}

it('checks every workspace and ends with 1 when a chain is broken', async () => {
  const sound = await run()
  expect(sound.text).toContain('2 workspaces, 0 broken')
  expect(sound.code).toBe(0)
  await asOwner(`UPDATE identity.audit_log SET action = 'nothing' WHERE workspace_id = '${workspaceId}'`)
  const broken = await run()
  expect(broken.text).toContain(`${workspaceId}  1 entries  BROKEN at entry 1`)
  expect(broken.text).toContain('2 workspaces, 1 broken')
  expect(broken.code).toBe(1)
})

it('finds a log that was taken back to an earlier end by the record in the data directory', async () => {
  const { body } = await owner.client.post<{ id: string }>('/api/v1/workspaces', { name: 'Third' })
  await asOwner('CREATE TABLE identity.kept AS SELECT * FROM identity.audit_heads')
  await owner.client.patch(`/api/v1/workspaces/${body.id}`, { name: 'Renamed' })
  await vi.waitFor(async () => {
    const lines = (await readFile(join(server.dataDir, 'audit', 'heads.jsonl'), 'utf8')).split('\n')
    expect(lines.some((line) => line.includes(body.id) && line.includes('"entries":2'))).toBe(true)
  })
  const one = `workspace_id = '${body.id}'`
  await asOwner(
    `DELETE FROM identity.audit_log WHERE ${one} AND sequence > 1`,
    `DELETE FROM identity.audit_heads WHERE ${one}`,
    `INSERT INTO identity.audit_heads SELECT * FROM identity.kept WHERE ${one}`,
    'DROP TABLE identity.kept',
  )
  const { code, text } = await run()
  expect(text).toContain(`${body.id}  1 entries  BROKEN at entry 2 (differs-from-record)`)
  expect(code).toBe(1)
})
