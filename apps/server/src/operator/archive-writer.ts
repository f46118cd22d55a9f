import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { constants, createZstdCompress } from 'node:zlib'
import { createTarPacker } from 'modern-tar'
import type { ArchiveManifest } from './archive-format.ts'
import { sealing } from './sealing.ts'

/** Writes entries one after the other: a tar in zstd, sealed with a passphrase when there is one. */
export interface ArchiveWriter {
  add(name: string, content: Buffer): Promise<void>
  /** @returns false when the file is gone */
  addFile(name: string, path: string): Promise<boolean>
  /** What was added so far. */
  readonly entries: ArchiveManifest['entries']
  /** Makes the file appear under its name, complete and on the disk; gives its size. */
  finish(): Promise<number>
  /** Leaves nothing behind. */
  abandon(): Promise<void>
}

export async function createArchive(path: string, passphrase: string | null): Promise<ArchiveWriter> {
  const draft = `${path}.part`
  // Taken anew each time: an earlier attempt may have left one.
  await rm(draft, { force: true })
  const { readable, controller } = createTarPacker()
  const zstd = createZstdCompress({ params: { [constants.ZSTD_c_checksumFlag]: 1 } })
  const file = createWriteStream(draft, { mode: 0o600, flags: 'wx', flush: true })
  const seal = passphrase === null ? [] : [await sealing(passphrase)]
  const written = pipeline([Readable.fromWeb(readable), zstd, ...seal, file])
  // Told to whoever writes next, or to `finish`.
  written.catch(() => undefined)
  const entries: { name: string; sizeBytes: number; sha256: string }[] = []

  const addAll = async (name: string, sizeBytes: number, chunks: AsyncIterable<Buffer> | Buffer[]) => {
    const hash = createHash('sha256')
    const body = controller
      .add({ name, size: sizeBytes, type: 'file', mode: 0o600, mtime: new Date(0) })
      .getWriter()
    for await (const chunk of chunks) {
      hash.update(chunk)
      await Promise.race([body.write(new Uint8Array(chunk)), written])
    }
    await body.close()
    entries.push({ name, sizeBytes, sha256: hash.digest('hex') })
  }

  return {
    entries,
    add: (name, content) => addAll(name, content.length, [content]),
    addFile: async (name, source) => {
      const handle = await open(source, 'r').catch(() => null)
      if (!handle) return false
      const { size } = await handle.stat()
      await addAll(name, size, handle.createReadStream())
      return true
    },
    finish: async () => {
      controller.finalize()
      await written
      await rename(draft, path)
      await syncFolder(dirname(path))
      return (await stat(path)).size
    },
    abandon: async () => {
      controller.error(new Error('abandoned'))
      await written.catch(() => undefined)
      await rm(draft, { force: true })
    },
  }
}

async function syncFolder(path: string): Promise<void> {
  await using handle = await open(path, 'r')
  await handle.sync()
}
