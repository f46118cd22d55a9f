import type { OtlpMetric } from '@atrium/wire/otlp'
import { first, rows, sql, type Tx } from '#platform/db'

export interface MetricRow {
  readonly name: string
  readonly description: string
  readonly type: OtlpMetric['type']
  readonly unit: string
  readonly temporality: OtlpMetric['temporality']
  readonly monotonic: boolean
  readonly series: number
  readonly last_at: string
}

/** What was seen last counts where the series of a metric differ. */
const metricColumns = sql`
  s.name, (array_agg(s.description ORDER BY s.last_at DESC))[1] AS description, (array_agg(s.type ORDER BY s.last_at DESC))[1] AS type,
  (array_agg(s.unit ORDER BY s.last_at DESC))[1] AS unit, (array_agg(s.temporality ORDER BY s.last_at DESC))[1] AS temporality,
  (array_agg(s.monotonic ORDER BY s.last_at DESC))[1] AS monotonic, count(*)::int AS series,
  to_char(max(s.last_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS last_at`

/** Metrics by their names. */
export async function listMetrics(
  tx: Tx,
  question: { readonly text: string | null; readonly from: string | null },
  page: { readonly limit: number; readonly after: string | null },
): Promise<MetricRow[]> {
  const { text, from } = question
  return rows(
    tx,
    sql<MetricRow>`
    SELECT ${metricColumns} FROM traces.metric_series s
    WHERE ${page.after === null ? sql`true` : sql`s.name > ${page.after}`}
      AND ${text === null ? sql`true` : sql`strpos(lower(s.name COLLATE "default"), lower(${text})) > 0`}
      AND ${from === null ? sql`true` : sql`s.last_at >= ${from}::timestamptz`}
    GROUP BY s.name ORDER BY s.name LIMIT ${page.limit}`,
  )
}

export async function findMetric(tx: Tx, name: string): Promise<MetricRow | undefined> {
  return first(
    tx,
    sql<MetricRow>`
    SELECT ${metricColumns} FROM traces.metric_series s WHERE s.name = ${name} GROUP BY s.name LIMIT 1`,
  )
}

export interface AttributeRow {
  readonly owner: 'attributes' | 'resource'
  readonly name: string
  /** How many different ones there are. */
  readonly count: number
  /** The ones of most series. */
  readonly values: string[]
}

/** Attributes are gathered from so many series, those seen last. */
const mostSeries = 5000
const mostNames = 200
const mostValues = 50

/** By what the series of a metric are told apart. */
export async function listAttributes(tx: Tx, name: string): Promise<AttributeRow[]> {
  return rows(
    tx,
    sql<AttributeRow>`
    WITH latest AS (
      SELECT s.attributes, s.resource FROM traces.metric_series s WHERE s.name = ${name}
      ORDER BY s.last_at DESC LIMIT ${mostSeries}
    ), told AS (
      SELECT 'attributes' AS owner, a.key AS name, a.value, count(*) AS n FROM latest, jsonb_each_text(attributes) AS a GROUP BY 2, 3
      UNION ALL
      SELECT 'resource', r.key, r.value, count(*) FROM latest, jsonb_each_text(resource) AS r GROUP BY 2, 3
    )
    SELECT owner, name, count(*)::int AS count,
      (array_agg(left(value, 256) ORDER BY n DESC, value))[1:${sql.lit(mostValues)}] AS values
    FROM told GROUP BY owner, name ORDER BY owner, name LIMIT ${mostNames}`,
  )
}
