import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { PassThrough, pipeline, Readable } from 'node:stream'
import { createZstdDecompress } from 'node:zlib'
import { createTarDecoder } from 'modern-tar'
import {
  type ArchiveHeader,
  archiveHeader,
  type ArchiveManifest,
  archiveManifest,
  entryNames,
} from './archive-format.ts'
import { BackupError, damaged } from './backup-error.ts'
import { magic, sealedHeadBytes, unsealing } from './sealing.ts'

/** One file of an archive. Its content must be read before the next entry is asked for. */
export interface ArchiveEntry {
  readonly name: string
  readonly content: AsyncIterable<Uint8Array>
}

const zstdMagic = Buffer.from('28b52ffd', 'hex')

/** @throws {BackupError} when it is no backup, needs a passphrase, or is damaged */
export async function* readArchive(path: string, passphrase: string | null): AsyncGenerator<ArchiveEntry> {
  const tar = await openTar(path, passphrase)
  const entries = Readable.toWeb(tar).pipeThrough(createTarDecoder({ strict: true }))
  try {
    for await (const { header, body } of entries) yield { name: header.name, content: guarded(body) }
  } catch (error) {
    throw asDamage(error)
  } finally {
    tar.destroy()
  }
}

/** What goes wrong below is told to whoever reads the content, not to the loop over the entries. */
async function* guarded(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* content
  } catch (error) {
    throw asDamage(error)
  }
}

const asDamage = (error: unknown): BackupError =>
  error instanceof BackupError ? error : damaged('it cannot be unpacked', error)

async function openTar(path: string, passphrase: string | null): Promise<Readable> {
  const head = await readHead(path)
  const isSealed = head.subarray(0, magic.length).equals(magic)
  if (!isSealed && !head.subarray(0, 4).equals(zstdMagic))
    throw new BackupError('BACKUP_DAMAGED', `${path} is no backup of Atrium.`)
  if (isSealed && passphrase === null)
    throw new BackupError('BACKUP_LOCKED', 'This backup is encrypted: a passphrase is needed.')
  const source = createReadStream(path, { start: isSealed ? sealedHeadBytes : 0 })
  const unseal = isSealed && passphrase !== null ? await unsealing(passphrase, head) : new PassThrough()
  // Errors reach the reader through the last stream, which `pipeline` destroys with them.
  return pipeline(source, unseal, createZstdDecompress(), () => undefined)
}

async function readHead(path: string): Promise<Buffer> {
  await using handle = await open(path, 'r').catch((cause: unknown) => {
    throw new BackupError('BACKUP_DAMAGED', `${path} cannot be read.`, { cause })
  })
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(sealedHeadBytes), 0, sealedHeadBytes, 0)
  return buffer.subarray(0, bytesRead)
}

export interface CheckedArchive {
  readonly header: ArchiveHeader
  readonly manifest: ArchiveManifest
  /** Null when the operator keeps it. */
  readonly secret: string | null
}

/** What is small enough to be kept in memory. */
const mostBytes = 512 * 1024 * 1024

/**
 * Reads a whole archive once and compares every entry with the manifest.
 * @throws {BackupError} when anything is missing, changed or too much
 */
export async function checkArchive(
  path: string,
  passphrase: string | null,
  onEntry: (name: string) => void = () => undefined,
): Promise<CheckedArchive> {
  const found = new Map<string, { sizeBytes: number; sha256: string }>()
  const kept = new Map<string, Buffer>()
  const keeps: ReadonlySet<string> = new Set([entryNames.header, entryNames.secret, entryNames.manifest])
  for await (const { name, content } of readArchive(path, passphrase)) {
    onEntry(name)
    if (found.has(name)) throw damaged(`${name} is there twice`)
    const { bytes, ...facts } = await digest(content, keeps.has(name))
    found.set(name, facts)
    if (bytes) kept.set(name, bytes)
  }
  const manifest = parsed(archiveManifest, kept.get(entryNames.manifest), 'its end is missing')
  const header = parsed(archiveHeader, kept.get(entryNames.header), 'its first entry cannot be read')
  found.delete(entryNames.manifest)
  compare(found, manifest)
  return { header, manifest, secret: kept.get(entryNames.secret)?.toString() ?? null }
}

async function digest(content: AsyncIterable<Uint8Array>, keep: boolean) {
  const hash = createHash('sha256')
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of content) {
    hash.update(chunk)
    sizeBytes += chunk.length
    if (keep) chunks.push(chunk)
    if (keep && sizeBytes > mostBytes) throw damaged('an entry is too large')
  }
  return { sizeBytes, sha256: hash.digest('hex'), bytes: keep ? Buffer.concat(chunks) : null }
}

function compare(
  found: ReadonlyMap<string, { sizeBytes: number; sha256: string }>,
  { entries }: ArchiveManifest,
): void {
  for (const { name, sizeBytes, sha256 } of entries) {
    const one = found.get(name)
    if (!one) throw damaged(`${name} is missing`)
    if (one.sizeBytes !== sizeBytes || one.sha256 !== sha256) throw damaged(`${name} has changed`)
  }
  if (found.size !== entries.length) throw damaged('it has entries that its manifest does not name')
}

function parsed<T>(
  schema: { safeParse(value: unknown): { success: true; data: T } | { success: false; error: unknown } },
  bytes: Buffer | undefined,
  problem: string,
): T {
  if (!bytes) throw damaged(problem)
  try {
    const result = schema.safeParse(JSON.parse(bytes.toString()))
    if (result.success) return result.data
    throw damaged(problem, result.error)
  } catch (error) {
    throw error instanceof BackupError ? error : damaged(problem, error)
  }
}
