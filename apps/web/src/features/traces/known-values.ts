import type { TraceSummary } from '@atrium/contract'
import { type TextFilter, textFilters } from './trace-filters.ts'

/** A value that listed traces have, and how many of them. */
export interface KnownValue {
  value: string
  count: number
}

export type KnownValues = Readonly<Record<TextFilter, readonly KnownValue[]>>

/** The values of the listed traces by filter, the most frequent first. */
export function knownValues(traces: readonly TraceSummary[]): KnownValues {
  const counts = Object.fromEntries(textFilters.map((name) => [name, new Map<string, number>()]))
  for (const trace of traces) {
    for (const name of textFilters) {
      for (const value of valuesOf(trace, name)) {
        const known = counts[name]
        known?.set(value, (known.get(value) ?? 0) + 1)
      }
    }
  }
  const sorted = textFilters.map((name) => [name, byCount(counts[name] ?? new Map())])
  return Object.fromEntries(sorted)
}

const byCount = (counts: ReadonlyMap<string, number>): KnownValue[] =>
  [...counts]
    .map(([value, count]) => ({ value, count }))
    .toSorted((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))

function valuesOf(trace: TraceSummary, name: TextFilter): readonly string[] {
  if (name === 'model') return trace.models
  const value = trace[name]
  return value === null ? [] : [value]
}
