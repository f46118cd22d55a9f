import type { RateLimits } from '@atrium/contract'
import { changed, first, rows, sql, type Tx } from '#platform/db'
import type { Counted } from './types.ts'

/** What a process wants of one bucket. Amounts are units of what is counted. */
export interface Asked extends Counted {
  /** Its place in the list, by which the answer is found. */
  readonly place: number
  readonly capacity: number
  /** How much flows off in a second; 0 for slots. */
  readonly leakPerSecond: number
  /** What was used without having been granted, or, negative, what is given back. */
  readonly owed: number
  /** What calls wait for. */
  readonly exact: number
  /** What it would like to hold besides. */
  readonly spare: number
}

export interface Granted {
  readonly place: number
  readonly granted: number
  /** What is left for everybody; negative when more was used than granted. */
  readonly available: number
}

/** How much of what is left one process may put aside: shrinks to nothing near the limit. */
const spareShare = 8

/**
 * Settles what is owed and grants what fits, bucket by bucket: the generic cell rate algorithm in its form as a leaky
 * bucket (ITU-T I.371, annex A), measured by the database's clock. Rows are locked in one order. Gives nothing back
 * for a process that has expired. Needs the rights of background work.
 */
export async function lease(tx: Tx, processId: string, asked: readonly Asked[]): Promise<Granted[]> {
  // Counts of a minute: what the last moments before a crash took may be forgotten.
  const [, granted] = await Promise.all([
    sql`SELECT set_config('synchronous_commit', 'off', true)`.execute(tx),
    rows(
      tx,
      sql<Granted>`
        WITH live AS (
          SELECT id FROM admission.processes
          WHERE id = ${processId} AND expires_at > clock_timestamp() FOR KEY SHARE
        ), asked AS (
          SELECT * FROM jsonb_to_recordset(${JSON.stringify(asked)}::jsonb) AS a (place int, "workspaceId" uuid,
            scope text, "scopeId" uuid, unit text, capacity float8, "leakPerSecond" float8, owed float8,
            exact float8, spare float8)
          WHERE EXISTS (SELECT FROM live)
        ), locked AS (
          SELECT a.*, b.level, b.measured_at FROM admission.buckets b
          JOIN asked a ON b.workspace_id = a."workspaceId" AND b.scope = a.scope AND b.scope_id = a."scopeId"
            AND b.unit = a.unit
          ORDER BY b.workspace_id, b.scope, b.scope_id, b.unit
          FOR NO KEY UPDATE OF b
        ), timed AS (
          SELECT l.*, clock_timestamp() AS moment FROM locked l
        ), settled AS (
          SELECT t.*, greatest(0, owed + greatest(0,
            level - "leakPerSecond" * greatest(0, extract(epoch FROM moment - measured_at)::float8))) AS filled
          FROM timed t
        ), granted AS (
          SELECT s.*, CASE WHEN capacity - filled >= exact
            THEN exact + floor(least(spare, (capacity - filled - exact) / ${spareShare}))
            ELSE greatest(0, floor(capacity - filled)) END AS granted
          FROM settled s
        ), held AS (
          INSERT INTO admission.holders AS h (workspace_id, scope, scope_id, process_id, slots)
          SELECT "workspaceId", scope, "scopeId", ${processId}, granted + owed FROM granted
          WHERE unit = 'slots' AND granted + owed <> 0
          ON CONFLICT (workspace_id, scope, scope_id, process_id) DO UPDATE SET slots = h.slots + excluded.slots
        ), filled AS (
          UPDATE admission.buckets b SET level = g.filled + g.granted, measured_at = g.moment
          FROM granted g WHERE b.workspace_id = g."workspaceId" AND b.scope = g.scope
            AND b.scope_id = g."scopeId" AND b.unit = g.unit
        )
        SELECT place, granted, capacity - filled - granted AS available FROM granted`,
    ),
  ])
  return granted
}

/** Makes the buckets that are missing. */
export async function insertBuckets(tx: Tx, buckets: readonly Counted[]): Promise<void> {
  await sql`
    INSERT INTO admission.buckets (workspace_id, scope, scope_id, unit)
    SELECT "workspaceId", scope, "scopeId", unit
    FROM jsonb_to_recordset(${JSON.stringify(buckets)}::jsonb)
      AS b ("workspaceId" uuid, scope text, "scopeId" uuid, unit text)
    ORDER BY 1, 2, 3, 4 ON CONFLICT DO NOTHING`.execute(tx)
}

export async function insertProcess(tx: Tx, processId: string, leaseSeconds: number): Promise<void> {
  await sql`
    INSERT INTO admission.processes (id, expires_at)
    VALUES (${processId}, clock_timestamp() + make_interval(secs => ${leaseSeconds}))`.execute(tx)
}

/** False when the process has expired; what it held may be with others then. */
export async function renewProcess(tx: Tx, processId: string, leaseSeconds: number): Promise<boolean> {
  const count = await changed(
    tx,
    sql`UPDATE admission.processes SET expires_at = clock_timestamp() + make_interval(secs => ${leaseSeconds})
      WHERE id = ${processId} AND expires_at > clock_timestamp()`,
  )
  return count > 0
}

/** Frees the slots of processes that have expired, and of the one named, which leaves. */
export async function dropProcesses(tx: Tx, leaving: string | null): Promise<void> {
  const gone = await rows(
    tx,
    sql<{ id: string }>`
      SELECT id FROM admission.processes WHERE expires_at <= clock_timestamp() OR id = ${leaving}::uuid
      ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED`,
  )
  if (gone.length === 0) return
  const ids = gone.map(({ id }) => id)
  await sql`
    WITH freed AS (
      DELETE FROM admission.holders WHERE process_id = ANY (${ids}::uuid[])
      RETURNING workspace_id, scope, scope_id, slots
    ), summed AS (
      SELECT workspace_id, scope, scope_id, sum(slots) AS slots FROM freed GROUP BY 1, 2, 3
    ), locked AS (
      SELECT b.workspace_id, b.scope, b.scope_id, greatest(0, b.level - s.slots) AS level
      FROM admission.buckets b JOIN summed s USING (workspace_id, scope, scope_id) WHERE b.unit = 'slots'
      ORDER BY b.workspace_id, b.scope, b.scope_id FOR NO KEY UPDATE OF b
    )
    UPDATE admission.buckets b SET level = l.level, measured_at = clock_timestamp() FROM locked l
    WHERE b.workspace_id = l.workspace_id AND b.scope = l.scope AND b.scope_id = l.scope_id
      AND b.unit = 'slots'`.execute(tx)
  await sql`DELETE FROM admission.processes WHERE id = ANY (${ids}::uuid[])`.execute(tx)
}

/** Removes buckets that nobody has used for a day, and notes of processes that hold nothing. */
export async function tidy(tx: Tx): Promise<void> {
  await sql`DELETE FROM admission.holders WHERE slots = 0`.execute(tx)
  await sql`
    DELETE FROM admission.buckets WHERE (workspace_id, scope, scope_id, unit) IN (
      SELECT workspace_id, scope, scope_id, unit FROM admission.buckets
      WHERE measured_at < now() - interval '1 day' AND (unit <> 'slots' OR level = 0)
      FOR UPDATE SKIP LOCKED)`.execute(tx)
}

/** The limits of a workspace, if any were set. */
export async function readSettings(tx: Tx, workspaceId: string): Promise<RateLimits | undefined> {
  return first(
    tx,
    sql<RateLimits>`
      SELECT json_build_object('rpm', workspace_rpm, 'tpm', workspace_tpm, 'concurrency', workspace_concurrency)
          AS workspace,
        json_build_object('rpm', person_rpm, 'tpm', person_tpm, 'concurrency', person_concurrency) AS person
      FROM admission.settings WHERE workspace_id = ${workspaceId}`,
  )
}

/** Makes the row that holds a workspace's limits and keeps others from changing it until the transaction ends. */
export async function lockSettings(tx: Tx, workspaceId: string): Promise<void> {
  await sql`
    INSERT INTO admission.settings (workspace_id) VALUES (${workspaceId})
    ON CONFLICT (workspace_id) DO UPDATE SET workspace_id = excluded.workspace_id`.execute(tx)
}

export async function writeSettings(
  tx: Tx,
  workspaceId: string,
  { workspace, person }: RateLimits,
): Promise<void> {
  await sql`
    UPDATE admission.settings SET workspace_rpm = ${workspace.rpm}, workspace_tpm = ${workspace.tpm},
      workspace_concurrency = ${workspace.concurrency}, person_rpm = ${person.rpm}, person_tpm = ${person.tpm},
      person_concurrency = ${person.concurrency}
    WHERE workspace_id = ${workspaceId}`.execute(tx)
}
