import { randomBytes, randomUUID } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import type { FileInfo } from '@atrium/contract'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createUrlSigner } from './signed-url.ts'
import { createFiles } from './service.ts'

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)
const gif = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')
const jpeg = Buffer.from('ffd8ffe000104a46494600010100000100010000ffdb004300', 'hex')
const webp = Buffer.concat([
  Buffer.from('RIFF'),
  Buffer.from([26, 0, 0, 0]),
  Buffer.from('WEBPVP8L'),
  randomBytes(18),
])
const pdf = Buffer.from('%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n')
const zip = Buffer.from('504b0304140000000800', 'hex')

let server: TestServer
let owner: Person

beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
})

afterAll(() => server[Symbol.asyncDispose]())

interface Sent {
  readonly status: number
  readonly body: FileInfo & { error?: { code: string; message: string } }
}

async function upload(
  bytes: Uint8Array<ArrayBuffer> | string,
  name: string,
  type = '',
  person = owner,
  field = 'file',
): Promise<Sent> {
  const form = new FormData()
  form.set(field, new Blob([bytes], { type }), name)
  const response = await person.client.raw(`${person.base}/files`, { method: 'POST', body: form })
  return { status: response.status, body: (await response.json()) as Sent['body'] }
}

const bytesOf = (buffer: Buffer): Uint8Array<ArrayBuffer> => new Uint8Array(buffer)

async function signedUrl(id: string, disposition = 'inline', person = owner): Promise<string> {
  return (await person.client.post<{ url: string }>(`${person.base}/files/${id}/urls`, { disposition })).body
    .url
}

/** Every file in the blob store. */
async function blobs(): Promise<string[]> {
  const entries = await readdir(join(server.dataDir, 'blobs'), { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name)
}

describe('an upload', () => {
  it.each([
    ['a PNG', png, 'a.png', 'image/png', 'image/png', 'image'],
    ['a JPEG', jpeg, 'a.jpg', 'image/jpeg', 'image/jpeg', 'image'],
    ['a GIF', gif, 'a.gif', 'image/gif', 'image/gif', 'image'],
    ['a WebP', webp, 'a.webp', 'image/webp', 'image/webp', 'image'],
    ['an image of another format than its name says', gif, 'a.png', 'image/png', 'image/gif', 'image'],
    ['an image that says nothing of itself', png, 'a', 'application/octet-stream', 'image/png', 'image'],
    ['Markdown', Buffer.from('# Grüße'), 'a.md', 'text/markdown', 'text/markdown', 'text'],
    [
      'source code under a misleading type',
      Buffer.from('const a = 1'),
      'a.ts',
      'video/mp2t',
      'text/plain',
      'text',
    ],
    [
      'HTML, as plain text',
      Buffer.from('<script>alert(1)</script>'),
      'a.html',
      'text/html',
      'text/plain',
      'text',
    ],
    [
      'SVG, as plain text',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
      'a.svg',
      'image/svg+xml',
      'text/plain',
      'text',
    ],
    ['JSON', Buffer.from('{"a":1}'), 'a.json', 'application/json', 'application/json', 'text'],
    [
      'text that begins with a byte order mark',
      Buffer.from('\uFEFFhello'),
      'a.txt',
      'text/plain',
      'text/plain',
      'text',
    ],
  ])('of %s is taken for what it is', async (_what, bytes, name, claimed, mediaType, kind) => {
    const { status, body } = await upload(bytesOf(bytes), name, claimed)
    expect({ status, ...body }).toMatchObject({ status: 201, name, mediaType, kind, sizeBytes: bytes.length })
  })

  it.each([
    ['a PDF', pdf, 'a.pdf', 'application/pdf', 'a PDF document'],
    ['a PDF that says it is text', pdf, 'a.txt', 'text/plain', 'a PDF document'],
    ['an archive', zip, 'a.zip', 'application/zip', 'zip'],
    ['a program', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]), 'a', '', 'type'],
    [
      'text that says it is an image',
      Buffer.from('hello there'),
      'a.png',
      'image/png',
      'its content is text',
    ],
    ['an image that says it is text', png, 'a.txt', 'text/plain', 'its content is an image'],
    ['text with a NUL', Buffer.from('a\0b'), 'a.txt', 'text/plain', 'binary'],
    ['text in another encoding', Buffer.from('Gr\xfc\xdfe', 'latin1'), 'a.txt', 'text/plain', 'UTF-8'],
    [
      'text that is cut in the middle of a character',
      Buffer.from('hello 🙂').subarray(0, -1),
      'a.txt',
      'text/plain',
      'cut off',
    ],
    [
      'text whose error is far behind',
      Buffer.concat([Buffer.alloc(300_000, 'a'), Buffer.from([0xff])]),
      'a.txt',
      'text/plain',
      'UTF-8',
    ],
    ['random bytes', randomBytes(10_000), 'a.bin', '', 'binary'],
  ])('of %s answers 415 and leaves nothing', async (_what, bytes, name, claimed, words) => {
    const before = await blobs()
    const { status, body } = await upload(bytesOf(bytes), name, claimed)
    expect(status).toBe(415)
    expect(body.error?.code).toBe('UNSUPPORTED_MEDIA_TYPE')
    expect(body.error?.message).toContain(words)
    expect(await blobs()).toEqual(before)
  })

  it('answers 400 for an empty file, a missing one, and a wrong field', async () => {
    expect((await upload('', 'a.txt')).status).toBe(400)
    expect((await upload('a', 'a.txt', '', owner, 'other')).status).toBe(400)
    const nothing = await owner.client.raw(`${owner.base}/files`, { method: 'POST', body: new FormData() })
    expect(nothing.status).toBe(400)
  })

  it('answers 415 for a body that is no form', async () => {
    const reply = await owner.client.post(`${owner.base}/files`, { file: 'x' }, { allowFailure: true })
    expect(reply.status).toBe(415)
  })

  it('takes exactly 20 MiB, and answers 413 for a byte more, leaving nothing', async () => {
    const limit = 20 * 1024 * 1024
    expect((await upload(bytesOf(Buffer.alloc(limit, 'a')), 'a.txt')).body.sizeBytes).toBe(limit)
    const before = await blobs()
    expect((await upload(bytesOf(Buffer.alloc(limit + 1, 'a')), 'a.txt')).status).toBe(413)
    expect((await upload(bytesOf(Buffer.alloc(2 * limit, 'a')), 'a.txt')).status).toBe(413)
    expect(await blobs()).toEqual(before)
  })

  it('leaves nothing when the sender hangs up in the middle', async () => {
    const before = await blobs()
    await hangUpAfter(200_000)
    await expect.poll(blobs).toEqual(before)
  })

  it.each([
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\x\\report.txt', 'report.txt'],
    ['a\u202Etxt.exe', 'atxt.exe'],
    ['.htaccess', 'htaccess'],
    [`${'n'.repeat(400)}.txt`, `${'n'.repeat(196)}.txt`],
    ['"quoted"; x=y.txt', '"quoted"; x=y.txt'],
  ])('named %j keeps the name %j and never a path', async (given, kept) => {
    const { body } = await upload('hello', given)
    expect(body.name).toBe(kept)
    expect((await blobs()).every((name) => /^[0-9a-f]{32}$/.test(name))).toBe(true)
  })

  it('answers 403 to viewers and 401 to strangers', async () => {
    const viewer = await server.invite(owner, 'viewer')
    expect((await upload('x', 'a.txt', '', viewer)).status).toBe(403)
    const form = new FormData()
    form.set('file', new Blob(['x']), 'a.txt')
    expect((await server.client().raw(`${owner.base}/files`, { method: 'POST', body: form })).status).toBe(
      401,
    )
  })
})

describe('a file', () => {
  it('is known to its owner only', async () => {
    const { body } = await upload('mine alone', 'a.txt')
    expect((await owner.client.get<FileInfo>(`${owner.base}/files/${body.id}`)).body).toEqual(body)
    const admin = await server.invite(owner, 'admin')
    for (const path of [`/files/${body.id}`]) {
      expect((await admin.client.get(`${admin.base}${path}`, { allowFailure: true })).status).toBe(404)
    }
    expect(
      (await admin.client.post(`${admin.base}/files/${body.id}/urls`, {}, { allowFailure: true })).status,
    ).toBe(404)
  })

  it('does not exist in another workspace', async () => {
    const { body } = await upload('mine alone', 'a.txt')
    const { body: other } = await owner.client.post<{ id: string }>('/api/v1/workspaces', { name: 'Other' })
    const base = `/api/v1/workspaces/${other.id}`
    expect((await owner.client.get(`${base}/files/${body.id}`, { allowFailure: true })).status).toBe(404)
    expect(
      (await owner.client.post(`${base}/files/${body.id}/urls`, {}, { allowFailure: true })).status,
    ).toBe(404)
  })
})

describe('a signed address', () => {
  it('gives the bytes to whoever has it, without cookies, and nothing that could run', async () => {
    const { body } = await upload(bytesOf(png), 'späte Grüße.png', 'image/png')
    const response = await fetch(new URL(await signedUrl(body.id), server.url))
    expect(Buffer.from(await response.arrayBuffer())).toEqual(png)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-disposition': `inline; filename="sp_te Gr__e.png"; filename*=UTF-8''sp%C3%A4te%20Gr%C3%BC%C3%9Fe.png`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringMatching(/^sandbox; default-src 'none'/),
    })
    expect(response.headers.get('set-cookie')).toBeNull()
  })

  it('gives text as text, whatever it contains', async () => {
    const { body } = await upload('<script>alert(1)</script>', 'a.html', 'text/html')
    const response = await fetch(new URL(await signedUrl(body.id, 'attachment'), server.url))
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(response.headers.get('content-disposition')).toMatch(/^attachment;/)
    expect(await response.text()).toBe('<script>alert(1)</script>')
  })

  it('gives a part of an image when asked for one', async () => {
    const { body } = await upload(bytesOf(png), 'a.png', 'image/png')
    const response = await fetch(new URL(await signedUrl(body.id), server.url), {
      headers: { range: 'bytes=1-3' },
    })
    expect(response.status).toBe(206)
    expect(response.headers.get('content-range')).toBe(`bytes 1-3/${png.length}`)
    expect(await response.text()).toBe('PNG')
    const url = new URL(await signedUrl(body.id), server.url)
    const beyond = await fetch(url, { headers: { range: 'bytes=9999-' } })
    expect(beyond.status).toBe(416)
    const backwards = await fetch(url, { headers: { range: 'bytes=5-2' } })
    expect(backwards.status).toBe(200)
  })

  it('answers 403 once anything about it is changed', async () => {
    const { body } = await upload('secret', 'a.txt')
    const { body: second } = await upload('other', 'b.txt')
    const url = new URL(await signedUrl(body.id), server.url)
    const changes: ((one: URL) => void)[] = [
      (one) => one.searchParams.set('expires', String(Number(one.searchParams.get('expires')) + 1)),
      (one) => one.searchParams.set('disposition', 'attachment'),
      (one) => one.searchParams.set('signature', `${one.searchParams.get('signature')}x`),
      (one) => one.searchParams.set('signature', ''),
      (one) => (one.pathname = one.pathname.replace(body.id, second.id)),
      (one) => (one.pathname = one.pathname.replace(owner.workspaceId, randomUUID())),
    ]
    for (const change of changes) {
      const changed = new URL(url)
      change(changed)
      const response = await fetch(changed)
      expect(response.status, changed.href).toBe(403)
      expect(await response.text()).not.toContain('secret')
    }
    expect((await fetch(url)).status).toBe(200)
  })

  it('lives five minutes at most', async () => {
    const { body } = await upload('secret', 'a.txt')
    const { expiresAt } = (
      await owner.client.post<{ expiresAt: string }>(`${owner.base}/files/${body.id}/urls`, {})
    ).body
    expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(300_000)
    const { keyring, clock } = server.running.platform
    const mintedAt = (offsetMs: number): string => {
      const now = (): Date => new Date(Date.now() + offsetMs)
      return createUrlSigner(keyring, { ...clock, now }).mint(owner.workspaceId, body.id, 'inline').url
    }
    expect((await fetch(new URL(mintedAt(-299_000), server.url))).status).toBe(200)
    expect((await fetch(new URL(mintedAt(-301_000), server.url))).status).toBe(403)
    expect((await fetch(new URL(mintedAt(3_600_000), server.url))).status).toBe(403)
  })
})

it.each([
  ['in an extended name', `filename*=UTF-8''a%00b.txt`],
  ['in a plain name', 'filename="a\0b.txt"'],
])('refuses NUL %s by name', async (_, name) => {
  const body = `--part\r\nContent-Disposition: form-data; name="file"; ${name}\r\nContent-Type: text/plain\r\n\r\nhello\r\n--part--\r\n`
  const response = await owner.client.raw(`${owner.base}/files`, {
    method: 'POST',
    headers: { 'content-type': 'multipart/form-data; boundary=part' },
    body,
  })
  expect(response.status).toBe(400)
  expect(((await response.json()) as Sent['body']).error?.code).toMatch(/^INVALID_/)
})

describe('for the chat', () => {
  const service = () => createFiles(server.running.platform)
  const inWorkspace = <T>(
    work: (
      tx: Parameters<Parameters<TestServer['running']['platform']['db']['withWorkspace']>[1]>[0],
    ) => Promise<T>,
  ) => server.running.platform.db.withWorkspace(owner.workspaceId, work)

  it('files are described in the order that is asked for, and read', async () => {
    const [one, two] = [(await upload('first', '1.txt')).body, (await upload('second', '2.txt')).body]
    const infos = await inWorkspace((tx) => service().describe(tx, owner.id, [two.id, one.id]))
    expect(infos).toEqual([two, one])
    expect((await service().read(owner.workspaceId, one.id)).toString()).toBe('first')
  })

  it('a file that is missing or somebody else’s is FILE_NOT_FOUND', async () => {
    const member = await server.invite(owner, 'member')
    const { body } = await upload('theirs', 'a.txt', '', member)
    for (const id of [body.id, randomUUID()]) {
      await expect(inWorkspace((tx) => service().describe(tx, owner.id, [id]))).rejects.toMatchObject({
        code: 'FILE_NOT_FOUND',
        status: 404,
      })
    }
    await expect(service().read(randomUUID(), body.id)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
  })

  it('unused files go after a day, used ones and fresh ones stay', async () => {
    const [used, unused, fresh] = [
      (await upload('a', 'a.txt')).body,
      (await upload('b', 'b.txt')).body,
      (await upload('c', 'c.txt')).body,
    ]
    await inWorkspace((tx) => service().markUsed(tx, [used.id]))
    const client = new pg.Client({ connectionString: server.roles.job })
    await client.connect()
    await client.query(
      `UPDATE files.files SET created_at = now() - interval '25 hours' WHERE id = ANY ($1)`,
      [[used.id, unused.id]],
    )
    await client.end()
    const before = await blobs()
    await service().own.tidy()
    const status = async (id: string): Promise<number> =>
      (await owner.client.get(`${owner.base}/files/${id}`, { allowFailure: true })).status
    expect([await status(used.id), await status(unused.id), await status(fresh.id)]).toEqual([200, 404, 200])
    expect((await blobs()).length).toBe(before.length - 1)
  })

  it('a full disk answers 507', async () => {
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' })
    const { blobs: store } = server.running.platform
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('hello')
      throw full
    }
    await expect(store.put(failing(), { maxBytes: 100 })).rejects.toMatchObject({ status: 507 })
  })
})

/** Sends the beginning of a large upload and cuts the connection. */
async function hangUpAfter(bytes: number): Promise<void> {
  const boundary = 'x-boundary'
  const { hostname, port } = new URL(server.url)
  const sending = httpRequest({
    hostname,
    port,
    method: 'POST',
    path: `${owner.base}/files`,
    headers: {
      cookie: owner.client.cookie,
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': 1_000_000,
    },
  })
  sending.on('error', () => undefined)
  sending.write(`--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\n`)
  sending.write('a'.repeat(bytes))
  await new Promise((resolve) => setTimeout(resolve, 200))
  sending.destroy()
}
