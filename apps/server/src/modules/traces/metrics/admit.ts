import { createHash } from 'node:crypto'
import type { Attributes, AttributeValue, Batch, Origin, OtlpMetric, OtlpPoint } from '@atrium/wire/otlp'
import { faultOfTime, Unfit } from '../admission.ts'
import { cleaned, column, storable } from '../contents.ts'
import { ofResource } from '../conventions/common.ts'
import type { Redactor } from '../redaction/index.ts'
import type { PointRow, SeriesRow } from './rows.ts'

/** Characters of the attributes of a series, or of its resource. */
const mostChars = 64 * 1024
/** Buckets of one point; OpenTelemetry's own histograms have 160 on each side of zero at most. */
const mostBuckets = 1024

/**
 * Checks the points of metrics, redacts what their series are told apart by, and makes rows of them. A point that cannot
 * be right is left out.
 */
export function* admitMetrics(
  batches: readonly Batch<OtlpMetric>[],
  redactor: Redactor,
  nowMs: number,
): Generator<PointRow | Unfit> {
  for (const { records, ...origin } of batches) {
    const source = sourceOf(origin, redactor)
    for (const metric of records) {
      const fault = faultOfMetric(metric)
      const common = fault === null ? commonOf(metric, redactor) : null
      for (const point of metric.points) {
        const reason = fault ?? faultOfPoint(point, nowMs)
        const series = common && reason === null ? seriesOf(common, source, point.attributes, redactor) : null
        yield series ? rowOf(point, series) : new Unfit(reason ?? 'attributes: must not be that long')
      }
    }
  }
}

function faultOfMetric({ name, type, temporality }: OtlpMetric): string | null {
  if (name === '') return 'metric: must have a name'
  const addsUp = type === 'sum' || type === 'histogram' || type === 'exponential_histogram'
  return addsUp && temporality === 'none' ? 'aggregation temporality: must be told' : null
}

function faultOfPoint({ timeNs, startNs }: OtlpPoint, nowMs: number): string | null {
  if (startNs > timeNs) return 'start time: must not be after the time'
  return faultOfTime('time', timeNs, nowMs)
}

/** Where points come from. */
interface Source {
  readonly service: string | null
  readonly resource: string
  readonly scope: string
}

function sourceOf(origin: Origin, redactor: Redactor): Source {
  const { name, version, attributes } = origin.scope
  return {
    service: column(ofResource(origin.resource, 'service'), redactor),
    resource: jsonOf(origin.resource, redactor),
    scope: jsonOf(
      new Map<string, AttributeValue>([['name', name], ['version', version], ...attributes]),
      redactor,
    ),
  }
}

type Common = Pick<SeriesRow, 'name' | 'type' | 'unit' | 'description' | 'temporality' | 'monotonic'>

const commonOf = (metric: OtlpMetric, redactor: Redactor): Common => ({
  name: column(metric.name, redactor) ?? '',
  type: metric.type,
  unit: column(metric.unit, redactor) ?? '',
  description: column(metric.description, redactor) ?? '',
  temporality: metric.temporality,
  monotonic: metric.monotonic,
})

/** Null when it would be told apart by too much. */
function seriesOf(common: Common, source: Source, given: Attributes, redactor: Redactor): SeriesRow | null {
  const attributes = jsonOf(given, redactor)
  if (Math.max(attributes.length, source.resource.length, source.scope.length) > mostChars) return null
  const { description: _, ...apart } = common
  const digest = createHash('sha256')
    .update(JSON.stringify([...Object.values(apart), source.resource, source.scope, attributes]))
    .digest()
  return { ...common, ...source, attributes, id: digest.readBigInt64BE().toString() }
}

/** Attributes as a JSON object that does not depend on their order. */
function jsonOf(attributes: Attributes, redactor: Redactor): string {
  if (attributes.size === 0) return '{}'
  return JSON.stringify(plainOf(cleaned(attributes, redactor)))
}

/** A value as JSON has it and PostgreSQL can hold it. */
function plainOf(value: AttributeValue): unknown {
  if (typeof value === 'string') return storable(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (!(value instanceof Map)) return (value as readonly AttributeValue[]).map(plainOf)
  const pairs = [...(value as Attributes)].map(([name, inner]): [string, unknown] => [
    storable(name),
    plainOf(inner),
  ])
  // Defines own members, also one named __proto__.
  return Object.fromEntries(pairs.toSorted(([one], [other]) => (one < other ? -1 : Number(one > other))))
}

function rowOf(point: OtlpPoint, series: SeriesRow): PointRow {
  const { distribution } = point
  const hasBuckets = distribution !== null && isAscending(distribution.bounds)
  const hasQuantiles = distribution !== null && distribution.quantiles.length > 0
  return {
    series,
    atUs: (point.timeNs / 1000n).toString(),
    sinceUs: point.startNs === 0n ? null : (point.startNs / 1000n).toString(),
    value: point.value === null ? null : Number(point.value),
    count: distribution?.count ?? null,
    sum: distribution?.sum ?? null,
    min: distribution?.min ?? null,
    max: distribution?.max ?? null,
    bounds: hasBuckets ? distribution.bounds : null,
    counts: hasBuckets ? distribution.counts : null,
    quantiles: hasQuantiles ? distribution.quantiles.slice(0, mostBuckets) : null,
    quantileValues: hasQuantiles ? distribution.quantileValues.slice(0, mostBuckets) : null,
  }
}

/** Whether these can be bounds of buckets; without buckets a distribution has its count and sum still. */
const isAscending = (bounds: readonly number[]): boolean =>
  bounds.length > 0 &&
  bounds.length < mostBuckets &&
  bounds.every((bound, at) => bound > (bounds[at - 1] ?? Number.NEGATIVE_INFINITY))
