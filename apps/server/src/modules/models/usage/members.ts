import type { UsageDimension } from '@atrium/contract'
import type { RawBuilder } from 'kysely'
import { sql } from '#platform/db'
import { figureColumns, figureSums, negatedFigures } from './figures.ts'
import { floor, split, splitRanges, unitMs, type Range, type UsageFilters } from './question.ts'

/** The members of a dimension of which sums are kept apart; undefined for all of them. */
export interface MembersQuestion {
  readonly workspaceId: string
  readonly dimension: UsageDimension | 'all'
  /** '' stands for calls that have none. */
  readonly members: readonly string[] | undefined
  readonly range: Range
  /** Moments at which figures must be told apart, in order. */
  readonly bounds: readonly Date[]
}

/**
 * Of which dimension the sums are wanted when one alone is asked for, by a filter or by splitting; undefined when it is
 * more than one.
 * @param by the dimension by which figures are split, and the members of it that count
 */
export function membersOf(
  filters: UsageFilters,
  by: UsageDimension | undefined,
  only: readonly (string | null)[] | undefined,
): Pick<MembersQuestion, 'dimension' | 'members'> | undefined {
  const asked = (Object.keys(filterOf) as UsageDimension[]).filter(
    (dimension) => filters[filterOf[dimension]] !== undefined,
  )
  const [first, second] = asked
  if (second !== undefined || (first !== undefined && by !== undefined)) return undefined
  if (first !== undefined) return { dimension: first, members: [filters[filterOf[first]] ?? ''] }
  if (by === undefined) return { dimension: 'all', members: [''] }
  return { dimension: by, members: only?.map((member) => member ?? '') }
}

const filterOf = {
  person: 'personId',
  team: 'teamId',
  key: 'keyId',
  model: 'model',
  alias: 'alias',
  connection: 'connectionId',
  purpose: 'purpose',
} as const satisfies Record<UsageDimension, keyof UsageFilters>

interface ClosedParts {
  /** Of `moment`, `member` and figures. */
  readonly rows: RawBuilder<unknown>
  /** What must be counted call by call. */
  readonly gaps: readonly Range[]
}

/** Rows over closed time: of whole months where nothing is told apart within, and of days. */
export function closedParts(question: MembersQuestion): ClosedParts {
  const { range, bounds } = question
  const months = bounds.length === 0 ? wholeMonths(range) : undefined
  if (!months) return dailyParts(question)
  const sides = [
    { from: range.from, to: months.from },
    { from: months.to, to: range.to },
  ].filter(({ from, to }) => from < to)
  const parts = sides.map((side) => dailyParts({ ...question, range: side }))
  const ofMonths = sql`SELECT s.start AS moment, s.member, ${figureColumns} FROM models.usage_member_months s
    WHERE ${meant(question)} AND s.start >= ${months.from} AND s.start < ${months.to}`
  return {
    rows: sql.join([ofMonths, ...parts.map(({ rows }) => rows)], sql` UNION ALL `),
    gaps: parts.flatMap(({ gaps }) => gaps),
  }
}

/** The months (UTC) that lie within a range, if any. */
function wholeMonths({ from, to }: Range): Range | undefined {
  const beginning = (moment: Date, later: number) =>
    new Date(Date.UTC(moment.getUTCFullYear(), moment.getUTCMonth() + later))
  const first = beginning(from, 0)
  const months = { from: first < from ? beginning(from, 1) : first, to: beginning(to, 0) }
  return months.from < months.to ? months : undefined
}

const meant = ({ workspaceId, dimension, members }: MembersQuestion) =>
  sql`s.workspace_id = ${workspaceId} AND s.dimension = ${dimension}${
    members === undefined ? sql`` : sql` AND s.member = ANY (${members}::text[])`
  }`

/**
 * Rows of days and quarters. A day in which one bound lies counts as a whole on the side
 * of the greater part; the quarters of the smaller part are counted where they belong and taken off there. So a series
 * in any time zone reads its days and a few hours of each. Quarters in which a bound lies are left out: the gaps.
 */
function dailyParts(question: MembersQuestion): ClosedParts {
  const { range, bounds } = question
  const days = daysOf(range, bounds)
  const split15 = split('quarter', [range.from, range.to, ...bounds])
  const ours = meant(question)
  // Each stretch is looked up by itself: OFFSET keeps the planner from reading all of time for each.
  const inStretch = sql`FROM models.usage_member_quarters s
    WHERE ${ours} AND s.start >= r.from_time AND s.start < r.to_time`
  const moved = days.flatMap(({ anchor, moved: part }) => (part ? [{ ...part, anchor }] : []))
  const quarters = wholeQuarters(rest(range, days), split15)
  const parts = [
    days.length > 0 &&
      sql`SELECT d.anchor AS moment, s.member, ${figureColumns}
      FROM unnest(${days.map(({ start }) => start)}::timestamptz[], ${days.map(({ anchor }) => anchor)}::timestamptz[])
        AS d (start, anchor)
      JOIN models.usage_member_days s ON ${ours} AND s.start = d.start`,
    quarters.length > 0 &&
      sql`SELECT q.start, q.member, ${figureColumns}
      FROM unnest(${quarters.map(({ from }) => from)}::timestamptz[], ${quarters.map(({ to }) => to)}::timestamptz[])
        AS r (from_time, to_time)
      CROSS JOIN LATERAL (SELECT s.start, s.member, ${figureColumns} ${inStretch} OFFSET 0) AS q`,
    moved.length > 0 &&
      sql`(WITH moved AS MATERIALIZED (
        SELECT r.from_time, r.anchor, q.*
        FROM unnest(${moved.map(({ from }) => from)}::timestamptz[], ${moved.map(({ to }) => to)}::timestamptz[],
          ${moved.map(({ anchor }) => anchor)}::timestamptz[]) AS r (from_time, to_time, anchor)
        CROSS JOIN LATERAL (SELECT s.member, ${figureSums} ${inStretch} GROUP BY s.member OFFSET 0) AS q
      ) SELECT from_time, member, ${figureColumns} FROM moved
      UNION ALL SELECT anchor, member, ${negatedFigures} FROM moved)`,
  ].filter((part) => part !== false)
  const none = sql`SELECT NULL::timestamptz AS moment, NULL::text AS member, ${figureColumns}
    FROM models.usage_member_days WHERE false`
  return { rows: sql.join([none, ...parts], sql` UNION ALL `), gaps: splitRanges('quarter', range, split15) }
}

interface WholeDay {
  readonly start: Date
  /** A moment of the point that it counts for. */
  readonly anchor: Date
  /** The part that belongs to the point beside. */
  readonly moved: Range | undefined
}

/** The days that lie within the range and have at most one bound within, which is the beginning of a quarter. */
function daysOf({ from, to }: Range, bounds: readonly Date[]): WholeDay[] {
  const byDay = Map.groupBy(bounds, (bound) => floor('day', bound).getTime())
  const days: WholeDay[] = []
  const dayMs = unitMs.day
  const first = Math.ceil(from.getTime() / dayMs) * dayMs
  for (let at = first; at + dayMs <= to.getTime(); at += dayMs) {
    const [bound, another] = (byDay.get(at) ?? []).filter((one) => one.getTime() !== at)
    const day = dayOf(at, at + dayMs, bound?.getTime())
    if (day && another === undefined) days.push(day)
  }
  return days
}

function dayOf(start: number, end: number, bound: number | undefined): WholeDay | undefined {
  const range = (from: number, to: number): Range => ({ from: new Date(from), to: new Date(to) })
  if (bound === undefined) return { start: new Date(start), anchor: new Date(start), moved: undefined }
  if (bound % unitMs.quarter !== 0) return undefined
  if (bound - start >= end - bound)
    return { start: new Date(start), anchor: new Date(start), moved: range(bound, end) }
  return { start: new Date(start), anchor: new Date(bound), moved: range(start, bound) }
}

/** What of the range lies in none of the days. */
function rest({ from, to }: Range, days: readonly WholeDay[]): Range[] {
  const found: Range[] = []
  let at = from.getTime()
  for (const { start } of days) {
    if (start.getTime() > at) found.push({ from: new Date(at), to: start })
    at = start.getTime() + unitMs.day
  }
  if (at < to.getTime()) found.push({ from: new Date(at), to })
  return found
}

/** The ranges without the split quarters. */
function wholeQuarters(ranges: readonly Range[], splits: readonly Date[]): Range[] {
  const sorted = splits.map((one) => one.getTime()).toSorted((a, b) => a - b)
  return ranges.flatMap(({ from, to }) => {
    const found: Range[] = []
    let at = from.getTime()
    for (const start of sorted) {
      if (start + unitMs.quarter <= at || start >= to.getTime()) continue
      if (start > at) found.push({ from: new Date(at), to: new Date(start) })
      at = start + unitMs.quarter
    }
    if (at < to.getTime()) found.push({ from: new Date(at), to })
    return found
  })
}
