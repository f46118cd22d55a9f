import { readFile, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import type { ServerConfig } from '#platform/config'
import { knownMigrations, type MigrationSource } from '#platform/migrate'
import { placeIn } from '#platform/postgres/place'
import { inspectJobs } from './inspect-jobs.ts'
import { runningUrl } from './installation.ts'

/** One thing that was looked at. `hint` says what to do about what is wrong. */
export interface Finding {
  readonly name: string
  readonly status: 'ok' | 'warning' | 'failed'
  readonly message: string
  readonly hint?: string
}

/** Less free space than this is worth a word. */
const littleBytes = 2 * 1024 ** 3
const leastBytes = 200 * 1024 ** 2

/** Looks at an installation on this machine, whether it runs or not; changes nothing and starts nothing. */
export async function inspectInstallation(
  config: ServerConfig,
  migrationSources: readonly MigrationSource[],
): Promise<Finding[]> {
  if (!(await stat(config.dataDir).catch(() => null))) {
    const hint = 'The first start makes it; set ATRIUM_DATA_DIR when it lies elsewhere.'
    return [{ name: 'data directory', status: 'warning', message: `${config.dataDir} does not exist`, hint }]
  }
  return [
    { name: 'data directory', status: 'ok', message: config.dataDir },
    await inspectSecret(config),
    await inspectDisk(config.dataDir),
    ...(await inspectDatabase(config, migrationSources)),
  ]
}

async function inspectSecret({ masterSecret, dataDir }: ServerConfig): Promise<Finding> {
  const name = 'master secret'
  if (masterSecret) return { name, status: 'ok', message: 'from ATRIUM_SECRET' }
  const path = join(dataDir, 'secret')
  const text = await readFile(path, 'utf8').catch(() => null)
  if (text === null)
    return { name, status: 'warning', message: 'not made yet', hint: 'The first start makes it.' }
  if (text.trim().length < 32)
    return {
      name,
      status: 'failed',
      message: `${path} holds no usable secret`,
      hint: 'Restore it from a backup.',
    }
  const { mode } = await stat(path)
  if ((mode & 0o077) !== 0 && process.platform !== 'win32')
    return { name, status: 'failed', message: 'others can read it', hint: `Run: chmod 600 ${path}` }
  return { name, status: 'ok', message: 'in the data directory, readable by its owner only' }
}

async function inspectDisk(dataDir: string): Promise<Finding> {
  const { bavail, bsize, blocks } = await statfs(dataDir)
  const free = bavail * bsize
  const message = `${gibibytes(free)} free of ${gibibytes(blocks * bsize)}`
  const hint = 'Make room: when the disk is full, messages and files are refused.'
  if (free < leastBytes) return { name: 'disk', status: 'failed', message, hint }
  if (free < littleBytes) return { name: 'disk', status: 'warning', message, hint }
  return { name: 'disk', status: 'ok', message }
}

const gibibytes = (size: number): string => `${(size / 1024 ** 3).toFixed(1)} GiB`

async function inspectDatabase(
  config: ServerConfig,
  migrationSources: readonly MigrationSource[],
): Promise<Finding[]> {
  const { database, dataDir } = config
  const name = 'database'
  if (database.mode === 'external') return connectAndLook(database.ownerUrl.reveal(), migrationSources)
  const { cluster } = placeIn(dataDir)
  const made = await readFile(join(cluster, 'PG_VERSION'), 'utf8').catch(() => null)
  if (made === null)
    return [{ name, status: 'warning', message: 'not made yet', hint: 'The first start makes it.' }]
  const url = await runningUrl(dataDir).catch(() => undefined)
  if (url === undefined)
    return [{ name, status: 'ok', message: `embedded PostgreSQL ${made.trim()}, not running` }]
  const address = new URL(url)
  address.pathname = '/atrium'
  return connectAndLook(address.toString(), migrationSources)
}

async function connectAndLook(url: string, migrationSources: readonly MigrationSource[]): Promise<Finding[]> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5000,
    application_name: 'atrium-doctor',
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return [
      await inspectServer(client),
      await inspectMigrations(client, migrationSources),
      await inspectJobs(client),
      await inspectClock(client),
    ]
  } catch (error) {
    const reason = error instanceof Error && error.message ? error.message : String(error)
    const hint = 'Is PostgreSQL running, and is DATABASE_URL right?'
    return [{ name: 'database', status: 'failed', message: `does not answer: ${reason}`, hint }]
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function inspectServer(client: pg.Client): Promise<Finding> {
  const { rows } = await client.query<{
    version: string
    number: string
    bytes: string
    connections: number
    most: string
  }>(
    `SELECT current_setting('server_version') AS version, current_setting('server_version_num') AS number,
       pg_database_size(current_database())::text AS bytes,
       (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections,
       current_setting('max_connections') AS most`,
  )
  const facts = rows[0]
  if (!facts) return { name: 'database', status: 'failed', message: 'gives no answer' }
  const { version, number, bytes, connections, most } = facts
  const message = `PostgreSQL ${version.split(' ')[0]}, ${(Number(bytes) / 1024 ** 2).toFixed(0)} MiB, ${connections} of ${most} connections`
  if (Number(number) < 150_000)
    return { name: 'database', status: 'failed', message, hint: 'Atrium needs PostgreSQL 15 or newer.' }
  return { name: 'database', status: 'ok', message }
}

async function inspectMigrations(client: pg.Client, sources: readonly MigrationSource[]): Promise<Finding> {
  const name = 'schema'
  const made = await client.query(`SELECT 1 FROM pg_namespace WHERE nspname = 'platform'`)
  if (!made.rowCount) return { name, status: 'warning', message: 'empty', hint: 'The first start makes it.' }
  const owner = await client.query<{ name: string }>(
    `SELECT quote_ident(r.rolname) AS name FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner WHERE nspname = 'platform'`,
  )
  await client.query(`SET ROLE ${owner.rows[0]?.name}`)
  const { rows } = await client.query<{ source: string; name: string; checksum: string }>(
    'SELECT source, name, checksum FROM platform.migrations',
  )
  await client.query('RESET ROLE')
  return compareMigrations(
    new Map(rows.map((one) => [`${one.source}/${one.name}`, one.checksum])),
    new Map((await knownMigrations(sources)).map((one) => [`${one.source}/${one.name}`, one.checksum])),
  )
}

function compareMigrations(
  applied: ReadonlyMap<string, string>,
  known: ReadonlyMap<string, string>,
): Finding {
  const name = 'schema'
  const strange = [...applied].find(([key, checksum]) => known.get(key) !== checksum)
  if (strange) {
    const hint = 'Start the version that made it, or a newer one.'
    return { name, status: 'failed', message: `made by another version of Atrium (${strange[0]})`, hint }
  }
  const missing = known.size - applied.size
  if (missing > 0)
    return {
      name,
      status: 'warning',
      message: `${missing} changes not applied yet`,
      hint: 'The next start applies them.',
    }
  return { name, status: 'ok', message: `up to date, ${applied.size} changes applied` }
}

const mostSkewMs = 5000

async function inspectClock(client: pg.Client): Promise<Finding> {
  const before = Date.now()
  const { rows } = await client.query<{ now: Date }>('SELECT clock_timestamp() AS now')
  const middle = (before + Date.now()) / 2
  const skewMs = Math.round(Math.abs((rows[0]?.now.getTime() ?? 0) - middle))
  const name = 'database clock'
  if (skewMs <= mostSkewMs) return { name, status: 'ok', message: `${skewMs} ms apart from this machine` }
  const hint = 'Set both clocks by NTP: leases and expiry depend on them.'
  return { name, status: 'failed', message: `${(skewMs / 1000).toFixed(1)} s apart from this machine`, hint }
}
