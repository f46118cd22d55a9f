import type { CallSummary } from '@atrium/contract'
import type { CallsQuestion, ListedCall, Place } from './call-views.ts'
import { readCalls } from './call-views.ts'
import { summariesOf, type CallParts } from './calls.ts'
import { csvLine, decimalOf, type Cell } from './csv.ts'

/** Few enough that the names of a piece come in one answer. */
const pieceRows = 300

/** Single calls as a CSV file in pieces, the oldest call first, read as fast as it is taken. */
export async function* exportCalls(parts: CallParts, question: CallsQuestion): AsyncGenerator<string> {
  const { db, currencies } = parts
  const { workspaceId } = question
  const { conversion } = await db.readWorkspace(workspaceId, (tx) => currencies.viewOf(tx, workspaceId))
  const { currency } = conversion.display
  yield csvLine([...columns, ...(currency === 'USD' ? [] : [`cost_${currency.toLowerCase()}`])])
  let beyond: Place | null = null
  let more = true
  while (more) {
    const page = { limit: pieceRows, beyond, order: 'oldest' } as const
    const [list, summaries]: [ListedCall[], CallSummary[]] = await db.readWorkspace(
      workspaceId,
      async (tx) => {
        const found = await readCalls(tx, question, page)
        return [found, await summariesOf(parts, tx, workspaceId, found, conversion)]
      },
    )
    yield summaries.map((call, index) => csvLine(cellsOf(call, list[index], currency))).join('')
    const last = summaries.at(-1)
    more = last !== undefined && summaries.length === pieceRows
    if (last) beyond = { createdAt: last.createdAt, id: last.id }
  }
}

const columns = [
  'id',
  'created_at',
  'person',
  'key',
  'team',
  'model',
  'alias',
  'connection',
  'upstream_model',
  'purpose',
  'dialect',
  'status',
  'error_code',
  'input_tokens',
  'cache_read_tokens',
  'cache_write_5m_tokens',
  'cache_write_1h_tokens',
  'output_tokens',
  'reasoning_tokens',
  'estimated',
  'first_token_ms',
  'total_ms',
  'price_version',
  'cost_nano_usd',
  'cost_usd',
] as const

/** Amounts are plain numbers; an unknown one is an empty cell. */
function cellsOf(call: CallSummary, row: ListedCall | undefined, currency: string): Cell[] {
  const { tokens, cost } = call
  return [
    call.id,
    call.createdAt,
    call.person.name ?? call.person.id,
    call.key && (call.key.name ?? call.key.id),
    call.team && (call.team.name ?? call.team.id),
    call.model,
    call.alias,
    call.connection && (call.connection.name ?? call.connection.id),
    call.upstreamModel,
    call.purpose,
    call.dialect,
    call.status,
    call.errorCode,
    tokens.inputUncached,
    tokens.cacheRead,
    tokens.cacheWrite5m,
    tokens.cacheWrite1h,
    tokens.outputText,
    tokens.outputReasoning,
    call.estimated,
    call.firstTokenMs,
    call.totalMs,
    row?.priceVersion ?? null,
    cost && cost.nanoUsd,
    cost && decimalOf(cost.nanoUsd),
    ...(currency === 'USD' ? [] : [cost && decimalOf(cost.converted.nano)]),
  ]
}
