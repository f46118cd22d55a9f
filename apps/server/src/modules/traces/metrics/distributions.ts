import { quantileOf, type Bucket } from './quantiles.ts'
import type { DistributionRow } from './series-views.ts'

/** What was observed in a step of a group. */
export interface Observed {
  readonly labels: readonly (string | null)[]
  readonly at: string
  readonly count: number
  readonly buckets: readonly Bucket[]
  /** Of summaries, which tell values at quantiles and no buckets. */
  readonly told: readonly { readonly quantile: number; readonly value: number }[]
}

interface Draft extends Observed {
  count: number
  readonly buckets: Bucket[]
  readonly told: { quantile: number; value: number }[]
}

/**
 * Gathers what points of distributions tell by group and step.
 * @param points in the order of their series and times
 * @param holdsAll whether a point holds all since a beginning; see `added` in `series-views.ts` for what it adds then
 * @param fromUs the beginning of the time that is asked for, in microseconds since 1970
 */
export function gatherDistributions(
  points: readonly DistributionRow[],
  holdsAll: boolean,
  fromUs: number,
): Observed[] {
  const drafts = new Map<string, Draft>()
  let before: DistributionRow | undefined
  for (const point of points) {
    const previous = before?.series_id === point.series_id ? before : undefined
    before = point
    if (point.step_at === null) continue
    const added = holdsAll ? difference(point, previous, fromUs) : point
    if (!added) continue
    const key = JSON.stringify([point.labels, point.step_at])
    const draft = drafts.get(key) ?? {
      labels: point.labels,
      at: point.step_at,
      count: 0,
      buckets: [],
      told: [],
    }
    drafts.set(key, draft)
    draft.count += added.count
    for (const bucket of bucketsOf(added)) draft.buckets.push(bucket)
    for (const [at, quantile] of (point.quantiles ?? []).entries())
      draft.told.push({ quantile, value: point.quantile_values?.[at] ?? Number.NaN })
  }
  return [...drafts.values()]
}

/** The value below which a share of what was observed lies; null when that is not told. */
export function valueAt({ buckets, told }: Observed, q: number): number | null {
  if (buckets.length > 0) return quantileOf(buckets, q)
  const values = told.filter(({ quantile, value }) => quantile === q && !Number.isNaN(value))
  return values.length === 0 ? null : values.reduce((sum, { value }) => sum + value, 0) / values.length
}

type Shape = Pick<DistributionRow, 'count' | 'min' | 'max' | 'bounds' | 'counts'>

/** What a point adds to the one before; undefined where nobody knows. */
function difference(
  point: DistributionRow,
  before: DistributionRow | undefined,
  fromUs: number,
): Shape | undefined {
  const { since_us: since, at_us: at } = point
  // The least and the most of all since the beginning say nothing about what was added.
  const whole = { ...point, min: null, max: null }
  if (!before) return since !== null && since >= fromUs && since < at ? point : undefined
  if ((since !== null && since > before.at_us) || point.count < before.count) return point
  const counts = point.bounds && point.counts ? minus(point, before) : null
  return { ...whole, count: point.count - before.count, counts }
}

/**
 * Counts by bucket, less those of another point. Exponential histograms change their bounds as they grow, whereby two
 * buckets become one: what lies up to a bound is compared, which stays the same.
 */
function minus(point: Shape, before: Shape): number[] {
  let earlier = 0
  let at = 0
  let last = 0
  let own = 0
  return (point.counts ?? []).map((count, index) => {
    const bound = point.bounds?.[index] ?? Number.POSITIVE_INFINITY
    while (at < (before.counts?.length ?? 0) && (before.bounds?.[at] ?? Number.POSITIVE_INFINITY) <= bound)
      earlier += before.counts?.[at++] ?? 0
    own += count
    const added = Math.max(0, own - earlier - last)
    last += added
    return added
  })
}

/** Buckets with both bounds. Those at the ends end at the least and the most, as far as told. */
function bucketsOf({ min, max, bounds, counts }: Shape): Bucket[] {
  if (!bounds || !counts) return []
  return counts.flatMap((count, at): Bucket[] => {
    if (count === 0) return []
    const [below, above] = [bounds[at - 1], bounds[at]]
    const low = below ?? min ?? Math.min(0, above ?? 0)
    const high = above ?? max ?? below ?? 0
    return [
      {
        count,
        low: min === null ? low : Math.max(low, min),
        high: max === null ? high : Math.min(high, max),
      },
    ]
  })
}
