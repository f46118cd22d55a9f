import { randomUUID } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { FileInfo } from '@atrium/contract'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'

let server: TestServer
let owner: Person

beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
})
afterAll(() => server[Symbol.asyncDispose]())

interface Sent {
  readonly status: number
  readonly isReplay: boolean
  readonly body: FileInfo & { error?: { code: string } }
}

/** Uploads under a key; each form has a boundary of its own. */
async function upload(key: string, text: string, name = 'a.txt', type = 'text/plain'): Promise<Sent> {
  const form = new FormData()
  form.set('file', new Blob([text], { type }), name)
  const response = await owner.client.raw(`${owner.base}/files`, {
    method: 'POST',
    headers: { 'idempotency-key': key },
    body: form,
  })
  const isReplay = response.headers.get('idempotent-replayed') === 'true'
  return { status: response.status, isReplay, body: (await response.json()) as Sent['body'] }
}

/** Every file in the blob store, finished or not. */
async function blobs(): Promise<string[]> {
  const entries = await readdir(join(server.dataDir, 'blobs'), { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
}

it('sent again under its key is stored once', async () => {
  const key = randomUUID()
  const first = await upload(key, 'hello')
  const before = await blobs()
  const again = await upload(key, 'hello')
  expect([first.status, first.isReplay, again.status, again.isReplay]).toEqual([201, false, 201, true])
  expect(again.body).toEqual(first.body)
  expect(await blobs()).toEqual(before)
})

it('sent twice at the same moment is stored once', async () => {
  const key = randomUUID()
  const before = (await blobs()).length
  const text = 'at once '.repeat(500_000)
  const sent = await Promise.all(Array.from({ length: 4 }, () => upload(key, text)))
  expect(sent.map(({ status }) => status)).toEqual([201, 201, 201, 201])
  expect(new Set(sent.map(({ body }) => body.id)).size).toBe(1)
  expect((await blobs()).length).toBe(before + 1)
})

it.each([
  ['other content of the same length', 'jello', 'a.txt', 'text/plain'],
  ['more content', 'hello!', 'a.txt', 'text/plain'],
  ['another name', 'hello', 'b.txt', 'text/plain'],
  ['another type', 'hello', 'a.txt', 'text/csv'],
])('of %s under a used key answers 422 and leaves nothing', async (_, text, name, type) => {
  const key = randomUUID()
  const first = await upload(key, 'hello')
  const before = await blobs()
  const other = await upload(key, text, name, type)
  expect([other.status, other.body.error?.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
  expect(await blobs()).toEqual(before)
  expect((await upload(key, 'hello')).body.id).toBe(first.body.id)
})

it('of a large file whose last byte alone differs answers 422', async () => {
  const key = randomUUID()
  const text = 'x'.repeat(15 * 1024 * 1024)
  expect((await upload(key, text)).status).toBe(201)
  expect((await upload(key, `${text.slice(0, -1)}y`)).status).toBe(422)
  expect((await upload(key, text)).isReplay).toBe(true)
})

it('that was refused leaves its key free', async () => {
  const key = randomUUID()
  expect((await upload(key, 'a\0b')).status).toBe(415)
  expect((await upload(key, 'hello')).status).toBe(201)
})
