/** Recomputes the audit log's hash chain of every workspace. Ends with 1 when one is not as it was written. */
import { readFile } from 'node:fs/promises'
import { verifyEveryAudit } from '#modules/identity'
import { createClock } from '#platform/clock'
import { ConfigError, loadMasterSecret, readCommand, type ServerConfig } from '#platform/config'
import { openDatabase } from '#platform/db'
import { createLog, type Log } from '#platform/log'
import { PostgresError, startPostgres } from '#platform/postgres'
import { placeIn } from '#platform/postgres/place'
import { readPidFile } from '#platform/postgres/postmaster'
import { chooseEndpoint, ownerUrlOf } from '#platform/postgres/settings'
import { prepareRoles } from '#platform/roles'
import { createKeyring } from '#platform/secrets'

try {
  const command = readCommand({ argv: [] })
  if (command.kind === 'start') process.exitCode = (await verify(command.config)) ? 0 : 1
} catch (error) {
  const known = error instanceof ConfigError || error instanceof PostgresError
  process.stderr.write(`${known ? error.message : String(error)}\n`)
  process.exitCode = 2
}

async function verify(config: ServerConfig): Promise<boolean> {
  await using scope = new AsyncDisposableStack()
  const log = createLog({ level: 'silent' })
  const secret = await loadMasterSecret(config)
  const admin = await adminUrl(config, log, scope)
  const roles = await prepareRoles(admin.url, secret.reveal(), admin.database)
  const jobDb = scope.use(
    openDatabase({ url: roles.job, maxConnections: 1, log, applicationName: 'atrium-audit' }),
  )
  const checks = verifyEveryAudit({ jobDb, clock: createClock(), keyring: createKeyring(secret) })
  let broken = 0
  let checked = 0
  for await (const { workspaceId, intact, entries, brokenAt } of checks) {
    checked++
    if (!intact) broken++
    const verdict = intact ? 'intact' : `BROKEN at entry ${brokenAt}`
    process.stdout.write(`${workspaceId}  ${entries} entries  ${verdict}\n`)
  }
  process.stdout.write(`${checked} workspaces, ${broken} broken\n`)
  return broken === 0
}

/** The configured database, or the embedded one: that of the server which is running, or started for the moment. */
async function adminUrl(
  { database, dataDir }: ServerConfig,
  log: Log,
  scope: AsyncDisposableStack,
): Promise<{ url: string; database: string | undefined }> {
  if (database.mode === 'external') return { url: database.ownerUrl.reveal(), database: undefined }
  try {
    return { url: scope.use(await startPostgres({ dataDir, log })).ownerUrl, database: 'atrium' }
  } catch (error) {
    const url = await runningUrl(dataDir)
    if (!url) throw error
    return { url, database: 'atrium' }
  }
}

async function runningUrl(dataDir: string): Promise<string | undefined> {
  const place = placeIn(dataDir)
  const running = await readPidFile(place)
  if (!running?.ready) return undefined
  const password = (await readFile(place.password, 'utf8')).trim()
  return ownerUrlOf(await chooseEndpoint(place, running.port), password)
}
