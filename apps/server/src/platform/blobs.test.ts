import { createHash, randomBytes } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type BlobStore, openBlobs } from './blobs.ts'

let folder: string
let blobs: BlobStore

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atrium-blobs-'))
  blobs = await openBlobs(folder)
})

afterEach(() => rm(folder, { recursive: true, force: true }))

const content = randomBytes(300_000)
const put = (bytes: Uint8Array = content, maxBytes = 1_000_000) =>
  blobs.put(Readable.from([bytes]), { maxBytes })
const drafts = () => readdir(join(folder, 'drafts'))

test('what is put comes back whole, with its size and hash, in a private file', async () => {
  const blob = await put()
  expect(blob).toEqual({
    key: expect.stringMatching(/^[0-9a-f]{32}$/),
    sizeBytes: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
  })
  const { stream, ...rest } = await blobs.get(blob.key)
  expect(rest).toEqual({ sizeBytes: 300_000, start: 0, end: 299_999 })
  expect((await buffer(stream)).equals(content)).toBe(true)
  const path = join(folder, blob.key.slice(0, 2), blob.key.slice(2, 4), blob.key)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await drafts()).toEqual([])
})

test('an empty blob is a blob', async () => {
  const { key } = await put(new Uint8Array(0))
  const { stream, sizeBytes } = await blobs.get(key)
  expect([sizeBytes, (await buffer(stream)).length]).toEqual([0, 0])
})

test.each([
  [{ start: 0, end: 9 }, 0, 9],
  [{ start: 299_990 }, 299_990, 299_999],
  [{ start: 5, end: 1e9 }, 5, 299_999],
])('a range %o gives bytes %i to %i', async (range, start, end) => {
  const { key } = await put()
  const blob = await blobs.get(key, range)
  expect(blob).toMatchObject({ start, end, sizeBytes: 300_000 })
  expect((await buffer(blob.stream)).equals(content.subarray(start, end + 1))).toBe(true)
})

test.each([{ start: 300_000 }, { start: -1 }, { start: 9, end: 8 }, { start: Number.NaN }, { start: 0.5 }])(
  'a range %o is refused with 416',
  async (range) => {
    const { key } = await put()
    await expect(blobs.get(key, range)).rejects.toMatchObject({ code: 'RANGE_NOT_SATISFIABLE', status: 416 })
  },
)

test('one byte too many is refused with 413 and leaves nothing', async () => {
  await expect(put(content, content.length - 1)).rejects.toMatchObject({
    code: 'PAYLOAD_TOO_LARGE',
    status: 413,
  })
  expect(await drafts()).toEqual([])
})

test('a source that breaks off, or is called off, leaves nothing', async () => {
  const breaking = Readable.from(
    (async function* () {
      yield content
      throw new Error('cut')
    })(),
  )
  await expect(blobs.put(breaking, { maxBytes: 1e6 })).rejects.toThrow('cut')
  const signal = AbortSignal.abort(new Error('called off'))
  await expect(blobs.put(Readable.from([content]), { maxBytes: 1e6, signal })).rejects.toThrow('called off')
  expect(await readdir(folder)).toEqual(['drafts'])
  expect(await drafts()).toEqual([])
})

test.each([
  '../secret',
  '..%2fsecret',
  '/etc/passwd',
  '',
  'x'.repeat(32),
  `${'a'.repeat(32)}\0`,
  `${'a'.repeat(31)}/`,
])('the key %j leads nowhere', async (key) => {
  await expect((async () => blobs.get(key))()).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND', status: 404 })
  await expect((async () => blobs.delete(key))()).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' })
})

test('what is deleted is gone, once', async () => {
  const { key } = await put()
  expect([await blobs.delete(key), await blobs.delete(key)]).toEqual([true, false])
  await expect(blobs.get(key)).rejects.toMatchObject({ status: 404 })
})

test('drafts of a crash are removed a day later, younger ones are left alone', async () => {
  await writeFile(join(folder, 'drafts', 'old'), 'x')
  await writeFile(join(folder, 'drafts', 'young'), 'x')
  await utimes(join(folder, 'drafts', 'old'), new Date(0), new Date(0))
  await openBlobs(folder)
  expect(await drafts()).toEqual(['young'])
})

const canMount = process.getuid?.() === 0 && process.platform === 'linux'

test.runIf(canMount)('a full disk answers 507 and leaves nothing half written', async (context) => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    context.skip('this machine does not let us mount a small disk')
  }
  try {
    blobs = await openBlobs(folder)
    const { key } = await put(content.subarray(0, 10_000))
    await expect(put()).rejects.toMatchObject({ code: 'INSUFFICIENT_STORAGE', status: 507 })
    expect(await drafts()).toEqual([])
    expect((await buffer((await blobs.get(key)).stream)).length).toBe(10_000)
  } finally {
    execFileSync('umount', [folder])
  }
})
