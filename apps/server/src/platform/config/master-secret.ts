import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError } from './problem.ts'
import { Secret } from './secret.ts'
import type { ServerConfig } from './typed.ts'

const shortest = 32

/**
 * Gives the operator's secret, or the one in the data directory, which is made at the first start (mode 0600).
 * Several processes starting at once agree on one.
 */
export async function loadMasterSecret(
  config: Pick<ServerConfig, 'masterSecret' | 'dataDir'>,
): Promise<Secret> {
  if (config.masterSecret) return config.masterSecret
  const file = join(config.dataDir, 'secret')
  const kept = (await read(file)) ?? (await make(config.dataDir, file))
  if (kept.length >= shortest) return new Secret(kept)
  const problem = `is not set, and ${file} holds no usable secret; restore that file, or set the variable`
  throw new ConfigError([{ setting: 'ATRIUM_SECRET', problem, example: null }])
}

async function make(dataDir: string, file: string): Promise<string> {
  // The folders within guard themselves; the embedded database runs as another user and must pass through.
  await mkdir(dataDir, { recursive: true, mode: 0o711 })
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  const handle = await open(draft, 'wx', 0o600)
  try {
    await handle.writeFile(randomBytes(48).toString('base64url'))
    await handle.sync()
    // A link fails where a rename would replace what another process has just made.
    await link(draft, file).catch(ignoreExisting)
  } finally {
    await handle.close()
    await rm(draft, { force: true })
  }
  return (await read(file)) ?? ''
}

async function read(file: string): Promise<string | null> {
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

function ignoreExisting(error: unknown): void {
  if (codeOf(error) !== 'EEXIST') throw error
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined
