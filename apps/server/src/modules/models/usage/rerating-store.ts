import type { ConnectionKind, Rerating } from '@atrium/contract'
import { first, rows, sql, type Tx } from '#platform/db'

export interface ReratingRow {
  readonly id: string
  readonly from: Date
  readonly to: Date
  readonly connectionId: string | null
  readonly modelPattern: string | null
  readonly status: Rerating['status']
  readonly total: number
  readonly done: number
  readonly changed: number
  readonly skipped: number
  readonly differenceNanoUsd: string
  readonly placeTime: Date | null
  readonly placeId: string | null
  readonly requestedBy: string | null
  readonly createdAt: Date
  readonly finishedAt: Date | null
}

const columns = sql`id, from_time AS "from", to_time AS "to", connection_id AS "connectionId",
  model_pattern AS "modelPattern", status, total::float8 AS total, done::float8 AS done, changed::float8 AS changed,
  skipped::float8 AS skipped, difference_nano_usd::text AS "differenceNanoUsd", place_time AS "placeTime",
  place_id AS "placeId", requested_by AS "requestedBy", created_at AS "createdAt", finished_at AS "finishedAt"`

export interface NewRerating {
  readonly id: string
  readonly from: Date
  readonly to: Date
  readonly connectionId: string | null
  readonly modelPattern: string | null
  readonly requestedBy: string
}

/** Calls of a run: those of a connection that was called; the pattern is looked at one by one. */
const ofRun = sql`c.workspace_id = r.workspace_id AND c.created_at >= r.from_time AND c.created_at < r.to_time
  AND c.connection_id IS NOT NULL AND (r.connection_id IS NULL OR c.connection_id = r.connection_id)`

/** Undefined when another run of the workspace has not ended. Those who begin one take turns. */
export async function insertRerating(
  tx: Tx,
  workspaceId: string,
  row: NewRerating,
): Promise<ReratingRow | undefined> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`models.rerating ${workspaceId}`}, 0))`.execute(
    tx,
  )
  const made = await first(
    tx,
    sql<{ id: string }>`
    INSERT INTO models.reratings (workspace_id, id, from_time, to_time, connection_id, model_pattern, requested_by)
    SELECT ${workspaceId}, ${row.id}, ${row.from}, ${row.to}, ${row.connectionId}, ${row.modelPattern}, ${row.requestedBy}
    WHERE NOT EXISTS (SELECT FROM models.reratings
      WHERE workspace_id = ${workspaceId} AND status IN ('waiting', 'running'))
    RETURNING id`,
  )
  if (!made) return undefined
  return first(
    tx,
    sql<ReratingRow>`
    UPDATE models.reratings r SET total = (SELECT count(*) FROM models.calls c WHERE ${ofRun})
    WHERE workspace_id = ${workspaceId} AND id = ${row.id} RETURNING ${columns}`,
  )
}

/** The newest first. */
export async function readReratings(
  tx: Tx,
  workspaceId: string,
  { limit, before }: { limit: number; before: { createdAt: string; id: string } | null },
): Promise<ReratingRow[]> {
  return rows(
    tx,
    sql<ReratingRow>`
    SELECT ${columns} FROM models.reratings
    WHERE workspace_id = ${workspaceId}
      AND (${before === null} OR (created_at, id) < (${before?.createdAt ?? null}::timestamptz, ${before?.id ?? null}::uuid))
    ORDER BY created_at DESC, id DESC LIMIT ${limit}`,
  )
}

export const readRerating = (tx: Tx, workspaceId: string, id: string): Promise<ReratingRow | undefined> =>
  first(tx, oneRerating(workspaceId, id))

/** Keeps other processes from going on with it until the transaction ends. Needs the job role, like what follows. */
export const lockRerating = (tx: Tx, workspaceId: string, id: string): Promise<ReratingRow | undefined> =>
  first(tx, sql<ReratingRow>`${oneRerating(workspaceId, id)} FOR UPDATE`)

const oneRerating = (workspaceId: string, id: string) =>
  sql<ReratingRow>`SELECT ${columns} FROM models.reratings WHERE workspace_id = ${workspaceId} AND id = ${id}`

/** A call with what it takes to rate it; its connection is null when that is gone. */
export interface RatedCall {
  readonly id: string
  readonly createdAt: Date
  readonly connectionId: string
  readonly upstreamId: string
  readonly kind: ConnectionKind | null
  readonly baseUrl: string | null
  readonly uncached: number
  readonly cacheRead: number
  readonly cacheWrite5m: number
  readonly cacheWrite1h: number
  readonly text: number
  readonly reasoning: number
  readonly usageRaw: unknown
  readonly costNanoUsd: string | null
  readonly source: string | null
  /** Its usage was reckoned by Atrium. */
  readonly estimated: boolean
  /** Part of the cost: of attempts whose answer nobody saw. Null when unknown. */
  readonly lostNanoUsd: string | null
}

/** The next calls of a run, the oldest first. */
export async function readNextCalls(
  tx: Tx,
  workspaceId: string,
  run: ReratingRow,
  limit: number,
): Promise<RatedCall[]> {
  return rows(
    tx,
    sql<RatedCall>`
    SELECT c.id, c.created_at AS "createdAt", c.connection_id AS "connectionId",
      coalesce(c.upstream_model, c.model) AS "upstreamId", k.kind, k.base_url AS "baseUrl",
      c.input_uncached::float8 AS uncached, c.input_cache_read::float8 AS "cacheRead",
      c.input_cache_write_5m::float8 AS "cacheWrite5m", c.input_cache_write_1h::float8 AS "cacheWrite1h",
      c.output_text::float8 AS text, c.output_reasoning::float8 AS reasoning, c.usage_raw AS "usageRaw",
      models.cost_of(c)::text AS "costNanoUsd",
      CASE WHEN c.rated_at IS NULL THEN c.price_source ELSE c.rated_source END AS source,
      c.estimated, c.lost_nano_usd::text AS "lostNanoUsd"
    FROM models.reratings r JOIN models.calls c ON ${ofRun}
    LEFT JOIN models.connections k ON k.workspace_id = c.workspace_id AND k.id = c.connection_id
    WHERE r.workspace_id = ${workspaceId} AND r.id = ${run.id}
      AND (${run.placeId}::uuid IS NULL OR (c.created_at, c.id) > (${run.placeTime}::timestamptz, ${run.placeId}::uuid))
    ORDER BY c.created_at, c.id LIMIT ${limit}`,
  )
}

export interface NewRating {
  readonly id: string
  readonly callId: string
  readonly costNanoUsd: string | null
  readonly source: string | null
}

/** Adds ratings and makes them those that count. */
export async function writeRatings(
  tx: Tx,
  at: { workspaceId: string; reratingId: string; ratedAt: Date },
  ratings: readonly NewRating[],
): Promise<void> {
  await sql`
    WITH added AS (
      INSERT INTO models.ratings (workspace_id, call_id, id, rerating_id, cost_nano_usd, price_source, rated_at)
      SELECT ${at.workspaceId}, "callId", id, ${at.reratingId}, "costNanoUsd", source, ${at.ratedAt}::timestamptz
      FROM jsonb_to_recordset(${JSON.stringify(ratings)}::jsonb)
        AS new (id uuid, "callId" uuid, "costNanoUsd" bigint, source text)
      RETURNING workspace_id, call_id, cost_nano_usd, price_source, rated_at
    )
    UPDATE models.calls c SET rated_nano_usd = a.cost_nano_usd, rated_source = a.price_source, rated_at = a.rated_at
    FROM added a WHERE c.workspace_id = a.workspace_id AND c.id = a.call_id`.execute(tx)
}

/** What a batch adds to the progress of a run. */
export interface Progress {
  readonly done: number
  readonly changed: number
  readonly skipped: number
  readonly differenceNanoUsd: bigint
  readonly place: { readonly createdAt: Date; readonly id: string } | null
  readonly finished: boolean
}

export async function writeProgress(
  tx: Tx,
  workspaceId: string,
  id: string,
  progress: Progress,
): Promise<void> {
  const { done, changed, skipped, differenceNanoUsd, place, finished } = progress
  await sql`
    UPDATE models.reratings SET status = ${finished ? 'finished' : 'running'}, done = done + ${done},
      changed = changed + ${changed}, skipped = skipped + ${skipped},
      difference_nano_usd = difference_nano_usd + ${differenceNanoUsd.toString()}::bigint,
      place_time = coalesce(${place?.createdAt ?? null}::timestamptz, place_time),
      place_id = coalesce(${place?.id ?? null}::uuid, place_id),
      finished_at = CASE WHEN ${finished} THEN now() END
    WHERE workspace_id = ${workspaceId} AND id = ${id}`.execute(tx)
}

/** A run that has not ended a day after it was asked for counts as failed, so that a new one may begin. */
export async function failStaleReratings(tx: Tx): Promise<void> {
  await sql`
    UPDATE models.reratings SET status = 'failed', finished_at = now()
    WHERE status IN ('waiting', 'running') AND created_at < now() - interval '1 day'`.execute(tx)
}
