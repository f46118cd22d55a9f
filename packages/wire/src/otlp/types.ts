/**
 * What OpenTelemetry's exporters send, freed of its encoding: protobuf and JSON decode into the same form.
 * Source: opentelemetry-proto 1.9, https://github.com/open-telemetry/opentelemetry-proto
 *
 * Names of attributes come from strangers, so they are keys of maps and never of objects.
 */

/** `application/x-protobuf` or `application/json`. */
export type Encoding = 'protobuf' | 'json'

/** A value of an attribute. Whole numbers are `number` while they are safe, else `bigint`. */
export type AttributeValue =
  | string
  | number
  | bigint
  | boolean
  | Uint8Array
  | null
  | readonly AttributeValue[]
  | Attributes

/** Attributes by name; of two of one name the last one counts. */
export type Attributes = ReadonlyMap<string, AttributeValue>

/** What was instrumented: a library and its version. */
export interface InstrumentationScope {
  readonly name: string
  readonly version: string
  readonly attributes: Attributes
}

/** Where something comes from. */
export interface Origin {
  readonly resource: Attributes
  readonly scope: InstrumentationScope
}

/** 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
export type SpanKind = 0 | 1 | 2 | 3 | 4 | 5
/** 0 unset, 1 ok, 2 error. */
export type StatusCode = 0 | 1 | 2

export interface SpanEvent {
  /** Nanoseconds since 1970. */
  readonly timeNs: bigint
  readonly name: string
  readonly attributes: Attributes
}

export interface SpanLink {
  readonly traceId: string
  readonly spanId: string
  readonly attributes: Attributes
}

export interface OtlpSpan {
  /** Hexadecimal, lower case, of whatever length was sent: the reader checks it. */
  readonly traceId: string
  readonly spanId: string
  /** Empty for a root. */
  readonly parentSpanId: string
  readonly traceState: string
  readonly name: string
  readonly kind: SpanKind
  /** Nanoseconds since 1970. */
  readonly startNs: bigint
  readonly endNs: bigint
  readonly attributes: Attributes
  readonly events: readonly SpanEvent[]
  readonly links: readonly SpanLink[]
  readonly status: { readonly code: StatusCode; readonly message: string }
  /** What the sender left out of the span: attributes, events and links together. */
  readonly dropped: number
}

export interface OtlpLog {
  /** Nanoseconds since 1970; 0 when the source told none. */
  readonly timeNs: bigint
  readonly observedNs: bigint
  /** 0 unspecified, 1–4 trace, 5–8 debug, 9–12 info, 13–16 warn, 17–20 error, 21–24 fatal. */
  readonly severity: number
  readonly severityText: string
  readonly eventName: string
  readonly body: AttributeValue
  readonly attributes: Attributes
  /** Empty when the record belongs to no span. */
  readonly traceId: string
  readonly spanId: string
}

/** How a metric's points add up: `delta` since the point before, `cumulative` since the start, or neither. */
export type Temporality = 'delta' | 'cumulative' | 'none'

export interface OtlpPoint {
  readonly startNs: bigint
  readonly timeNs: bigint
  readonly attributes: Attributes
  /** Of gauges and sums. */
  readonly value: number | bigint | null
  /** Of histograms, exponential histograms and summaries. */
  readonly distribution: {
    readonly count: number
    readonly sum: number | null
    readonly min: number | null
    readonly max: number | null
    /**
     * Upper bounds, ascending, and one count more than bounds; both empty for summaries and where the sender told no
     * buckets. Those of exponential histograms are spelled out.
     */
    readonly bounds: readonly number[]
    readonly counts: readonly number[]
    /** Of summaries: the values at quantiles between 0 and 1, as many as quantiles. */
    readonly quantiles: readonly number[]
    readonly quantileValues: readonly number[]
  } | null
}

export interface OtlpMetric {
  readonly name: string
  readonly description: string
  readonly unit: string
  readonly type: 'gauge' | 'sum' | 'histogram' | 'exponential_histogram' | 'summary'
  readonly temporality: Temporality
  readonly monotonic: boolean
  readonly points: readonly OtlpPoint[]
}

/** Records of one kind that share an origin. */
export interface Batch<T> extends Origin {
  readonly records: readonly T[]
}
