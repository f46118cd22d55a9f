import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { AuditEntry } from '@atrium/contract'
import type { Clock } from '#platform/clock'
import type { Tx } from '#platform/db'
import { canonicalJson } from '#platform/canonical'
import { type AuditHead, insertEntry, lockHead, type StoredEntry, writeHead } from './store/audit.ts'
import { readChain, readChainEnd } from './views/audit.ts'

/** What happened, by whom, to what. */
export interface AuditInput {
  readonly workspaceId: string
  readonly actor: AuditEntry['actor']
  /** Noun and verb in the past, such as `member.removed`. */
  readonly action: string
  readonly target?: AuditEntry['target']
  /** Facts that explain the entry; never secrets. */
  readonly details?: Readonly<Record<string, unknown>>
  readonly address?: string | null
}

/** What a check of a chain found; `brokenAt` is the first sequence that is not as it was written. */
export interface AuditVerification {
  readonly intact: boolean
  readonly entries: number
  readonly brokenAt: number | null
}

export interface Audit {
  /** Appends an entry in the transaction that makes it true; entries of one workspace take turns until it ends. */
  record(tx: Tx, input: AuditInput): Promise<void>
  /** Recomputes the chain of a workspace, in a transaction that sees it. */
  verify(tx: Tx, workspaceId: string): Promise<AuditVerification>
}

/** Purpose of the key that seals the ends of the chains. */
export const auditPurpose = 'identity audit'

const batch = 1000
const genesis = Buffer.alloc(32)

/**
 * A hash chain per workspace: each entry's SHA-256 covers the one before, and the end is recorded with an HMAC,
 * so that edits, gaps, reordering, a cut end and a recomputed chain all show.
 * @param sealKey known to the server but not to the database
 */
export function createAudit(clock: Clock, sealKey: Buffer): Audit {
  const sealOf = (workspaceId: string, entries: number, hash: Buffer): Buffer =>
    createHmac('sha256', sealKey).update(`${workspaceId}\n${entries}\n`).update(hash).digest()

  return {
    record: async (tx, input) => {
      const { workspaceId } = input
      const head = await lockHead(tx, workspaceId)
      const entry = entryAfter(head, input, clock.now())
      await insertEntry(tx, workspaceId, entry)
      const { sequence: entries, hash } = entry
      await writeHead(tx, workspaceId, { entries, hash, seal: sealOf(workspaceId, entries, hash) })
    },
    verify: async (tx, workspaceId) => {
      const { head, last } = await readChainEnd(tx, workspaceId)
      if (!head) return broken(0, 1)
      const walked = await walk(tx, workspaceId, head.entries)
      if (walked.brokenAt !== null) return broken(last, walked.brokenAt)
      if (last > head.entries) return broken(last, head.entries + 1)
      const sealed = timingSafeEqual(head.seal, sealOf(workspaceId, head.entries, head.hash))
      if (!sealed || !walked.hash.equals(head.hash)) return broken(last, head.entries)
      return { intact: true, entries: last, brokenAt: null }
    },
  }
}

const broken = (entries: number, brokenAt: number): AuditVerification => ({
  intact: false,
  entries,
  brokenAt,
})

function entryAfter(head: AuditHead | undefined, input: AuditInput, createdAt: Date): StoredEntry {
  const entry = {
    sequence: (head?.entries ?? 0) + 1,
    action: input.action,
    actor: input.actor,
    target: input.target ?? null,
    // What comes back from the database is what JSON keeps of it.
    details: JSON.parse(JSON.stringify(input.details ?? {})) as unknown,
    address: input.address ?? null,
    createdAt,
  }
  return { ...entry, hash: hashOf(head?.hash ?? genesis, input.workspaceId, entry) }
}

function hashOf(previous: Buffer, workspaceId: string, entry: Omit<StoredEntry, 'hash'>): Buffer {
  const { sequence, action, actor, target, details, address, createdAt } = entry
  const text = canonicalJson({
    workspaceId,
    sequence,
    action,
    actor,
    target,
    details,
    address,
    createdAt: createdAt.toISOString(),
  })
  return createHash('sha256').update(previous).update(text).digest()
}

/** Follows the chain up to `until`; entries written meanwhile are left for the next check. */
async function walk(
  tx: Tx,
  workspaceId: string,
  until: number,
): Promise<{ brokenAt: number | null; hash: Buffer }> {
  let previous: Buffer = genesis
  let expected = 1
  while (expected <= until) {
    const entries = await readChain(tx, workspaceId, expected - 1, Math.min(batch, until - expected + 1))
    if (entries.length === 0) return { brokenAt: expected, hash: previous }
    for (const entry of entries) {
      const sound = entry.sequence === expected && hashOf(previous, workspaceId, entry).equals(entry.hash)
      if (!sound) return { brokenAt: expected, hash: previous }
      previous = entry.hash
      expected++
    }
  }
  return { brokenAt: null, hash: previous }
}
