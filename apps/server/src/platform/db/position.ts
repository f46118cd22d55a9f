import { createHash } from 'node:crypto'
import type pg from 'pg'

/**
 * A place in the write-ahead log. Of two places of one lineage the later one has the greater `at`; places of different
 * lineages cannot be compared.
 */
export interface Position {
  /** Which history the place belongs to: a database cluster between two failovers. 8 hexadecimal digits. */
  readonly lineage: string
  /** The log sequence number as 16 hexadecimal digits. */
  readonly at: string
}

/**
 * What transactions ask their server about its place in the log, in the messages that they send anyway.
 * Rows come as PostgreSQL gives them.
 */
export interface PositionProbe {
  /** A statement that goes out before BEGIN; `admit` throws when this server must not be read. */
  readonly gate?: { readonly text: string; readonly admit: (row: pg.QueryResultRow) => void }
  /**
   * Columns that tell which place covers everything that the transaction sees: asked in the statement that takes the
   * snapshot of one that reads, and behind the end of one that writes.
   */
  readonly columns: string
  readonly note: (row: pg.QueryResultRow) => void
}

/**
 * The primary's place: the end of what has been inserted, which is never before a commit that can be seen. Nothing is
 * told by a server that turns out to be a standby. The file's name begins with the timeline.
 * https://www.postgresql.org/docs/18/functions-admin.html#FUNCTIONS-ADMIN-BACKUP
 */
export const primaryColumns = `
  CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_current_wal_insert_lsn()::text END AS lsn,
  CASE WHEN pg_is_in_recovery() THEN NULL ELSE left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) END AS timeline`

/**
 * A standby's place as it is before a snapshot: what has been replayed in full, and at least which timeline is followed
 * (the control file learns of a new one at the next flush, so that a standby counts as old for a while, never as new).
 */
export const standbyText = `
  SELECT pg_is_in_recovery() AS standby, pg_last_wal_replay_lsn()::text AS lsn,
    lpad(to_hex(greatest(c.timeline_id, r.min_recovery_end_timeline)), 8, '0') AS timeline
  FROM pg_control_checkpoint() c, pg_control_recovery() r`

/**
 * A standby's place after its snapshot. A commit becomes visible just before its record counts as replayed; what has
 * been received covers that record.
 */
export const standbyColumns = 'greatest(pg_last_wal_replay_lsn(), pg_last_wal_receive_lsn())::text AS lsn'

/** A log sequence number of PostgreSQL, `X/Y` in hexadecimal, so that texts compare like numbers. */
export function parseLsn(text: unknown): string | null {
  const parts = typeof text === 'string' ? /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i.exec(text) : null
  return parts ? `${parts[1]?.padStart(8, '0')}${parts[2]?.padStart(8, '0')}`.toLowerCase() : null
}

/** Names lineages: a cluster by its system identifier, and its timeline. */
export function createLineages(): (system: string, timeline: string) => string {
  const known = new Map<string, string>()
  return (system, timeline) => {
    const name = `${system}/${timeline.toLowerCase()}`
    const found = known.get(name)
    if (found !== undefined) return found
    const lineage = createHash('sha256').update(name).digest('hex').slice(0, 8)
    known.set(name, lineage)
    return lineage
  }
}

/** The later of two places; of different lineages the one that was seen last. */
export const later = (known: Position | null, seen: Position): Position =>
  known && known.lineage === seen.lineage && known.at > seen.at ? known : seen
