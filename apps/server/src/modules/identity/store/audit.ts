import { first, sql, type Tx } from '#platform/db'

/** The end of a workspace's chain. */
export interface AuditHead {
  readonly entries: number
  readonly hash: Buffer
  /** Where the chain was found broken when an entry was added; null as long as it never was. */
  readonly brokenAt: number | null
  readonly seal: Buffer
}

export interface StoredEntry {
  readonly sequence: number
  readonly action: string
  readonly actor: unknown
  readonly target: unknown
  readonly details: unknown
  readonly address: string | null
  readonly createdAt: Date
  readonly hash: Buffer
}

/** Locks the chain's end: entries of one workspace are written one after the other. */
export async function lockHead(tx: Tx, workspaceId: string): Promise<AuditHead | undefined> {
  return first(
    tx,
    sql<AuditHead>`
      SELECT entries::float8 AS entries, hash, broken_at::float8 AS "brokenAt", seal FROM identity.audit_heads
      WHERE workspace_id = ${workspaceId} FOR UPDATE`,
  )
}

export type LastEntry = Pick<StoredEntry, 'sequence' | 'hash'>

/** The last entry that is really there, whatever is recorded of it. */
export async function lastEntry(tx: Tx, workspaceId: string): Promise<LastEntry | undefined> {
  return first(
    tx,
    sql<LastEntry>`
      SELECT sequence::float8 AS sequence, hash FROM identity.audit_log
      WHERE workspace_id = ${workspaceId} ORDER BY sequence DESC LIMIT 1`,
  )
}

export async function writeHead(tx: Tx, workspaceId: string, head: AuditHead): Promise<void> {
  await sql`
    INSERT INTO identity.audit_heads (workspace_id, entries, hash, broken_at, seal)
    VALUES (${workspaceId}, ${head.entries}, ${head.hash}, ${head.brokenAt}, ${head.seal})
    ON CONFLICT (workspace_id)
    DO UPDATE SET entries = excluded.entries, hash = excluded.hash, broken_at = excluded.broken_at,
      seal = excluded.seal`.execute(tx)
}

export async function insertEntry(tx: Tx, workspaceId: string, entry: StoredEntry): Promise<void> {
  const { sequence, action, actor, target, details, address, createdAt, hash } = entry
  await sql`
    INSERT INTO identity.audit_log (workspace_id, sequence, action, actor, target, details, address, created_at, hash)
    VALUES (${workspaceId}, ${sequence}, ${action}, ${JSON.stringify(actor)}::jsonb,
      ${target === null ? null : JSON.stringify(target)}::jsonb, ${JSON.stringify(details)}::jsonb, ${address},
      ${createdAt}, ${hash})`.execute(tx)
}
