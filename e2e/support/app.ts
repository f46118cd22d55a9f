import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
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
  const guard = opening.use(startGuard(dataDir))
  opening.defer(() => rm(dataDir, { recursive: true, force: true }))
  const environment = {
    PORT: String(await freePort()),
    ATRIUM_DATA_DIR: dataDir,
    LOG_LEVEL: 'error',
    // Lets people connect the fake provider themselves.
    ATRIUM_EGRESS_ALLOW: '127.0.0.1',
    ...(connected ? { OPENAI_API_KEY: 'fake-key', OPENAI_BASE_URL: `${provider.url}/v1` } : {}),
  }
  let program = await launch(environment, guard.watch)
  opening.defer(() => end(program.child, 'SIGTERM'))
  const open = opening.move()
  return {
    url: program.url,
    provider,
    kill: () => end(program.child, 'SIGKILL'),
    start: async () => {
      program = await launch(environment, guard.watch)
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

async function launch(
  environment: Record<string, string>,
  started: (child: ChildProcess) => void,
): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  started(child)
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

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}

/** Watches over a data directory from a process that outlives this one; see `guard.ts`. */
function startGuard(dataDir: string): { watch: (child: ChildProcess) => void } & Disposable {
  const guard = spawn(process.execPath, [fileURLToPath(new URL('./guard.ts', import.meta.url)), dataDir], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  guard.unref()
  return {
    watch: ({ pid }) => void guard.stdin.write(`${pid}\n`),
    [Symbol.dispose]: () => void guard.stdin.end(),
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
