import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startFakeProvider, type FakeProvider } from '@atrium/testkit/provider'

/** The real program in a process of its own on an empty data directory, and the provider that it calls. */
export interface App extends AsyncDisposable {
  readonly url: string
  readonly provider: FakeProvider
  /** Ends the program as a power cut would: nothing is flushed or closed. */
  kill(): Promise<void>
  /** Starts it again on the same data and address. */
  start(): Promise<void>
}

const main = join(import.meta.dirname, '../../apps/server/src/main.ts')
const readyPattern = /Atrium is ready at (\S+)/

/** `connected` gives it the provider's key; without, only the built-in guide answers. */
export async function startApp({ connected }: { connected: boolean }): Promise<App> {
  await using opening = new AsyncDisposableStack()
  const provider = opening.use(await startFakeProvider())
  const dataDir = await mkdtemp(join(tmpdir(), 'atrium-e2e-'))
  opening.defer(() => rm(dataDir, { recursive: true, force: true }))
  const environment = {
    PORT: String(await freePort()),
    ATRIUM_DATA_DIR: dataDir,
    LOG_LEVEL: 'error',
    ...(connected ? { OPENAI_API_KEY: 'fake-key', OPENAI_BASE_URL: `${provider.url}/v1` } : {}),
  }
  let program = await launch(environment)
  opening.defer(() => stop(program.child))
  const cleanUp = () => abandon(program.child, dataDir)
  process.once('exit', cleanUp)
  opening.defer(() => void process.off('exit', cleanUp))
  const open = opening.move()
  return {
    url: program.url,
    provider,
    kill: () => end(program.child, 'SIGKILL'),
    start: async () => {
      program = await launch(environment)
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

async function launch(environment: Record<string, string>): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString()
      const ready = readyPattern.exec(output)?.[1]
      if (ready) resolve(ready)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('exit', (code) => reject(new Error(`The program ended with ${code}:\n${output}`)))
  })
  return { child, url }
}

const stop = (child: ChildProcess): Promise<void> => end(child, 'SIGTERM')

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}

/** The last resort when this process goes first: ends the program and its database, and removes their data. */
function abandon(child: ChildProcess, dataDir: string): void {
  child.kill('SIGKILL')
  try {
    endAtOnce(Number(readFileSync(join(dataDir, 'postgres/cluster/postmaster.pid'), 'utf8').split('\n')[0]))
  } catch {
    // There is no database, or it is gone already.
  }
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 })
}

/** Ends a database server and waits for it, without an event loop; throws when it is gone. */
function endAtOnce(pid: number): void {
  const never = new Int32Array(new SharedArrayBuffer(4))
  process.kill(pid, 'SIGQUIT')
  for (let waits = 0; waits < 100; waits += 1) {
    Atomics.wait(never, 0, 0, 20)
    process.kill(pid, 0)
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  probe.close()
  await once(probe, 'close')
  return port
}
