import type { SpanDetail, SpanSummary, TraceSummary } from '@atrium/contract'
import type { Pairs } from './contents.ts'
import type { Member } from '#platform/http'
import type { SpanListRow, TraceRow } from './views.ts'

/** A trace as the API shows it. */
export const shownTrace = (row: TraceRow): TraceSummary => ({
  id: row.id,
  name: row.name,
  startedAt: row.started_at,
  durationMs: Number(row.duration_us) / 1000,
  hasRoot: row.has_root,
  service: row.service,
  agent: row.agent,
  session: row.session,
  user: row.end_user,
  environment: row.environment,
  spans: row.spans,
  errors: row.errors,
  modelCalls: row.model_calls,
  toolCalls: row.tool_calls,
  models: row.models,
  tokens: Number(row.tokens),
  costNanoUsd: row.cost_nano_usd,
})

/** By the numbers of OTLP. */
const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const
const statuses = ['unset', 'ok', 'error'] as const

/** Eight bytes as a signed number, in hexadecimal. */
export const hexOf = (signed: string): string =>
  BigInt.asUintN(64, BigInt(signed)).toString(16).padStart(16, '0')

const countOf = (text: string | null): number | null => (text === null ? null : Number(text))

type TokenColumns = Pick<
  SpanListRow,
  'input_tokens' | 'cache_read_tokens' | 'cache_write_tokens' | 'output_tokens' | 'reasoning_tokens'
>

/** Tokens by kind. */
export const shownTokens = (row: TokenColumns): SpanSummary['tokens'] => ({
  input: countOf(row.input_tokens),
  cacheRead: countOf(row.cache_read_tokens),
  cacheWrite: countOf(row.cache_write_tokens),
  output: countOf(row.output_tokens),
  reasoning: countOf(row.reasoning_tokens),
})

/** A span as the API shows it, without what it carries. */
export const shownSpan = (row: SpanListRow): SpanSummary => ({
  id: hexOf(row.span_id),
  parentId: row.parent_id === null ? null : hexOf(row.parent_id),
  name: row.name,
  kind: kinds[row.kind] ?? 'unspecified',
  status: statuses[row.status] ?? 'unset',
  startedAt: row.started_at,
  durationMs: Number(row.duration_ns) / 1e6,
  service: row.service,
  operation: row.operation,
  provider: row.provider,
  model: row.model,
  agent: row.agent,
  tool: row.tool,
  session: row.session,
  user: row.end_user,
  team: row.team,
  project: row.project,
  environment: row.environment,
  version: row.version,
  errorType: row.error_type,
  tokens: shownTokens(row),
  costNanoUsd: row.cost_nano_usd,
  firstTokenMs: row.first_token_ns === null ? null : Number(row.first_token_ns) / 1e6,
})

/** What `admit.ts` has written for a span; of one that was too large only the convention and its size. */
interface Payload {
  readonly convention: string | null
  readonly tooLarge?: number
  readonly input?: SpanDetail['input']
  readonly output?: SpanDetail['output']
  /** What only one person may read: messages, and errors that may quote them. */
  readonly private?: {
    readonly to: string
    readonly input: SpanDetail['input']
    readonly output: SpanDetail['output']
    readonly statusMessage: string
  }
  readonly toolArguments?: unknown
  readonly toolResult?: unknown
  readonly statusMessage?: string
  readonly attributes?: Pairs
  readonly resource?: Pairs
  readonly scope?: { readonly name: string; readonly version: string }
  readonly events?: readonly {
    readonly timeNs: string
    readonly name: string
    readonly attributes: Pairs
  }[]
  readonly links?: readonly {
    readonly traceId: string
    readonly spanId: string
    readonly attributes: Pairs
  }[]
  readonly dropped?: number
}

export const shownAttributes = (pairs: Pairs = []) => pairs.map(([name, value]) => ({ name, value }))

/** A span with what its chunk holds of it that the viewer may read: keys know nothing of the person behind them. */
export function shownDetail(
  traceId: string,
  row: SpanListRow,
  stored: unknown,
  viewer: Pick<Member, 'kind' | 'personId'>,
): SpanDetail {
  // What is stored was made by this program.
  const payload = stored as Payload
  const isPrivate = payload.private !== undefined
  const mayRead = isPrivate && viewer.kind === 'session' && viewer.personId === payload.private.to
  const messages = mayRead ? payload.private : payload
  return {
    ...shownSpan(row),
    traceId,
    convention: payload.convention,
    statusMessage: messages.statusMessage ?? '',
    input: messages.input ?? [],
    output: messages.output ?? [],
    withheld: isPrivate && !mayRead,
    toolArguments: payload.toolArguments ?? null,
    toolResult: payload.toolResult ?? null,
    attributes: shownAttributes(payload.attributes),
    resource: shownAttributes(payload.resource),
    scope: payload.scope ?? { name: '', version: '' },
    events: (payload.events ?? []).map(({ timeNs, name, attributes }) => ({
      timeNs,
      name,
      attributes: shownAttributes(attributes),
    })),
    links: (payload.links ?? []).map((link) => ({
      traceId: link.traceId,
      spanId: link.spanId,
      attributes: shownAttributes(link.attributes),
    })),
    dropped: payload.dropped ?? 0,
    tooLarge: payload.tooLarge !== undefined,
  }
}
