import type { Connection, ConnectionHealth, ConnectionKind, Model } from '@atrium/contract'
import { first, rows, sql, type Tx } from '#platform/db'

/** A connection with what only this module may see. */
export interface ConnectionRow {
  readonly id: string
  readonly name: string
  readonly slug: string
  readonly kind: ConnectionKind
  readonly baseUrl: string
  readonly sealedKey: string | null
  readonly enabled: boolean
  readonly source: Connection['source']
  readonly health: ConnectionHealth | null
  readonly createdAt: Date
}

const connectionColumns = sql`id, name, slug, kind, base_url AS "baseUrl", sealed_key AS "sealedKey", enabled, source, health,
  created_at AS "createdAt"`

/** `locked` keeps others from changing it until the transaction ends. */
export async function readConnection(
  tx: Tx,
  workspaceId: string,
  id: string,
  mode?: 'locked',
): Promise<ConnectionRow | undefined> {
  return first(
    tx,
    sql<ConnectionRow>`
    SELECT ${connectionColumns} FROM models.connections WHERE workspace_id = ${workspaceId} AND id = ${id}
    ${mode === 'locked' ? sql`FOR UPDATE` : sql``}`,
  )
}

/** Oldest first. */
export async function readConnections(
  tx: Tx,
  workspaceId: string,
  options: { limit: number; after: { createdAt: string; id: string } | null },
): Promise<ConnectionRow[]> {
  const { limit, after } = options
  return rows(
    tx,
    sql<ConnectionRow>`
    SELECT ${connectionColumns} FROM models.connections
    WHERE workspace_id = ${workspaceId}
      AND (${after === null} OR (created_at, id) > (${after?.createdAt ?? null}::timestamptz, ${after?.id ?? null}::uuid))
    ORDER BY created_at, id LIMIT ${limit}`,
  )
}

export interface ModelRow {
  readonly upstreamId: string
  readonly name: string
  readonly contextTokens: number | null
  readonly maxOutputTokens: number | null
  readonly capabilities: Model['capabilities']
  readonly enabled: boolean
  readonly connectionId: string
  readonly connectionName: string
  readonly connectionSlug: string
  readonly connectionEnabled: boolean
  readonly kind: ConnectionKind
  readonly baseUrl: string
  readonly sealedKey: string | null
  readonly source: Connection['source']
}

/** What was read before `chat` was among the capabilities says nothing of it until it is read again. */
const modelColumns = sql`m.upstream_id AS "upstreamId", m.name, m.context_tokens AS "contextTokens",
  m.max_output_tokens AS "maxOutputTokens", '{"chat": true}'::jsonb || m.capabilities AS capabilities, m.enabled, c.id AS "connectionId", c.name AS "connectionName",
  c.slug AS "connectionSlug", c.enabled AS "connectionEnabled", c.kind, c.base_url AS "baseUrl",
  c.sealed_key AS "sealedKey", c.source`

const mostModels = 5000

/** Models by connection and name; hidden ones and those of switched-off connections only when `all`. */
export async function readModels(tx: Tx, workspaceId: string, all: boolean): Promise<ModelRow[]> {
  return rows(
    tx,
    sql<ModelRow>`
    SELECT ${modelColumns} FROM models.models m
    JOIN models.connections c ON c.workspace_id = m.workspace_id AND c.id = m.connection_id
    WHERE m.workspace_id = ${workspaceId} AND (${all} OR (m.enabled AND c.enabled))
    ORDER BY c.created_at, c.id, m.name, m.upstream_id LIMIT ${mostModels}`,
  )
}

export async function readModel(
  tx: Tx,
  workspaceId: string,
  slug: string,
  upstreamId: string,
): Promise<ModelRow | undefined> {
  return first(
    tx,
    sql<ModelRow>`
    SELECT ${modelColumns} FROM models.models m
    JOIN models.connections c ON c.workspace_id = m.workspace_id AND c.id = m.connection_id
    WHERE m.workspace_id = ${workspaceId} AND c.slug = ${slug} AND m.upstream_id = ${upstreamId}`,
  )
}

/** Those of the models that exist, hidden ones too. */
export async function readModelsNamed(
  tx: Tx,
  workspaceId: string,
  names: readonly { slug: string; upstreamId: string }[],
): Promise<ModelRow[]> {
  if (names.length === 0) return []
  return rows(
    tx,
    sql<ModelRow>`
    SELECT ${modelColumns} FROM models.models m
    JOIN models.connections c ON c.workspace_id = m.workspace_id AND c.id = m.connection_id
    JOIN unnest(${names.map(({ slug }) => slug)}::text[], ${names.map(({ upstreamId }) => upstreamId)}::text[])
      AS named (slug, upstream_id) ON named.slug = c.slug AND named.upstream_id = m.upstream_id
    WHERE m.workspace_id = ${workspaceId} LIMIT ${mostModels}`,
  )
}

/** Connections that were not asked for a day, of all workspaces. Needs the job role. */
export async function readStale(tx: Tx, limit: number): Promise<{ workspaceId: string; id: string }[]> {
  return rows(
    tx,
    sql<{ workspaceId: string; id: string }>`
    SELECT workspace_id AS "workspaceId", id FROM models.connections
    WHERE enabled AND (refreshed_at IS NULL OR refreshed_at < now() - interval '23 hours')
    ORDER BY refreshed_at NULLS FIRST LIMIT ${limit}`,
  )
}

export async function hasKind(tx: Tx, workspaceId: string, kind: ConnectionKind): Promise<boolean> {
  const row = await first(
    tx,
    sql<{ found: boolean }>`
    SELECT EXISTS (SELECT FROM models.connections WHERE workspace_id = ${workspaceId} AND kind = ${kind}) AS found`,
  )
  return row?.found === true
}
