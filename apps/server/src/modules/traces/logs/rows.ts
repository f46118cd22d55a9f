import type { SpanTokens } from '../facts.ts'

/** What is known of a log record whoever sent it. */
export interface LogFacts {
  /** What happened, for records that are events: `claude_code.api_request`. */
  readonly event: string | null
  readonly service: string | null
  readonly model: string | null
  readonly tool: string | null
  readonly session: string | null
  readonly user: string | null
  readonly team: string | null
  readonly project: string | null
  readonly environment: string | null
  readonly version: string | null
  readonly durationNs: bigint | null
  readonly tokens: SpanTokens
  /** What the sender says it cost, in nano-dollars. */
  readonly costNanoUsd: bigint | null
}

/** A log record as it is stored: columns, and what goes into its chunk. */
export interface LogRow {
  /** Microseconds since 1970. */
  readonly atUs: string
  /** 32 hexadecimal digits. */
  readonly id: string
  readonly severity: number
  /** The beginning of what it says. */
  readonly message: string
  /** 32 hexadecimal digits; null for a record that belongs to no span. */
  readonly traceId: string | null
  /** The eight bytes as a signed decimal number. */
  readonly spanId: string | null
  readonly facts: LogFacts
  /** JSON of what it carries. */
  readonly payload: string
}
