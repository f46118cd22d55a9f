import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorBody, type FileInfo } from '@atrium/contract'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'

let server: TestServer
let owner: Person
beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
})
afterAll(() => server[Symbol.asyncDispose]())

const upload = (): Promise<Response> => {
  const form = new FormData()
  form.set('file', new Blob(['some text']), 'notes.txt')
  return owner.client.raw(`${owner.base}/files`, { method: 'POST', body: form })
}
const contentOf = async ({ id }: { id: string }): Promise<Response> => {
  const { body } = await owner.client.post<{ url: string }>(`${owner.base}/files/${id}/urls`, {
    disposition: 'attachment',
  })
  return owner.client.raw(body.url)
}

async function expectUnavailable(response: Response): Promise<void> {
  expect(response.status).toBe(503)
  expect(errorBody.parse(await response.json()).error.code).toBe('SERVICE_UNAVAILABLE')
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
}

const folder = (): string => join(server.dataDir, 'blobs')
const aside = (): string => join(server.dataDir, 'blobs.aside')

it.each([
  ['is gone', async () => undefined],
  ['is a file', () => writeFile(folder(), 'not a folder')],
  ['has lost its parts', () => mkdir(folder())],
])('answers 503 in the one shape while its folder %s, and works again afterwards', async (how, breakIt) => {
  const kept = (await (await upload()).json()) as FileInfo
  await rename(folder(), aside())
  await breakIt()
  try {
    await expectUnavailable(await upload())
    if (how !== 'has lost its parts') await expectUnavailable(await contentOf(kept))
    expect((await owner.client.get(owner.base)).status).toBe(200)
  } finally {
    await rm(folder(), { recursive: true, force: true })
    await rename(aside(), folder())
  }
  expect((await upload()).status).toBe(201)
  expect(await (await contentOf(kept)).text()).toBe('some text')
})
