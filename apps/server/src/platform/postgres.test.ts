import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync } from 'node:fs'
import { chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { silentLog } from './log.ts'
import { startPostgres } from './postgres.ts'

const door = new URL('postgres.ts', import.meta.url).href
const log = silentLog()
const isLinux = process.platform === 'linux'
const isRoot = process.getuid?.() === 0

let folder: string
let dataDir: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atrium-pg-'))
  chmodSync(folder, 0o755)
  dataDir = join(folder, 'data')
})

afterEach(async () => {
  const pid = await postmasterPid().catch(() => 0)
  if (pid > 0) killQuietly(pid, 'SIGQUIT')
  await until(() => pid === 0 || !isAlive(pid))
  await rm(folder, { recursive: true, force: true })
})

const postmasterPid = async (): Promise<number> =>
  Number((await readFile(join(dataDir, 'postgres/cluster/postmaster.pid'), 'utf8')).split('\n')[0])

/** A process that has ended but whom nobody has buried yet works nowhere. */
const isAlive = (pid: number): boolean => killQuietly(pid, 0) && (!isLinux || existsSync(`/proc/${pid}/cwd`))

function killQuietly(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 1_000; attempt++) {
    if (await isTrue()) return
    await sleep(10)
  }
  throw new Error('waited 10 s in vain')
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

/** Boots in a Node of its own, which then waits to be killed; gives its owner URL. */
async function bootElsewhere(prefix: string[] = []): Promise<{ node: ChildProcess; ownerUrl: string }> {
  const script = `
    const { startPostgres } = await import(${JSON.stringify(door)})
    const log = new Proxy({}, { get: () => () => undefined })
    const postgres = await startPostgres({ dataDir: ${JSON.stringify(dataDir)}, log })
    process.on('SIGTERM', async () => { await postgres.close(); process.exit(0) })
    console.log(postgres.ownerUrl)
    setInterval(() => undefined, 60_000)`
  const [file, ...args] = [...prefix, process.execPath, '--input-type=module', '-e', script]
  const node = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' })
  const complaints: string[] = []
  node.stderr.on('data', (chunk: Buffer) => complaints.push(chunk.toString()))
  const ownerUrl = await Promise.race([
    once(node.stdout, 'data').then(([chunk]) => String(chunk).trim()),
    once(node, 'exit').then(() => Promise.reject(new Error(complaints.join('')))),
  ])
  return { node, ownerUrl }
}

async function kill(node: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  node.kill(signal)
  if (node.exitCode === null && node.signalCode === null) await once(node, 'exit')
}

test('a first boot makes a private UTF-8 cluster with checksums; a second boot finds it', async () => {
  const first = await startPostgres({ dataDir, log })
  await query(first.ownerUrl, "create table kept as select 'é' as value")
  expect(
    await query(
      first.ownerUrl,
      `select current_setting('server_encoding') as encoding, current_setting('data_checksums') as checksums,
        current_setting('listen_addresses') as addresses, current_setting('synchronous_commit') as commit, upper('é') as upper`,
    ),
  ).toEqual([{ encoding: 'UTF8', checksums: 'on', addresses: '', commit: 'on', upper: 'É' }])
  expect((await stat(join(dataDir, 'postgres/password'))).mode & 0o777).toBe(0o600)
  expect((await stat(join(dataDir, 'postgres/run'))).mode & 0o777).toBe(0o700)
  expect((await stat(join(dataDir, 'postgres/cluster'))).mode & 0o777).toBe(0o700)
  await first.close()
  expect(existsSync(join(dataDir, 'postgres/cluster/postmaster.pid'))).toBe(false)

  await using second = await startPostgres({ dataDir, log })
  expect(second.ownerUrl).toBe(first.ownerUrl)
  expect(await query(second.ownerUrl, 'select value from kept')).toEqual([{ value: 'é' }])
})

test('a wrong password is refused on the socket', async () => {
  await using postgres = await startPostgres({ dataDir, log })
  const url = new URL(postgres.ownerUrl)
  url.password = 'guess'
  await expect(query(url.href, 'select 1')).rejects.toThrow('password authentication failed')
})

test('SIGKILL of Node leaves a server that the next boot takes over, without its old clients', async () => {
  const { node, ownerUrl } = await bootElsewhere()
  await query(ownerUrl, 'create table kept (id int)')
  const client = new Client({ connectionString: ownerUrl })
  const cutOff = new Promise((resolve) => client.on('error', resolve))
  await client.connect()
  await client.query('begin; insert into kept values (1)')
  const pid = await postmasterPid()
  await kill(node, 'SIGKILL')
  expect(isAlive(pid)).toBe(true)

  await using postgres = await startPostgres({ dataDir, log })
  await cutOff
  expect(await postmasterPid()).toBe(pid)
  expect(await query(postgres.ownerUrl, 'select * from kept')).toEqual([])
  await postgres.close()
  expect(isAlive(pid)).toBe(false)
})

test('a server left running with other settings is stopped and replaced', async () => {
  const { node } = await bootElsewhere()
  const pid = await postmasterPid()
  await kill(node, 'SIGKILL')
  await writeFile(join(dataDir, 'postgres/cluster/postmaster.opts'), '/old/postgres "-D" "/x"\n')
  await using postgres = await startPostgres({ dataDir, log })
  expect(await postmasterPid()).not.toBe(pid)
  expect(isAlive(pid)).toBe(false)
  expect(await query(postgres.ownerUrl, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('SIGKILL of everything loses nothing that was committed', async () => {
  const { node, ownerUrl } = await bootElsewhere()
  await query(ownerUrl, 'create table kept as select generate_series(1, 1000) as id')
  const pid = await postmasterPid()
  await kill(node, 'SIGKILL')
  process.kill(pid, 'SIGKILL')
  await until(() => !isAlive(pid))
  await using postgres = await startPostgres({ dataDir, log })
  expect(await query(postgres.ownerUrl, 'select count(*)::int as count from kept')).toEqual([{ count: 1000 }])
})

test('a stale pid file whose process id another program has now does not mislead', async () => {
  await (await startPostgres({ dataDir, log })).close()
  const stale = `${process.pid}\n${dataDir}/postgres/cluster\n1700000000\n5432\n${dataDir}/postgres/run\n\n0 0\nready   \n`
  await writeFile(join(dataDir, 'postgres/cluster/postmaster.pid'), stale)
  await writeFile(join(dataDir, 'postgres/run/.s.PGSQL.5432.lock'), stale)
  await using postgres = await startPostgres({ dataDir, log })
  expect(await query(postgres.ownerUrl, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('a second Atrium on the same data directory is refused with the pid of the first', async () => {
  const { node } = await bootElsewhere()
  await expect(startPostgres({ dataDir, log })).rejects.toThrow(
    `Another Atrium (pid ${node.pid}) is using ${dataDir}; stop it or set ATRIUM_DATA_DIR.`,
  )
  await kill(node, 'SIGTERM')
  await using postgres = await startPostgres({ dataDir, log })
  await expect(startPostgres({ dataDir, log })).rejects.toThrow(`Another Atrium (pid ${process.pid})`)
  expect(await query(postgres.ownerUrl, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('a first boot that was cut short is begun again', async () => {
  await mkdir(join(dataDir, 'postgres/cluster.new/base'), { recursive: true })
  await using postgres = await startPostgres({ dataDir, log })
  expect(await query(postgres.ownerUrl, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('a server that crashes is started again at the same address', async () => {
  await using postgres = await startPostgres({ dataDir, log })
  const pid = await postmasterPid()
  process.kill(pid, 'SIGKILL')
  await until(() =>
    query(postgres.ownerUrl, 'select 1').then(
      () => true,
      () => false,
    ),
  )
  expect(await postmasterPid()).not.toBe(pid)
})

test('a data directory with a long path is served on loopback, still with a password', async () => {
  dataDir = join(folder, 'x'.repeat(100))
  const { ownerUrl, node } = await bootElsewhere()
  expect(new URL(ownerUrl).hostname).toBe('127.0.0.1')
  await kill(node, 'SIGKILL')
  await using postgres = await startPostgres({ dataDir, log })
  expect(postgres.ownerUrl).toBe(ownerUrl)
  expect(await query(postgres.ownerUrl, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('a cluster of another PostgreSQL version is refused, not touched', async () => {
  await (await startPostgres({ dataDir, log })).close()
  await writeFile(join(dataDir, 'postgres/cluster/PG_VERSION'), '17\n')
  await expect(startPostgres({ dataDir, log })).rejects.toThrow(
    'was made by PostgreSQL 17, and this Atrium brings 18',
  )
})

test.runIf(isRoot)('as root, the server runs unprivileged even where its account may not pass', async () => {
  await mkdir(join(folder, 'locked'), { mode: 0o700 })
  dataDir = join(folder, 'locked', 'data')
  await using postgres = await startPostgres({ dataDir, log })
  const pid = await postmasterPid()
  expect((await stat(`/proc/${pid}`)).uid).not.toBe(0)
  expect(await query(postgres.ownerUrl, 'select 1 as one')).toEqual([{ one: 1 }])
})

test.runIf(isRoot)(
  'an ordinary user can boot, and is told when the database belongs to someone else',
  async (context) => {
    const prefix = ['runuser', '-u', 'nobody', '--']
    if (!nobodyCanRead(prefix)) {
      context.skip('the account "nobody" cannot read this checkout')
    }
    await mkdir(dataDir)
    const uid = Number(execFileSync('id', ['-u', 'nobody'], { encoding: 'utf8' }))
    await chown(dataDir, uid, uid)
    const { node, ownerUrl } = await bootElsewhere(prefix)
    expect(await query(ownerUrl, 'select 1 as one')).toEqual([{ one: 1 }])
    expect((await stat(`/proc/${await postmasterPid()}`)).uid).toBe(uid)
    await kill(node, 'SIGTERM')

    dataDir = join(folder, 'of-root')
    await (await startPostgres({ dataDir, log })).close()
    await expect(bootElsewhere(prefix)).rejects.toThrow('This user cannot write to')
  },
)

function nobodyCanRead(prefix: string[]): boolean {
  const [file, ...args] = [
    ...prefix,
    process.execPath,
    '-e',
    `require('fs').readFileSync(new URL('${door}'))`,
  ]
  try {
    execFileSync(file, args, { stdio: 'ignore', cwd: '/' })
    return true
  } catch {
    return false
  }
}
