import { createHash, randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { AppError } from './errors.ts'

export interface StoredBlob {
  /** Made by the store; the only way to the blob. */
  readonly key: string
  readonly sizeBytes: number
  /** Lower-case hexadecimal. */
  readonly sha256: string
}

/** Both ends count, from 0, as in HTTP. An end past the last byte means the last byte. */
export interface ByteRange {
  readonly start: number
  readonly end?: number
}

export interface OpenBlob {
  readonly stream: Readable
  /** Of the whole blob. */
  readonly sizeBytes: number
  readonly start: number
  /** The last byte that the stream gives. */
  readonly end: number
}

export interface PutOptions {
  readonly maxBytes: number
  readonly signal?: AbortSignal
}

/** Keeps immutable blobs under keys of its own making. */
export interface BlobStore {
  /**
   * Stores all of `source`, or nothing: when this returns, the blob survives a power cut.
   * @throws {BlobError} PAYLOAD_TOO_LARGE, INSUFFICIENT_STORAGE, SERVICE_UNAVAILABLE when the disk cannot be written;
   * whatever the source or the signal throws.
   */
  readonly put: (source: AsyncIterable<Uint8Array>, options: PutOptions) => Promise<StoredBlob>
  /** @throws {BlobError} BLOB_NOT_FOUND, RANGE_NOT_SATISFIABLE, SERVICE_UNAVAILABLE when the disk cannot be read. */
  readonly get: (key: string, range?: ByteRange) => Promise<OpenBlob>
  /** Whether there was one. @throws {BlobError} SERVICE_UNAVAILABLE */
  readonly delete: (key: string) => Promise<boolean>
}

type BlobErrorCode =
  | 'BLOB_NOT_FOUND'
  | 'PAYLOAD_TOO_LARGE'
  | 'INSUFFICIENT_STORAGE'
  | 'RANGE_NOT_SATISFIABLE'
  | 'SERVICE_UNAVAILABLE'

const errors: Readonly<Record<BlobErrorCode, { status: number; message: string }>> = {
  BLOB_NOT_FOUND: { status: 404, message: 'There is no such file.' },
  PAYLOAD_TOO_LARGE: { status: 413, message: 'The file is too large.' },
  INSUFFICIENT_STORAGE: { status: 507, message: 'The server has no room for this file.' },
  RANGE_NOT_SATISFIABLE: { status: 416, message: 'The file has no such part.' },
  SERVICE_UNAVAILABLE: { status: 503, message: 'Files cannot be stored or read at the moment.' },
}

class BlobError extends AppError {
  constructor(code: BlobErrorCode, details?: unknown, cause?: unknown) {
    const { status, message } = errors[code]
    // The detail brings the failure into the log, which is spared what only sheds load.
    const outage = status === 503 ? { retryAfterSeconds: 10, detail: String(cause) } : {}
    super(code, message, { status, details, cause, ...outage })
    this.name = 'BlobError'
  }
}

const staleDraftMs = 24 * 60 * 60 * 1000

/** Opens the store in a folder of the disk, which it makes; drafts that a crash left behind are removed. */
export async function openBlobs(folder: string): Promise<BlobStore> {
  const drafts = join(folder, 'drafts')
  await mkdir(drafts, { recursive: true, mode: 0o700 })
  await removeStaleDrafts(drafts)
  return {
    put: (source, options) => put(folder, drafts, source, options),
    get: (key, range) => get(folder, pathOf(folder, key), range),
    delete: (key) => remove(pathOf(folder, key)),
  }
}

async function put(
  folder: string,
  drafts: string,
  source: AsyncIterable<Uint8Array>,
  options: PutOptions,
): Promise<StoredBlob> {
  const key = randomBytes(16).toString('hex')
  const draft = join(drafts, key)
  try {
    const written = await writeDraft(draft, source, options)
    await publish(draft, pathOf(folder, key))
    return { key, ...written }
  } catch (error) {
    // The disk that failed may fail here, too; drafts that stay are removed at the next start.
    await rm(draft, { force: true }).catch(() => undefined)
    throw named(error)
  }
}

async function writeDraft(
  draft: string,
  source: AsyncIterable<Uint8Array>,
  { maxBytes, signal }: PutOptions,
): Promise<Omit<StoredBlob, 'key'>> {
  await using handle = await open(draft, 'wx', 0o600)
  const hash = createHash('sha256')
  let sizeBytes = 0
  for await (const chunk of source) {
    signal?.throwIfAborted()
    sizeBytes += chunk.byteLength
    if (sizeBytes > maxBytes) throw new BlobError('PAYLOAD_TOO_LARGE', { maxBytes })
    hash.update(chunk)
    await writeAll(handle, chunk)
  }
  signal?.throwIfAborted()
  await handle.sync()
  return { sizeBytes, sha256: hash.digest('hex') }
}

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let offset = 0; offset < chunk.byteLength;) {
    const { bytesWritten } = await handle.write(chunk, offset)
    offset += bytesWritten
  }
}

/** A file's name is durable once its folder is synced, and that folder's once its own parent is. */
async function publish(draft: string, path: string): Promise<void> {
  const shard = dirname(path)
  const made = await mkdir(shard, { recursive: true, mode: 0o700 })
  await rename(draft, path)
  await syncFolder(shard)
  if (made !== undefined) {
    await syncFolder(dirname(shard))
    await syncFolder(dirname(dirname(shard)))
  }
}

async function syncFolder(path: string): Promise<void> {
  await using handle = await open(path, 'r')
  await handle.sync()
}

async function get(folder: string, path: string, range: ByteRange = { start: 0 }): Promise<OpenBlob> {
  const handle = await open(path, 'r').catch(async (cause: unknown) => {
    // Without the folder nothing can be told of the file.
    const isGone = codeOf(cause) === 'ENOENT' && (await isThere(folder))
    throw isGone ? new BlobError('BLOB_NOT_FOUND', undefined, cause) : named(cause)
  })
  try {
    const { size } = await handle.stat()
    const end = Math.min(range.end ?? size - 1, size - 1)
    const isWhole = range.start === 0 && range.end === undefined
    if (!isWhole && !isRange(range.start, end))
      throw new BlobError('RANGE_NOT_SATISFIABLE', { sizeBytes: size })
    // Without this, an empty file would ask for the bytes up to -1.
    const stream = handle.createReadStream(size === 0 ? {} : { start: range.start, end })
    return { stream, sizeBytes: size, start: range.start, end }
  } catch (error) {
    await handle.close()
    throw error
  }
}

const isRange = (start: number, end: number): boolean =>
  Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start <= end

async function remove(path: string): Promise<boolean> {
  try {
    await rm(path)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw named(error)
  }
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

/** Keys are ours alone: nothing else names a path. */
function pathOf(folder: string, key: string): string {
  if (!/^[0-9a-f]{32}$/.test(key)) throw new BlobError('BLOB_NOT_FOUND')
  return join(folder, key.slice(0, 2), key.slice(2, 4), key)
}

async function removeStaleDrafts(drafts: string): Promise<void> {
  for (const name of await readdir(drafts)) {
    const path = join(drafts, name)
    // Another process on the same folder may have finished it meanwhile.
    const found = await stat(path).catch(() => null)
    if (found && Date.now() - found.mtimeMs > staleDraftMs) await rm(path, { force: true })
  }
}

const full: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT'])

/** The disk or its folder is not usable: gone, read-only, forbidden, failing, or out of handles. */
const unusable: ReadonlySet<unknown> = new Set([
  'EACCES',
  'EBUSY',
  'EIO',
  'ELOOP',
  'EMFILE',
  'ENFILE',
  'ENODEV',
  'ENOENT',
  'ENOTDIR',
  'ENXIO',
  'EPERM',
  'EROFS',
  'ESTALE',
])

/** What a failure of the disk means to the caller; whatever else is thrown stays as it is. */
function named(error: unknown): unknown {
  if (full.has(codeOf(error))) return new BlobError('INSUFFICIENT_STORAGE', undefined, error)
  const isOfDisk = error instanceof Error && 'syscall' in error && unusable.has(codeOf(error))
  return isOfDisk ? new BlobError('SERVICE_UNAVAILABLE', undefined, error) : error
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined
