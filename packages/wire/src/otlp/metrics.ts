import { type Draft, field, message, repeated } from './message.ts'
import {
  exponentialPoint,
  histogramPoint,
  numberPoint,
  pointOfExponential,
  pointOfHistogram,
  pointOfNumber,
  pointOfSummary,
  summaryPoint,
} from './points.ts'
import type { Kind } from './kind.ts'
import { requestOf } from './request.ts'
import { bool, enumOf, text } from './scalars.ts'
import type { OtlpMetric, OtlpPoint, Temporality } from './types.ts'

/** Metrics: opentelemetry/proto/metrics/v1/metrics.proto. */

interface Data {
  readonly type: OtlpMetric['type']
  temporality: Temporality
  monotonic: boolean
  readonly points: OtlpPoint[]
}

const temporalities: readonly Temporality[] = ['none', 'delta', 'cumulative']

const temporality = field(
  2,
  'aggregationTemporality',
  enumOf<0 | 1 | 2>([
    'AGGREGATION_TEMPORALITY_UNSPECIFIED',
    'AGGREGATION_TEMPORALITY_DELTA',
    'AGGREGATION_TEMPORALITY_CUMULATIVE',
  ]),
  (target: Data, value) => {
    target.temporality = temporalities[value] ?? 'none'
  },
)

const monotonic = field(3, 'isMonotonic', bool, (target: Data, value) => {
  target.monotonic = value
})

function dataOf<P>(type: Data['type'], point: Kind<P>, convert: (point: P) => OtlpPoint): Kind<Data> {
  return message<Data>(
    () => ({ type, temporality: 'none', monotonic: false, points: [] }),
    [
      repeated(1, 'dataPoints', point, (target, draft) => target.points.push(convert(draft))),
      ...(type === 'gauge' || type === 'summary' ? [] : [temporality]),
      ...(type === 'sum' ? [monotonic] : []),
    ],
  )
}

interface MetricDraft {
  name: string
  description: string
  unit: string
  data: Data | null
}

function setData(target: MetricDraft, data: Data): void {
  target.data = data
}

const metricDraft = message<MetricDraft>(
  () => ({ name: '', description: '', unit: '', data: null }),
  [
    field(1, 'name', text, (target, name) => {
      target.name = name
    }),
    field(2, 'description', text, (target, description) => {
      target.description = description
    }),
    field(3, 'unit', text, (target, unit) => {
      target.unit = unit
    }),
    field(5, 'gauge', dataOf('gauge', numberPoint, pointOfNumber), setData),
    field(7, 'sum', dataOf('sum', numberPoint, pointOfNumber), setData),
    field(9, 'histogram', dataOf('histogram', histogramPoint, pointOfHistogram), setData),
    field(
      10,
      'exponentialHistogram',
      dataOf('exponential_histogram', exponentialPoint, pointOfExponential),
      setData,
    ),
    field(11, 'summary', dataOf('summary', summaryPoint, pointOfSummary), setData),
  ],
)

/** A metric; undefined for one without points, of which there is nothing to keep. */
const metric: Kind<OtlpMetric | undefined> = {
  wires: metricDraft.wires,
  fromProto: (source) => finish(metricDraft.fromProto(source)),
  fromJson: (value, progress) => finish(metricDraft.fromJson(value, progress)),
}

function finish({ name, description, unit, data }: MetricDraft): OtlpMetric | undefined {
  if (!data || data.points.length === 0) return undefined
  const done: Draft<OtlpMetric> = { name, description, unit, ...data }
  return done
}

/** `ExportMetricsServiceRequest`. */
export const metricsRequest = requestOf<OtlpMetric>('resourceMetrics', 'scopeMetrics', 'metrics', metric)
