import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readCommand } from '@atrium/server/config'
import { createLog, silentLog } from '@atrium/server/log'
import { prepareRoles, type RoleUrls } from '@atrium/server/roles'
import { start, type RunningServer } from '@atrium/server/start'
import pg from 'pg'
import { inject } from 'vitest'
import type { TestCluster } from './global-setup.ts'
import { createClient, type TestClient } from './client.ts'

export interface TestServerOptions {
  /** Environment variables beside the data directory and the port. */
  readonly environment?: Readonly<Record<string, string>>
  /** By when a request must have arrived in full. */
  readonly requestTimeoutMs?: number
  /** Gets the lines of the log, each an object of JSON; nobody does unless given. */
  readonly onLog?: (line: string) => void
  /** Where the database comes from; what vitest's global setup provided unless given. */
  readonly cluster?: TestCluster
}

/** A real server on a copy of the template database, with a data directory of its own. */
export interface TestServer extends AsyncDisposable {
  readonly url: string
  readonly running: RunningServer
  /** Connection strings of the database's roles, for looking behind the API. */
  readonly roles: RoleUrls
  readonly dataDir: string
  /** A caller without credentials; it keeps the cookies that it gets. */
  client(): TestClient
  /** Signs up the first person, who owns the installation and its first workspace. */
  owner(): Promise<Person>
  /** Signs up somebody with an invitation from the owner. */
  invite(owner: Person, role: 'admin' | 'member' | 'viewer' | 'owner'): Promise<Person>
}

/** Somebody who is signed in. */
export interface Person {
  readonly client: TestClient
  readonly id: string
  readonly email: string
  readonly password: string
  readonly workspaceId: string
  /** `/api/v1/workspaces/{id}`. */
  readonly base: string
}

let people = 0

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const cluster = options.cluster ?? inject('cluster')
  const scope = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'atrium-data-'))
  scope.defer(() => rm(dataDir, { recursive: true, force: true }))
  const database = `test_${randomBytes(8).toString('hex')}`
  const roles = await copyDatabase(cluster, database)
  scope.defer(() => dropDatabase(cluster, database))
  const running = scope.use(await boot(cluster, roles, dataDir, options))
  return {
    url: running.url,
    running,
    roles,
    dataDir,
    client: () => createClient(running.url),
    owner: () => signUp(running.url, { workspaceName: 'Team' }),
    invite: (owner, role) => inviteTo(running.url, owner, role),
    [Symbol.asyncDispose]: () => scope.disposeAsync(),
  }
}

async function boot(
  cluster: TestCluster,
  roles: RoleUrls,
  dataDir: string,
  options: TestServerOptions,
): Promise<RunningServer> {
  const command = readCommand({
    argv: [],
    environment: {
      PORT: '0',
      ATRIUM_DATA_DIR: dataDir,
      ATRIUM_SECRET: cluster.secret,
      ...options.environment,
    },
  })
  if (command.kind !== 'start') throw new Error('the configuration asks for something else')
  const { requestTimeoutMs, onLog } = options
  return start(command.config, {
    log: onLog ? createLog({ level: 'debug', stream: { write: onLog } }) : silentLog(),
    roles,
    ...(requestTimeoutMs === undefined ? {} : { requestTimeoutMs }),
  })
}

async function copyDatabase(cluster: TestCluster, database: string): Promise<RoleUrls> {
  await asAdmin(cluster, async (client) => {
    // Copies of one template wait for each other.
    await client.query('SELECT pg_advisory_lock(7461902)')
    await client.query(`CREATE DATABASE ${database} TEMPLATE ${cluster.template}`)
  })
  return prepareRoles(cluster.adminUrl, cluster.secret, database)
}

async function dropDatabase(cluster: TestCluster, database: string): Promise<void> {
  await asAdmin(cluster, (client) => client.query(`DROP DATABASE ${database} WITH (FORCE)`))
}

async function asAdmin(cluster: TestCluster, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: cluster.adminUrl })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}

interface SignedIn {
  person: { id: string }
  workspaces: { id: string }[]
}

async function signUp(
  url: string,
  extra: Record<string, unknown>,
  email = `person${++people}@example.com`,
): Promise<Person> {
  const client = createClient(url)
  const password = 'correct horse battery staple'
  const { body } = await client.post<SignedIn>('/api/v1/auth/sign-up', {
    name: `Person ${people}`,
    email,
    password,
    ...extra,
  })
  const workspaceId = body.workspaces[0]?.id ?? ''
  return {
    client,
    id: body.person.id,
    email,
    password,
    workspaceId,
    base: `/api/v1/workspaces/${workspaceId}`,
  }
}

async function inviteTo(url: string, owner: Person, role: string): Promise<Person> {
  const email = `person${++people}@example.com`
  const { body } = await owner.client.post<{ link: string }>(`${owner.base}/invitations`, { email, role })
  return signUp(url, { invitation: body.link.split('/').at(-1) }, email)
}
