import type { UsageDimension } from '@atrium/contract'
import type { RawBuilder } from 'kysely'
import { first, rows, sql, type Tx } from '#platform/db'
import { figureColumns, figureTotals } from './figures.ts'
import { closedParts, membersOf } from './members.ts'
import { floor, split, splitRanges, type Figures, type Range, type UsageFilters } from './question.ts'

/** Where the members of a dimension stand, in both tables. */
const columns: Readonly<Record<UsageDimension, RawBuilder<unknown>>> = {
  person: sql`person_id`,
  team: sql`team_id`,
  key: sql`key_id`,
  model: sql`model`,
  alias: sql`alias`,
  connection: sql`connection_id`,
  purpose: sql`purpose`,
}

const figures = sql`person_id, team_id, key_id, model, alias, connection_id, purpose, ${figureColumns}`

/** What a call adds to the sums: as the trigger counts it. */
const figuresOfCall = sql`person_id, team_id, key_id, coalesce(upstream_model, model) AS model, alias, connection_id,
  purpose, 1 AS calls, (status = 'failed')::int AS failed, (status = 'aborted')::int AS aborted,
  (models.cost_of(c) IS NULL)::int AS unpriced, estimated::int AS estimated, input_uncached, input_cache_read,
  input_cache_write_5m, input_cache_write_1h, output_text, output_reasoning,
  coalesce(models.cost_of(c), 0) AS cost_nano_usd, (first_token_ms IS NOT NULL)::int AS first_token_calls,
  coalesce(first_token_ms, 0) AS first_token_ms, total_ms`

/** The conditions of the filters, each with its AND. `model` is an expression in the table of calls. */
export function narrowed(filters: UsageFilters, model = sql`model`): RawBuilder<unknown> {
  const { personId, teamId, keyId, alias, connectionId, purpose } = filters
  const conditions = [
    personId !== undefined && sql` AND person_id = ${personId}`,
    teamId !== undefined && sql` AND team_id = ${teamId}`,
    keyId !== undefined && sql` AND key_id = ${keyId}`,
    filters.model !== undefined && sql` AND ${model} = ${filters.model}`,
    alias !== undefined && sql` AND alias = ${alias}`,
    connectionId !== undefined && sql` AND connection_id = ${connectionId}`,
    purpose !== undefined && sql` AND purpose = ${purpose}`,
  ]
  return sql.join(
    conditions.filter((one) => one !== false),
    sql``,
  )
}

export const calledModel = sql`coalesce(upstream_model, model)`

/** What is asked of the sums. `bounds` are moments at which figures must be told apart. */
export interface SumsQuestion {
  readonly workspaceId: string
  readonly filters: UsageFilters
  readonly range: Range
  readonly bounds?: readonly Date[]
  /** Until when sums by one dimension alone are kept; null while there are none. */
  readonly closedUntil: Date | null
}

/** Rows of `moment` and figures to be summed up, and where the member stands by which they are split. */
interface Source {
  readonly rows: RawBuilder<unknown>
  readonly member: RawBuilder<unknown>
}

/** @param only the members that count, for the split by a dimension */
function sourceOf(question: SumsQuestion, by?: UsageDimension, only?: readonly (string | null)[]): Source {
  const { workspaceId, filters, range, closedUntil, bounds = [] } = question
  const wanted = membersOf(filters, by, only)
  const isOpen = closedUntil === null || closedUntil <= range.from
  if (!wanted || isOpen)
    return { rows: openParts(question), member: by ? sql`${columns[by]}::text` : sql`NULL::text` }
  const closed = { from: range.from, to: closedUntil < range.to ? closedUntil : range.to }
  const inside = bounds.filter((bound) => bound > closed.from && bound < closed.to)
  const { rows: sumsOfMembers, gaps } = closedParts({ workspaceId, ...wanted, range: closed, bounds: inside })
  const open = [
    ...callsIn(workspaceId, filters, gaps),
    ...(closed.to < range.to ? [openParts({ ...question, range: { from: closed.to, to: range.to } })] : []),
  ]
  const member = by ? sql`coalesce(${columns[by]}::text, '')` : sql`''`
  const parts = open.map((part) => sql`SELECT moment, ${member}, ${figureColumns} FROM (${part}) AS open`)
  return { rows: sql.join([sumsOfMembers, ...parts], sql` UNION ALL `), member: sql`nullif(member, '')` }
}

/**
 * Figures over the range, each with a moment: sums of whole days, those of the hours of days in which a bound lies, and
 * single calls of the hours in which one lies. Exact, for the sums are kept in the transaction that writes the calls.
 */
function openParts({ workspaceId, filters, range, bounds = [] }: SumsQuestion): RawBuilder<unknown> {
  const days = split('day', [range.from, range.to, ...bounds])
  const hours = split('hour', [range.from, range.to, ...bounds])
  const ofDays = sql`
    SELECT day AS moment, ${figures} FROM models.usage_days
    WHERE workspace_id = ${workspaceId} AND day >= ${floor('day', range.from)} AND day < ${range.to}
      AND day <> ALL (${days}::timestamptz[])${narrowed(filters)}`
  const ofHours = splitRanges('day', range, days).map(
    ({ from, to }) => sql`
    SELECT hour, ${figures} FROM models.usage_hours
    WHERE workspace_id = ${workspaceId} AND hour >= ${floor('hour', from)} AND hour < ${to}
      AND hour <> ALL (${hours}::timestamptz[])${narrowed(filters)}`,
  )
  return sql.join(
    [ofDays, ...ofHours, ...callsIn(workspaceId, filters, splitRanges('hour', range, hours))],
    sql` UNION ALL `,
  )
}

/** Above so many pieces the ranges travel as a list: a time zone off the hour has one for each day. */
const mostPieces = 8

function callsIn(
  workspaceId: string,
  filters: UsageFilters,
  ranges: readonly Range[],
): RawBuilder<unknown>[] {
  if (ranges.length <= mostPieces) {
    return ranges.map(
      ({ from, to }) => sql`
      SELECT c.created_at AS moment, ${figuresOfCall} FROM models.calls c
      WHERE c.workspace_id = ${workspaceId} AND c.created_at >= ${from} AND c.created_at < ${to}
        ${narrowed(filters, calledModel)}`,
    )
  }
  // Each stretch is looked up by itself, in the index that suits the filters: OFFSET keeps the planner from joining.
  return [
    sql`
    SELECT piece.* FROM unnest(${ranges.map(({ from }) => from)}::timestamptz[],
      ${ranges.map(({ to }) => to)}::timestamptz[]) AS split (from_time, to_time)
    CROSS JOIN LATERAL (
      SELECT c.created_at AS moment, ${figuresOfCall} FROM models.calls c
      WHERE c.workspace_id = ${workspaceId} AND c.created_at >= split.from_time AND c.created_at < split.to_time
        ${narrowed(filters, calledModel)} OFFSET 0
    ) AS piece`,
  ]
}

export async function readTotals(tx: Tx, question: SumsQuestion): Promise<Figures> {
  const row = await first(tx, sql<Figures>`SELECT ${figureTotals} FROM (${sourceOf(question).rows}) AS part`)
  if (!row) throw new Error('a sum without groups has one row')
  return row
}

export type GroupFigures = Figures & { readonly member: string | null }

/** Members of a dimension, the most expensive first; after the given one. */
export async function readGroups(
  tx: Tx,
  question: SumsQuestion,
  by: UsageDimension,
  { limit, after }: { limit: number; after: { cost: string; member: string } | null },
): Promise<GroupFigures[]> {
  const { rows: parts, member } = sourceOf(question, by)
  const next = after
    ? sql`HAVING (-sum(cost_nano_usd), coalesce(${member}, '')) > (-(${after.cost}::numeric), ${after.member})`
    : sql``
  return rows(
    tx,
    sql<GroupFigures>`
    SELECT ${member} AS member, ${figureTotals} FROM (${parts}) AS part GROUP BY ${member} ${next}
    ORDER BY sum(cost_nano_usd) DESC, coalesce(${member}, '') LIMIT ${limit}`,
  )
}

/** Figures of these members alone; null stands for calls that have none. */
export async function readMembers(
  tx: Tx,
  question: SumsQuestion,
  by: UsageDimension,
  members: readonly (string | null)[],
): Promise<GroupFigures[]> {
  const { rows: parts, member } = sourceOf(question, by, members)
  return rows(
    tx,
    sql<GroupFigures>`
    SELECT ${member} AS member, ${figureTotals} FROM (${parts}) AS part
    WHERE ${isOneOf(member, members)} GROUP BY ${member} LIMIT ${members.length}`,
  )
}

export type PointFigures = Figures & { readonly member: string | null; readonly point: number }

/**
 * Figures by point in time: `point` counts from 1 through the given beginnings. With a dimension, of these members
 * alone.
 */
export async function readPoints(
  tx: Tx,
  question: SumsQuestion,
  starts: readonly Date[],
  split?: { readonly by: UsageDimension; readonly members: readonly (string | null)[] },
): Promise<PointFigures[]> {
  const { rows: parts, member } = sourceOf({ ...question, bounds: starts }, split?.by, split?.members)
  const only = split ? sql`WHERE ${isOneOf(member, split.members)}` : sql``
  return rows(
    tx,
    sql<PointFigures>`
    SELECT width_bucket(moment, ${starts}::timestamptz[]) AS point, ${split ? member : sql`NULL::text`} AS member, ${figureTotals}
    FROM (${parts}) AS part ${only}
    GROUP BY 1, 2 LIMIT ${starts.length * (split?.members.length ?? 1) + 1}`,
  )
}

function isOneOf(member: RawBuilder<unknown>, members: readonly (string | null)[]): RawBuilder<unknown> {
  const known = members.filter((one) => one !== null)
  const none = members.length > known.length ? sql` OR ${member} IS NULL` : sql``
  return sql`(${member} = ANY (${known}::text[])${none})`
}

/** Until when sums by one dimension alone hold all calls of a workspace. */
export async function readClosedUntil(tx: Tx, workspaceId: string): Promise<Date | null> {
  const row = await first(
    tx,
    sql<{ until: Date }>`SELECT until FROM models.usage_closed WHERE workspace_id = ${workspaceId}`,
  )
  return row?.until ?? null
}

export interface Start {
  readonly start: Date
  readonly label: string
}

/** The beginnings of the days or hours of a time zone that a range touches. */
export async function readStarts(
  tx: Tx,
  { from, to }: Range,
  interval: 'day' | 'hour',
  timeZone: string,
): Promise<Start[]> {
  const label = interval === 'day' ? 'YYYY-MM-DD' : 'YYYY-MM-DD"T"HH24:MI'
  // Days are walked by the calendar, hours by the clock: a day of summer time may have 23 or 25.
  const starts =
    interval === 'day'
      ? sql`SELECT day AT TIME ZONE ${timeZone} AS start FROM generate_series(
          date_trunc('day', ${from}::timestamptz AT TIME ZONE ${timeZone}),
          (${to}::timestamptz - interval '1 millisecond') AT TIME ZONE ${timeZone}, interval '1 day') AS day`
      : sql`SELECT start FROM generate_series(date_trunc('hour', ${from}::timestamptz, ${timeZone}),
          ${to}::timestamptz - interval '1 millisecond', interval '1 hour') AS start`
  return rows(
    tx,
    sql<Start>`
    SELECT start, to_char(start AT TIME ZONE ${timeZone}, ${label}) AS label FROM (${starts}) AS s
    ORDER BY start LIMIT 500`,
  )
}
