import { execFile, spawn } from 'node:child_process'
import { open, readdir, readFile, readlink, realpath, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { invocation, type RunAs } from './account.ts'
import { childEnvironment } from './cluster.ts'
import { type Place, PostgresError } from './place.ts'

const pollMs = 10
const startDeadlineMs = 300_000
const stopDeadlineMs = 20_000

/** A running server. */
export interface Postmaster {
  readonly pid: number
  /** Settles when the process has ended, for whatever reason. */
  readonly exited: Promise<void>
  /** Signals this very process, never another that has its id now. */
  readonly signal: (signal: NodeJS.Signals) => Promise<void>
}

/** What `postmaster.pid` says. */
export interface PidFile {
  readonly pid: number
  readonly port: number
  readonly ready: boolean
}

/** Gives the content of `postmaster.pid`, or null; its lines are described in PostgreSQL's `utils/pidfile.h`. */
export async function readPidFile(place: Place): Promise<PidFile | null> {
  const text = await readFile(join(place.cluster, 'postmaster.pid'), 'utf8').catch(() => '')
  const lines = text.split('\n')
  const pid = Number(lines[0])
  if (!Number.isInteger(pid) || pid <= 0) return null
  return { pid, port: Number(lines[3] ?? 0), ready: lines[7]?.trim() === 'ready' }
}

/** Finds a server of this cluster that an earlier Atrium left behind; process ids that others use now do not mislead it. */
export async function findPostmaster(place: Place): Promise<Postmaster | null> {
  const file = await readPidFile(place)
  if (!file || !(await isPostmasterOf(place, file.pid))) return null
  const { pid } = file
  const signal = async (name: NodeJS.Signals): Promise<void> => {
    if (await isPostmasterOf(place, pid)) process.kill(pid, name)
  }
  return { pid, exited: whenGone(place, pid), signal }
}

/** Whether the running server was started with exactly these arguments. */
export async function hasArguments(place: Place, args: readonly string[]): Promise<boolean> {
  const recorded = await readFile(join(place.cluster, 'postmaster.opts'), 'utf8').catch(() => '')
  return recorded.trimEnd().endsWith(args.map((arg) => ` "${arg}"`).join(''))
}

/** Starts the server in a process group of its own, so that Ctrl-C in a terminal does not reach it before us. */
export async function launchPostmaster(
  place: Place,
  runAs: RunAs,
  program: string,
  args: readonly string[],
): Promise<Postmaster> {
  await removeLeftovers(place)
  const log = await open(place.startupLog, 'w', 0o600)
  const call = invocation(runAs, program, args)
  const child = spawn(call.file, call.args, {
    ...call.options,
    cwd: '/',
    env: childEnvironment,
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  })
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  await log.close()
  child.unref()
  if (child.pid === undefined) throw new PostgresError(`${call.file} cannot be started.`)
  const signal = async (name: NodeJS.Signals): Promise<void> => void child.kill(name)
  return { pid: child.pid, exited, signal }
}

/** @throws {PostgresError} with the server's own words when it ends or does not become ready. */
export async function waitUntilReady(place: Place, postmaster: Postmaster): Promise<void> {
  const ended = postmaster.exited.then(() => true)
  const deadline = performance.now() + startDeadlineMs
  while (performance.now() < deadline) {
    const file = await readPidFile(place)
    if (file?.pid === postmaster.pid && file.ready) return
    if (await Promise.race([ended, sleep(pollMs, false)]))
      throw new PostgresError(`PostgreSQL did not start. ${await lastWords(place)}`)
  }
  throw new PostgresError(
    `PostgreSQL was not ready after ${startDeadlineMs / 1000} s. ${await lastWords(place)}`,
  )
}

/** Stops the server cleanly: clients are cut off and everything is written. Harder means follow if it does not end. */
export async function stopPostmaster(postmaster: Postmaster): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    await postmaster.signal(signal)
    const abort = new AbortController()
    const late = sleep(stopDeadlineMs, 'late', { signal: abort.signal }).catch(() => 'late')
    const outcome = await Promise.race([postmaster.exited.then(() => 'gone'), late])
    abort.abort()
    if (outcome === 'gone') return
  }
}

/** A postmaster works inside its data directory; elsewhere than on Linux its command line has to do. */
async function isPostmasterOf(place: Place, pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0)
    if (process.platform === 'linux')
      return (await readlink(`/proc/${pid}/cwd`)) === (await realpath(place.cluster))
    const { stdout } = await promisify(execFile)('ps', ['-p', String(pid), '-o', 'command='])
    return stdout.includes(place.cluster)
  } catch {
    return false
  }
}

async function whenGone(place: Place, pid: number): Promise<void> {
  while (await isPostmasterOf(place, pid)) await sleep(100, undefined, { ref: false })
}

/** Only called when no server runs: PostgreSQL itself would trust a stale file whose process id is in use again. */
async function removeLeftovers(place: Place): Promise<void> {
  await rm(join(place.cluster, 'postmaster.pid'), { force: true })
  for (const name of await readdir(place.sockets)) await rm(join(place.sockets, name), { force: true })
}

async function lastWords(place: Place): Promise<string> {
  const files = [place.startupLog, ...(await newestLog(join(place.cluster, 'log')))]
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')))
  const lines = texts.flatMap((text) => text.trim().split('\n').slice(-8))
  return `It said:\n${lines.map((line) => `  ${line}`).join('\n')}`
}

async function newestLog(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  const dated = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })),
  )
  const newest = dated.toSorted((one, other) => other.at - one.at)[0]
  return newest ? [join(folder, newest.name)] : []
}
