import type { ConnectionHealth, ConnectionKind, Model } from '@atrium/contract'
import { changed, first, rows, sql, type Tx } from '#platform/db'
import { AppError } from '#platform/errors'

export interface NewConnection {
  readonly workspaceId: string
  readonly id: string
  readonly name: string
  readonly slug: string
  readonly kind: ConnectionKind
  readonly baseUrl: string
  readonly sealedKey: string | null
  readonly source: 'person' | 'environment' | 'detected'
}

export async function insertConnection(tx: Tx, row: NewConnection): Promise<void> {
  await sql`
    INSERT INTO models.connections (workspace_id, id, name, slug, kind, base_url, sealed_key, source)
    VALUES (${row.workspaceId}, ${row.id}, ${row.name}, ${row.slug}, ${row.kind}, ${row.baseUrl}, ${row.sealedKey},
      ${row.source})`.execute(tx)
}

/** Slugs of a workspace that begin with this one; whoever adds a connection waits here for the one before. */
export async function lockSlugs(tx: Tx, workspaceId: string, slug: string): Promise<Set<string>> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`models.slugs ${workspaceId}`}, 0))`.execute(tx)
  const found = await rows(
    tx,
    sql<{ slug: string }>`
    SELECT slug FROM models.connections
    WHERE workspace_id = ${workspaceId} AND starts_with(slug, ${slug}) LIMIT 1000`,
  )
  return new Set(found.map((row) => row.slug))
}

/** What changes of a connection; what is undefined stays. */
export interface ConnectionChange {
  readonly name?: string | undefined
  readonly baseUrl?: string | undefined
  readonly sealedKey?: string | null | undefined
  readonly enabled?: boolean | undefined
  readonly source?: 'person' | undefined
}

/** Writes a change and forgets the health of the connection as it was. */
export async function updateConnection(
  tx: Tx,
  workspaceId: string,
  id: string,
  change: ConnectionChange,
): Promise<void> {
  const { name, baseUrl, sealedKey, enabled, source } = change
  const moves = baseUrl !== undefined || sealedKey !== undefined
  await sql`
    UPDATE models.connections SET
      name = coalesce(${name ?? null}, name),
      base_url = coalesce(${baseUrl ?? null}, base_url),
      sealed_key = CASE WHEN ${sealedKey !== undefined} THEN ${sealedKey ?? null} ELSE sealed_key END,
      enabled = coalesce(${enabled ?? null}, enabled),
      source = coalesce(${source ?? null}, source),
      health = CASE WHEN ${moves} THEN NULL ELSE health END,
      updated_at = now()
    WHERE workspace_id = ${workspaceId} AND id = ${id}`.execute(tx)
}

export async function deleteConnection(tx: Tx, workspaceId: string, id: string): Promise<boolean> {
  return (
    (await changed(
      tx,
      sql`DELETE FROM models.connections WHERE workspace_id = ${workspaceId} AND id = ${id}`,
    )) > 0
  )
}

/** Keeps what came of asking the provider just now. */
export async function setHealth(
  tx: Tx,
  workspaceId: string,
  id: string,
  health: ConnectionHealth,
): Promise<void> {
  await sql`
    UPDATE models.connections SET health = ${JSON.stringify(health)}, refreshed_at = now()
    WHERE workspace_id = ${workspaceId} AND id = ${id}`.execute(tx)
}

export interface DiscoveredModel {
  readonly upstreamId: string
  readonly name: string
  readonly contextTokens: number | null
  readonly maxOutputTokens: number | null
  readonly capabilities: Model['capabilities']
  /** For a model that was not known; a person's choice is kept for one that was. */
  readonly enabled: boolean
}

/** Makes a connection's models those of the list: new ones come, gone ones go, unless a person had added them. */
export async function replaceModels(
  tx: Tx,
  workspaceId: string,
  connectionId: string,
  found: readonly DiscoveredModel[],
): Promise<void> {
  await sql`
    DELETE FROM models.models WHERE workspace_id = ${workspaceId} AND connection_id = ${connectionId} AND NOT added
      AND upstream_id <> ALL (${found.map((model) => model.upstreamId)}::text[])`.execute(tx)
  await upsertModels(tx, workspaceId, connectionId, found, false)
}

export async function upsertModels(
  tx: Tx,
  workspaceId: string,
  connectionId: string,
  found: readonly DiscoveredModel[],
  added: boolean,
): Promise<void> {
  await sql`
    INSERT INTO models.models
      (workspace_id, connection_id, upstream_id, name, context_tokens, max_output_tokens, capabilities, enabled, added)
    SELECT ${workspaceId}, ${connectionId}, "upstreamId", name, "contextTokens", "maxOutputTokens", capabilities, enabled, ${added}
    FROM jsonb_to_recordset(${JSON.stringify(found)}::jsonb) AS found
      ("upstreamId" text, name text, "contextTokens" int, "maxOutputTokens" int, capabilities jsonb, enabled boolean)
    ON CONFLICT (workspace_id, connection_id, upstream_id) DO UPDATE SET
      name = excluded.name, context_tokens = excluded.context_tokens, max_output_tokens = excluded.max_output_tokens,
      capabilities = excluded.capabilities, added = models.added OR excluded.added,
      enabled = CASE WHEN excluded.added THEN excluded.enabled ELSE models.enabled END`.execute(tx)
}

export async function setModelEnabled(
  tx: Tx,
  at: { workspaceId: string; connectionId: string; upstreamId: string },
  enabled: boolean,
): Promise<boolean> {
  const count = await changed(
    tx,
    sql`
    UPDATE models.models SET enabled = ${enabled}
    WHERE workspace_id = ${at.workspaceId} AND connection_id = ${at.connectionId} AND upstream_id = ${at.upstreamId}`,
  )
  return count > 0
}

/** The wrapped data key of a workspace; `fresh` is kept when there is none yet. */
export async function keepDataKey(tx: Tx, workspaceId: string, fresh: string): Promise<string> {
  await sql`
    INSERT INTO platform.data_keys (workspace_id, wrapped) VALUES (${workspaceId}, ${fresh})
    ON CONFLICT (workspace_id) DO NOTHING`.execute(tx)
  return (await readDataKey(tx, workspaceId)) ?? fresh
}

export async function readDataKey(tx: Tx, workspaceId: string): Promise<string | undefined> {
  const row = await first(
    tx,
    sql<{ wrapped: string }>`
    SELECT wrapped FROM platform.data_keys WHERE workspace_id = ${workspaceId}`,
  )
  return row?.wrapped
}

/** Puts a data key that was wrapped anew in the place of the one that was read. */
export async function rewrapDataKey(
  tx: Tx,
  workspaceId: string,
  before: string,
  after: string,
): Promise<void> {
  await sql`
    UPDATE platform.data_keys SET wrapped = ${after}
    WHERE workspace_id = ${workspaceId} AND wrapped = ${before}`.execute(tx)
}

export interface CallRow {
  readonly workspace_id: string
  readonly id: string
  readonly person_id: string
  readonly purpose: string
  readonly model: string
  readonly connection_id: string | null
  readonly upstream_model: string | null
  readonly status: string
  readonly finish_reason: string | null
  readonly finish_reason_raw: string | null
  readonly error_code: string | null
  readonly input_uncached: number
  readonly input_cache_read: number
  readonly input_cache_write_5m: number
  readonly input_cache_write_1h: number
  readonly output_text: number
  readonly output_reasoning: number
  readonly usage_raw: unknown
  readonly estimated: boolean
  /** As text: JSON has no integers of that size. */
  readonly cost_nano_usd: string | null
  readonly price_source: string | null
  readonly first_token_ms: number | null
  readonly total_ms: number
  readonly why: unknown
  readonly trace_id: string | null
  readonly created_at: string
  readonly key_id: string | null
  readonly team_id: string | null
  readonly alias: string | null
  readonly alias_version: number | null
  readonly dialect: string | null
  readonly passthrough: boolean
  readonly attempts: number
  readonly lost_nano_usd: string | null
}

/** Of a call whose process died: what became of it is unknown, unless its own row turns up after all. */
export const processEnded = 'PROCESS_ENDED'

/**
 * Writes calls of any workspaces at once; needs the job role. A row that is there already is left as it is, unless its
 * process was taken for dead.
 */
export async function storeCalls(tx: Tx, calls: readonly StorableCall[]): Promise<void> {
  const list = `[${calls.map(({ json }) => json).join(',')}]`
  const added = await changed(
    tx,
    sql`
    INSERT INTO models.calls
    SELECT * FROM jsonb_populate_recordset(NULL::models.calls, ${list}::jsonb)
    ON CONFLICT (workspace_id, id) DO NOTHING`,
  )
  if (added < calls.length) await replaceInterrupted(tx, list)
}

const replaceInterrupted = (tx: Tx, list: string): Promise<number> =>
  changed(
    tx,
    sql`
    UPDATE models.calls c SET person_id = n.person_id, purpose = n.purpose, model = n.model,
      connection_id = n.connection_id, upstream_model = n.upstream_model, status = n.status,
      finish_reason = n.finish_reason, finish_reason_raw = n.finish_reason_raw, error_code = n.error_code,
      input_uncached = n.input_uncached, input_cache_read = n.input_cache_read,
      input_cache_write_5m = n.input_cache_write_5m, input_cache_write_1h = n.input_cache_write_1h,
      output_text = n.output_text, output_reasoning = n.output_reasoning, usage_raw = n.usage_raw,
      estimated = n.estimated, cost_nano_usd = n.cost_nano_usd, price_source = n.price_source,
      first_token_ms = n.first_token_ms, total_ms = n.total_ms, why = n.why, trace_id = n.trace_id,
      created_at = n.created_at, key_id = n.key_id, team_id = n.team_id, alias = n.alias,
      alias_version = n.alias_version, dialect = n.dialect, passthrough = n.passthrough, attempts = n.attempts,
      lost_nano_usd = n.lost_nano_usd
    FROM jsonb_populate_recordset(NULL::models.calls, ${list}::jsonb) AS n
    WHERE c.workspace_id = n.workspace_id AND c.id = n.id AND c.error_code = ${processEnded}`,
  )

/** What a call of unknown outcome has cost turned out to be another amount. Needs the job role. */
export async function costInterrupted(
  tx: Tx,
  workspaceId: string,
  callId: string,
  costNanoUsd: string,
): Promise<void> {
  await sql`
    UPDATE models.calls SET cost_nano_usd = ${costNanoUsd}::bigint
    WHERE workspace_id = ${workspaceId} AND id = ${callId} AND error_code = ${processEnded}`.execute(tx)
}

/** Stores calls within a transaction that must go on whatever becomes of them. Gives those that no database would take. */
export async function storeCallsApart(tx: Tx, calls: readonly StorableCall[]): Promise<StorableCall[]> {
  if (calls.length === 0) return []
  await sql`SAVEPOINT calls`.execute(tx)
  try {
    await storeCalls(tx, calls)
    await sql`RELEASE SAVEPOINT calls`.execute(tx)
    return []
  } catch (error) {
    if (error instanceof AppError) throw error
    await sql`ROLLBACK TO SAVEPOINT calls`.execute(tx)
    if (calls.length === 1) return [...calls]
  }
  const refused: StorableCall[] = []
  for (const call of calls) refused.push(...(await storeCallsApart(tx, [call])))
  return refused
}

/** A call that waits to be written: as JSON that PostgreSQL takes, which is less to keep than all its objects. */
export interface StorableCall {
  readonly id: string
  readonly json: string
}

export const storableCall = (call: CallRow): StorableCall => ({ id: call.id, json: storableJson(call) })

/** JSON that PostgreSQL takes. Hardly anything needs more than a look. */
export function storableJson(value: unknown): string {
  const json = JSON.stringify(value)
  if (!json.includes('\\u') || !/\\u(?:0000|d[89a-f])/i.test(json)) return json
  return JSON.stringify(value, storable)
}

/** What providers say may hold characters that PostgreSQL's JSON refuses. */
function storable(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\0', '\uFFFD').toWellFormed() : value
}

/** Makes the workspace the home of what the environment provides, unless one is; gives the home. Needs the job role. */
export async function claimHome(tx: Tx, workspaceId: string): Promise<string> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended('models.home', 0))`.execute(tx)
  const home = await findHome(tx)
  if (home !== undefined) return home
  await insertProvision(tx, { workspaceId, what: 'home', fingerprint: '', connectionId: null })
  return workspaceId
}

/** Needs the job role. */
export async function findHome(tx: Tx): Promise<string | undefined> {
  const row = await first(
    tx,
    sql<{ workspace_id: string }>`
    SELECT workspace_id FROM models.provisions WHERE what = 'home' LIMIT 1`,
  )
  return row?.workspace_id
}

export interface Provision {
  readonly workspaceId: string
  readonly what: string
  readonly fingerprint: string
  readonly connectionId: string | null
}

/** Two processes that provide the same thing take turns. */
export async function lockProvision(
  tx: Tx,
  workspaceId: string,
  what: string,
): Promise<Provision | undefined> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`models.provision ${workspaceId} ${what}`}, 0))`.execute(
    tx,
  )
  return first(
    tx,
    sql<Provision>`
    SELECT workspace_id AS "workspaceId", what, fingerprint, connection_id AS "connectionId"
    FROM models.provisions WHERE workspace_id = ${workspaceId} AND what = ${what}`,
  )
}

export async function insertProvision(tx: Tx, row: Provision): Promise<void> {
  await sql`
    INSERT INTO models.provisions (workspace_id, what, fingerprint, connection_id)
    VALUES (${row.workspaceId}, ${row.what}, ${row.fingerprint}, ${row.connectionId})
    ON CONFLICT (workspace_id, what) DO UPDATE SET
      fingerprint = excluded.fingerprint, connection_id = excluded.connection_id`.execute(tx)
}
