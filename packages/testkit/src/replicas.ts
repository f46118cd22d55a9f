/** A PostgreSQL of its own with streaming replicas that fall behind, hang, end and get promoted on request. */
import { execFile } from 'node:child_process'
import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile, chown } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { silentLog } from '@atrium/server/log'
import { startPostgres, type EmbeddedPostgres } from '@atrium/server/postgres'
import pg from 'pg'
import { prepareTemplate, type TestCluster } from './global-setup.ts'

export interface ReplicatedCluster extends AsyncDisposable {
  /** The primary, for `startTestServer`. */
  readonly primary: TestCluster
  readonly replicas: readonly TestReplica[]
}

/** A hot standby that follows the primary. */
export interface TestReplica {
  /** Its address with the rights of the cluster's administrator. */
  readonly url: string
  /** Stops replaying what it goes on to receive. */
  pause(): Promise<void>
  resume(): Promise<void>
  /** Resolves when it has replayed everything that the primary has committed by now. */
  caughtUp(): Promise<void>
  stop(): Promise<void>
  start(): Promise<void>
  /** Its processes stand still: connections stay open and nothing answers. */
  freeze(): Promise<void>
  thaw(): void
  /** Makes it a primary of its own. */
  promote(): Promise<void>
  query(text: string): Promise<Record<string, unknown>[]>
}

const run = promisify(execFile)

/** Starts a primary and `count` replicas from copies of its files. */
export async function startReplicatedCluster(count: number): Promise<ReplicatedCluster> {
  await using opening = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'atrium-replicas-'))
  opening.defer(() => rm(folder, { recursive: true, force: true }))
  // PostgreSQL runs under an account of its own when the tests run as root.
  await chmod(folder, 0o755)
  const home = join(folder, 'primary')
  const options = { dataDir: home, log: silentLog() }
  // Files can be copied as they are while nobody writes to them.
  await (await startPostgres(options)).close()
  const homes = Array.from({ length: count }, (_, index) => join(folder, `replica${index + 1}`))
  for (const one of homes) {
    await mkdir(one)
    await run('cp', ['-a', join(home, 'postgres'), join(one, 'postgres')])
  }
  const { ownerUrl } = opening.use(await startPostgres(options))
  const replicas: TestReplica[] = []
  for (const one of homes) {
    await followPrimary(join(one, 'postgres/cluster'), ownerUrl)
    replicas.push(await openReplica(one, ownerUrl, opening))
  }
  const primary = await prepareTemplate(ownerUrl)
  const scope = opening.move()
  return { primary, replicas, [Symbol.asyncDispose]: () => scope.disposeAsync() }
}

async function followPrimary(cluster: string, primaryUrl: string): Promise<void> {
  const { hostname, port, username, password } = new URL(primaryUrl)
  const host = decodeURIComponent(hostname)
  const conninfo = `host=${host} port=${port} user=${username} password=${password}`
  await appendFile(join(cluster, 'postgresql.auto.conf'), `primary_conninfo = '${conninfo}'\n`)
  const { uid, gid } = await stat(cluster)
  await writeFile(join(cluster, 'standby.signal'), '')
  await chown(join(cluster, 'standby.signal'), uid, gid)
}

async function openReplica(
  home: string,
  primaryUrl: string,
  scope: AsyncDisposableStack,
): Promise<TestReplica> {
  const start = (): Promise<EmbeddedPostgres> => startPostgres({ dataDir: home, log: silentLog() })
  let server: EmbeddedPostgres | null = await start()
  const url = server.ownerUrl
  const query = (text: string) => queryOf(url, text)
  const frozen: number[] = []
  const freeze = async (): Promise<void> => {
    const postmaster = (await readFile(join(home, 'postgres/cluster/postmaster.pid'), 'utf8')).split('\n')[0]
    const backends = await query('SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()')
    frozen.push(Number(postmaster), ...backends.map(({ pid }) => Number(pid)))
    for (const pid of frozen) process.kill(pid, 'SIGSTOP')
  }
  const thaw = (): void => {
    for (const pid of frozen.splice(0)) process.kill(pid, 'SIGCONT')
  }
  scope.defer(async () => {
    thaw()
    await server?.close()
  })
  return {
    url,
    query,
    pause: async () => {
      await query('SELECT pg_wal_replay_pause()')
      await until(
        async () => (await query('SELECT pg_get_wal_replay_pause_state() AS is'))[0]?.['is'] === 'paused',
      )
    },
    resume: async () => void (await query('SELECT pg_wal_replay_resume()')),
    caughtUp: async () => {
      const [now] = await queryOf(primaryUrl, 'SELECT pg_current_wal_flush_lsn()::text AS lsn')
      await until(async () => {
        const text = `SELECT pg_last_wal_replay_lsn() >= '${String(now?.['lsn'])}' AS yes`
        return (await query(text))[0]?.['yes'] === true
      })
    },
    stop: async () => {
      await server?.close()
      server = null
    },
    start: async () => void (server ??= await start()),
    freeze,
    thaw,
    promote: async () => void (await query('SELECT pg_promote()')),
  }
}

async function queryOf(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error('waited 20 s in vain')
    await sleep(20)
  }
}
