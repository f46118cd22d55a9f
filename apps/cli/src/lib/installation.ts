import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { CliError, exitCodes, usageError } from './errors.ts'

/** The server's operator functions; loaded only by the commands that work on an installation itself. */
export const loadOperator = () => import('@atrium/server/operator')

type Environment = Readonly<Record<string, string | undefined>>

/** The options of commands that work on an installation on this machine. */
export interface InstallationOptions {
  readonly dataDir?: string
}

export function installationEnvironment(all: Environment, { dataDir }: InstallationOptions): Environment {
  return dataDir === undefined ? all : { ...all, ATRIUM_DATA_DIR: resolve(dataDir) }
}

/** Runs an operator's work; what the server explains becomes an error of ours. */
export async function operated<T>(work: () => Promise<T>): Promise<T> {
  const { knownProblem } = await loadOperator()
  try {
    return await work()
  } catch (error) {
    const known = knownProblem(error)
    if (!known) throw error
    const refusals = ['TARGET_NOT_EMPTY', 'BACKUP_LOCKED', 'BACKUP_TOO_NEW']
    const exitCode = refusals.includes(known.code)
      ? exitCodes.refused
      : known.code === 'INVALID_CONFIGURATION'
        ? exitCodes.usage
        : exitCodes.failure
    throw new CliError(known.code, known.message, { exitCode, cause: error })
  }
}

const shortestPassphrase = 12

/** A passphrase from a file: its line ends do not count. Null when no file was named. */
export async function readPassphrase(path: string | undefined): Promise<string | null> {
  if (path === undefined) return null
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new CliError('INVALID_INPUT', `The passphrase file ${path} cannot be read.`, {
      exitCode: exitCodes.usage,
      cause,
    })
  })
  const passphrase = text.replace(/[\r\n]+$/, '')
  if (passphrase.length < shortestPassphrase) {
    throw usageError(`The passphrase is too short: at least ${shortestPassphrase} characters.`)
  }
  return passphrase
}
