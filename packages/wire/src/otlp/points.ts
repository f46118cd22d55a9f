import { exponentialBuckets, type ExponentialBuckets } from './exponential-buckets.ts'
import { type Field, field, message, packed, record, repeated } from './message.ts'
import { count, double, fixed64, sfixed64, sint32, uint32, varintCount } from './scalars.ts'
import type { Attributes, OtlpPoint } from './types.ts'
import { noAttributes, pair, putAttribute } from './values.ts'

/** Points of metrics: opentelemetry/proto/metrics/v1/metrics.proto. */

/** `DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK`: the point says that there is no value. */
const noValueFlag = 1

interface Moment {
  startNs: bigint
  timeNs: bigint
  attributes: Attributes
  flags: number
}

function emptyMoment(): Moment {
  return { startNs: 0n, timeNs: 0n, attributes: noAttributes, flags: 0 }
}

/** What points of all types have, where only the numbers of two fields differ. */
function momentFields(attributesNumber: number, flagsNumber: number): Field<Moment>[] {
  return [
    field(2, 'startTimeUnixNano', fixed64, (target, startNs) => {
      target.startNs = startNs
    }),
    field(3, 'timeUnixNano', fixed64, (target, timeNs) => {
      target.timeNs = timeNs
    }),
    repeated(attributesNumber, 'attributes', pair, putAttribute),
    field(flagsNumber, 'flags', uint32, (target, flags) => {
      target.flags = flags
    }),
  ]
}

interface NumberPoint extends Moment {
  value: number | bigint | null
}

function setValue(target: NumberPoint, value: number | bigint): void {
  target.value = value
}

export const numberPoint = record<NumberPoint>(
  () => ({ ...emptyMoment(), value: null }),
  [...momentFields(7, 8), field(4, 'asDouble', double, setValue), field(6, 'asInt', sfixed64, setValue)],
)

interface Population extends Moment {
  count: number
  sum: number | null
  min: number | null
  max: number | null
}

function emptyPopulation(): Population {
  return { ...emptyMoment(), count: 0, sum: null, min: null, max: null }
}

const populationFields: Field<Population>[] = [
  field(4, 'count', count, (target, value) => {
    target.count = value
  }),
  field(5, 'sum', double, (target, sum) => {
    target.sum = sum
  }),
]

function extremeFields(minNumber: number, maxNumber: number): Field<Population>[] {
  return [
    field(minNumber, 'min', double, (target, min) => {
      target.min = min
    }),
    field(maxNumber, 'max', double, (target, max) => {
      target.max = max
    }),
  ]
}

interface HistogramPoint extends Population {
  bounds: number[]
  counts: number[]
}

/** One by one: a spread of a long list would overflow the stack. */
function append(list: number[], values: readonly number[]): void {
  for (const value of values) list.push(value)
}

export const histogramPoint = record<HistogramPoint>(
  () => ({ ...emptyPopulation(), bounds: [], counts: [] }),
  [
    ...momentFields(9, 10),
    ...populationFields,
    ...extremeFields(11, 12),
    field(6, 'bucketCounts', packed(count), (target, values) => append(target.counts, values)),
    field(7, 'explicitBounds', packed(double), (target, values) => append(target.bounds, values)),
  ],
)

const buckets = message<ExponentialBuckets>(
  () => ({ offset: 0, counts: [] }),
  [
    field(1, 'offset', sint32, (target, offset) => {
      target.offset = offset
    }),
    field(2, 'bucketCounts', packed(varintCount), (target, values) => append(target.counts, values)),
  ],
)

interface ExponentialPoint extends Population {
  scale: number
  zeroCount: number
  positive: ExponentialBuckets
  negative: ExponentialBuckets
}

export const exponentialPoint = record<ExponentialPoint>(
  () => ({
    ...emptyPopulation(),
    scale: 0,
    zeroCount: 0,
    positive: { offset: 0, counts: [] },
    negative: { offset: 0, counts: [] },
  }),
  [
    ...momentFields(1, 10),
    ...populationFields,
    ...extremeFields(12, 13),
    field(6, 'scale', sint32, (target, scale) => {
      target.scale = scale
    }),
    field(7, 'zeroCount', count, (target, zeroCount) => {
      target.zeroCount = zeroCount
    }),
    field(8, 'positive', buckets, (target, positive) => {
      target.positive = positive
    }),
    field(9, 'negative', buckets, (target, negative) => {
      target.negative = negative
    }),
  ],
)

interface Quantile {
  quantile: number
  value: number
}

const quantile = message<Quantile>(
  () => ({ quantile: 0, value: 0 }),
  [
    field(1, 'quantile', double, (target, number) => {
      target.quantile = number
    }),
    field(2, 'value', double, (target, value) => {
      target.value = value
    }),
  ],
)

interface SummaryPoint extends Population {
  quantiles: number[]
  quantileValues: number[]
}

export const summaryPoint = record<SummaryPoint>(
  () => ({ ...emptyPopulation(), sum: 0, quantiles: [], quantileValues: [] }),
  [
    ...momentFields(7, 8),
    ...populationFields,
    // The quantiles 0 and 1 are the extremes by definition.
    repeated(6, 'quantileValues', quantile, (target, { quantile, value }) => {
      if (quantile === 0) target.min = value
      if (quantile === 1) target.max = value
      target.quantiles.push(quantile)
      target.quantileValues.push(value)
    }),
  ],
)

export function pointOfNumber({ flags, value, ...moment }: NumberPoint): OtlpPoint {
  const hasValue = (flags & noValueFlag) === 0
  return { ...whenOf(moment), value: hasValue ? value : null, distribution: null }
}

export function pointOfHistogram(point: HistogramPoint): OtlpPoint {
  return distributionPoint(point, { bounds: point.bounds, counts: point.counts })
}

export function pointOfExponential(point: ExponentialPoint): OtlpPoint {
  return distributionPoint(point, exponentialBuckets(point))
}

export function pointOfSummary(point: SummaryPoint): OtlpPoint {
  const { quantiles, quantileValues } = point
  return distributionPoint(point, { bounds: [], counts: [], quantiles, quantileValues })
}

interface Shape {
  readonly bounds: readonly number[]
  readonly counts: readonly number[]
  readonly quantiles?: readonly number[]
  readonly quantileValues?: readonly number[]
}

function distributionPoint(
  point: Population,
  { bounds, counts, quantiles = [], quantileValues = [] }: Shape,
): OtlpPoint {
  const { flags, count, sum, min, max } = point
  const hasValue = (flags & noValueFlag) === 0
  // Without counts the bounds say nothing, and with another number of counts nobody knows what they count.
  const fits = counts.length === bounds.length + 1
  const buckets = fits ? { bounds, counts } : { bounds: [], counts: [] }
  return {
    ...whenOf(point),
    value: null,
    distribution: hasValue ? { count, sum, min, max, ...buckets, quantiles, quantileValues } : null,
  }
}

function whenOf({ startNs, timeNs, attributes }: Omit<Moment, 'flags'>) {
  return { startNs, timeNs, attributes }
}
