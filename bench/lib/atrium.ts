/** The real server program on a data directory of its own, to be started, killed and started again. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import nodeFlags from '../../apps/server/node-flags.json' with { type: 'json' }
import { endProgram, type Program, signalAll, startProgram, treesOf } from './processes.ts'
import { repository } from './repository.ts'

export const account = { email: 'bench@example.com', password: 'a password of the benches' } as const
export const apiKey = `atr_${'benches'.repeat(6)}`

export interface AtriumOptions {
  /** Base address of the fake provider; without one there is only the built-in guide. */
  readonly providerUrl?: string
  /** Folder for CPU profiles of Node. */
  readonly profile: string | undefined
  /** Further environment variables. */
  readonly environment?: Readonly<Record<string, string>>
}

export interface Atrium extends AsyncDisposable {
  readonly dataDir: string
  /** Of the Node process that runs now, or ran last. */
  readonly pid: number
  /** Where it answers; it changes with every start. */
  readonly url: string
  /** Resolves while the server runs and once it does, and rejects when it does not start. */
  ready(): Promise<string>
  /** Starts the program and waits until `/readyz` says yes; gives the milliseconds that it took. */
  start(): Promise<number>
  /** Ends the program cleanly. */
  stop(): Promise<void>
  /** SIGKILL: of the Node process alone, or of PostgreSQL's processes as well, all at the same moment. */
  kill(what: 'node' | 'tree'): Promise<void>
  /** Process ids of Node and of PostgreSQL. */
  tree(): Promise<number[]>
  lastWords(): string
}

/** Makes a data directory; nothing runs yet. Disposing ends the server, its database, and removes the directory. */
export async function createAtrium(options: AtriumOptions): Promise<Atrium> {
  return new Installation(await mkdtemp(join(tmpdir(), 'atrium-bench-')), options)
}

class Installation implements Atrium {
  readonly dataDir: string
  readonly #options: AtriumOptions
  #program: Program | undefined
  #url = ''
  #up = Promise.withResolvers<string>()

  constructor(dataDir: string, options: AtriumOptions) {
    this.dataDir = dataDir
    this.#options = options
  }

  get pid(): number {
    return this.#program?.pid ?? -1
  }

  get url(): string {
    return this.#url
  }

  ready(): Promise<string> {
    return this.#up.promise
  }

  async start(): Promise<number> {
    const startedAt = performance.now()
    const main = join(repository, 'apps/server/src/main.ts')
    const program = startProgram(
      [...nodeFlags, ...profilerFlags(this.#options), main],
      environmentOf(this.dataDir, this.#options),
    )
    this.#program = program
    const [, url = ''] = await program.line(/Atrium is ready at (\S+)/)
    await untilReady(url)
    const tookMs = performance.now() - startedAt
    this.#url = url
    this.#up.resolve(url)
    return tookMs
  }

  async stop(): Promise<void> {
    this.#down()
    if (this.#program) await endProgram(this.#program)
  }

  async kill(what: 'node' | 'tree'): Promise<void> {
    const pids = what === 'tree' ? await this.tree() : [this.pid]
    this.#down()
    signalAll(pids, 'SIGKILL')
    await this.#program?.exited
  }

  async tree(): Promise<number[]> {
    // A PostgreSQL that was taken over from a killed Node is nobody's child: its own file names it.
    const file = await readFile(join(this.dataDir, 'postgres/cluster/postmaster.pid'), 'utf8').catch(() => '')
    const postmaster = Number.parseInt(file, 10)
    return treesOf(Number.isNaN(postmaster) ? [this.pid] : [this.pid, postmaster])
  }

  lastWords(): string {
    return this.#program?.lastWords() ?? ''
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    const left = (await this.tree()).filter((pid) => pid > 0)
    signalAll(left, 'SIGKILL')
    await rm(this.dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }

  #down(): void {
    this.#up = Promise.withResolvers()
  }
}

function profilerFlags({ profile }: AtriumOptions): string[] {
  return profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
}

function environmentOf(dataDir: string, { providerUrl, environment }: AtriumOptions): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    PORT: '0',
    LOG_LEVEL: 'warn',
    ATRIUM_DATA_DIR: dataDir,
    ATRIUM_SECRET: 'a secret of the benches, which keep nothing',
    ATRIUM_ADMIN_EMAIL: account.email,
    ATRIUM_ADMIN_PASSWORD: account.password,
    ATRIUM_BOOTSTRAP_API_KEY: apiKey,
    ...(providerUrl === undefined
      ? {}
      : { OPENAI_API_KEY: 'sk-bench', OPENAI_BASE_URL: `${providerUrl}/v1` }),
    ...environment,
  }
}

const readyDeadlineMs = 30_000

async function untilReady(url: string): Promise<void> {
  const deadline = performance.now() + readyDeadlineMs
  for (;;) {
    const { statusCode, body } = await request(`${url}/readyz`)
    await body.dump()
    if (statusCode === 200) return
    if (performance.now() > deadline) throw new Error(`${url}/readyz answers ${statusCode}`)
    await sleep(20)
  }
}
