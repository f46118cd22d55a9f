import type { TraceSummary } from '@atrium/contract'
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
  const lines = [
    columns.map(([header]) => header),
    ...traces.map((trace) => columns.map(([, value]) => cell(value(trace)))),
  ]
  return lines.map((cells) => `${cells.join(',')}\r\n`).join('')
}

/** Text that a spreadsheet would run as a formula gets an apostrophe before it, which spreadsheets show as text. */
function cell(value: string | number | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const text = /^[=+\-@\t\r\n＝＋－＠]/u.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Lets the browser save a text as a file. */
export function saveText(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
