import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { FileInfo } from '@atrium/contract'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import pg from 'pg'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { migrate } from '#platform/migrate'
import { createFiles } from './service.ts'

const limit = 100_000
let server: TestServer
let owner: Person
let database: pg.Client

beforeEach(async () => {
  server = await startTestServer({ environment: { ATRIUM_WORKSPACE_STORAGE_BYTES: String(limit) } })
  owner = await server.owner()
  database = new pg.Client({ connectionString: server.roles.job })
  await database.connect()
})
afterEach(async () => {
  await database.end()
  await server[Symbol.asyncDispose]()
})

interface Sent {
  readonly status: number
  readonly body: FileInfo & { error?: { code: string; message: string; details: unknown } }
}

async function upload(bytes: number, base = owner.base, person = owner): Promise<Sent> {
  const form = new FormData()
  form.set('file', new Blob(['a'.repeat(bytes)]), 'a.txt')
  const response = await person.client.raw(`${base}/files`, { method: 'POST', body: form })
  return { status: response.status, body: (await response.json()) as Sent['body'] }
}

/** How many files lie in the blob store. */
async function blobs(): Promise<number> {
  const entries = await readdir(join(server.dataDir, 'blobs'), { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).length
}

const usage = async (): Promise<number> =>
  (
    await database.query<{ bytes: number }>(
      'SELECT bytes::float8 AS bytes FROM files.usage WHERE workspace_id = $1',
      [owner.workspaceId],
    )
  ).rows[0]?.bytes ?? 0

it('takes files up to the limit to the byte, refuses more with 507, and leaves nothing of them', async () => {
  expect((await upload(limit - 10)).status).toBe(201)
  const refused = await upload(11)
  expect(refused.status).toBe(507)
  expect(refused.body.error).toMatchObject({ code: 'QUOTA_EXCEEDED', details: { limitBytes: limit } })
  expect((await upload(10)).status).toBe(201)
  expect((await upload(1)).status).toBe(507)
  expect([await blobs(), await usage()]).toEqual([2, limit])
})

it('counts what all members store, and each workspace for itself', async () => {
  const member = await server.invite(owner, 'member')
  expect((await upload(limit - 10, owner.base, member)).status).toBe(201)
  expect((await upload(20)).status).toBe(507)
  const { body: other } = await owner.client.post<{ id: string }>('/api/v1/workspaces', { name: 'Other' })
  expect((await upload(20, `/api/v1/workspaces/${other.id}`)).status).toBe(201)
})

it('holds when many come at once', async () => {
  const sent = await Promise.all(Array.from({ length: 12 }, () => upload(limit / 5)))
  expect(sent.filter(({ status }) => status === 201)).toHaveLength(5)
  expect(sent.filter(({ status }) => status === 507)).toHaveLength(7)
  expect([await blobs(), await usage()]).toEqual([5, limit])
})

it('has room again when files that nobody sent are removed', async () => {
  const { body } = await upload(limit)
  await database.query(`UPDATE files.files SET created_at = now() - interval '25 hours'`)
  await createFiles(server.running.platform).own.tidy()
  expect([await blobs(), await usage()]).toEqual([0, 0])
  expect((await owner.client.get(`${owner.base}/files/${body.id}`, { allowFailure: true })).status).toBe(404)
  expect((await upload(limit)).status).toBe(201)
})

it('counts what was stored before there was a limit', async () => {
  await upload(limit - 10)
  const tables = new pg.Client({ connectionString: server.roles.owner })
  await tables.connect()
  await tables.query(`DROP TABLE files.usage`)
  await tables.query(`DELETE FROM platform.migrations WHERE source = 'files' AND name LIKE '0002-%'`)
  await tables.end()
  await migrate(server.roles.owner, [{ name: 'files', folder: join(import.meta.dirname, 'migrations') }])
  expect(await usage()).toBe(limit - 10)
  expect((await upload(11)).status).toBe(507)
})
