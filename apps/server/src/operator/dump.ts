import type pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { rolesOfOwner, type RoleNames } from '#platform/roles'
import type { ArchiveHeader } from './archive-format.ts'
import { BackupError } from './backup-error.ts'

export interface DumpedTable {
  readonly schema: string
  readonly name: string
  readonly columns: readonly string[]
  /** Protected by row-level security: only the job role sees all of it. */
  readonly isProtected: boolean
}

export interface DatabaseDescription {
  readonly roles: RoleNames
  readonly tables: readonly DumpedTable[]
  readonly partitions: ArchiveHeader['partitions']
  readonly sequences: ArchiveHeader['sequences']
  readonly migrations: ArchiveHeader['migrations']
}

/** Made again by the migrations of the database that is restored to. */
const rebuilt = 'platform.migrations'

/** Begins the one transaction of a backup: all that it reads is of this moment. */
export async function beginSnapshot(client: pg.Client): Promise<void> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  // Bounds of partitions are told in it.
  await client.query("SET LOCAL TimeZone = 'UTC'")
  // Only a first statement takes the snapshot.
  await client.query('SELECT 1')
}

/** Everything that the modules' schemas hold, in a fixed order. The job queue's own schema is not among them. */
export async function describeDatabase(client: pg.Client): Promise<DatabaseDescription> {
  const roles = await rolesOf(client)
  const tables = await client.query<DumpedTable>(
    `SELECT n.nspname AS schema, c.relname AS name, c.relrowsecurity AS "isProtected",
       (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles r ON r.oid = n.nspowner
     WHERE r.rolname = $1 AND c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND n.nspname || '.' || c.relname <> $2
     ORDER BY 1, 2`,
    [roles.owner, rebuilt],
  )
  const partitions = await client.query<ArchiveHeader['partitions'][number]>(
    `SELECT n.nspname AS schema, c.relname AS name, p.relname AS parent, b.bounds[1] AS "from", b.bounds[2] AS "to"
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles r ON r.oid = n.nspowner
     JOIN pg_inherits i ON i.inhrelid = c.oid JOIN pg_class p ON p.oid = i.inhparent
     CROSS JOIN LATERAL regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \\(''(.*)''\\) TO \\(''(.*)''\\)') AS b (bounds)
     WHERE r.rolname = $1 AND c.relispartition AND c.relkind = 'r' ORDER BY 1, 2`,
    [roles.owner],
  )
  const sequences = await client.query<ArchiveHeader['sequences'][number]>(
    `SELECT s.schemaname AS schema, s.sequencename AS name, s.last_value::text AS "lastValue"
     FROM pg_sequences s JOIN pg_namespace n ON n.nspname = s.schemaname JOIN pg_roles r ON r.oid = n.nspowner
     WHERE r.rolname = $1 AND s.last_value IS NOT NULL ORDER BY 1, 2`,
    [roles.owner],
  )
  await client.query(`SET LOCAL ROLE ${roles.owner}`)
  const migrations = await client.query<ArchiveHeader['migrations'][number]>(
    'SELECT source, name, checksum FROM platform.migrations ORDER BY applied_at, source, name',
  )
  return {
    roles,
    tables: tables.rows,
    partitions: partitions.rows,
    sequences: sequences.rows,
    migrations: migrations.rows,
  }
}

async function rolesOf(client: pg.Client): Promise<RoleNames> {
  const { rows } = await client.query<{ owner: string }>(
    `SELECT r.rolname AS owner FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner WHERE n.nspname = 'platform'`,
  )
  const roles = rows[0] && rolesOfOwner(rows[0].owner)
  if (!roles) throw new BackupError('BACKUP_FAILED', 'This database holds no Atrium.')
  return roles
}

const partBytes = 4 * 1024 * 1024

/** A table's rows in PostgreSQL's COPY text format, in parts of some megabytes that may end within a row; gives their number. */
export async function dumpTable(
  client: pg.Client,
  roles: RoleNames,
  table: DumpedTable,
  onPart: (part: Buffer) => Promise<void>,
): Promise<number> {
  await client.query(`SET LOCAL ROLE ${table.isProtected ? roles.job : roles.owner}`)
  const stream = client.query(copyTo(`COPY (${await rowsOf(client, table)}) TO STDOUT`))
  let waiting: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    waiting.push(chunk)
    bytes += chunk.length
    if (bytes < partBytes) continue
    await onPart(Buffer.concat(waiting))
    waiting = []
    bytes = 0
  }
  if (bytes > 0) await onPart(Buffer.concat(waiting))
  return stream.rowCount
}

/**
 * Events that wait in the job queue go back to the outbox, since the queue itself is not kept: their handlers are
 * idempotent, and receive them again after a restore.
 */
async function rowsOf(client: pg.Client, { schema, name, columns }: DumpedTable): Promise<string> {
  const list = columns.map((column) => client.escapeIdentifier(column)).join(', ')
  const own = `SELECT ${list} FROM ${client.escapeIdentifier(schema)}.${client.escapeIdentifier(name)}`
  if (`${schema}.${name}` !== 'platform.outbox' || !(await hasQueue(client))) return own
  return `${own} UNION ALL SELECT workspace_id, gen_random_uuid(), type, payload, min(created_on) FROM (
      SELECT (data->>'workspaceId')::uuid AS workspace_id, data->>'type' AS type, data->'payload' AS payload, created_on
      FROM jobs.job
      WHERE state IN ('created', 'retry', 'active') AND data ? 'workspaceId' AND data ? 'type') AS waiting
    GROUP BY workspace_id, type, payload`
}

async function hasQueue(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(
    `SELECT to_regclass('jobs.job') IS NOT NULL AS found`,
  )
  return rows[0]?.found ?? false
}
