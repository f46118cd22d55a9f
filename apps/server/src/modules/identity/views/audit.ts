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
  const row = await first(
    tx,
    sql<{ last: number; entries: number | null; hash: Buffer; seal: Buffer }>`
      SELECT coalesce((SELECT max(sequence) FROM identity.audit_log WHERE workspace_id = ${workspaceId}), 0)::float8 AS last,
        h.entries::float8 AS entries, h.hash, h.seal
      FROM (VALUES (1)) AS one LEFT JOIN identity.audit_heads h ON h.workspace_id = ${workspaceId}`,
  )
  const head = row && row.entries !== null ? { entries: row.entries, hash: row.hash, seal: row.seal } : null
  return { head, last: row?.last ?? 0 }
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
