import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { rolesOfOwner, type RoleNames } from './roles.ts'

/** A folder of `0001-what.sql` files; its name orders nothing, the caller's list does. */
export interface MigrationSource {
  readonly name: string
  readonly folder: string
}

export interface Applied {
  readonly source: string
  readonly name: string
}

/** Two processes that boot at once take turns by this lock. */
const lockKey = 7_461_901

/**
 * Applies what is missing, in order, each file in its own transaction, with the owner's role. Files call the roles
 * `atrium_owner`, `atrium_app` and `atrium_job`; what runs names those of this database.
 * @param only applies these files and no others, named `source/file`
 * @throws when a file that was applied has changed since, or a statement fails.
 */
export async function migrate(
  ownerUrl: string,
  sources: readonly MigrationSource[],
  only?: ReadonlySet<string>,
): Promise<Applied[]> {
  const client = new pg.Client({ connectionString: ownerUrl, application_name: 'atrium-migrate' })
  await client.connect()
  try {
    await client.query('SELECT pg_advisory_lock($1)', [lockKey])
    const roles = await rolesOf(client)
    await client.query(withRoles(ledgerSql, roles))
    const applied: Applied[] = []
    for (const source of sources) {
      const wanted = (file: string) => only?.has(`${source.name}/${file}`) ?? true
      applied.push(...(await migrateSource(client, source, roles, wanted)))
    }
    return applied
  } finally {
    await client.end()
  }
}

const ledgerSql = `
  CREATE SCHEMA IF NOT EXISTS platform;
  GRANT USAGE ON SCHEMA platform TO atrium_app, atrium_job;
  CREATE TABLE IF NOT EXISTS platform.migrations (
    source text NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source, name)
  )`

async function rolesOf(client: pg.Client): Promise<RoleNames> {
  const { rows } = await client.query<{ name: string }>('SELECT current_user AS name')
  const roles = rolesOfOwner(rows[0]?.name ?? '')
  if (!roles) throw new Error(`The role ${rows[0]?.name} is not one that Atrium has made for migrations.`)
  return roles
}

const withRoles = (text: string, roles: RoleNames): string =>
  text.replaceAll(/\batrium_(owner|app|job)\b/g, (_, role: keyof RoleNames) => roles[role])

async function migrateSource(
  client: pg.Client,
  source: MigrationSource,
  roles: RoleNames,
  wanted: (file: string) => boolean,
): Promise<Applied[]> {
  const known = await client.query<{ name: string; checksum: string }>(
    'SELECT name, checksum FROM platform.migrations WHERE source = $1',
    [source.name],
  )
  const checksums = new Map(known.rows.map((row) => [row.name, row.checksum]))
  const applied: Applied[] = []
  for (const file of (await sqlFiles(source.folder)).filter(wanted)) {
    const text = await readFile(join(source.folder, file), 'utf8')
    const checksum = checksumOf(text)
    const before = checksums.get(file)
    if (before === undefined) {
      await apply(client, source.name, file, withRoles(text, roles), checksum)
      applied.push({ source: source.name, name: file })
    } else if (before !== checksum) {
      throw new Error(
        `Migration ${source.name}/${file} was changed after it had been applied. Add a new file instead.`,
      )
    }
  }
  return applied
}

/** Every migration that these sources bring, with its checksum. */
export async function knownMigrations(
  sources: readonly MigrationSource[],
): Promise<(Applied & { checksum: string })[]> {
  const known: (Applied & { checksum: string })[] = []
  for (const { name: source, folder } of sources) {
    for (const name of await sqlFiles(folder)) {
      known.push({ source, name, checksum: checksumOf(await readFile(join(folder, name), 'utf8')) })
    }
  }
  return known
}

const checksumOf = (text: string): string => createHash('sha256').update(text).digest('hex')

async function sqlFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder)
  return names.filter((name) => /^\d{4}-[a-z0-9-]+\.sql$/.test(name)).toSorted()
}

async function apply(
  client: pg.Client,
  source: string,
  name: string,
  text: string,
  checksum: string,
): Promise<void> {
  try {
    await client.query('BEGIN')
    await client.query(text)
    await client.query('INSERT INTO platform.migrations (source, name, checksum) VALUES ($1, $2, $3)', [
      source,
      name,
      checksum,
    ])
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw new Error(`Migration ${source}/${name} failed`, { cause: error })
  }
}
