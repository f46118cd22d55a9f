import { first, sql, type Tx } from '#platform/db'
import { countArrival, type Counted } from '../arrivals-store.ts'
import type { Chunk } from '../rows.ts'
import type { LogRow } from './rows.ts'

/** Log records of one key in one workspace. */
export interface LogArrival extends Counted {
  readonly chunks: readonly Chunk<LogRow>[]
}

/**
 * Stores log records, their chunks and what they are counted as, in one statement. Records that are there already change
 * nothing. Gives how many were new.
 */
export async function insertLogs(tx: Tx, arrival: LogArrival): Promise<number> {
  const { workspaceId, chunks } = arrival
  const columns = columnsOf(chunks)
  const row = await first(
    tx,
    sql<{ stored: number }>`
    WITH stored AS (
      INSERT INTO traces.logs (workspace_id, at, id, severity, event, message, trace_id, span_id, service, model, tool, session,
        end_user, team, project, environment, version, duration_ns, input_tokens, cache_read_tokens, cache_write_tokens,
        output_tokens, reasoning_tokens, cost_nano_usd, chunk_id, chunk_place)
      SELECT ${workspaceId}, timestamptz '1970-01-01 00:00:00+00' + l.at_us * interval '1 microsecond', l.id, l.severity, l.event,
        l.message, l.trace_id, l.span_id, l.service, l.model, l.tool, l.session, l.end_user, l.team, l.project, l.environment,
        l.version, l.duration_ns, l.input_tokens, l.cache_read_tokens, l.cache_write_tokens, l.output_tokens,
        l.reasoning_tokens, l.cost_nano_usd, l.chunk_id, l.chunk_place
      FROM unnest(${columns.atUs}::bigint[], ${columns.id}::uuid[], ${columns.severity}::smallint[], ${columns.event}::text[],
        ${columns.message}::text[], ${columns.traceId}::uuid[], ${columns.spanId}::bigint[], ${columns.service}::text[],
        ${columns.model}::text[], ${columns.tool}::text[], ${columns.session}::text[], ${columns.user}::text[],
        ${columns.team}::text[], ${columns.project}::text[], ${columns.environment}::text[], ${columns.version}::text[],
        ${columns.duration}::bigint[], ${columns.input}::bigint[], ${columns.cacheRead}::bigint[], ${columns.cacheWrite}::bigint[],
        ${columns.output}::bigint[], ${columns.reasoning}::bigint[], ${columns.cost}::bigint[], ${columns.chunkId}::bigint[],
        ${columns.chunkPlace}::smallint[])
        AS l (at_us, id, severity, event, message, trace_id, span_id, service, model, tool, session, end_user, team, project,
          environment, version, duration_ns, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens,
          reasoning_tokens, cost_nano_usd, chunk_id, chunk_place)
      ON CONFLICT DO NOTHING RETURNING chunk_id
    ), kept AS (
      INSERT INTO traces.log_chunks (workspace_id, id, day, body)
      SELECT ${workspaceId}, c.id, c.day, c.body
      FROM unnest(${chunks.map(({ id }) => id)}::bigint[], ${chunks.map(({ day }) => day)}::date[],
        ${chunks.map(({ body }) => body)}::bytea[]) AS c (id, day, body)
      WHERE c.id IN (SELECT chunk_id FROM stored)
    ), counted AS (${countArrival('logs', arrival)})
    SELECT count(*)::int AS stored FROM stored`,
  )
  return row?.stored ?? 0
}

type Column = (string | number | null)[]

/** The records of all chunks, column by column. */
function columnsOf(chunks: readonly Chunk<LogRow>[]) {
  const placed = chunks.flatMap(({ id, records }) => records.map((log, place) => ({ id, log, place })))
  const of = (read: (log: LogRow) => string | number | null): Column => placed.map(({ log }) => read(log))
  return {
    atUs: of((log) => log.atUs),
    id: of((log) => log.id),
    severity: of((log) => log.severity),
    message: of((log) => log.message),
    traceId: of((log) => log.traceId),
    spanId: of((log) => log.spanId),
    event: of(({ facts }) => facts.event),
    service: of(({ facts }) => facts.service),
    model: of(({ facts }) => facts.model),
    tool: of(({ facts }) => facts.tool),
    session: of(({ facts }) => facts.session),
    user: of(({ facts }) => facts.user),
    team: of(({ facts }) => facts.team),
    project: of(({ facts }) => facts.project),
    environment: of(({ facts }) => facts.environment),
    version: of(({ facts }) => facts.version),
    duration: of(({ facts }) => facts.durationNs?.toString() ?? null),
    input: of(({ facts }) => facts.tokens.input),
    cacheRead: of(({ facts }) => facts.tokens.cacheRead),
    cacheWrite: of(({ facts }) => facts.tokens.cacheWrite),
    output: of(({ facts }) => facts.tokens.output),
    reasoning: of(({ facts }) => facts.tokens.reasoning),
    cost: of(({ facts }) => facts.costNanoUsd?.toString() ?? null),
    chunkId: placed.map(({ id }) => id),
    chunkPlace: placed.map(({ place }) => place),
  }
}
