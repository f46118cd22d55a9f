import { first, rows, sql, type Tx } from '#platform/db'
import { calledModel, narrowed } from './sums.ts'
import type { Range, Tokens, UsageFilters } from './question.ts'

/** A call as it is listed. */
export interface ListedCall extends Tokens {
  readonly id: string
  readonly createdAt: Date
  readonly personId: string
  readonly keyId: string | null
  readonly teamId: string | null
  readonly model: string
  readonly alias: string | null
  readonly connectionId: string | null
  readonly upstreamModel: string | null
  readonly purpose: 'chat' | 'title' | 'test' | 'gateway'
  readonly dialect: string | null
  readonly status: 'finished' | 'failed' | 'aborted'
  readonly errorCode: string | null
  readonly estimated: boolean
  /** Of the newest rating; null when the price is unknown. */
  readonly costNanoUsd: string | null
  readonly priceVersion: string | null
  readonly firstTokenMs: number | null
  readonly totalMs: number
}

const listed = sql`id, created_at AS "createdAt", person_id AS "personId", key_id AS "keyId", team_id AS "teamId", model,
  alias, connection_id AS "connectionId", upstream_model AS "upstreamModel", purpose, dialect, status,
  error_code AS "errorCode", input_uncached::float8 AS "inputUncached", input_cache_read::float8 AS "cacheRead",
  input_cache_write_5m::float8 AS "cacheWrite5m", input_cache_write_1h::float8 AS "cacheWrite1h",
  output_text::float8 AS "outputText", output_reasoning::float8 AS "outputReasoning", estimated,
  models.cost_of(c)::text AS "costNanoUsd",
  CASE WHEN rated_at IS NULL THEN price_source ELSE rated_source END AS "priceVersion",
  first_token_ms AS "firstTokenMs", total_ms AS "totalMs"`

export interface CallsQuestion {
  readonly workspaceId: string
  readonly filters: UsageFilters
  readonly range: Range
  readonly status?: ListedCall['status'] | undefined
}

export interface Place {
  readonly createdAt: string
  readonly id: string
}

/** Calls of a range: the newest first, or the oldest; beyond a place. */
export async function readCalls(
  tx: Tx,
  { workspaceId, filters, range, status }: CallsQuestion,
  { limit, beyond, order }: { limit: number; beyond: Place | null; order: 'newest' | 'oldest' },
): Promise<ListedCall[]> {
  const newest = order === 'newest'
  const direction = newest ? sql`DESC` : sql`ASC`
  const rest = beyond
    ? sql` AND (created_at, id) ${newest ? sql`<` : sql`>`} (${beyond.createdAt}::timestamptz, ${beyond.id}::uuid)`
    : sql``
  const only = status === undefined ? sql`` : sql` AND status = ${status}`
  return rows(
    tx,
    sql<ListedCall>`
    SELECT ${listed} FROM models.calls c
    WHERE workspace_id = ${workspaceId} AND created_at >= ${range.from} AND created_at < ${range.to}
      ${narrowed(filters, calledModel)}${only}${rest}
    ORDER BY created_at ${direction}, id ${direction} LIMIT ${limit}`,
  )
}

export interface WholeCall extends ListedCall {
  readonly finishReason: string | null
  readonly finishReasonRaw: string | null
  readonly usageRaw: unknown
  readonly why: Record<string, unknown>
  readonly traceId: string | null
  readonly firstCost: string | null
  readonly firstVersion: string | null
}

/** One call; of this person only, unless null. */
export async function readCall(
  tx: Tx,
  workspaceId: string,
  id: string,
  personId: string | null,
): Promise<WholeCall | undefined> {
  return first(
    tx,
    sql<WholeCall>`
    SELECT ${listed}, finish_reason AS "finishReason", finish_reason_raw AS "finishReasonRaw", usage_raw AS "usageRaw",
      why, trace_id AS "traceId", cost_nano_usd::text AS "firstCost", price_source AS "firstVersion"
    FROM models.calls c
    WHERE workspace_id = ${workspaceId} AND id = ${id} AND (${personId}::uuid IS NULL OR person_id = ${personId})`,
  )
}

export interface LaterRating {
  readonly ratedAt: Date
  readonly reratingId: string
  readonly priceVersion: string | null
  readonly costNanoUsd: string | null
}

const mostRatings = 200

/** Oldest first. */
export async function readRatings(tx: Tx, workspaceId: string, callId: string): Promise<LaterRating[]> {
  return rows(
    tx,
    sql<LaterRating>`
    SELECT rated_at AS "ratedAt", rerating_id AS "reratingId", price_source AS "priceVersion",
      cost_nano_usd::text AS "costNanoUsd"
    FROM models.ratings WHERE workspace_id = ${workspaceId} AND call_id = ${callId} ORDER BY id LIMIT ${mostRatings}`,
  )
}

/** Names of connections that are still there. */
export async function readConnectionNames(tx: Tx, workspaceId: string): Promise<Map<string, string>> {
  const list = await rows(
    tx,
    sql<{ id: string; name: string }>`
    SELECT id, name FROM models.connections WHERE workspace_id = ${workspaceId} LIMIT 1000`,
  )
  return new Map(list.map(({ id, name }) => [id, name]))
}
