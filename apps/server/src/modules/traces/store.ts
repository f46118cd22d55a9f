import { sql, first, type Tx } from '#platform/db'
import { countArrival, type Counted } from './arrivals-store.ts'
import type { Chunk, SpanRow } from './rows.ts'

/** Spans of one key in one workspace. */
export interface Arrival extends Counted {
  readonly chunks: readonly Chunk<SpanRow>[]
  /** What all of its spans add to the sums; null when there are none. */
  readonly usage: string | null
}

/** Where a stored span lies: `chunk id place`. */
export type Place = string

/**
 * Stores spans, their chunks, what they add to their traces, to the counts of arrivals and, when all of them were new, to
 * the sums, in one statement. Spans that are there already change nothing. When there were some, gives the places of those
 * that were new: what they add to the sums is left to the caller.
 */
export async function insertSpans(tx: Tx, arrival: Arrival): Promise<Place[] | null> {
  const { workspaceId, chunks, usage, accepted } = arrival
  const columns = columnsOf(chunks)
  const row = await first(
    tx,
    sql<{ places: Place[] | null }>`
    WITH stored AS (
      INSERT INTO traces.spans (workspace_id, trace_id, span_id, parent_id, started_at, duration_ns, kind, status, name, service,
        operation, provider, model, agent, tool, session, end_user, team, project, environment, version, error_type,
        input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost_nano_usd, first_token_ns,
        chunk_id, chunk_place)
      SELECT ${workspaceId}, s.trace_id, s.span_id, s.parent_id, ${epoch} + s.started_us * interval '1 microsecond', s.duration_ns,
        s.kind, s.status, s.name, s.service, s.operation, s.provider, s.model, s.agent, s.tool, s.session, s.end_user, s.team,
        s.project, s.environment, s.version, s.error_type, s.input_tokens, s.cache_read_tokens, s.cache_write_tokens,
        s.output_tokens, s.reasoning_tokens, s.cost_nano_usd, s.first_token_ns, s.chunk_id, s.chunk_place
      FROM unnest(${columns.traceId}::uuid[], ${columns.spanId}::bigint[], ${columns.parentId}::bigint[], ${columns.startedUs}::bigint[],
        ${columns.durationNs}::bigint[], ${columns.kind}::smallint[], ${columns.status}::smallint[], ${columns.name}::text[],
        ${columns.service}::text[], ${columns.operation}::text[], ${columns.provider}::text[], ${columns.model}::text[],
        ${columns.agent}::text[], ${columns.tool}::text[], ${columns.session}::text[], ${columns.user}::text[],
        ${columns.team}::text[], ${columns.project}::text[], ${columns.environment}::text[], ${columns.version}::text[],
        ${columns.errorType}::text[], ${columns.input}::bigint[], ${columns.cacheRead}::bigint[], ${columns.cacheWrite}::bigint[],
        ${columns.output}::bigint[], ${columns.reasoning}::bigint[], ${columns.cost}::bigint[], ${columns.firstToken}::bigint[],
        ${columns.chunkId}::bigint[], ${columns.chunkPlace}::smallint[])
        AS s (trace_id, span_id, parent_id, started_us, duration_ns, kind, status, name, service, operation, provider, model, agent,
          tool, session, end_user, team, project, environment, version, error_type, input_tokens, cache_read_tokens,
          cache_write_tokens, output_tokens, reasoning_tokens, cost_nano_usd, first_token_ns, chunk_id, chunk_place)
      ON CONFLICT DO NOTHING RETURNING *
    ), kept AS (
      INSERT INTO traces.chunks (workspace_id, id, day, body)
      SELECT ${workspaceId}, c.id, c.day, c.body
      FROM unnest(${chunks.map(({ id }) => id)}::bigint[], ${chunks.map(({ day }) => day)}::date[],
        ${chunks.map(({ body }) => body)}::bytea[]) AS c (id, day, body)
      WHERE c.id IN (SELECT chunk_id FROM stored)
    ), summed AS (${addToTraces(workspaceId)}), counted AS (${countArrival('traces', arrival)}), pending AS (
      INSERT INTO traces.usage_pending (workspace_id, body) SELECT ${workspaceId}, body FROM (SELECT ${usage}::text AS body) AS u
      WHERE body IS NOT NULL AND (SELECT count(*) FROM stored) = ${accepted}::bigint
    )
    SELECT CASE WHEN count(*) < ${accepted}::bigint
      THEN coalesce(array_agg(chunk_id || ' ' || chunk_place), '{}') END AS places FROM stored`,
  )
  return row?.places ?? null
}

/** Has spans that are stored added to the sums. */
export async function appendUsage(tx: Tx, workspaceId: string, usage: string): Promise<void> {
  await sql`INSERT INTO traces.usage_pending (workspace_id, body) VALUES (${workspaceId}, ${usage})`.execute(
    tx,
  )
}

const epoch = sql`timestamptz '1970-01-01 00:00:00+00'`

/** Sums of what senders claim stop at the largest bigint. */
const mostBig = sql`9223372036854775807::numeric`
/** Null stays null, which LEAST would take for the other. */
const capped = (sum: ReturnType<typeof sql>) =>
  sql`CASE WHEN ${sum} > ${mostBig} THEN ${mostBig} ELSE ${sum} END`
/** Models of a trace, the first by their names: the list is written again with each request. */
const mostModels = sql`50`

/**
 * Adds the spans of `stored` to their traces, in the order of the traces' ids so that two transactions never wait for
 * one another in a circle. Each figure is a sum, and each text the least of what was told: the outcome does not depend
 * on the order in which spans arrive.
 */
const addToTraces = (workspaceId: string) => sql`
  INSERT INTO traces.traces AS t (workspace_id, id, started_at, ended_at, name, has_root, named_at, service, agent, session,
    end_user, environment, spans, errors, model_calls, tool_calls, models, tokens, cost_nano_usd)
  SELECT ${workspaceId}, trace_id, min(started_at), max(started_at + duration_ns / 1000 * interval '1 microsecond'),
    (array_agg(name ORDER BY parent_id IS NOT NULL, started_at, span_id))[1], bool_or(parent_id IS NULL),
    coalesce(min(started_at) FILTER (WHERE parent_id IS NULL), min(started_at)), min(service), min(agent), min(session),
    min(end_user), min(environment), count(*), count(*) FILTER (WHERE status = 2), count(*) FILTER (WHERE model IS NOT NULL),
    count(*) FILTER (WHERE operation = 'execute_tool'),
    coalesce((array_agg(DISTINCT model) FILTER (WHERE model IS NOT NULL))[1:${mostModels}], '{}'),
    ${capped(sql`sum(coalesce(input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)
      + coalesce(output_tokens, 0) + coalesce(reasoning_tokens, 0))`)}, ${capped(sql`sum(cost_nano_usd)`)}
  FROM stored GROUP BY trace_id ORDER BY trace_id
  ON CONFLICT (workspace_id, id) DO UPDATE SET started_at = least(t.started_at, excluded.started_at),
    ended_at = greatest(t.ended_at, excluded.ended_at),
    name = CASE WHEN (NOT excluded.has_root, excluded.named_at) < (NOT t.has_root, t.named_at) THEN excluded.name ELSE t.name END,
    named_at = CASE WHEN (NOT excluded.has_root, excluded.named_at) < (NOT t.has_root, t.named_at) THEN excluded.named_at ELSE t.named_at END,
    has_root = t.has_root OR excluded.has_root, service = least(t.service, excluded.service), agent = least(t.agent, excluded.agent),
    session = least(t.session, excluded.session), end_user = least(t.end_user, excluded.end_user),
    environment = least(t.environment, excluded.environment), spans = t.spans + excluded.spans, errors = t.errors + excluded.errors,
    model_calls = t.model_calls + excluded.model_calls, tool_calls = t.tool_calls + excluded.tool_calls,
    models = coalesce((SELECT (array_agg(DISTINCT m ORDER BY m))[1:${mostModels}] FROM unnest(t.models || excluded.models) AS m), '{}'),
    tokens = ${capped(sql`t.tokens::numeric + excluded.tokens`)},
    cost_nano_usd = coalesce(${capped(sql`t.cost_nano_usd::numeric + excluded.cost_nano_usd`)}, t.cost_nano_usd, excluded.cost_nano_usd)`

type Column = (string | number | null)[]

/** The spans of all chunks, column by column. */
function columnsOf(chunks: readonly Chunk<SpanRow>[]) {
  const placed = chunks.flatMap(({ id, records }) => records.map((span, place) => ({ id, span, place })))
  const of = (read: (span: SpanRow) => string | number | null): Column => placed.map(({ span }) => read(span))
  return {
    traceId: of((span) => span.traceId),
    spanId: of((span) => span.spanId),
    parentId: of((span) => span.parentId),
    startedUs: of((span) => span.startedUs),
    durationNs: of((span) => span.durationNs),
    kind: of((span) => span.kind),
    status: of((span) => span.status),
    name: of((span) => span.name),
    service: of(({ facts }) => facts.service),
    operation: of(({ facts }) => facts.operation),
    provider: of(({ facts }) => facts.provider),
    model: of(({ facts }) => facts.model),
    agent: of(({ facts }) => facts.agent),
    tool: of(({ facts }) => facts.tool),
    session: of(({ facts }) => facts.session),
    user: of(({ facts }) => facts.user),
    team: of(({ facts }) => facts.team),
    project: of(({ facts }) => facts.project),
    environment: of(({ facts }) => facts.environment),
    version: of(({ facts }) => facts.version),
    errorType: of(({ facts }) => facts.errorType),
    input: of(({ facts }) => facts.tokens.input),
    cacheRead: of(({ facts }) => facts.tokens.cacheRead),
    cacheWrite: of(({ facts }) => facts.tokens.cacheWrite),
    output: of(({ facts }) => facts.tokens.output),
    reasoning: of(({ facts }) => facts.tokens.reasoning),
    cost: of(({ facts }) => facts.costNanoUsd?.toString() ?? null),
    firstToken: of(({ facts }) => facts.firstTokenNs?.toString() ?? null),
    chunkId: placed.map(({ id }) => id),
    chunkPlace: placed.map(({ place }) => place),
  }
}
