import type { SpanFacts } from './facts.ts'

/** A span as it is stored: columns, and what goes into its chunk. */
export interface SpanRow {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** The eight bytes as a signed decimal number. */
  readonly spanId: string
  readonly parentId: string | null
  /** Microseconds since 1970. */
  readonly startedUs: string
  readonly durationNs: string
  readonly kind: number
  readonly status: number
  readonly name: string
  readonly facts: SpanFacts
  /** JSON of what it carries. */
  readonly payload: string
}

/** What several records carry as one compressed value; a record names its chunk and its place in it. */
export interface Chunk<Row> {
  /** A signed number of 64 bits that nobody else has drawn, growing with time. */
  readonly id: string
  /** Day (UTC) of all of its records, `YYYY-MM-DD`. */
  readonly day: string
  /** A zstd frame of a JSON array. */
  readonly body: Buffer
  readonly records: readonly Row[]
}
