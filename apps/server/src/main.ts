/** The server program: flags and environment → configuration → start. */
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { ConfigError, readCommand, type ServerConfig } from './platform/config.ts'
import { createLog } from './platform/log.ts'
import { releaseMemory } from './platform/memory.ts'
import { PostgresError } from './platform/postgres.ts'

try {
  const command = readCommand()
  if (command.kind === 'start') await run(command.config)
  else process.stdout.write(`${command.text}\n`)
} catch (error) {
  fail(error)
}

async function run(config: ServerConfig): Promise<void> {
  const log = createLog({ level: config.log.level })
  // Sources are stripped of their types and compiled once, not at each start.
  enableCompileCache(join(config.dataDir, 'cache'))
  // Asking for help or the configuration loads no more than that.
  const { start } = await import('./start.ts')
  const server = await start(config, { log })
  await releaseMemory()
  process.stdout.write(`Atrium is ready at ${server.url}\n`)
  let ending = false
  const end = (signal: NodeJS.Signals): void => {
    if (ending) return
    ending = true
    log.info({ signal }, 'stopping')
    server[Symbol.asyncDispose]().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    )
  }
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
}

function fail(error: unknown): never {
  const known = error instanceof ConfigError || error instanceof PostgresError
  const text = known ? error.message : inspect(error)
  process.stderr.write(`${text}\n`)
  process.exit(1)
}
