import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppError } from '#platform/errors'

/** An upload on disk, which can be read more than once. Its name is gone already: nothing is left when the process dies. */
export interface Upload extends AsyncDisposable {
  readonly sizeBytes: number
  read(): AsyncIterable<Buffer>
}

const readBytes = 64 * 1024

/**
 * Writes a stream to a temporary file that only this process can open.
 * @throws AppError 413 beyond `maxBytes`, 507 when the disk is full
 */
export async function receive(source: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Upload> {
  const file = await openNameless()
  try {
    const sizeBytes = await fill(file, source, maxBytes)
    return {
      sizeBytes,
      read: () => file.createReadStream({ start: 0, autoClose: false, highWaterMark: readBytes }),
      [Symbol.asyncDispose]: () => file.close(),
    }
  } catch (error) {
    await file.close()
    throw isDiskFull(error)
      ? new AppError('INSUFFICIENT_STORAGE', 'The disk of the server is full.', { cause: error })
      : error
  }
}

async function openNameless(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'atrium-import-'))
  try {
    return await open(join(folder, 'upload'), 'wx+', 0o600)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function fill(file: FileHandle, source: AsyncIterable<Uint8Array>, maxBytes: number): Promise<number> {
  let sizeBytes = 0
  for await (const chunk of source) {
    sizeBytes += chunk.byteLength
    if (sizeBytes > maxBytes) {
      throw new AppError('PAYLOAD_TOO_LARGE', `The file is larger than ${maxBytes / 2 ** 20} MB.`)
    }
    await file.writeFile(chunk)
  }
  return sizeBytes
}

const isDiskFull = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOSPC'
