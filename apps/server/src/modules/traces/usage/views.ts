import { first, rows, sql, type Tx } from '#platform/db'
import { modelOperations, type Dimension } from './dimensions.ts'
import { addEncoded } from './histogram.ts'
import type { Part, Unit } from './ranges.ts'
import { amountColumns, countColumns, noSums, type Sums } from './sums.ts'

/** Spans by what they do. */
export type SpanKind = 'model' | 'tool' | 'agent'

/** Which sums are meant. */
export interface UsageQuestion {
  readonly workspaceId: string
  readonly parts: readonly Part[]
  /** Whether they are told apart by user; then only `userDimensions` may be named. */
  readonly ofUsers: boolean
  readonly filters: Partial<Readonly<Record<Dimension, string>>>
  /** Null for spans of any kind. */
  readonly kind: SpanKind | null
}

const condition: Readonly<Record<SpanKind, ReturnType<typeof sql>>> = {
  model: sql`(s.operation = ANY (${[...modelOperations]}::text[]) OR s.operation IS NULL AND s.model IS NOT NULL)`,
  tool: sql`s.operation = 'execute_tool'`,
  agent: sql`s.operation IN ('invoke_agent', 'invoke_workflow')`,
}

const tables: Readonly<Record<Unit, string>> = { minute: 'usage_1m', hour: 'usage_1h', day: 'usage_1d' }

/** Rows `u` of sums and their series `s`, from the tables in which the parts of the range lie. */
function source({ workspaceId, parts, ofUsers, filters, kind }: UsageQuestion, columns: readonly string[]) {
  const selected = sql.join(columns.map((name) => sql.ref(name)))
  const of = ({ unit, from, to }: Part) => sql`
    SELECT ${selected} FROM ${sql.table(`traces.${ofUsers ? 'user_' : ''}${tables[unit]}`)}
    WHERE workspace_id = ${workspaceId} AND start >= ${new Date(from)} AND start < ${new Date(to)}`
  const wanted = Object.entries(filters).map(([name, value]) => sql` AND ${sql.ref(`s.${name}`)} = ${value}`)
  const kinds = kind === null ? [] : [sql` AND ${condition[kind]}`]
  return sql`
    (${sql.join(parts.map(of), sql` UNION ALL `)}) AS u
    JOIN traces.usage_series s ON s.workspace_id = ${workspaceId} AND s.id = u.series_id
    WHERE true ${sql.join([...wanted, ...kinds], sql``)}`
}

/** The members of a dimension with most of something; null stands for spans that name none. */
export async function rankMembers(
  tx: Tx,
  question: UsageQuestion,
  by: Dimension,
  most: 'spans' | 'cost_nano_usd',
  limit: number,
): Promise<(string | null)[]> {
  if (question.parts.length === 0) return []
  const member = sql.ref(`s.${by}`)
  const found = await rows(
    tx,
    sql<{ member: string | null }>`
    SELECT ${member} AS member FROM ${source(question, [...new Set(['series_id', 'spans', most])])}
    GROUP BY 1 ORDER BY sum(${sql.ref(`u.${most}`)}) DESC, sum(u.spans) DESC, 1 NULLS LAST LIMIT ${limit}`,
  )
  return found.map((row) => row.member)
}

/** How sums are split. */
export interface UsageSplit {
  /** By stretches of time; null for the whole range together. */
  readonly unit: Unit | null
  /** These members of a dimension each for themselves, and all others together. */
  readonly members: { readonly by: Dimension; readonly named: readonly (string | null)[] } | null
  /** Whether durations are wanted: they are most of what must be read. */
  readonly withTimes: boolean
}

/** Sums of one stretch of time and member. */
export interface UsagePiece {
  /** Beginning of the stretch, in milliseconds since 1970; null when the range is not split. */
  readonly start: number | null
  readonly member: string | null
  /** Whether these are all members that are not named, together. */
  readonly isOther: boolean
  readonly sums: Sums
}

type PieceRow = Record<(typeof amountColumns)[number], string> &
  Record<(typeof countColumns)[number], number> & {
    start: number | null
    member: string | null
    is_other: boolean
    latency: Buffer | null
    first_token: Buffer | null
  }

const totals = sql.join([
  ...countColumns.map((name) => sql`sum(${sql.ref(`u.${name}`)})::float8 AS ${sql.ref(name)}`),
  ...amountColumns.map((name) => sql`sum(${sql.ref(`u.${name}`)})::text AS ${sql.ref(name)}`),
])

/** Sums of a range; pieces without any span are left out. Histograms are joined end to end, which adds them up. */
export async function readUsage(
  tx: Tx,
  question: UsageQuestion,
  { unit, members, withTimes }: UsageSplit,
): Promise<UsagePiece[]> {
  if (question.parts.length === 0) return []
  const times = ['latency', 'first_token'] as const
  const columns = ['start', 'series_id', ...countColumns, ...amountColumns, ...(withTimes ? times : [])]
  const start =
    unit === null ? sql`NULL::float8` : sql`extract(epoch FROM date_trunc(${unit}, u.start, 'UTC'))::float8`
  const joined = (name: string) =>
    withTimes ? sql`string_agg(${sql.ref(`u.${name}`)}, '')` : sql`NULL::bytea`
  const found = await rows(
    tx,
    sql<PieceRow>`
    SELECT ${start} AS start, ${memberOf(members)}, ${totals}, ${joined('latency')} AS latency,
      ${joined('first_token')} AS first_token
    FROM ${source(question, columns)} GROUP BY 1, 2, 3 LIMIT 100000`,
  )
  return found.map(pieceOf)
}

function memberOf(members: UsageSplit['members']) {
  if (members === null) return sql`NULL::text AS member, false AS is_other`
  const member = sql.ref(`s.${members.by}`)
  const named = members.named.filter((name) => name !== null)
  const isNone = named.length < members.named.length ? sql` OR ${member} IS NULL` : sql``
  const isNamed = sql`(coalesce(${member} = ANY (${named}::text[]), false)${isNone})`
  return sql`CASE WHEN ${isNamed} THEN ${member} END AS member, NOT ${isNamed} AS is_other`
}

function pieceOf(row: PieceRow): UsagePiece {
  const sums: Sums = {
    ...noSums(),
    counts: countColumns.map((name) => row[name]),
    amounts: amountColumns.map((name) => BigInt(row[name])),
  }
  if (row.latency) addEncoded(sums.latency, row.latency)
  if (row.first_token) addEncoded(sums.firstToken, row.first_token)
  const start = row.start === null ? null : row.start * 1000
  return { start, member: row.member, isOther: row.is_other, sums }
}

/** How many users are named by spans of a range. */
export async function countUsers(tx: Tx, question: UsageQuestion): Promise<number> {
  if (question.parts.length === 0) return 0
  const row = await first(
    tx,
    sql<{ users: number }>`
    SELECT count(DISTINCT s.end_user)::int AS users FROM ${source({ ...question, ofUsers: true }, ['series_id'])}`,
  )
  return row?.users ?? 0
}
