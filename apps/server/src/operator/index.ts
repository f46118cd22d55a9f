/** What operators do to an installation from outside of the server: the door for the command line. */
import { ConfigError, readCommand, type ServerConfig } from '#platform/config'
import { PostgresError } from '#platform/postgres'
import { migrationSources } from '../start.ts'
import { type BackupOptions, type BackupReport, backup as writeBackup } from './backup.ts'
import { BackupError } from './backup-error.ts'
import { type Finding, inspectInstallation } from './inspect.ts'
import { type RestoreOptions, type RestoreReport, restore as readBackup } from './restore.ts'

export { priceOf } from '#modules/models'
export type { BackupProgress, BackupReport } from './backup.ts'
export type { Finding } from './inspect.ts'
export type { RestoreProgress, RestoreReport } from './restore.ts'

/** Why an operation was refused, in words for the operator; null for what nobody foresaw. */
export function knownProblem(error: unknown): { code: string; message: string } | null {
  if (error instanceof BackupError) return { code: error.code, message: error.message }
  if (error instanceof PostgresError) return { code: 'DATABASE_UNAVAILABLE', message: error.message }
  if (error instanceof ConfigError) return { code: 'INVALID_CONFIGURATION', message: error.message }
  return null
}

/**
 * The configuration of the installation that this environment describes.
 * @throws {ConfigError} naming every bad setting
 */
export function readInstallation(environment: Readonly<Record<string, string | undefined>>): ServerConfig {
  const command = readCommand({ argv: [], environment })
  if (command.kind !== 'start') throw new Error('No arguments ask for the configuration to be printed')
  return command.config
}

export const backup = (options: BackupOptions): Promise<BackupReport> => writeBackup(options)

export const restore = (options: Omit<RestoreOptions, 'migrationSources'>): Promise<RestoreReport> =>
  readBackup({ ...options, migrationSources })

export const inspect = (config: ServerConfig): Promise<Finding[]> =>
  inspectInstallation(config, migrationSources)
