import { createHash } from 'node:crypto'
import { changed, first, rows, sql, type Tx } from '#platform/db'
import { dimensions } from './dimensions.ts'
import { encodeHistogram } from './histogram.ts'
import { amountColumns, countColumns, type Sums } from './sums.ts'

/** Tables of sums, by what they tell apart and the stretch of time that a row is of. */
export type UsageTable = 'usage_1m' | 'usage_1h' | 'usage_1d' | 'user_usage_1h' | 'user_usage_1d'

/** A row of sums to be added to. */
export interface UsageRow {
  /** Seconds since 1970. */
  readonly start: number
  readonly seriesId: string
  readonly sums: Sums
}

/** Workspaces with spans that have not been added to the sums. */
export async function findPending(tx: Tx, limit: number): Promise<string[]> {
  const found = await rows(
    tx,
    sql<{ workspaceId: string }>`
    SELECT DISTINCT workspace_id AS "workspaceId" FROM traces.usage_pending LIMIT ${limit}`,
  )
  return found.map(({ workspaceId }) => workspaceId)
}

/** Takes the sums of a workspace for this transaction alone; false when another one has them. */
export async function lockUsage(tx: Tx, workspaceId: string): Promise<boolean> {
  const row = await first(
    tx,
    sql<{ isOurs: boolean }>`
    SELECT pg_try_advisory_xact_lock(hashtextextended('traces.usage', 0) # hashtextextended(${workspaceId}, 0)) AS "isOurs"`,
  )
  return row?.isOurs ?? false
}

/** Takes what waits to be added, the oldest first. */
export async function takePending(tx: Tx, workspaceId: string, limit: number): Promise<string[]> {
  const taken = await rows(
    tx,
    sql<{ body: string }>`
    DELETE FROM traces.usage_pending WHERE workspace_id = ${workspaceId} AND id IN (
      SELECT id FROM traces.usage_pending WHERE workspace_id = ${workspaceId} ORDER BY id LIMIT ${limit}
    ) RETURNING body`,
  )
  return taken.map(({ body }) => body)
}

/** The id under which a series is kept: the first half of a SHA-256 of its dimensions. */
export const seriesIdOf = (series: readonly (string | null)[]): string =>
  createHash('sha256').update(JSON.stringify(series)).digest('hex').slice(0, 32)

/** Makes series known; those that are change nothing. */
export async function keepSeries(
  tx: Tx,
  workspaceId: string,
  series: ReadonlyMap<string, readonly (string | null)[]>,
): Promise<void> {
  const columns = sql.join(dimensions.map((name) => sql.ref(name)))
  const values = dimensions.map((_, at) => sql`${[...series.values()].map((one) => one[at] ?? null)}::text[]`)
  await sql`
    INSERT INTO traces.usage_series (workspace_id, id, ${columns})
    SELECT ${workspaceId}, s.* FROM unnest(${[...series.keys()]}::uuid[], ${sql.join(values)}) AS s
    ON CONFLICT DO NOTHING`.execute(tx)
}

export interface StoredHistograms {
  readonly start: number
  readonly seriesId: string
  readonly latency: Buffer
  readonly firstToken: Buffer
}

/** The histograms of those of the rows that are there. */
export async function readHistograms(
  tx: Tx,
  table: UsageTable,
  workspaceId: string,
  keys: readonly UsageRow[],
): Promise<StoredHistograms[]> {
  return rows(
    tx,
    sql<StoredHistograms>`
    SELECT extract(epoch FROM u.start)::float8 AS start, replace(u.series_id::text, '-', '') AS "seriesId", u.latency,
      u.first_token AS "firstToken"
    FROM unnest(${keys.map(({ start }) => start)}::float8[], ${keys.map(({ seriesId }) => seriesId)}::uuid[])
      AS k (start, series_id)
    JOIN ${nameOf(table)} u ON u.workspace_id = ${workspaceId} AND u.start = to_timestamp(k.start) AND u.series_id = k.series_id`,
  )
}

/** Adds counts and amounts to the rows, and puts their histograms in the place of those that were there. */
export async function addUsage(
  tx: Tx,
  table: UsageTable,
  workspaceId: string,
  added: readonly UsageRow[],
): Promise<void> {
  const counts = countColumns.map((_, at) => sql`${added.map(({ sums }) => sums.counts[at])}::bigint[]`)
  const amounts = amountColumns.map(
    (_, at) => sql`${added.map(({ sums }) => String(sums.amounts[at]))}::numeric[]`,
  )
  const columns = [...countColumns, ...amountColumns]
  const summed = columns.map((name) => sql`${sql.ref(name)} = u.${sql.ref(name)} + excluded.${sql.ref(name)}`)
  const histograms = [
    sql`${added.map(({ sums }) => encodeHistogram(sums.latency))}::bytea[]`,
    sql`${added.map(({ sums }) => encodeHistogram(sums.firstToken))}::bytea[]`,
  ]
  await sql`
    INSERT INTO ${nameOf(table)} AS u (workspace_id, start, series_id, ${sql.join(columns.map((name) => sql.ref(name)))},
      latency, first_token)
    SELECT ${workspaceId}, to_timestamp(a.start), ${sql.join(rest.map((name) => sql.ref(`a.${name}`)))}
    FROM unnest(${added.map(({ start }) => start)}::float8[], ${added.map(({ seriesId }) => seriesId)}::uuid[],
      ${sql.join([...counts, ...amounts, ...histograms])}) AS a (start, ${sql.join(rest.map((name) => sql.ref(name)))})
    ON CONFLICT (workspace_id, start, series_id) DO UPDATE SET ${sql.join(summed)}, latency = excluded.latency,
      first_token = excluded.first_token`.execute(tx)
}

const rest = ['series_id', ...countColumns, ...amountColumns, 'latency', 'first_token'] as const

const nameOf = (table: UsageTable) => sql.table(`traces.${table}`)

/** Drops the sums by minute of minutes before this time; gives how many rows. */
export async function dropMinutes(tx: Tx, before: Date, limit: number): Promise<number> {
  return changed(
    tx,
    sql`DELETE FROM traces.usage_1m WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM traces.usage_1m WHERE start < ${before} LIMIT ${limit}))`,
  )
}

/** What this transaction writes may be lost with the machine, as a whole: then it is done again. */
export async function loseWithMachine(tx: Tx): Promise<void> {
  await sql`SET LOCAL synchronous_commit = off`.execute(tx)
}
