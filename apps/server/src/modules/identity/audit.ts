import type { AuditFinding } from '@atrium/contract'
import type { Bus } from '#platform/bus'
import type { Clock } from '#platform/clock'
import type { Tx } from '#platform/db'
import { entryAfter, genesis, hashOf, type NewEntry, type Sealer } from './audit-chain.ts'
import type { AuditRecord } from './audit-record.ts'
import { auditExtended } from './notices.ts'
import { type AuditHead, insertEntry, lastEntry, type LastEntry, lockHead, writeHead } from './store/audit.ts'
import { readChain, readChainEnd, readHash } from './views/audit.ts'

/** What happened, by whom, to what. */
export interface AuditInput extends NewEntry {
  readonly workspaceId: string
  /** Noun and verb in the past, such as `member.removed`. */
  readonly action: string
  /** Facts that explain the entry; never secrets. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** What a check of a chain found; `brokenAt` is the first sequence that is not as it was written, as far as can be told. */
export interface AuditVerification {
  readonly intact: boolean
  readonly entries: number
  readonly brokenAt: number | null
  readonly finding: AuditFinding | null
}

export interface Audit {
  /** Appends an entry in the transaction that makes it true; entries of one workspace take turns until it ends. */
  record(tx: Tx, input: AuditInput): Promise<void>
}

/** The action of the only entry that may begin a chain. */
const firstAction = 'workspace.created'

const batch = 1000

/**
 * The writing side of the hash chains, one for each workspace: each entry's SHA-256 covers the one before, and the end
 * is recorded with an HMAC. Before an entry is added, the end is compared with its seal. One that was tampered with
 * takes further entries, but the break is sealed with the new end: no later entry can make the chain whole again.
 */
export function createAudit({ clock, bus, sealer }: { clock: Clock; bus: Bus; sealer: Sealer }): Audit {
  return {
    record: async (tx, input) => {
      const { workspaceId } = input
      const head = await lockHead(tx, workspaceId)
      const last = await lastEntry(tx, workspaceId)
      const found = breakOf(sealer, input, head, last)
      const before = head?.brokenAt ?? null
      const brokenAt = before !== null && found !== null ? Math.min(before, found) : (before ?? found)
      const entry = entryAfter(last, workspaceId, input, clock.now())
      await insertEntry(tx, workspaceId, entry)
      const { sequence: entries, hash } = entry
      await writeHead(tx, workspaceId, sealer.seal(workspaceId, { entries, hash, brokenAt }))
      const newlyBrokenAt = before === null ? found : null
      await bus.publish(tx, auditExtended, { workspaceId, newlyBrokenAt, processId: bus.processId })
    },
  }
}

/** Where the end of a chain is not as it was sealed; null where it is. */
function breakOf(
  sealer: Sealer,
  { workspaceId, action }: AuditInput,
  head: AuditHead | undefined,
  last: LastEntry | undefined,
): number | null {
  if (!head) return !last && action === firstAction ? null : 1
  const there = last?.sequence ?? 0
  if (there !== head.entries) return Math.min(there, head.entries) + 1
  return sealer.isSealed(workspaceId, head) && last?.hash.equals(head.hash) ? null : there
}

/**
 * Recomputes the chain of a workspace, in a transaction that sees it. Edits, gaps, reordering, a cut end and a recomputed
 * chain show by the seal; going back to an end that was sealed earlier shows by the record outside the database, as far
 * as that record reaches.
 */
export async function verifyChain(
  tx: Tx,
  workspaceId: string,
  sealer: Sealer,
  record: AuditRecord,
): Promise<AuditVerification> {
  // Known before the chain is read: what has been recorded by then must be in it.
  const known = record.of(workspaceId)
  const { head, last } = await readChainEnd(tx, workspaceId)
  const broken = (finding: AuditFinding, brokenAt: number): AuditVerification => ({
    intact: false,
    entries: last,
    brokenAt,
    finding,
  })
  if (!head) return broken('entries-changed', 1)
  const walked = await walk(tx, workspaceId, head.entries)
  if (walked.brokenAt !== null) return broken('entries-changed', walked.brokenAt)
  if (last > head.entries) return broken('entries-changed', head.entries + 1)
  if (!sealer.isSealed(workspaceId, head) || !walked.hash.equals(head.hash))
    return broken('end-changed', head.entries)
  if (head.brokenAt !== null) return broken('found-broken-before', head.brokenAt)
  if (known && known.entries > last) return broken('differs-from-record', last + 1)
  const isKnown = !known || (await readHash(tx, workspaceId, known.entries))?.equals(known.hash)
  if (!isKnown) return broken('differs-from-record', known.entries)
  return { intact: true, entries: last, brokenAt: null, finding: null }
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
