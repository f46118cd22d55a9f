import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { accountOf, invocation, type RunAs } from './account.ts'
import type { Installation } from './installation.ts'
import { type Place, PostgresError } from './place.ts'

/** The name of the superuser. */
export const superuser = 'postgres'

/** PostgreSQL's programs inherit nothing of our environment, which holds secrets. */
export const childEnvironment = {
  PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
  LC_ALL: 'C',
  TZ: 'UTC',
}

/**
 * Makes the cluster at the first start and checks it later on; gives the superuser's password.
 * A first start that is cut short leaves a draft, which the next one replaces.
 */
export async function prepareCluster(
  place: Place,
  installation: Installation,
  runAs: RunAs,
): Promise<string> {
  if (!(await exists(join(place.cluster, 'PG_VERSION')))) await createCluster(place, installation, runAs)
  await checkVersion(place, installation)
  await ownFolders(place, runAs)
  return readPassword(place)
}

async function createCluster(place: Place, installation: Installation, runAs: RunAs): Promise<void> {
  if (await exists(place.cluster)) {
    throw new PostgresError(
      `${place.cluster} is not a PostgreSQL cluster; move it away, or set ATRIUM_DATA_DIR.`,
    )
  }
  await rm(place.draft, { recursive: true, force: true })
  await mkdir(place.draft, { mode: 0o700 })
  await give(place.draft, runAs)
  const password = randomBytes(32).toString('base64url')
  await writePassword(place.password, password)
  await initialise(place, installation, runAs, password)
  await rename(place.draft, place.cluster)
  await syncFolder(place.root)
}

async function initialise(
  place: Place,
  installation: Installation,
  runAs: RunAs,
  password: string,
): Promise<void> {
  const passwordFile = join(place.root, 'password.initdb')
  await writePassword(passwordFile, password)
  await give(passwordFile, runAs)
  try {
    await run(runAs, installation.initdb, [
      `--pgdata=${place.draft}`,
      `--username=${superuser}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // Unicode-aware and the same on every machine: no index depends on a library's version.
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--data-checksums',
      '--no-instructions',
    ])
  } finally {
    await rm(passwordFile, { force: true })
  }
}

async function run(runAs: RunAs, file: string, args: readonly string[]): Promise<void> {
  const call = invocation(runAs, file, args)
  const child = spawn(call.file, call.args, {
    ...call.options,
    cwd: '/',
    env: childEnvironment,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const complaints: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => complaints.push(text))
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve()
      else reject(new PostgresError(`The database could not be made: ${complaints.join('').trim()}`))
    })
  })
}

async function checkVersion(place: Place, installation: Installation): Promise<void> {
  const found = (await readFile(join(place.cluster, 'PG_VERSION'), 'utf8')).trim()
  const major = installation.version.split('.')[0]
  if (found === major) return
  throw new PostgresError(
    `The database in ${place.cluster} was made by PostgreSQL ${found}, and this Atrium brings ${major}: ` +
      'restore a backup into a new data directory, or start the Atrium that made it.',
  )
}

/** After a restore or a copy by root, files belong to root: they go back to the account that PostgreSQL runs as. */
async function ownFolders(place: Place, runAs: RunAs): Promise<void> {
  await mkdir(place.sockets, { recursive: true, mode: 0o700 })
  await give(place.sockets, runAs)
  const account = accountOf(runAs)
  if (account && (await stat(place.cluster)).uid !== account.uid) {
    await run({ kind: 'self' }, 'chown', ['-R', `${account.uid}:${account.gid}`, place.cluster])
  }
}

async function readPassword(place: Place): Promise<string> {
  const password = await readFile(place.password, 'utf8').catch((cause: unknown) => {
    throw new PostgresError(`${place.password} cannot be read; restore it beside the cluster.`, { cause })
  })
  return password.trim()
}

async function writePassword(file: string, password: string): Promise<void> {
  await rm(file, { force: true })
  await writeFile(file, password, { mode: 0o600, flag: 'wx', flush: true })
}

async function give(path: string, runAs: RunAs): Promise<void> {
  const account = accountOf(runAs)
  if (account) await chown(path, account.uid, account.gid)
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r')
  await handle.sync().finally(() => handle.close())
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )
