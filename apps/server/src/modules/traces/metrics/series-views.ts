import { rows, sql, type Tx } from '#platform/db'
import type { MetricRow } from './views.ts'

/** Which points of a metric are meant, and how they are put together. */
export interface SeriesQuestion {
  readonly metric: Pick<MetricRow, 'name' | 'type' | 'temporality' | 'monotonic'>
  readonly from: string
  readonly to: string
  readonly stepSeconds: number
  /** Names of attributes, of the series or else of its resource. */
  readonly groupBy: readonly string[]
  readonly where: readonly (readonly [name: string, value: string])[]
}

/** What one step of one group comes to. */
export interface StepRow {
  readonly labels: (string | null)[]
  readonly at: string
  readonly value: number | null
  /** How many groups there are. */
  readonly groups: number
}

/** The points of a distribution, in the order of their series and times. */
export interface DistributionRow {
  readonly series_id: string
  readonly labels: (string | null)[]
  /** The step that it belongs to; null for the last point before the time that is asked for. */
  readonly step_at: string | null
  readonly at_us: number
  readonly since_us: number | null
  readonly count: number
  readonly min: number | null
  readonly max: number | null
  readonly bounds: number[] | null
  readonly counts: number[] | null
  readonly quantiles: number[] | null
  readonly quantile_values: number[] | null
}

/** How the values of a step become one, in SQL; `total` and `n` are columns of what each point adds. */
export type Fold =
  | 'sum'
  | 'count'
  | 'observations'
  | 'rate'
  | 'avg'
  | 'mean'
  | 'min'
  | 'max'
  | { quantile: number }

/** Longest that a question may take, in milliseconds. */
const maxStatementMs = 10_000

/** Whether points hold all since a beginning, so that what they add is the difference to the one before. */
export const holdsAll = ({ type, temporality, monotonic }: SeriesQuestion['metric']): boolean =>
  type === 'summary' || (temporality === 'cumulative' && (type !== 'sum' || monotonic))

/**
 * What the points of each step come to, of the groups that come to most.
 * @throws AppError 503 when there are too many points
 */
export async function foldSteps(
  tx: Tx,
  question: SeriesQuestion,
  fold: Fold,
  mostGroups: number,
): Promise<StepRow[]> {
  await limitTime(tx)
  return rows(
    tx,
    sql<StepRow>`
    WITH ${chosen(question)}, ${added(question)}, steps AS (
      SELECT c.labels, ${stepOf(question, sql`a.at`)} AS step, ${folded(question, fold)} AS value
      FROM ${fold === 'sum' && isLevel(question.metric) ? lastOfStep(question) : sql`added`} AS a
      JOIN chosen c ON c.id = a.series_id GROUP BY 1, 2
    ), ranked AS (
      SELECT labels, count(*) OVER () AS groups, row_number() OVER (ORDER BY sum(value) DESC NULLS LAST, labels) AS place
      FROM steps GROUP BY labels
    )
    SELECT s.labels, to_char(s.step AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at, s.value, r.groups::int AS groups
    FROM steps s JOIN ranked r ON r.labels = s.labels WHERE r.place <= ${mostGroups} ORDER BY r.place, s.step`,
  )
}

/**
 * Points of a distribution with their buckets. Of points that hold all since a beginning the last of each step is enough.
 * @throws AppError 503 when there are too many points
 */
export async function readDistributions(
  tx: Tx,
  question: SeriesQuestion,
  limit: number,
): Promise<DistributionRow[]> {
  await limitTime(tx)
  const { from, to } = question
  const step = stepOf(question, sql`p.at`)
  const within = sql`
    SELECT ${holdsAll(question.metric) ? sql`DISTINCT ON (p.series_id, ${step}, p.since)` : sql``} p.*, ${step} AS step
    FROM chosen c JOIN traces.metric_points p ON p.series_id = c.id
      AND p.at >= ${from}::timestamptz AND p.at < ${to}::timestamptz AND p.count IS NOT NULL
    ${holdsAll(question.metric) ? sql`ORDER BY p.series_id, ${step}, p.since, p.at DESC` : sql``}`
  const before = sql`UNION ALL SELECT b.*, NULL FROM chosen c CROSS JOIN LATERAL (${lastBefore(question)}) AS b`
  return rows(
    tx,
    sql<DistributionRow>`
    WITH ${chosen(question)}, points AS ((${within}) ${holdsAll(question.metric) ? before : sql``})
    SELECT p.series_id, c.labels, to_char(p.step AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS step_at,
      (extract(epoch FROM p.at) * 1000000)::float8 AS at_us, (extract(epoch FROM p.since) * 1000000)::float8 AS since_us,
      p.count, p.min, p.max, p.bounds, p.counts, p.quantiles, p.quantile_values
    FROM points p JOIN chosen c ON c.id = p.series_id ORDER BY p.series_id, p.at LIMIT ${limit}`,
  )
}

const limitTime = (tx: Tx) => sql`SET LOCAL statement_timeout = ${sql.lit(maxStatementMs)}`.execute(tx)

/** Whether values stand for a state of things that they do not add to. */
export const isLevel = ({ type, temporality, monotonic }: SeriesQuestion['metric']): boolean =>
  type === 'gauge' || (type === 'sum' && !monotonic && temporality === 'cumulative')

/** The series that are meant. */
function chosen({ metric, from, to, groupBy, where }: SeriesQuestion) {
  const told = (name: string) => sql`coalesce(s.attributes ->> ${name}::text, s.resource ->> ${name}::text)`
  const conditions = where.map(([name, value]) => sql`AND ${told(name)} = ${value}`)
  return sql`chosen AS (
    SELECT s.id, ARRAY[${sql.join(groupBy.map(told))}]::text[] AS labels FROM traces.metric_series s
    WHERE s.name = ${metric.name} AND s.type = ${metric.type} AND s.temporality = ${metric.temporality}
      AND s.monotonic = ${metric.monotonic} AND s.last_at >= ${from}::timestamptz AND s.first_at < ${to}::timestamptz
      ${sql.join(conditions, sql` `)}
  )`
}

/** The last point of a series of `chosen c` before the time that is asked for. */
const lastBefore = ({ from }: SeriesQuestion) => sql`
  SELECT p.* FROM traces.metric_points p
  WHERE p.series_id = c.id AND p.at < ${from}::timestamptz AND coalesce(p.value, p.count) IS NOT NULL
  ORDER BY p.at DESC LIMIT 1`

/**
 * What each point adds: `total` to the sum and `n` to the count, which are the same but for distributions. A point that
 * holds all since a beginning adds the difference to the one before, or all when it began anew; the first of a series adds
 * all when it began within the time that is asked for, and else nobody knows what. A beginning that is the time of the first
 * point itself stands for one that is unknown.
 * https://opentelemetry.io/docs/specs/otel/metrics/data-model/#resets-and-gaps
 */
function added(question: SeriesQuestion) {
  const { from, to } = question
  const columns = sql`series_id, at, since, coalesce(value, sum, 0) AS total, coalesce(value, count) AS n`
  const within = sql`
    SELECT ${columns} FROM chosen c JOIN traces.metric_points p ON p.series_id = c.id
      AND p.at >= ${from}::timestamptz AND p.at < ${to}::timestamptz WHERE coalesce(p.value, p.count) IS NOT NULL`
  if (!holdsAll(question.metric)) return sql`added AS (${within})`
  const difference = (column: string) => {
    const [own, before] = [sql.ref(column), sql.ref(`${column}_before`)]
    return sql`CASE WHEN n_before IS NULL THEN CASE WHEN since >= ${from}::timestamptz AND since < at THEN ${own} ELSE 0 END
      WHEN since > at_before OR n < n_before THEN ${own} ELSE ${own} - ${before} END AS ${own}`
  }
  return sql`points AS (
    ${within} UNION ALL
    SELECT ${columns} FROM chosen c CROSS JOIN LATERAL (${lastBefore(question)}) AS b
  ), compared AS (
    SELECT *, lag(n) OVER own AS n_before, lag(total) OVER own AS total_before, lag(at) OVER own AS at_before
    FROM points WINDOW own AS (PARTITION BY series_id ORDER BY at)
  ), added AS (
    SELECT series_id, at, ${difference('total')}, ${difference('n')} FROM compared WHERE at >= ${from}::timestamptz
  )`
}

/** Steps begin at multiples of their length since 1970, so that they stay where they are as time goes on. */
const stepOf = ({ stepSeconds }: SeriesQuestion, at: ReturnType<typeof sql>) =>
  sql`date_bin(${sql.lit(stepSeconds)} * interval '1 second', ${at}, timestamptz '1970-01-01 00:00:00+00')`

/** Of levels, each series counts once in a step: with its last value. */
const lastOfStep = (question: SeriesQuestion) => sql`(
  SELECT DISTINCT ON (series_id, ${stepOf(question, sql`at`)}) * FROM added ORDER BY series_id, ${stepOf(question, sql`at`)}, at DESC
)`

function folded(question: SeriesQuestion, fold: Fold) {
  if (typeof fold === 'object')
    return sql`percentile_cont(${sql.lit(fold.quantile)}) WITHIN GROUP (ORDER BY a.total)`
  if (fold === 'rate') return sql`sum(a.n) / ${secondsOf(question)}`
  return folds[fold]
}

const folds = {
  sum: sql`sum(a.total)`,
  count: sql`count(*)::float8`,
  observations: sql`sum(a.n)`,
  avg: sql`avg(a.total)`,
  mean: sql`sum(a.total) / nullif(sum(a.n), 0)`,
  min: sql`min(a.total)`,
  max: sql`max(a.total)`,
} as const

/** The part of a step that lies within the time that is asked for, and in the past. */
function secondsOf(question: SeriesQuestion) {
  const step = stepOf(question, sql`min(a.at)`)
  const end = sql`least(${step} + ${question.stepSeconds} * interval '1 second', ${question.to}::timestamptz, greatest(now(), max(a.at)))`
  return sql`nullif(extract(epoch FROM ${end} - greatest(${step}, ${question.from}::timestamptz)), 0)::float8`
}
