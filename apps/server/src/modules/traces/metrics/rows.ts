import type { OtlpMetric } from '@atrium/wire/otlp'

/** What the points of a series have in common. */
export interface SeriesRow {
  /** A digest of all that tells it apart, as a signed number of 64 bits. */
  readonly id: string
  readonly name: string
  readonly type: OtlpMetric['type']
  readonly unit: string
  readonly description: string
  readonly temporality: OtlpMetric['temporality']
  readonly monotonic: boolean
  readonly service: string | null
  /** JSON objects. */
  readonly attributes: string
  readonly resource: string
  readonly scope: string
}

/** A point as it is stored. All numbers are null in one that says that there was none. */
export interface PointRow {
  readonly series: SeriesRow
  /** Microseconds since 1970. */
  readonly atUs: string
  /** When it began to count; null where that was not told. */
  readonly sinceUs: string | null
  readonly value: number | null
  readonly count: number | null
  readonly sum: number | null
  readonly min: number | null
  readonly max: number | null
  readonly bounds: readonly number[] | null
  readonly counts: readonly number[] | null
  readonly quantiles: readonly number[] | null
  readonly quantileValues: readonly number[] | null
}
