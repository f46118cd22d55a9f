import type { MetricAggregation } from '@atrium/contract'
import type { Tx } from '#platform/db'
import { invalidInput } from '#platform/errors'
import { gatherDistributions, valueAt, type Observed } from './distributions.ts'
import {
  foldSteps,
  holdsAll,
  isLevel,
  readDistributions,
  type Fold,
  type SeriesQuestion,
} from './series-views.ts'

/** A group of series over time. */
export interface Group {
  readonly labels: { name: string; value: string | null }[]
  readonly points: { at: string; value: number | null }[]
}

interface Groups {
  readonly groups: Group[]
  /** How many groups came to less than those. */
  readonly omitted: number
}

/** Points of distributions that are read for one question. */
const mostPoints = 100_000

const quantiles = new Map<MetricAggregation, number>([
  ['p50', 0.5],
  ['p90', 0.9],
  ['p95', 0.95],
  ['p99', 0.99],
])
/** Of distributions, the least and the most are quantiles too. */
const ofDistributions = new Map<MetricAggregation, number>([...quantiles, ['min', 0], ['max', 1]])

/**
 * What a metric comes to in each step, of the groups that come to most.
 * @throws AppError 400 for an aggregation that the metric does not have, and for too many points of distributions
 */
export async function seriesOf(
  tx: Tx,
  question: SeriesQuestion,
  aggregation: MetricAggregation,
  mostGroups: number,
): Promise<Groups> {
  const isDistribution = question.metric.type !== 'gauge' && question.metric.type !== 'sum'
  const share = isDistribution ? ofDistributions.get(aggregation) : undefined
  if (share !== undefined) return ofQuantile(tx, question, share, mostGroups)
  const rows = await foldSteps(tx, question, foldOf(question, aggregation, isDistribution), mostGroups)
  return {
    groups: grouped(
      question,
      rows.map(({ labels, at, value }) => ({ labels, at, value })),
    ),
    omitted: Math.max(0, (rows[0]?.groups ?? 0) - mostGroups),
  }
}

function foldOf({ metric }: SeriesQuestion, aggregation: MetricAggregation, isDistribution: boolean): Fold {
  const quantile = quantiles.get(aggregation)
  if (quantile !== undefined) return { quantile }
  if (aggregation === 'rate' && isLevel(metric))
    throw invalidInput('aggregation: there is no rate of values that do not add up')
  if (isDistribution && aggregation === 'count') return 'observations'
  if (isDistribution && aggregation === 'avg') return 'mean'
  // The quantiles have been taken out above.
  return aggregation as Exclude<MetricAggregation, `p${string}`>
}

async function ofQuantile(
  tx: Tx,
  question: SeriesQuestion,
  share: number,
  mostGroups: number,
): Promise<Groups> {
  const points = await readDistributions(tx, question, mostPoints + 1)
  if (points.length > mostPoints)
    throw invalidInput(`from: more than ${mostPoints} points are too many; ask for less time or fewer series`)
  const fromUs = Date.parse(question.from) * 1000
  const all = gatherDistributions(points, holdsAll(question.metric), fromUs)
  const byGroup = Map.groupBy(all, ({ labels }) => JSON.stringify(labels))
  const ranked = [...byGroup.values()].toSorted((one, other) => countOf(other) - countOf(one))
  const steps = ranked.slice(0, mostGroups).flatMap((own) => own.toSorted((a, b) => (a.at < b.at ? -1 : 1)))
  return {
    groups: grouped(
      question,
      steps.map((step) => ({ labels: step.labels, at: step.at, value: valueAt(step, share) })),
    ),
    omitted: Math.max(0, byGroup.size - mostGroups),
  }
}

const countOf = (own: readonly Observed[]): number => own.reduce((sum, { count }) => sum + count, 0)

interface Step {
  readonly labels: readonly (string | null)[]
  readonly at: string
  readonly value: number | null
}

/** @param steps those of one group after another */
const grouped = ({ groupBy }: SeriesQuestion, steps: readonly Step[]): Group[] =>
  [...Map.groupBy(steps, ({ labels }) => JSON.stringify(labels)).values()].map((own) => ({
    labels: groupBy.map((name, at) => ({ name, value: own[0]?.labels[at] ?? null })),
    points: own.map(({ at, value }) => ({
      at,
      value: value !== null && Number.isFinite(value) ? value : null,
    })),
  }))
