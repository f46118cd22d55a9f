import { access, chmod, constants, mkdir, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import type { Log } from './log.ts'
import { chooseRunAs, type RunAs } from './postgres/account.ts'
import { prepareCluster } from './postgres/cluster.ts'
import { findInstallation } from './postgres/installation.ts'
import { lockPlace } from './postgres/lock.ts'
import { type Place, placeIn, PostgresError } from './postgres/place.ts'
import {
  findPostmaster,
  hasArguments,
  launchPostmaster,
  type Postmaster,
  readPidFile,
  stopPostmaster,
  waitUntilReady,
} from './postgres/postmaster.ts'
import { chooseEndpoint, ownerUrlOf, serverArguments } from './postgres/settings.ts'
import { superviseServer } from './postgres/supervisor.ts'

export { PostgresError } from './postgres/place.ts'

/** A PostgreSQL of our own, which lives as long as this object. */
export interface EmbeddedPostgres extends AsyncDisposable {
  /** Connection string of the cluster's superuser. It stays the same when the server has to be started again. */
  readonly ownerUrl: string
  /** Stops the server cleanly and frees the data directory. */
  close(): Promise<void>
}

export interface PostgresOptions {
  readonly dataDir: string
  readonly log: Log
}

/**
 * Starts the embedded PostgreSQL in `dataDir/postgres`; makes the cluster at the first start. A server that an
 * earlier Atrium left running when it was killed is taken over, or replaced when its settings are not today's.
 * @throws {PostgresError} when another Atrium uses the directory or the server cannot run; the message says what to do.
 */
export async function startPostgres({ dataDir, log }: PostgresOptions): Promise<EmbeddedPostgres> {
  await using opening = new AsyncDisposableStack()
  const place = placeIn(resolve(dataDir))
  await makeRoot(place)
  opening.use(await lockPlace(place))

  const installation = await findInstallation()
  const runAs = await chooseRunAs(place.cluster, place.root, installation.postgres)
  const password = await prepareCluster(place, installation, runAs)
  const endpoint = await chooseEndpoint(place, (await readPidFile(place))?.port ?? null)
  const ownerUrl = ownerUrlOf(endpoint, password)
  const server: Server = {
    place,
    runAs,
    program: installation.postgres,
    args: serverArguments(place, installation, endpoint),
  }

  const postmaster = (await takeOver(server, ownerUrl, log)) ?? (await start(server))
  opening.use(superviseServer(postmaster, () => start(server), log))
  const open = opening.move()
  return {
    ownerUrl,
    close: () => open.disposeAsync(),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

interface Server {
  readonly place: Place
  readonly runAs: RunAs
  readonly program: string
  readonly args: readonly string[]
}

/** Others may pass through, but not look: the server runs under another account when we are root. */
async function makeRoot(place: Place): Promise<void> {
  try {
    await mkdir(place.dataDir, { recursive: true, mode: 0o711 })
    await mkdir(place.root, { recursive: true, mode: 0o711 })
    await access(place.root, constants.R_OK | constants.W_OK)
    if (((await stat(place.root)).mode & 0o777) !== 0o711) await chmod(place.root, 0o711)
  } catch (cause) {
    const message = `This user cannot write to ${place.root}: change its owner, or set ATRIUM_DATA_DIR.`
    throw new PostgresError(message, { cause })
  }
}

async function takeOver({ place, args }: Server, ownerUrl: string, log: Log): Promise<Postmaster | null> {
  const left = await findPostmaster(place)
  if (!left) return null
  const { pid } = left
  if (await hasArguments(place, args)) {
    try {
      await waitUntilReady(place, left)
      await cutOffClients(ownerUrl)
      log.warn({ pid }, 'took over the PostgreSQL that an Atrium which was killed had left running')
      return left
    } catch (error) {
      log.warn({ pid, err: error }, 'the PostgreSQL that was left running does not answer')
    }
  }
  log.warn({ pid }, 'stopping the PostgreSQL that an Atrium which was killed had left running')
  await stopPostmaster(left)
  return null
}

/** Ends what the dead process's connections may still be doing. */
async function cutOffClients(ownerUrl: string): Promise<void> {
  const client = new Client({ connectionString: ownerUrl, connectionTimeoutMillis: 5_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
    )
  } finally {
    await client.end()
  }
}

const orphanDeadlineMs = 15_000

async function start({ place, runAs, program, args }: Server): Promise<Postmaster> {
  const deadline = performance.now() + orphanDeadlineMs
  for (;;) {
    const postmaster = await launchPostmaster(place, runAs, program, args)
    try {
      await waitUntilReady(place, postmaster)
      return postmaster
    } catch (error) {
      await stopPostmaster(postmaster)
      if (!hasOrphans(error) || performance.now() > deadline) throw error
      await sleep(200)
    }
  }
}

/** Backends outlive a postmaster that was killed, for the moment that their statement takes. */
const hasOrphans = (error: unknown): boolean =>
  error instanceof PostgresError && error.message.includes('shared memory block')
