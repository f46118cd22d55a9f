import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { startTestServer, type TestServer } from '@atrium/testkit'
import pg from 'pg'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'

let server: TestServer
let workspaceId: string
beforeAll(async () => {
  server = await startTestServer()
  const owner = await server.owner()
  workspaceId = owner.workspaceId
  await owner.client.post('/api/v1/workspaces', { name: 'Second' })
})
afterAll(() => server[Symbol.asyncDispose]())

/** Runs the command on the test's database as an operator would. */
function run(): Promise<{ code: number; text: string }> {
  const { adminUrl, secret } = inject('cluster')
  const url = new URL(adminUrl)
  url.pathname = new URL(server.roles.owner).pathname
  const env = { DATABASE_URL: url.toString(), ATRIUM_SECRET: secret, PATH: process.env['PATH'] }
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

it('checks every workspace and ends with 1 when a chain is broken', async () => {
  const sound = await run()
  expect(sound.text).toContain('2 workspaces, 0 broken')
  expect(sound.code).toBe(0)
  const client = new pg.Client({ connectionString: server.roles.owner })
  await client.connect()
  await client.query('ALTER TABLE identity.audit_log NO FORCE ROW LEVEL SECURITY')
  await client.query(`UPDATE identity.audit_log SET action = 'nothing' WHERE workspace_id = $1`, [
    workspaceId,
  ])
  await client.query('ALTER TABLE identity.audit_log FORCE ROW LEVEL SECURITY')
  await client.end()
  const broken = await run()
  expect(broken.text).toContain(`${workspaceId}  1 entries  BROKEN at entry 1`)
  expect(broken.text).toContain('2 workspaces, 1 broken')
  expect(broken.code).toBe(1)
})
