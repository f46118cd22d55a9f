import type { TraceSummary } from '@atrium/contract'
import { csvText } from '../gateway/csv-text.ts'
import { usdText } from '../gateway/money.ts'

const columns: readonly (readonly [
  header: string,
  value: (trace: TraceSummary) => string | number | null,
])[] = [
  ['trace', ({ id }) => id],
  ['started_at', ({ startedAt }) => startedAt],
  ['name', ({ name }) => name],
  ['service', ({ service }) => service],
  ['agent', ({ agent }) => agent],
  ['session', ({ session }) => session],
  ['user', ({ user }) => user],
  ['environment', ({ environment }) => environment],
  ['models', ({ models }) => models.join(' ')],
  ['duration_ms', ({ durationMs }) => durationMs],
  ['spans', ({ spans }) => spans],
  ['errors', ({ errors }) => errors],
  ['model_calls', ({ modelCalls }) => modelCalls],
  ['tool_calls', ({ toolCalls }) => toolCalls],
  ['tokens', ({ tokens }) => tokens],
  ['cost_usd', ({ costNanoUsd }) => (costNanoUsd === null ? null : usdText(costNanoUsd))],
]

/** Traces as CSV (RFC 4180), with a line of names. */
export function csvOf(traces: readonly TraceSummary[]): string {
  return csvText([
    columns.map(([header]) => header),
    ...traces.map((trace) => columns.map(([, value]) => value(trace))),
  ])
}
