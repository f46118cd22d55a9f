import { sql } from '#platform/db'
import type { Figures } from './question.ts'

/** The columns in which the figures stand, in all tables of sums. */
const columns: Readonly<Record<keyof Figures, string>> = {
  calls: 'calls',
  failed: 'failed',
  aborted: 'aborted',
  unpriced: 'unpriced',
  estimated: 'estimated',
  inputUncached: 'input_uncached',
  cacheRead: 'input_cache_read',
  cacheWrite5m: 'input_cache_write_5m',
  cacheWrite1h: 'input_cache_write_1h',
  outputText: 'output_text',
  outputReasoning: 'output_reasoning',
  costNanoUsd: 'cost_nano_usd',
  firstTokenCalls: 'first_token_calls',
  firstTokenMs: 'first_token_ms',
  totalMs: 'total_ms',
}

const listOf = (expression: (column: string, figure: string) => string) =>
  sql.raw(
    Object.entries(columns)
      .map(([figure, column]) => expression(column, figure))
      .join(', '),
  )

export const figureColumns = listOf((column) => column)
export const figureSums = listOf((column) => `sum(${column})::bigint AS ${column}`)
export const negatedFigures = listOf((column) => `-${column}`)

/** The sums as `Figures`; 0 where there are no rows. Money keeps all its digits. */
export const figureTotals = listOf((column, figure) => {
  const type = figure === 'costNanoUsd' ? 'text' : 'float8'
  return `coalesce(sum(${column}), 0)::${type} AS "${figure}"`
})
