import { access, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { loadMasterSecret, type Secret, type ServerConfig } from '#platform/config'
import { silentLog } from '#platform/log'
import { placeIn } from '#platform/postgres/place'
import { createKeyring } from '#platform/secrets'
import { version } from '#platform/version'
import { type ArchiveHeader, type ArchiveManifest, entryNames } from './archive-format.ts'
import { type ArchiveWriter, createArchive } from './archive-writer.ts'
import { BackupError } from './backup-error.ts'
import { beginSnapshot, type DatabaseDescription, describeDatabase, dumpTable } from './dump.ts'
import { connectAdmin, openAdmin } from './installation.ts'

export interface BackupOptions {
  readonly config: ServerConfig
  /** The file to write; it appears when it is complete. */
  readonly path: string
  /** Encrypts the whole file. */
  readonly passphrase: string | null
  readonly onProgress?: (done: BackupProgress) => void
}

export interface BackupProgress {
  readonly phase: 'tables' | 'files'
  readonly name: string
  readonly done: number
  readonly total: number
}

export interface BackupReport {
  readonly path: string
  readonly sizeBytes: number
  readonly createdAt: string
  readonly version: string
  readonly tables: number
  readonly rows: number
  readonly files: number
  readonly encrypted: boolean
  /** Without it in the file, the operator must keep it. */
  readonly containsSecret: boolean
}

/**
 * Writes everything that an installation holds into one file while it goes on working: all tables as of one moment,
 * then the stored files, which never change once they are there. A file that is deleted meanwhile is left out.
 * @throws {BackupError} or {PostgresError}
 */
export async function backup(options: BackupOptions): Promise<BackupReport> {
  const { config, path, passphrase } = options
  await refuseEmpty(config)
  await using scope = new AsyncDisposableStack()
  const admin = await openAdmin(config, silentLog(), scope)
  const client = await connectAdmin(admin, scope, 'atrium-backup')
  await beginSnapshot(client)
  const database = await describeDatabase(client)
  const header = headerOf(config, await loadMasterSecret(config), database)
  const archive = await createArchive(path, passphrase)
  try {
    return await write(options, archive, header, database, client)
  } catch (error) {
    await archive.abandon()
    throw error
  }
}

/** Asking for the database of an installation that does not exist would make one. */
async function refuseEmpty({ database, dataDir }: ServerConfig): Promise<void> {
  if (database.mode === 'external') return
  const made = await access(placeIn(dataDir).cluster).then(
    () => true,
    () => false,
  )
  if (made) return
  const hint = 'Set ATRIUM_DATA_DIR to its folder, or DATABASE_URL.'
  throw new BackupError('BACKUP_FAILED', `There is no installation in ${dataDir}. ${hint}`)
}

async function write(
  { config, path, passphrase, onProgress = () => undefined }: BackupOptions,
  archive: ArchiveWriter,
  header: ArchiveHeader,
  database: DatabaseDescription,
  client: pg.Client,
): Promise<BackupReport> {
  await archive.add(entryNames.header, json(header))
  const containsSecret = header.secret.kept === 'archive'
  if (containsSecret) await archive.addFile(entryNames.secret, join(config.dataDir, 'secret'))
  const tables = await writeTables(archive, database, client, onProgress)
  const files = await writeFiles(archive, join(config.dataDir, 'blobs'), onProgress)
  const manifest: ArchiveManifest = { entries: archive.entries, tables }
  await archive.add(entryNames.manifest, json({ ...manifest, entries: [...manifest.entries] }))
  return {
    path,
    sizeBytes: await archive.finish(),
    createdAt: header.createdAt,
    version,
    tables: tables.length,
    rows: tables.reduce((sum, { rows }) => sum + rows, 0),
    files,
    encrypted: passphrase !== null,
    containsSecret,
  }
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value, null, 1))

const headerOf = (config: ServerConfig, secret: Secret, database: DatabaseDescription): ArchiveHeader => ({
  format: 1,
  version,
  createdAt: new Date().toISOString(),
  migrations: [...database.migrations],
  tables: database.tables.map(({ schema, name, columns }) => ({ schema, name, columns: [...columns] })),
  partitions: [...database.partitions],
  sequences: [...database.sequences],
  secret: { kept: config.masterSecret ? 'environment' : 'archive', fingerprint: fingerprintOf(secret) },
})

/** Says whether two secrets are the same, and nothing else. */
export const fingerprintOf = (secret: Secret): string =>
  createKeyring(secret).derive('backup fingerprint').toString('hex', 0, 8)

async function writeTables(
  archive: ArchiveWriter,
  { tables, roles }: DatabaseDescription,
  client: pg.Client,
  onProgress: (done: BackupProgress) => void,
): Promise<ArchiveManifest['tables']> {
  const written: ArchiveManifest['tables'] = []
  for (const [index, table] of tables.entries()) {
    const name = `${table.schema}.${table.name}`
    onProgress({ phase: 'tables', name, done: index, total: tables.length })
    let part = 0
    const rows = await dumpTable(client, roles, table, (content) =>
      archive.add(entryNames.table(table.schema, table.name, ++part), content),
    )
    written.push({ name, rows })
  }
  return written
}

async function writeFiles(
  archive: ArchiveWriter,
  folder: string,
  onProgress: (done: BackupProgress) => void,
): Promise<number> {
  const keys = await blobKeys(folder)
  let written = 0
  for (const [index, key] of keys.entries()) {
    if (index % 50 === 0) onProgress({ phase: 'files', name: key, done: index, total: keys.length })
    const path = join(folder, key.slice(0, 2), key.slice(2, 4), key)
    if (await archive.addFile(entryNames.blob(key), path)) written++
  }
  return written
}

async function blobKeys(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return found
    .filter(
      (entry) => entry.isFile() && /^[0-9a-f]{32}$/.test(entry.name) && !entry.parentPath.endsWith('drafts'),
    )
    .map(({ name }) => name)
    .toSorted()
}
