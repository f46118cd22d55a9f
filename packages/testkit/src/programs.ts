/** Real server programs in processes of their own, which share a database, a data directory and a provider. */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile, readlink, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from './client.ts'
import { startFakeProvider, type FakeProvider } from './provider/index.ts'
import type { Person } from './server.ts'
import pg from 'pg'
import { inject } from 'vitest'

/** A program that runs, sleeps or has ended. */
export interface Program {
  readonly url: string
  /** The owner of the installation, signed in at this program. */
  readonly owner: Person
  signal(name: NodeJS.Signals): void
  /** Resolves with the exit code, null after a signal. */
  readonly ended: Promise<number | null>
  /** How many sockets it holds open, whoever is at the other end. */
  sockets(): Promise<number>
  /** Resident memory, in bytes. */
  memory(): Promise<number>
}

export interface Fleet extends AsyncDisposable {
  readonly provider: FakeProvider
  /** Sees the rows of all workspaces. */
  readonly database: pg.Client
  start(): Promise<Program>
}

const main = join(import.meta.dirname, '../../../apps/server/src/main.ts')
const account = { email: 'owner@example.com', password: 'correct horse battery staple' }

/** Prepares a database, a data directory and a provider; disposing ends every program. */
export async function openFleet(): Promise<Fleet> {
  await using opening = new AsyncDisposableStack()
  const cluster = inject('cluster')
  const provider = opening.use(await startFakeProvider())
  const dataDir = await mkdtemp(join(tmpdir(), 'atrium-fleet-'))
  opening.defer(() => rm(dataDir, { recursive: true, force: true, maxRetries: 10 }))
  const databaseUrl = await copyTemplate(opening)
  const database = new pg.Client({ connectionString: databaseUrl })
  await database.connect()
  opening.defer(() => database.end())
  const environment = {
    PORT: '0',
    LOG_LEVEL: 'error',
    DATABASE_URL: databaseUrl,
    ATRIUM_DATA_DIR: dataDir,
    ATRIUM_SECRET: cluster.secret,
    ATRIUM_ADMIN_EMAIL: account.email,
    ATRIUM_ADMIN_PASSWORD: account.password,
    OPENAI_API_KEY: 'fake-key',
    OPENAI_BASE_URL: `${provider.url}/v1`,
  }
  const programs = opening.use(new AsyncDisposableStack())
  const open = opening.move()
  return {
    provider,
    database,
    start: () => launch(environment, programs),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** A database of its own; gives its address with the rights of the cluster's administrator. */
async function copyTemplate(scope: AsyncDisposableStack): Promise<string> {
  const { adminUrl, template } = inject('cluster')
  const name = `fleet_${randomBytes(8).toString('hex')}`
  await asAdmin(async (client) => {
    // Copies of one template wait for each other.
    await client.query('SELECT pg_advisory_lock(7461902)')
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`)
  })
  scope.defer(() => asAdmin((client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`)))
  const url = new URL(adminUrl)
  url.pathname = `/${name}`
  return url.toString()
}

async function asAdmin(work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: inject('cluster').adminUrl })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}

async function launch(
  environment: Readonly<Record<string, string>>,
  scope: AsyncDisposableStack,
): Promise<Program> {
  const child = spawn(process.execPath, [main], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  scope.defer(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const url = await readyAddress(child)
  const pid = child.pid ?? -1
  return {
    url,
    owner: await signIn(url),
    ended,
    signal: (name) => void child.kill(name),
    sockets: () => openSockets(pid),
    memory: async () => {
      const status = await readFile(`/proc/${pid}/status`, 'utf8')
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
    },
  }
}

function readyAddress(child: ChildProcess): Promise<string> {
  let output = ''
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString()
      const url = /Atrium is ready at (\S+)/.exec(output)?.[1]
      if (url) resolve(url)
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('exit', (code) => reject(new Error(`the program ended with ${code}:\n${output}`)))
  })
}

async function signIn(url: string): Promise<Person> {
  const client = createClient(url)
  const { body } = await client.post<{ person: { id: string }; workspaces: { id: string }[] }>(
    '/api/v1/auth/sign-in',
    account,
  )
  const workspaceId = body.workspaces[0]?.id ?? ''
  return { client, id: body.person.id, ...account, workspaceId, base: `/api/v1/workspaces/${workspaceId}` }
}

async function openSockets(pid: number): Promise<number> {
  const folder = `/proc/${pid}/fd`
  const links = await Promise.all(
    (await readdir(folder)).map((name) => readlink(join(folder, name)).catch(() => '')),
  )
  return links.filter((link) => link.startsWith('socket:')).length
}
