import type { AuditEntry } from '@atrium/contract'
import { first, rows, sql, type Tx } from '#platform/db'
import type { AuditHead, StoredEntry } from '../store/audit.ts'

const columns = sql`
  sequence::float8 AS sequence, action, actor, target, details, address, created_at AS "createdAt", hash`

/** Entries, newest first, before the given sequence. */
export async function readAudit(
  tx: Tx,
  workspaceId: string,
  limit: number,
  before: number | null,
): Promise<AuditEntry[]> {
  type Row = Omit<AuditEntry, 'createdAt' | 'hash'> & { createdAt: Date; hash: Buffer }
  const list = await rows(
    tx,
    sql<Row>`
      SELECT ${columns} FROM identity.audit_log
      WHERE workspace_id = ${workspaceId} AND (${before}::bigint IS NULL OR sequence < ${before})
      ORDER BY sequence DESC LIMIT ${limit}`,
  )
  return list.map((row) => ({
    ...row,
    createdAt: row.createdAt.toISOString(),
    hash: row.hash.toString('hex'),
  }))
}

/** The next entries after a sequence, in order. */
export async function readChain(
  tx: Tx,
  workspaceId: string,
  after: number,
  limit: number,
): Promise<StoredEntry[]> {
  return rows(
    tx,
    sql<StoredEntry>`
      SELECT ${columns} FROM identity.audit_log
      WHERE workspace_id = ${workspaceId} AND sequence > ${after} ORDER BY sequence LIMIT ${limit}`,
  )
}

export interface ChainEnd {
  readonly head: AuditHead | null
  /** The highest sequence that is there; 0 without entries. */
  readonly last: number
}

/** The recorded end of the chain and the real one, as of one moment. */
export async function readChainEnd(tx: Tx, workspaceId: string): Promise<ChainEnd> {
  type Row = { last: number } & { [Name in keyof AuditHead]: AuditHead[Name] | null }
  const row = await first(
    tx,
    sql<Row>`
      SELECT coalesce((SELECT max(sequence) FROM identity.audit_log WHERE workspace_id = ${workspaceId}), 0)::float8 AS last,
        h.entries::float8 AS entries, h.hash, h.broken_at::float8 AS "brokenAt", h.seal
      FROM (VALUES (1)) AS one LEFT JOIN identity.audit_heads h ON h.workspace_id = ${workspaceId}`,
  )
  const { last = 0, entries = null, hash = null, brokenAt = null, seal = null } = row ?? {}
  const head = entries !== null && hash && seal ? { entries, hash, brokenAt, seal } : null
  return { head, last }
}

/** The hash of one entry, if it is there. */
export async function readHash(tx: Tx, workspaceId: string, sequence: number): Promise<Buffer | undefined> {
  const row = await first(
    tx,
    sql<{ hash: Buffer }>`
      SELECT hash FROM identity.audit_log WHERE workspace_id = ${workspaceId} AND sequence = ${sequence}`,
  )
  return row?.hash
}

/** An end of a chain, with the hash of the entry that was asked for. */
export interface ComparedEnd extends AuditHead {
  readonly workspaceId: string
  /** Null when that entry is not there. */
  readonly hashThere: Buffer | null
}

/** The recorded ends of some chains, each with the hash of one of its entries; needs the job role, which sees all. */
export async function readEnds(
  tx: Tx,
  asked: readonly { readonly workspaceId: string; readonly sequence: number }[],
): Promise<ComparedEnd[]> {
  const ids = asked.map(({ workspaceId }) => workspaceId)
  const sequences = asked.map(({ sequence }) => sequence)
  return rows(
    tx,
    sql<ComparedEnd>`
      SELECT h.workspace_id AS "workspaceId", h.entries::float8 AS entries, h.hash,
        h.broken_at::float8 AS "brokenAt", h.seal, l.hash AS "hashThere"
      FROM unnest(${ids}::uuid[], ${sequences}::bigint[]) AS asked (workspace_id, sequence)
      JOIN identity.audit_heads h ON h.workspace_id = asked.workspace_id
      LEFT JOIN identity.audit_log l ON l.workspace_id = asked.workspace_id AND l.sequence = asked.sequence
      ORDER BY 1 LIMIT ${asked.length}`,
  )
}

/** Every workspace, some at a time; needs the job role, which sees all. */
export async function readWorkspaceIds(tx: Tx, after: string, limit: number): Promise<string[]> {
  const list = await rows(
    tx,
    sql<{ id: string }>`
      SELECT workspace_id AS id FROM identity.workspaces WHERE workspace_id > ${after}
      ORDER BY workspace_id LIMIT ${limit}`,
  )
  return list.map(({ id }) => id)
}
