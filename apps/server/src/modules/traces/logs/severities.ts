import type { OtlpLog } from '@atrium/wire/otlp'

/** Each stands for four numbers; https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber */
const severities = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

export type Severity = (typeof severities)[number]

/** What logging libraries write where they tell no number. */
const synonyms: ReadonlyMap<string, Severity> = new Map<string, Severity>([
  ...severities.map((severity): [string, Severity] => [severity, severity]),
  ['verbose', 'debug'],
  ['information', 'info'],
  ['informational', 'info'],
  ['notice', 'info'],
  ['warning', 'warn'],
  ['err', 'error'],
  ['critical', 'fatal'],
  ['alert', 'fatal'],
  ['emergency', 'fatal'],
  ['panic', 'fatal'],
])

/** The number of a record's severity, read from its name where only that was told; 0 for none. */
export function severityOf({ severity, severityText }: OtlpLog): number {
  if (severity !== 0) return severity
  const named = synonyms.get(severityText.trim().toLowerCase())
  return named === undefined ? 0 : leastOf(named)
}

/** The least number of a severity. */
export const leastOf = (severity: Severity): number => severities.indexOf(severity) * 4 + 1

/** What a number stands for. */
export const nameOf = (number: number): Severity | 'unspecified' =>
  severities[Math.ceil(number / 4) - 1] ?? 'unspecified'
