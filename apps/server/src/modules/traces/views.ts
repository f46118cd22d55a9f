import { first, rows, sql, type Tx } from '#platform/db'

/** Which traces are meant; null where it does not matter. */
export interface TracesQuestion {
  readonly from: string | null
  readonly to: string | null
  readonly service: string | null
  readonly agent: string | null
  readonly session: string | null
  readonly user: string | null
  readonly environment: string | null
  readonly model: string | null
  readonly status: 'error' | 'ok' | null
  readonly minDurationMs: number | null
}

export interface TraceRow {
  /** 32 hexadecimal digits. */
  readonly id: string
  /** With microseconds. */
  readonly started_at: string
  readonly duration_us: string
  readonly name: string
  readonly has_root: boolean
  readonly service: string | null
  readonly agent: string | null
  readonly session: string | null
  readonly end_user: string | null
  readonly environment: string | null
  readonly spans: number
  readonly errors: number
  readonly model_calls: number
  readonly tool_calls: number
  readonly models: string[]
  readonly tokens: string
  readonly cost_nano_usd: string | null
}

/** JavaScript's dates end at milliseconds; a place in a list must not. */
const exactly = (column: string) =>
  sql`to_char(${sql.ref(column)} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

const duration = sql`t.ended_at - t.started_at`

const traceColumns = sql`
  replace(t.id::text, '-', '') AS id, ${exactly('t.started_at')} AS started_at,
  (extract(epoch FROM ${duration}) * 1000000)::bigint AS duration_us, t.name, t.has_root, t.service, t.agent, t.session,
  t.end_user, t.environment, t.spans, t.errors, t.model_calls, t.tool_calls, t.models, t.tokens, t.cost_nano_usd`

/** Traces, the newest first. */
export async function listTraces(
  tx: Tx,
  question: TracesQuestion,
  page: { limit: number; after: { startedAt: string; id: string } | null },
): Promise<TraceRow[]> {
  const { after } = page
  const conditions = [
    ...conditionsOf(question),
    ...(after ? [sql`(t.started_at, t.id) < (${after.startedAt}::timestamptz, ${after.id}::uuid)`] : []),
  ]
  const branches = branchesOf(question).map(
    (branch) => sql`
    (SELECT * FROM traces.traces t WHERE ${sql.join([branch, ...conditions], sql` AND `)}
     ORDER BY t.started_at DESC, t.id DESC LIMIT ${page.limit})`,
  )
  return rows(
    tx,
    sql<TraceRow>`
    SELECT ${traceColumns} FROM (${sql.join(branches, sql` UNION ALL `)}) AS t
    ORDER BY t.started_at DESC, t.id DESC LIMIT ${page.limit}`,
  )
}

/**
 * Conditions of which a trace that is meant meets exactly one; each has an index in the order of the list, which what is
 * asked has not as a whole.
 */
function branchesOf({ model, minDurationMs, status, ...others }: TracesQuestion) {
  if (model !== null)
    return [
      ...[1, 2, 3].map((place) => sql`t.models[${sql.lit(place)}] = ${model}`),
      sql`t.has_more_models AND ${model} = ANY (t.models[4:])`,
    ]
  const least = classBoundsMs.filter((bound) => bound <= (minDurationMs ?? 0)).length
  const { service, agent, session, user, environment } = others
  // Anything else that is asked has an index of its own, and fewer traces than one for each of the classes.
  const isAlone = [service, agent, session, user, environment].every((one) => one === null)
  if (least === 0 || !isAlone || status === 'error') return [sql`true`]
  const classes = Array.from({ length: classBoundsMs.length - least + 1 }, (_, index) => least + index)
  return classes.map((one) => sql`t.duration_class = ${sql.lit(one)}::smallint`)
}

/** Where the classes of `duration_class` begin, after the first. */
const classBoundsMs = [100, 300, 1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000]

function conditionsOf({ from, to, status, minDurationMs, ...equal }: TracesQuestion) {
  const same = { service: 't.service', agent: 't.agent', session: 't.session', user: 't.end_user' } as const
  const texts = { ...same, environment: 't.environment' } as const
  const named = Object.entries(texts).flatMap(([name, column]) => {
    const value = equal[name as keyof typeof texts]
    return value === null ? [] : [sql`${sql.ref(column)} = ${value}`]
  })
  return [
    ...(from === null ? [] : [sql`t.started_at >= ${from}::timestamptz`]),
    ...(to === null ? [] : [sql`t.started_at < ${to}::timestamptz`]),
    ...named,
    ...(status === null ? [] : [status === 'error' ? sql`t.failed` : sql`NOT t.failed`]),
    ...(minDurationMs === null ? [] : [sql`${duration} >= ${minDurationMs} * interval '1 millisecond'`]),
  ]
}

export async function findTrace(tx: Tx, traceId: string): Promise<TraceRow | undefined> {
  return first(tx, sql<TraceRow>`SELECT ${traceColumns} FROM traces.traces t WHERE t.id = ${traceId}::uuid`)
}

export interface SpanListRow {
  /** A signed number of 64 bits. */
  readonly span_id: string
  readonly parent_id: string | null
  readonly started_at: string
  readonly duration_ns: string
  readonly kind: number
  readonly status: number
  readonly name: string
  readonly service: string | null
  readonly operation: string | null
  readonly provider: string | null
  readonly model: string | null
  readonly agent: string | null
  readonly tool: string | null
  readonly session: string | null
  readonly end_user: string | null
  readonly team: string | null
  readonly project: string | null
  readonly environment: string | null
  readonly version: string | null
  readonly error_type: string | null
  readonly input_tokens: string | null
  readonly cache_read_tokens: string | null
  readonly cache_write_tokens: string | null
  readonly output_tokens: string | null
  readonly reasoning_tokens: string | null
  readonly cost_nano_usd: string | null
  readonly first_token_ns: string | null
}

const spanColumns = sql`
  s.span_id, s.parent_id, ${exactly('s.started_at')} AS started_at, s.duration_ns, s.kind, s.status, s.name, s.service, s.operation,
  s.provider, s.model, s.agent, s.tool, s.session, s.end_user, s.team, s.project, s.environment, s.version, s.error_type,
  s.input_tokens, s.cache_read_tokens, s.cache_write_tokens, s.output_tokens, s.reasoning_tokens, s.cost_nano_usd, s.first_token_ns`

/** The times of the trace say in which partitions its spans lie. */
const ofTrace = (traceId: string) => sql`
  traces.traces t JOIN traces.spans s ON s.workspace_id = t.workspace_id AND s.trace_id = t.id
    AND s.started_at BETWEEN t.started_at AND t.ended_at
  WHERE t.id = ${traceId}::uuid`

/** Spans by the time of their start. */
export async function listSpans(
  tx: Tx,
  traceId: string,
  page: { limit: number; after: { startedAt: string; id: string } | null },
): Promise<SpanListRow[]> {
  const { after } = page
  return rows(
    tx,
    sql<SpanListRow>`
    SELECT ${spanColumns} FROM ${ofTrace(traceId)}
      ${after ? sql`AND (s.started_at, s.span_id) > (${after.startedAt}::timestamptz, ${after.id}::bigint)` : sql``}
    ORDER BY s.started_at, s.span_id LIMIT ${page.limit}`,
  )
}

/** A span, its chunk, and the place in it where its payload stands. */
export async function findSpan(
  tx: Tx,
  traceId: string,
  spanId: string,
): Promise<(SpanListRow & { body: Buffer; chunk_place: number }) | undefined> {
  return first(
    tx,
    sql<SpanListRow & { body: Buffer; chunk_place: number }>`
    WITH found AS (SELECT ${spanColumns}, s.workspace_id, s.started_at AS at, s.chunk_id, s.chunk_place
      FROM ${ofTrace(traceId)} AND s.span_id = ${spanId}::bigint LIMIT 1)
    SELECT f.*, c.body FROM found f JOIN traces.chunks c
      ON c.workspace_id = f.workspace_id AND c.id = f.chunk_id AND c.day = (f.at AT TIME ZONE 'UTC')::date`,
  )
}
