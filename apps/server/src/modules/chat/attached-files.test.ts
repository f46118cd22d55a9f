import { randomUUID } from 'node:crypto'
import type { FileInfo } from '@atrium/contract'
import { startConversation, startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { startFakeProvider, type FakeProvider } from '@atrium/testkit/provider'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'

let provider: FakeProvider
let server: TestServer
let owner: Person

beforeAll(async () => {
  provider = await startFakeProvider()
  server = await startTestServer({
    environment: { OPENAI_API_KEY: 'fake-key', OPENAI_BASE_URL: `${provider.url}/v1` },
  })
  owner = await server.owner()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})

const mib = 1024 * 1024

async function upload(name: string, bytes: number): Promise<string> {
  const form = new FormData()
  form.set('file', new Blob([name.padEnd(bytes, '.')]), name)
  const response = await owner.client.raw(`${owner.base}/files`, { method: 'POST', body: form })
  return ((await response.json()) as FileInfo).id
}

/** Sends a message that names files, and gives its last event. */
async function sendFiles(path: string, text: string, fileIds: readonly string[], parentId: string | null) {
  const id = randomUUID()
  const files = fileIds.map((fileId) => ({ type: 'file', fileId }))
  const message = { id, content: [{ type: 'text', text }, ...files] }
  const events = await Array.fromAsync(
    owner.client.events(`${path}/turns`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': id },
      body: JSON.stringify({ parentId, message }),
    }),
  )
  return events.at(-1)
}

it('reads a file once for an answer, however often the path names it', async () => {
  const chat = await startConversation(owner, 'openai/fake-1')
  const fileId = await upload('often.txt', 100)
  const often = Array.from({ length: 31 }, () => fileId)
  const first = await sendFiles(chat.path, 'look', often, null)
  const read = vi.spyOn(server.running.platform.blobs, 'get')
  const second = await sendFiles(chat.path, 'look again', [fileId], (await chat.open()).leafId)
  expect([first?.type, second?.type]).toEqual(['turn_completed', 'turn_completed'])
  expect(read).toHaveBeenCalledTimes(1)
  const sent = provider.calls.find(({ marker }) => marker.includes('look again'))
  expect(JSON.stringify(sent?.body).match(/File \\"often\.txt\\"/g)).toHaveLength(32)
})

it('fails an answer whose files are too large together, without asking the model, and says so', async () => {
  const chat = await startConversation(owner, 'openai/fake-1')
  const ids = await Promise.all(['1.txt', '2.txt', '3.txt'].map((name) => upload(name, 17 * mib)))
  const last = await sendFiles(chat.path, 'too much', ids, null)
  expect(last).toMatchObject({
    type: 'turn_failed',
    data: { error: { code: 'REQUEST_TOO_LARGE', retryable: false } },
  })
  expect((await chat.open()).messages.at(-1)?.error?.message).toContain('too large together')
  expect(provider.calls.filter(({ marker }) => marker.includes('too much'))).toHaveLength(0)
})
