import { changed, first, rows, sql, type Tx } from '#platform/db'
import type { Begun } from './lines.ts'
import type { CostCorrection } from './types.ts'

/** Every statement here needs the job role, except those that say otherwise. */

/** Prolongs the lease of a process, or begins it. False when it was taken over. */
export async function renewProcess(
  tx: Tx,
  process: { id: string; spool: string; leaseMs: number; isNew: boolean },
): Promise<boolean> {
  const { id, spool, leaseMs, isNew } = process
  const until = sql`now() + ${leaseMs}::int * interval '1 millisecond'`
  if (isNew) {
    await sql`INSERT INTO ledger.processes (id, spool, expires_at) VALUES (${id}, ${spool}, ${until})
      ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at`.execute(tx)
    return true
  }
  return (await changed(tx, sql`UPDATE ledger.processes SET expires_at = ${until} WHERE id = ${id}`)) > 0
}

/** Ends a process that has settled everything: its leases are free again. */
export async function dropProcess(tx: Tx, id: string): Promise<void> {
  await sql`SELECT 1 FROM ledger.processes WHERE id = ${id} FOR UPDATE`.execute(tx)
  await sql`SELECT ledger.drop_process(${id})`.execute(tx)
}

export interface DeadProcess {
  readonly id: string
  readonly spool: string
  readonly overdueMs: number
}

/** Processes whose lease has run out. */
export async function findDead(tx: Tx, limit: number): Promise<DeadProcess[]> {
  return rows(
    tx,
    sql<DeadProcess>`
    SELECT id, spool, (1000 * extract(epoch FROM now() - expires_at))::float8 AS "overdueMs"
    FROM ledger.processes WHERE expires_at < now() ORDER BY expires_at LIMIT ${limit}`,
  )
}

export async function hasProcess(tx: Tx, id: string): Promise<boolean> {
  return (await first(tx, sql`SELECT 1 FROM ledger.processes WHERE id = ${id}`)) !== undefined
}

/** Lines as JSON. */
export interface Batch {
  readonly json: string
  /** Some have cost more than could be charged from leases: their budgets pay the rest, as far as they have it. */
  readonly isShort: boolean
}

/** Books what a dead process held, and frees its leases. False when another process is at it. */
export async function takeOver(tx: Tx, processId: string, { json, isShort }: Batch): Promise<boolean> {
  const done = await first(
    tx,
    sql<{ ok: boolean }>`SELECT ledger.take_over(${processId}, ${json}::jsonb) AS ok`,
  )
  if (done?.ok && isShort) await chargeRest(tx, json)
  return done?.ok ?? false
}

/** Commits lines of one process; those that are there already change nothing. False when the process was taken over. */
export async function settle(tx: Tx, processId: string, { json, isShort }: Batch): Promise<boolean> {
  const done = await first(
    tx,
    sql<{ alive: boolean }>`SELECT ledger.settle(${processId}, ${json}::jsonb) AS alive`,
  )
  if (isShort) await chargeRest(tx, json)
  return done?.alive ?? false
}

/** Commits lines whose process has not leased what they name: each takes what is left. */
export async function settleLate(tx: Tx, processId: string, json: string): Promise<void> {
  await sql`SELECT ledger.settle_late(${processId}, ${json}::jsonb)`.execute(tx)
}

async function chargeRest(tx: Tx, json: string): Promise<void> {
  await sql`SELECT ledger.charge_rest(${json}::jsonb)`.execute(tx)
}

/** A process has more than a few calls open, but not without bounds. */
const mostBegun = 100_000

/** Calls that a process holds for, as far as the database was told what they are. */
export async function readBegun(tx: Tx, processId: string): Promise<Begun[]> {
  return rows(
    tx,
    sql<Begun>`
    SELECT workspace_id AS w, call_id AS c, about AS n FROM ledger.holds
    WHERE process_id = ${processId} AND state = 'held' AND about IS NOT NULL LIMIT ${mostBegun}`,
  )
}

/** What the attempts of calls have cost together, by call: what was charged for those whose cost nobody knows. Any role. */
export async function readCosts(
  tx: Tx,
  calls: readonly Pick<Begun, 'w' | 'c'>[],
): Promise<Map<string, string>> {
  const list = calls.map(({ w, c }) => ({ w, c }))
  const found = await rows(
    tx,
    sql<{ c: string; cost: string }>`
    SELECT x.c, sum(coalesce(h.cost_nano_usd, h.charged_nano_usd))::text AS cost
    FROM jsonb_to_recordset(${JSON.stringify(list)}::jsonb) AS x (w uuid, c uuid)
    JOIN ledger.holds h ON h.workspace_id = x.w AND h.call_id = x.c
    GROUP BY x.c LIMIT ${calls.length}`,
  )
  return new Map(found.map(({ c, cost }) => [c, cost]))
}

/** A wish for more of a budget. */
export interface Want {
  readonly workspaceId: string
  readonly budgetId: string
  /** Less than this is of no use. */
  readonly leastNanoUsd: bigint
  /** What waiting calls need. */
  readonly needNanoUsd: bigint
  /** No more than they need. */
  readonly tight: boolean
}

export interface LeaseRow {
  readonly budgetId: string
  readonly startsAt: Date
  readonly endsAt: Date
  readonly endsInMs: number
  readonly granted: string
  readonly unspent: string
}

/**
 * Leases more of each budget, in one transaction. Budgets that are gone are left out of the answer; so are all when the
 * process was taken over.
 * @param moment the time that decides about periods; the database's own unless a test sets it
 */
export async function lease(
  tx: Tx,
  processId: string,
  wants: readonly Want[],
  moment: Date | null,
): Promise<LeaseRow[]> {
  const list = wants.map(({ workspaceId: w, budgetId: b, leastNanoUsd, needNanoUsd, tight }) => ({
    w,
    b,
    least: leastNanoUsd.toString(),
    need: needNanoUsd.toString(),
    tight,
  }))
  return rows(
    tx,
    sql<LeaseRow>`
    SELECT budget_id AS "budgetId", starts_at AS "startsAt", ends_at AS "endsAt", ends_in_ms AS "endsInMs", granted, unspent
    FROM ledger.lease(${processId}, ${JSON.stringify(list)}::jsonb, coalesce(${moment}::timestamptz, now()))`,
  )
}

/** A lease shrinks to `grantedNanoUsd` in total; one that is `done` goes. */
export interface Gift {
  readonly workspaceId: string
  readonly budgetId: string
  readonly startsAt: string
  readonly grantedNanoUsd: bigint
  readonly done: boolean
}

export interface KeptRow {
  readonly budgetId: string
  readonly startsAt: Date
  readonly granted: string
}

/** Gives slices back. Answers what is left of each; those that are gone are left out. */
export async function giveBack(tx: Tx, processId: string, gifts: readonly Gift[]): Promise<KeptRow[]> {
  const list = gifts.map(({ workspaceId: w, budgetId: b, startsAt: p, grantedNanoUsd, done }) => ({
    w,
    b,
    p,
    granted: grantedNanoUsd.toString(),
    done,
  }))
  return rows(
    tx,
    sql<KeptRow>`
    SELECT budget_id AS "budgetId", starts_at AS "startsAt", granted
    FROM ledger.give_back(${processId}, ${JSON.stringify(list)}::jsonb)`,
  )
}

/** Brings the book to what calls have cost. Gives the number of attempts that were corrected. */
export async function correctCosts(
  tx: Tx,
  workspaceId: string,
  corrections: readonly CostCorrection[],
): Promise<number> {
  const list = corrections.map(({ callId: c, correctionId: r, costNanoUsd, estimated: e }) => ({
    c,
    r,
    x: costNanoUsd?.toString() ?? null,
    e,
  }))
  const done = await first(
    tx,
    sql<{ count: number }>`SELECT ledger.correct(${workspaceId}, ${JSON.stringify(list)}::jsonb) AS count`,
  )
  return done?.count ?? 0
}
