import { createWriteStream } from 'node:fs'
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { Secret, type ServerConfig } from '#platform/config'
import { silentLog } from '#platform/log'
import { knownMigrations, migrate, type MigrationSource } from '#platform/migrate'
import { placeIn } from '#platform/postgres/place'
import { prepareRoles } from '#platform/roles'
import { type ArchiveHeader, type ArchiveManifest } from './archive-format.ts'
import { type CheckedArchive, checkArchive, readArchive } from './archive-reader.ts'
import { fingerprintOf } from './backup.ts'
import { BackupError, damaged } from './backup-error.ts'
import { connectAdmin, openAdmin } from './installation.ts'
import { beginLoading } from './load.ts'

export interface RestoreOptions {
  readonly config: ServerConfig
  readonly path: string
  readonly passphrase: string | null
  readonly migrationSources: readonly MigrationSource[]
  /** Only reads and compares; writes nothing. */
  readonly checkOnly?: boolean
  readonly onProgress?: (done: RestoreProgress) => void
}

export interface RestoreProgress {
  readonly phase: 'checking' | 'restoring'
  readonly name: string
}

export interface RestoreReport {
  readonly createdAt: string
  readonly version: string
  readonly tables: number
  readonly rows: number
  readonly files: number
  readonly restored: boolean
}

/**
 * Brings a backup back into an empty data directory or database. Every checksum is compared before anything is
 * written; a restore that fails leaves nothing behind.
 * @throws {BackupError} or {PostgresError}
 */
export async function restore(options: RestoreOptions): Promise<RestoreReport> {
  const { config, path, passphrase, checkOnly = false, onProgress = () => undefined } = options
  if (!checkOnly) await refuseUsedFolder(config)
  const checked = await checkArchive(path, passphrase, (name) => onProgress({ phase: 'checking', name }))
  await refuseUnknownMigrations(checked.header, options.migrationSources)
  const secret = secretOf(config, checked, checkOnly)
  if (!checkOnly && secret !== null) await write(options, checked, secret)
  return reportOf(checked, !checkOnly)
}

function reportOf({ header, manifest }: CheckedArchive, restored: boolean): RestoreReport {
  return {
    createdAt: header.createdAt,
    version: header.version,
    tables: header.tables.length,
    rows: manifest.tables.reduce((sum, { rows }) => sum + rows, 0),
    files: manifest.entries.filter(({ name }) => name.startsWith('blobs/')).length,
    restored,
  }
}

const foldersOf = ({ dataDir }: ServerConfig) => ({
  blobs: join(dataDir, 'blobs'),
  draft: join(dataDir, 'blobs.restoring'),
  secret: join(dataDir, 'secret'),
})

async function refuseUsedFolder(config: ServerConfig): Promise<void> {
  const { blobs, secret } = foldersOf(config)
  const used = [
    config.database.mode === 'embedded' && (await exists(placeIn(config.dataDir).cluster)) && 'a database',
    (await hasFiles(blobs)) && 'stored files',
    (await exists(secret)) && 'a secret',
  ].filter((one) => one !== false)
  if (used.length === 0) return
  throw notEmpty(`${config.dataDir} holds ${used.join(' and ')} already`)
}

const notEmpty = (what: string): BackupError =>
  new BackupError(
    'TARGET_NOT_EMPTY',
    `${what}. Restore into an empty place: set ATRIUM_DATA_DIR to a new folder, or DATABASE_URL to a new database.`,
  )

async function refuseUnknownMigrations(
  { migrations, version }: ArchiveHeader,
  sources: readonly MigrationSource[],
): Promise<void> {
  const known = new Map(
    (await knownMigrations(sources)).map((one) => [`${one.source}/${one.name}`, one.checksum]),
  )
  const unknown = migrations.find(({ source, name, checksum }) => known.get(`${source}/${name}`) !== checksum)
  if (!unknown) return
  throw new BackupError(
    'BACKUP_TOO_NEW',
    `This backup was made by Atrium ${version}, whose database this one does not know (${unknown.source}/${unknown.name}). Restore it with that version or a newer one.`,
  )
}

/** The secret that the backup's contents are sealed with: in the backup, or with the operator. */
function secretOf(
  config: ServerConfig,
  { header, secret }: CheckedArchive,
  checkOnly: boolean,
): Secret | null {
  const found = config.masterSecret ?? (secret === null ? null : new Secret(secret.trim()))
  if (found && fingerprintOf(found) === header.secret.fingerprint) return found
  if (checkOnly) return null
  throw new BackupError(
    'BACKUP_LOCKED',
    found
      ? 'ATRIUM_SECRET is not the secret of this installation: what is encrypted in the backup could not be read.'
      : 'This backup does not contain the secret of its installation: set ATRIUM_SECRET to it.',
  )
}

async function write(options: RestoreOptions, checked: CheckedArchive, secret: Secret): Promise<void> {
  const { config } = options
  const folders = foldersOf(config)
  await using undo = new AsyncDisposableStack()
  await mkdir(config.dataDir, { recursive: true, mode: 0o711 })
  if (!config.masterSecret) {
    undo.defer(() => rm(folders.secret, { force: true }))
    await writeFile(folders.secret, secret.reveal(), { mode: 0o600, flag: 'wx', flush: true })
  }
  undo.defer(() => rm(folders.draft, { recursive: true, force: true }))
  if (config.database.mode === 'embedded') {
    undo.defer(() => rm(placeIn(config.dataDir).root, { recursive: true, force: true }))
  }
  await restoreContents(options, checked, secret, undo)
  await rm(folders.blobs, { recursive: true, force: true })
  await rename(folders.draft, folders.blobs)
  await setAuditRecordAside(config)
  // Everything is in place: nothing is undone.
  undo.move()
}

/** What is left of another installation's record of its audit logs would contradict the older logs of the backup. */
async function setAuditRecordAside({ dataDir }: ServerConfig): Promise<void> {
  const folder = join(dataDir, 'audit')
  if (!(await exists(folder))) return
  await rename(folder, `${folder}.before-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`)
}

async function restoreContents(
  { config, path, passphrase, migrationSources, onProgress = () => undefined }: RestoreOptions,
  { header, manifest }: CheckedArchive,
  secret: Secret,
  undo: AsyncDisposableStack,
): Promise<void> {
  await using scope = new AsyncDisposableStack()
  const admin = await openAdmin(config, silentLog(), scope)
  if (config.database.mode === 'external') await refuseUsedDatabase(admin.url)
  const roles = await prepareRoles(admin.url, secret.reveal(), admin.database)
  if (config.database.mode === 'external') undo.defer(() => dropSchemas(roles.owner))
  const only = new Set(header.migrations.map(({ source, name }) => `${source}/${name}`))
  await migrate(roles.owner, migrationSources, only)
  const client = await connectAdmin({ url: roles.owner, database: undefined }, scope, 'atrium-restore')
  const loader = await beginLoading(client, header)
  const { draft } = foldersOf(config)
  await mkdir(join(draft, 'drafts'), { recursive: true, mode: 0o700 })
  for await (const { name, content } of readArchive(path, passphrase)) {
    onProgress({ phase: 'restoring', name })
    const [kind, first = '', rest] = name.split('/')
    if (kind === 'tables' && rest) await loader.add(first, content)
    else if (kind === 'blobs') await writeBlob(draft, first, content)
    else await Array.fromAsync(content)
  }
  compareRows(await loader.finish(), manifest)
}

async function writeBlob(folder: string, key: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  if (!/^[0-9a-f]{32}$/.test(key)) throw damaged('it has a file under a name that Atrium does not give')
  const path = join(folder, key.slice(0, 2), key.slice(2, 4), key)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await pipeline(content, createWriteStream(path, { mode: 0o600, flags: 'wx', flush: true }))
}

function compareRows(restored: ReadonlyMap<string, number>, { tables }: ArchiveManifest): void {
  for (const { name, rows } of tables) {
    if ((restored.get(name) ?? 0) !== rows)
      throw damaged(`${name} has ${restored.get(name) ?? 0} rows instead of ${rows}`)
  }
}

async function refuseUsedDatabase(url: string): Promise<void> {
  await using scope = new AsyncDisposableStack()
  const client = await connectAdmin({ url, database: undefined }, scope, 'atrium-restore')
  const { rowCount } = await client.query(`SELECT 1 FROM pg_namespace WHERE nspname = 'platform'`)
  if (rowCount) throw notEmpty('The database holds an Atrium already')
}

/** Takes back what migrations have made in a database that was empty before. */
async function dropSchemas(ownerUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ name: string }>(
      `SELECT quote_ident(nspname) AS name FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner WHERE rolname = current_user`,
    )
    for (const { name } of rows) await client.query(`DROP SCHEMA ${name} CASCADE`)
  } finally {
    await client.end()
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

async function hasFiles(folder: string): Promise<boolean> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return found.some((entry) => entry.isFile())
}
