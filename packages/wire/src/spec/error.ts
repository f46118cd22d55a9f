import type { JsonValue } from './json.ts'

/** What went wrong, as far as a router cares. */
export type ModelErrorType =
  /** The request was refused as it stands; no other attempt at the same provider will help. */
  | 'invalid-request'
  | 'context-length'
  | 'request-too-large'
  | 'content-filter'
  | 'authentication'
  | 'permission'
  | 'not-found'
  /** Too fast; slower works. */
  | 'rate-limit'
  /** Credits, spend limit or plan are used up; waiting seconds does not help. */
  | 'quota-exhausted'
  | 'overloaded'
  | 'server-error'
  | 'timeout'
  /** No connection, or one that broke before a reply. Made by the caller; no decoder sees it. */
  | 'connection'
  | 'cancelled'
  /** The stream stopped before its terminal marker. */
  | 'stream-truncated'
  /** The provider sent something that is not its own format. */
  | 'invalid-response'
  | 'unknown'

/** A provider's failure, whether it came as an HTTP status or in the middle of a stream. */
export interface ModelError {
  type: ModelErrorType
  /** The provider's own words where it had any. */
  message: string
  /** HTTP status, or the one the provider named within a stream. */
  status?: number
  /** How long the provider asks to be left alone, from headers or body. */
  retryAfterMs?: number
  /** Whether the same request may succeed at the same provider later. */
  retryable: boolean
  raw: JsonValue
}
