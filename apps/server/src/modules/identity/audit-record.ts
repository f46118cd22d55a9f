import { appendFile, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import type { Sealer } from './audit-chain.ts'
import type { AuditHead } from './store/audit.ts'

/**
 * The latest sealed ends of the audit logs, kept outside the database: whoever can only write there cannot go back to an
 * earlier end unnoticed.
 */
export interface AuditRecord {
  of(workspaceId: string): AuditHead | undefined
  workspaceIds(): string[]
  /** Adds an end that is known to follow from the one before. */
  add(workspaceId: string, head: AuditHead): Promise<void>
}

const hex = z.hex().transform((text) => Buffer.from(text, 'hex'))
const line = z.object({
  workspaceId: z.uuid(),
  entries: z.number().int().positive(),
  hash: hex,
  brokenAt: z.number().int().nullable().default(null),
  seal: hex,
})

/** The file may grow to this many bytes, or to four times what is of use, before it is written anew. */
const roomBytes = 256 * 1024

/**
 * Reads `audit/heads.jsonl` of the data directory, one end a line. Lines without a right seal count as nothing: they are
 * torn, of another installation, or forged. Processes that share the directory add to the same file.
 * @throws when the file is there and cannot be read
 */
export async function openAuditRecord(dataDir: string, sealer: Sealer): Promise<AuditRecord> {
  const folder = join(dataDir, 'audit')
  const path = join(folder, 'heads.jsonl')
  const heads = await read(path, sealer)
  /** Writes take turns: two at once could lose what one of them has added. */
  let turn = Promise.resolve()

  const write = async (workspaceId: string, head: AuditHead): Promise<void> => {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    // A line of its own even behind one that was torn.
    await appendFile(path, `\n${lineOf(workspaceId, head)}\n`, { mode: 0o600, flush: true })
    const { size } = await stat(path)
    if (size < roomBytes || size < 4 * heads.size * lineOf(workspaceId, head).length) return
    // Others may have added ends that this process has not heard of yet.
    for (const [id, one] of await read(path, sealer)) keepLatest(heads, id, one)
    const text = [...heads].map(([id, one]) => `${lineOf(id, one)}\n`).join('')
    const draft = `${path}.${randomUUID()}`
    await writeFile(draft, text, { mode: 0o600, flush: true })
    await rename(draft, path)
  }

  return {
    of: (workspaceId) => heads.get(workspaceId),
    workspaceIds: () => [...heads.keys()],
    add: (workspaceId, head) => {
      heads.set(workspaceId, head)
      const written = turn.then(() => write(workspaceId, head))
      turn = written.catch(() => undefined)
      return written
    },
  }
}

function lineOf(workspaceId: string, { entries, hash, brokenAt, seal }: AuditHead): string {
  const end = { workspaceId, entries, hash: hash.toString('hex'), brokenAt, seal: seal.toString('hex') }
  return JSON.stringify(end)
}

async function read(path: string, sealer: Sealer): Promise<Map<string, AuditHead>> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  const heads = new Map<string, AuditHead>()
  for (const one of text.split('\n')) {
    const parsed = line.safeParse(jsonOf(one))
    if (!parsed.success) continue
    const { workspaceId, ...head } = parsed.data
    if (sealer.isSealed(workspaceId, head)) keepLatest(heads, workspaceId, head)
  }
  return heads
}

function keepLatest(heads: Map<string, AuditHead>, workspaceId: string, head: AuditHead): void {
  if ((heads.get(workspaceId)?.entries ?? 0) < head.entries) heads.set(workspaceId, head)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
