import { readFile } from 'node:fs/promises'
import pg from 'pg'
import type { ServerConfig } from '#platform/config'
import type { Log } from '#platform/log'
import { PostgresError, startPostgres } from '#platform/postgres'
import { placeIn } from '#platform/postgres/place'
import { readPidFile } from '#platform/postgres/postmaster'
import { chooseEndpoint, ownerUrlOf } from '#platform/postgres/settings'

/** Where an operator's command reaches the database, as the one who may do everything in it. */
export interface AdminAccess {
  readonly url: string
  /** Name of the database; undefined for the one that the address names. */
  readonly database: string | undefined
}

const embeddedDatabase = 'atrium'

/**
 * The configured database, or the embedded one: that of the server which is running, or started until `scope` closes.
 * @throws {PostgresError} when there is none and none can be started
 */
export async function openAdmin(
  { database, dataDir }: Pick<ServerConfig, 'database' | 'dataDir'>,
  log: Log,
  scope: AsyncDisposableStack,
): Promise<AdminAccess> {
  if (database.mode === 'external') return { url: database.ownerUrl.reveal(), database: undefined }
  try {
    const { ownerUrl } = scope.use(await startPostgres({ dataDir, log }))
    return { url: ownerUrl, database: embeddedDatabase }
  } catch (error) {
    const url = error instanceof PostgresError ? await runningUrl(dataDir) : undefined
    if (!url) throw error
    return { url, database: embeddedDatabase }
  }
}

/** The address of the embedded server that another process runs; undefined when none is ready. */
export async function runningUrl(dataDir: string): Promise<string | undefined> {
  const place = placeIn(dataDir)
  const running = await readPidFile(place)
  if (!running?.ready) return undefined
  const password = (await readFile(place.password, 'utf8')).trim()
  return ownerUrlOf(await chooseEndpoint(place, running.port), password)
}

/** A connection with all rights, closed with `scope`. */
export async function connectAdmin(
  { url, database }: AdminAccess,
  scope: AsyncDisposableStack,
  name: string,
): Promise<pg.Client> {
  const address = new URL(url)
  if (database !== undefined) address.pathname = `/${encodeURIComponent(database)}`
  const client = new pg.Client({ connectionString: address.toString(), application_name: name })
  await client.connect()
  scope.defer(() => client.end())
  return client
}
