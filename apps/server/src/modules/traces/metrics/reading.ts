import {
  metricName,
  type MetricAggregation,
  type MetricSummary,
  type otlpMetricRoutes,
  type RouteInput,
  type RouteOutput,
} from '@atrium/contract'
import type { Database } from '#platform/db'
import { invalidInput, notFound } from '#platform/errors'
import { decodeCursor, paginate, type Member } from '#platform/http'
import { seriesOf } from './series.ts'
import { findMetric, listAttributes, listMetrics, type MetricRow } from './views.ts'

type Routes = typeof otlpMetricRoutes
type Query<Name extends 'listOtlpMetrics' | 'readOtlpMetricSeries'> = RouteInput<Routes[Name]>['query']
type Answer<Name extends keyof Routes> = RouteOutput<Routes[Name]>

/** Questions about metrics. */
export interface MetricReading {
  list(member: Member, query: Query<'listOtlpMetrics'>): Promise<Answer<'listOtlpMetrics'>>
  /** @throws AppError 404 METRIC_NOT_FOUND */
  one(member: Member, name: string): Promise<Answer<'readOtlpMetric'>>
  /** @throws AppError 404 METRIC_NOT_FOUND, 400 for a question that makes no sense, 503 for one that takes too long */
  series(
    member: Member,
    name: string,
    query: Query<'readOtlpMetricSeries'>,
  ): Promise<Answer<'readOtlpMetricSeries'>>
}

export function createMetricReading(db: Database, now: () => Date): MetricReading {
  return {
    list: ({ workspaceId }, { limit, cursor, text = null, from = null }) =>
      db.readWorkspace(workspaceId, async (tx) => {
        const after = cursor === undefined ? null : decodeCursor(cursor, metricName)[0]
        const found = await listMetrics(tx, { text, from }, { limit: limit + 1, after })
        return paginate(found.map(shownMetric), limit, ({ name }) => [name])
      }),
    one: ({ workspaceId }, name) =>
      db.readWorkspace(workspaceId, async (tx) => {
        const [metric, told] = await Promise.all([findMetric(tx, name), listAttributes(tx, name)])
        if (!metric) throw notFound('metric')
        const ofOwner = (wanted: string) =>
          told
            .filter(({ owner }) => owner === wanted)
            .map(({ name: attribute, count, values }) => ({ name: attribute, count, values }))
        return {
          ...shownMetric(metric),
          attributes: ofOwner('attributes'),
          resource: ofOwner('resource'),
        }
      }),
    series: ({ workspaceId }, name, query) =>
      db.readWorkspace(workspaceId, async (tx) => {
        const span = spanOf(query, now())
        const metric = await findMetric(tx, name)
        if (!metric) throw notFound('metric')
        const aggregation = query.aggregation ?? usualOf(metric)
        const question = { metric, ...span, groupBy: namesIn(query.groupBy), where: pairsIn(query.where) }
        const found = await seriesOf(tx, question, aggregation, query.groups)
        return { metric: shownMetric(metric), aggregation, ...span, ...found }
      }),
  }
}

const shownMetric = (row: MetricRow): MetricSummary => ({
  name: row.name,
  description: row.description,
  type: row.type,
  unit: row.unit,
  temporality: row.temporality,
  monotonic: row.monotonic,
  series: row.series,
  lastAt: row.last_at,
})

function usualOf({ type, monotonic, temporality }: MetricRow): MetricAggregation {
  if (type === 'sum') return monotonic || temporality === 'delta' ? 'sum' : 'avg'
  return type === 'gauge' ? 'avg' : 'p95'
}

const longestMs = 400 * 86_400_000
const mostSteps = 2000
const usualSteps = 100
/** Lengths of steps that people count in, in seconds. */
const usualLengths = [10, 30, 60, 300, 600, 1800, 3600, 10_800, 21_600, 86_400, 604_800, 2_592_000]

function spanOf(query: Query<'readOtlpMetricSeries'>, now: Date) {
  const to = query.to ?? now.toISOString()
  const from = query.from ?? new Date(Date.parse(to) - 86_400_000).toISOString()
  const lengthMs = Date.parse(to) - Date.parse(from)
  if (Number.isNaN(lengthMs) || lengthMs <= 0) throw invalidInput('from: must be before “to”')
  if (lengthMs > longestMs) throw invalidInput('from: must not be more than 400 days before “to”')
  const leastSeconds = lengthMs / 1000 / usualSteps
  const stepSeconds =
    query.stepSeconds ?? usualLengths.find((length) => length >= leastSeconds) ?? Math.ceil(leastSeconds)
  if (lengthMs / 1000 / stepSeconds > mostSteps)
    throw invalidInput(`stepSeconds: must make no more than ${mostSteps} steps of the time asked for`)
  return { from, to, stepSeconds }
}

const mostNames = 10

function namesIn(groupBy: string | undefined): string[] {
  const names = groupBy === undefined ? [] : groupBy.split(',').map((name) => name.trim())
  if (names.length > mostNames || names.includes(''))
    throw invalidInput(`groupBy: must be up to ${mostNames} names with commas between them`)
  return names
}

function pairsIn(where: string | undefined): [string, string][] {
  // The contract has made sure of its form.
  const pairs = where === undefined ? [] : Object.entries(JSON.parse(where) as Record<string, string>)
  if (pairs.length > mostNames) throw invalidInput(`where: must name up to ${mostNames} attributes`)
  return pairs
}
