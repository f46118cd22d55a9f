import { first, rows, sql, type Tx } from '#platform/db'

/** Which log records are meant; null where it does not matter. */
export interface LogsQuestion {
  readonly from: string | null
  readonly to: string | null
  /** The least number of severity. */
  readonly severity: number | null
  readonly event: string | null
  readonly service: string | null
  readonly model: string | null
  readonly tool: string | null
  readonly session: string | null
  readonly user: string | null
  readonly environment: string | null
  /** 32 hexadecimal digits. */
  readonly traceId: string | null
  /** Stands somewhere in what the record says, in letters of any case. */
  readonly text: string | null
}

/** Where a record stands among all of its workspace. */
export interface LogPlace {
  /** Microseconds since 1970. */
  readonly atUs: string
  /** 32 hexadecimal digits. */
  readonly id: string
}

export interface LogListRow {
  readonly id: string
  readonly at_us: string
  /** With microseconds. */
  readonly at: string
  readonly severity: number
  readonly event: string | null
  readonly message: string
  readonly trace_id: string | null
  /** A signed number of 64 bits. */
  readonly span_id: string | null
  readonly service: string | null
  readonly model: string | null
  readonly tool: string | null
  readonly session: string | null
  readonly end_user: string | null
  readonly team: string | null
  readonly project: string | null
  readonly environment: string | null
  readonly version: string | null
  readonly duration_ns: string | null
  readonly input_tokens: string | null
  readonly cache_read_tokens: string | null
  readonly cache_write_tokens: string | null
  readonly output_tokens: string | null
  readonly reasoning_tokens: string | null
  readonly cost_nano_usd: string | null
}

const columns = sql`
  replace(l.id::text, '-', '') AS id, (extract(epoch FROM l.at) * 1000000)::bigint AS at_us,
  to_char(l.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, l.severity, l.event, l.message,
  replace(l.trace_id::text, '-', '') AS trace_id, l.span_id, l.service, l.model, l.tool, l.session, l.end_user, l.team,
  l.project, l.environment, l.version, l.duration_ns, l.input_tokens, l.cache_read_tokens, l.cache_write_tokens,
  l.output_tokens, l.reasoning_tokens, l.cost_nano_usd`

const timeOf = (us: string) =>
  sql`timestamptz '1970-01-01 00:00:00+00' + ${us}::bigint * interval '1 microsecond'`

/** Longest that looking for a text may take, in milliseconds: it may have to read every record. */
const maxSearchMs = 3000

/**
 * Log records, the newest first.
 * @throws AppError 503 when a text is looked for and too many records must be read
 */
export async function listLogs(
  tx: Tx,
  question: LogsQuestion,
  page: { limit: number; after: LogPlace | null },
): Promise<LogListRow[]> {
  if (question.text !== null) await sql`SET LOCAL statement_timeout = ${sql.lit(maxSearchMs)}`.execute(tx)
  const { after } = page
  const conditions = [
    ...conditionsOf(question),
    ...(after ? [sql`(l.at, l.id) < (${timeOf(after.atUs)}, ${after.id}::uuid)`] : []),
  ]
  return rows(
    tx,
    sql<LogListRow>`
    SELECT ${columns} FROM traces.logs l
    WHERE ${conditions.length > 0 ? sql.join(conditions, sql` AND `) : sql`true`}
    ORDER BY l.at DESC, l.id DESC LIMIT ${page.limit}`,
  )
}

const equalTo = {
  event: 'l.event',
  service: 'l.service',
  model: 'l.model',
  tool: 'l.tool',
  session: 'l.session',
  user: 'l.end_user',
  environment: 'l.environment',
} as const

function conditionsOf({ from, to, severity, traceId, text, ...equal }: LogsQuestion) {
  const named = Object.entries(equalTo).flatMap(([name, column]) => {
    const value = equal[name as keyof typeof equalTo]
    return value === null ? [] : [sql`${sql.ref(column)} = ${value}`]
  })
  return [
    ...(from === null ? [] : [sql`l.at >= ${from}::timestamptz`]),
    ...(to === null ? [] : [sql`l.at < ${to}::timestamptz`]),
    ...(severity === null ? [] : [sql`l.severity >= ${severity}`]),
    ...named,
    ...(traceId === null ? [] : [sql`l.trace_id = ${traceId}::uuid`]),
    ...(text === null ? [] : [sql`strpos(lower(l.message COLLATE "default"), lower(${text})) > 0`]),
  ]
}

/** A record, its chunk, and the place in it where its payload stands. */
export async function findLog(
  tx: Tx,
  { atUs, id }: LogPlace,
): Promise<(LogListRow & { body: Buffer; chunk_place: number }) | undefined> {
  return first(
    tx,
    sql<LogListRow & { body: Buffer; chunk_place: number }>`
    SELECT ${columns}, l.chunk_place, c.body FROM traces.logs l JOIN traces.log_chunks c
      ON c.workspace_id = l.workspace_id AND c.id = l.chunk_id AND c.day = (l.at AT TIME ZONE 'UTC')::date
    WHERE l.at = ${timeOf(atUs)} AND l.id = ${id}::uuid LIMIT 1`,
  )
}
