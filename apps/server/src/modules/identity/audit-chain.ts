import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { AuditEntry } from '@atrium/contract'
import { canonicalJson } from '#platform/canonical'
import type { AuditHead, StoredEntry } from './store/audit.ts'

/** Purpose of the key that seals the ends of the chains. */
export const auditPurpose = 'identity audit'

/** What the first entry of a chain follows. */
export const genesis = Buffer.alloc(32)

/** The SHA-256 of an entry over the hash before it; hashes need no key: who may write the table can compute them. */
export function hashOf(previous: Buffer, workspaceId: string, entry: Omit<StoredEntry, 'hash'>): Buffer {
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

/** Seals ends of chains with a key that the server has and the database does not. */
export interface Sealer {
  seal(workspaceId: string, end: Omit<AuditHead, 'seal'>): AuditHead
  /** Whether this server, or one with the same secret, has sealed this end. */
  isSealed(workspaceId: string, head: AuditHead): boolean
}

export function createSealer(key: Buffer): Sealer {
  const sealOf = (workspaceId: string, { entries, hash, brokenAt }: Omit<AuditHead, 'seal'>): Buffer => {
    const hmac = createHmac('sha256', key).update(`${workspaceId}\n${entries}\n`).update(hash)
    return (brokenAt === null ? hmac : hmac.update(`\nbroken at ${brokenAt}`)).digest()
  }
  return {
    seal: (workspaceId, end) => ({ ...end, seal: sealOf(workspaceId, end) }),
    isSealed: (workspaceId, head) => {
      const right = sealOf(workspaceId, head)
      return head.seal.length === right.length && timingSafeEqual(head.seal, right)
    },
  }
}

/** What is added to a chain. */
export interface NewEntry {
  readonly actor: AuditEntry['actor']
  readonly action: string
  readonly target?: AuditEntry['target']
  readonly details?: Readonly<Record<string, unknown>>
  readonly address?: string | null
}

/** The entry that follows `last`. */
export function entryAfter(
  last: { sequence: number; hash: Buffer } | undefined,
  workspaceId: string,
  input: NewEntry,
  createdAt: Date,
): StoredEntry {
  const entry = {
    sequence: (last?.sequence ?? 0) + 1,
    action: input.action,
    actor: input.actor,
    target: input.target ?? null,
    // What comes back from the database is what JSON keeps of it.
    details: JSON.parse(JSON.stringify(input.details ?? {})) as unknown,
    address: input.address ?? null,
    createdAt,
  }
  return { ...entry, hash: hashOf(last?.hash ?? genesis, workspaceId, entry) }
}
