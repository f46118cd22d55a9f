import type { LogDetail, LogSummary } from '@atrium/contract'
import type { Pairs } from '../contents.ts'
import { hexOf, shownAttributes, shownTokens } from '../shown.ts'
import { nameOf } from './severities.ts'
import type { LogListRow, LogPlace } from './views.ts'

/** A place as one id: 16 hexadecimal digits of microseconds, so that ids order as records do, and the digest. */
const logIdOf = ({ atUs, id }: LogPlace): string => BigInt(atUs).toString(16).padStart(16, '0') + id

/** @param logId 48 hexadecimal digits */
export const placeOf = (logId: string): LogPlace => ({
  atUs: BigInt(`0x${logId.slice(0, 16)}`).toString(),
  id: logId.slice(16),
})

/** A log record as the API shows it, without what it carries. */
export const shownLog = (row: LogListRow): LogSummary => ({
  id: logIdOf({ atUs: row.at_us, id: row.id }),
  at: row.at,
  severity: nameOf(row.severity),
  event: row.event,
  message: row.message,
  traceId: row.trace_id,
  spanId: row.span_id === null ? null : hexOf(row.span_id),
  service: row.service,
  model: row.model,
  tool: row.tool,
  session: row.session,
  user: row.end_user,
  team: row.team,
  project: row.project,
  environment: row.environment,
  version: row.version,
  durationMs: row.duration_ns === null ? null : Number(row.duration_ns) / 1e6,
  tokens: shownTokens(row),
  costNanoUsd: row.cost_nano_usd,
})

/** What `admit.ts` has written for a record; of one that was too large only its times and its size. */
interface Payload {
  readonly timeNs: string
  readonly observedNs: string
  readonly tooLarge?: number
  readonly severityText?: string
  readonly body?: unknown
  readonly attributes?: Pairs
  readonly resource?: Pairs
  readonly scope?: { readonly name: string; readonly version: string }
  readonly dropped?: number
}

/** A log record with what its chunk holds of it. */
export function shownLogDetail(row: LogListRow, stored: unknown): LogDetail {
  // What is stored was made by this program.
  const payload = stored as Payload
  return {
    ...shownLog(row),
    timeNs: payload.timeNs,
    observedNs: payload.observedNs,
    severityNumber: row.severity,
    severityText: payload.severityText ?? '',
    body: payload.body ?? null,
    attributes: shownAttributes(payload.attributes),
    resource: shownAttributes(payload.resource),
    scope: payload.scope ?? { name: '', version: '' },
    dropped: payload.dropped ?? 0,
    tooLarge: payload.tooLarge !== undefined,
  }
}
