/**
 * Recomputes the audit log's hash chain of every workspace and compares it with the record in the data directory. Ends
 * with 1 when one is not as it was written.
 */
import { verifyEveryAudit } from '#modules/identity'
import { ConfigError, loadMasterSecret, readCommand, type ServerConfig } from '#platform/config'
import { openDatabase } from '#platform/db'
import { createLog } from '#platform/log'
import { PostgresError } from '#platform/postgres'
import { prepareRoles } from '#platform/roles'
import { createKeyring } from '#platform/secrets'
import { openAdmin } from '../operator/installation.ts'

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
  const admin = await openAdmin(config, log, scope)
  const roles = await prepareRoles(admin.url, secret.reveal(), admin.database)
  const jobDb = scope.use(
    openDatabase({ url: roles.job, maxConnections: 1, log, applicationName: 'atrium-audit' }),
  )
  const { dataDir } = config
  const checks = verifyEveryAudit({ jobDb, keyring: createKeyring(secret), dataDir })
  let broken = 0
  let checked = 0
  for await (const { workspaceId, intact, entries, brokenAt, finding } of checks) {
    checked++
    if (!intact) broken++
    const verdict = intact ? 'intact' : `BROKEN at entry ${brokenAt} (${finding})`
    process.stdout.write(`${workspaceId}  ${entries} entries  ${verdict}\n`)
  }
  process.stdout.write(`${checked} workspaces, ${broken} broken\n`)
  return broken === 0
}
