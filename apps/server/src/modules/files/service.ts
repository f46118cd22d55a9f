import { FILE_LIMIT_BYTES, type FileInfo } from '@atrium/contract'
import type { BlobStore, ByteRange, OpenBlob } from '#platform/blobs'
import type { Clock } from '#platform/clock'
import type { ServerConfig } from '#platform/config'
import type { Database, Tx } from '#platform/db'
import { AppError } from '#platform/errors'
import type { Member } from '#platform/http'
import type { Keyring } from '#platform/secrets'
import { fileErrors } from './errors.ts'
import { createUrlSigner, type Delivery, type Disposition } from './signed-url.ts'
import { safeName, Sniffer, type Claim } from './sniff.ts'
import { deleteFile, insertFile, lockUnused, markUsed, release } from './store.ts'
import { readFile, readOwned, readUsage, type FileRow } from './views.ts'

/** What other modules may ask. */
export interface Files {
  /**
   * What is known of a person's files, in the order of the ids. The files stay until the transaction ends.
   * @throws AppError 404 FILE_NOT_FOUND when one is missing or somebody else's
   */
  describe(tx: Tx, personId: string, ids: readonly string[]): Promise<FileInfo[]>
  /** All bytes of a file. @throws AppError 404 FILE_NOT_FOUND */
  read(workspaceId: string, fileId: string): Promise<Buffer>
  /** Keeps files for good: something refers to them now. */
  markUsed(tx: Tx, ids: readonly string[]): Promise<void>
  /** Nothing refers to them any more: they go as those that were never used do. Needs the job role. */
  release(tx: Tx, workspaceId: string, ids: readonly string[]): Promise<void>
}

/** A file on its way out. */
export interface Opened extends OpenBlob {
  readonly name: string
  readonly mediaType: string
  readonly kind: 'image' | 'text'
}

/** What the module's own routes and jobs use. */
export interface FileServices {
  /** Stores all of an upload, or nothing. @throws AppError 413, 415, 507 when disk or workspace are full */
  upload(member: Member, claim: Claim, source: AsyncIterable<Uint8Array>): Promise<FileInfo>
  get(member: Member, fileId: string): Promise<FileInfo>
  mintUrl(
    member: Member,
    fileId: string,
    disposition: Disposition,
  ): Promise<{ url: string; expiresAt: string }>
  /** @throws AppError 403 when the signature does not allow it, 404, 416 */
  open(delivery: Delivery, signature: string, range?: ByteRange): Promise<Opened>
  /** Removes files that were uploaded a day ago and never used. */
  readonly tidy: () => Promise<void>
}

export type FilesService = Files & { readonly own: FileServices }

export interface FileParts {
  readonly db: Database
  readonly jobDb: Database
  readonly blobs: BlobStore
  readonly clock: Clock
  readonly keyring: Keyring
  readonly config: Pick<ServerConfig, 'storage'>
}

const tidyBatch = 100

export function createFiles(parts: FileParts): FilesService {
  const { db, jobDb, blobs, clock, keyring } = parts
  const signer = createUrlSigner(keyring, clock)

  const one = (member: Member, fileId: string): Promise<FileInfo> =>
    db.withWorkspace(member.workspaceId, async (tx) => {
      const [found] = await readOwned(tx, member.personId, [fileId])
      if (!found) throw fileErrors.missing()
      return infoOf(found)
    })

  const row = async (workspaceId: string, fileId: string): Promise<FileRow> => {
    const found = await db.withWorkspace(workspaceId, (tx) => readFile(tx, workspaceId, fileId))
    if (!found) throw fileErrors.missing()
    return found
  }

  return {
    describe,
    markUsed,
    release,
    read: async (workspaceId, fileId) => {
      const { stream } = await blobs.get((await row(workspaceId, fileId)).blobKey)
      return Buffer.concat(await stream.toArray())
    },
    own: {
      upload: (member, claim, source) => upload(parts, member, claim, source),
      get: one,
      mintUrl: async (member, fileId, disposition) => {
        await one(member, fileId)
        return signer.mint(member.workspaceId, fileId, disposition)
      },
      open: async (delivery, signature, range) => {
        signer.check(delivery, signature)
        const { blobKey, name, mediaType, kind } = await row(delivery.workspaceId, delivery.fileId)
        // Text may be compressed on its way, where a range would mean something else.
        return { ...(await blobs.get(blobKey, kind === 'image' ? range : undefined)), name, mediaType, kind }
      },
      tidy: async () => {
        while ((await jobDb.transaction((tx) => tidy(tx, blobs))) === tidyBatch);
      },
    },
  }
}

async function describe(tx: Tx, personId: string, ids: readonly string[]): Promise<FileInfo[]> {
  if (ids.length === 0) return []
  const found = new Map(
    (await readOwned(tx, personId, [...new Set(ids)], 'kept')).map((file) => [file.id, file]),
  )
  return ids.map((id) => {
    const file = found.get(id)
    if (!file) throw fileErrors.missing()
    return infoOf(file)
  })
}

function infoOf({ id, name, mediaType, kind, sizeBytes, createdAt }: FileRow): FileInfo {
  return { id, name, mediaType, kind, sizeBytes, createdAt: createdAt.toISOString() }
}

async function upload(
  { db, blobs, clock, config }: FileParts,
  member: Member,
  claim: Claim,
  source: AsyncIterable<Uint8Array>,
): Promise<FileInfo> {
  const { workspaceId, personId } = member
  const { workspaceBytes } = config.storage
  const room = workspaceBytes - (await db.readWorkspace(workspaceId, (tx) => readUsage(tx, workspaceId)))
  if (room <= 0) throw fileErrors.quotaExceeded(workspaceBytes)
  const sniffer = new Sniffer(claim)
  const maxBytes = Math.min(FILE_LIMIT_BYTES, room)
  const blob = await blobs.put(sniffer.watch(source), { maxBytes }).catch((error: unknown) => {
    throw room < FILE_LIMIT_BYTES && isTooLarge(error) ? fileErrors.quotaExceeded(workspaceBytes) : error
  })
  try {
    const { mediaType, kind } = sniffer.result()
    const { sizeBytes, sha256, key: blobKey } = blob
    const file = { id: clock.uuid(), name: safeName(claim.name), mediaType, kind, sizeBytes, sha256, blobKey }
    return await db.withWorkspace(workspaceId, async (tx) => {
      const isStored = await insertFile(tx, { ...file, workspaceId, ownerId: personId }, workspaceBytes)
      // Others may have taken the room meanwhile.
      if (!isStored) throw fileErrors.quotaExceeded(workspaceBytes)
      const stored = await readFile(tx, workspaceId, file.id)
      if (!stored) throw fileErrors.missing()
      return infoOf(stored)
    })
  } catch (error) {
    await blobs.delete(blob.key)
    throw error
  }
}

const isTooLarge = (error: unknown): boolean => error instanceof AppError && error.status === 413

/** Bytes go first: should this fail in between, the rows are still there and the next run finishes the work. */
async function tidy(tx: Tx, blobs: BlobStore): Promise<number> {
  const unused = await lockUnused(tx, tidyBatch)
  for (const { workspaceId, id, blobKey } of unused) {
    await blobs.delete(blobKey)
    await deleteFile(tx, workspaceId, id)
  }
  return unused.length
}
