import { setTimeout as sleep } from 'node:timers/promises'
import { createClient, startTestServer, type Person, type TestClient, type TestServer } from '@atrium/testkit'
import { startReplicatedCluster, type ReplicatedCluster, type TestReplica } from '@atrium/testkit/replicas'
import pg from 'pg'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { readCommand } from './platform/config.ts'
import { silentLog } from './platform/log.ts'
import { prepareRoles } from './platform/roles.ts'
import { start, type RunningServer } from './start.ts'

const header = 'x-consistency-token'

let cluster: ReplicatedCluster
let server: TestServer
let owner: Person
let replica: TestReplica
let other: TestReplica
let left: TestReplica

beforeAll(async () => {
  cluster = await startReplicatedCluster(3)
  const [first, second, third] = cluster.replicas
  if (!first || !second || !third) throw new Error('three replicas were asked for')
  replica = first
  other = second
  left = third
  server = await startTestServer({
    cluster: cluster.primary,
    environment: {
      DATABASE_URL: cluster.primary.adminUrl,
      // The primary itself and another cluster are no replicas of it, whatever the operator says.
      DATABASE_REPLICA_URLS: [cluster.primary.adminUrl, replica.url, inject('cluster').adminUrl].join(),
    },
  })
  owner = await server.owner()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await cluster[Symbol.asyncDispose]()
})

interface Known {
  readonly id: string
  readonly path: string
  readonly token: string
}

async function create(person: Person): Promise<Known> {
  const { body, headers } = await person.client.post<{ id: string }>(`${person.base}/conversations`, {
    title: 'old',
  })
  return { id: body.id, path: `${person.base}/conversations/${body.id}`, token: headers.get(header) ?? '' }
}

async function titleOf(person: Person, { path, token }: Known): Promise<string> {
  const options = { headers: { [header]: token } }
  const { body } = await person.client.get<{ conversation: { title: string } }>(path, options)
  return body.conversation.title
}

async function atPrimary(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: cluster.primary.adminUrl })
  await client.connect()
  await client.query(text)
  await client.end()
}

/** Changes the title at the primary, or elsewhere; the caller's token does not cover it. */
async function retitle({ id }: Known, title: string, at = cluster.primary.adminUrl): Promise<void> {
  const url = new URL(at)
  url.pathname = new URL(server.roles.app).pathname
  const client = new pg.Client({ connectionString: url.toString() })
  await client.connect()
  await client.query('UPDATE chat.conversations SET title = $1 WHERE id = $2', [title, id])
  await client.end()
}

/** A replica that has what the caller knows and stands still there: what it answers tells it from the primary. */
async function behind(): Promise<Known> {
  for (let tries = 1; tries <= 10; tries++) {
    await replica.resume()
    const known = await create(owner)
    await replica.caughtUp()
    await sleep(200 * tries)
    await replica.pause()
    await retitle(known, 'new')
    if ((await titleOf(owner, known)) === 'old') return known
  }
  throw new Error('the replica is not read from')
}

it('a replica that ends is passed by at once, and used again once it is back', async () => {
  const known = await behind()
  await replica.stop()
  const startedAt = performance.now()
  expect(await titleOf(owner, known)).toBe('new')
  expect(performance.now() - startedAt).toBeLessThan(1000)
  await replica.start()
  await behind()
})

it('a replica that hangs holds a read up for a moment, and later reads not at all', async () => {
  const known = await behind()
  await replica.freeze()
  try {
    const startedAt = performance.now()
    expect(await titleOf(owner, known)).toBe('new')
    expect(performance.now() - startedAt).toBeLessThan(3000)
    const laterAt = performance.now()
    expect(await titleOf(owner, known)).toBe('new')
    expect(performance.now() - laterAt).toBeLessThan(500)
  } finally {
    replica.thaw()
  }
  await behind()
})

it('a read whose connection to the replica ends is answered by the primary', async () => {
  const known = await behind()
  const reads = Array.from({ length: 40 }, async (_, index) => {
    await sleep(10 * index)
    return titleOf(owner, known)
  })
  const cut = async (): Promise<void> => {
    for (let times = 0; times < 40; times++)
      await replica.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'atrium-app'`,
      )
  }
  const [titles] = await Promise.all([Promise.all(reads), cut()])
  expect(new Set(titles)).toEqual(new Set(['old', 'new']))
})

it('a replica that was promoted is passed by, however little is known of that yet', async () => {
  const known = await behind()
  await replica.promote()
  await retitle(known, 'written where nobody may write', replica.url)
  for (const end = performance.now() + 500; performance.now() < end; await sleep(10))
    expect(await titleOf(owner, known)).toBe('new')
})

it('after a failover the new primary answers tokens of before, and a replica that stayed behind is passed by', async () => {
  const before = await create(owner)
  await Promise.all([other.caughtUp(), left.caughtUp()])
  await other.promote()
  await using scope = new AsyncDisposableStack()
  const { client, used } = await startOn(other, left, scope)
  // What the old primary still writes is lost, wherever it has arrived; its log is the longer one.
  await retitle(before, 'lost')
  await atPrimary('SELECT pg_switch_wal()')
  await retitle(before, 'lost as well')
  await atPrimary('SELECT pg_switch_wal()')
  await left.caughtUp()
  const { headers } = await client.patch(before.path, { archived: false })
  const token = headers.get(header) ?? ''
  expect(token.slice(0, 8)).not.toBe(before.token.slice(0, 8))
  await sleep(600)
  const person = { ...owner, client }
  expect(await titleOf(person, before)).toBe('old')
  expect(await titleOf(person, { ...before, token })).toBe('old')
  expect(used.platform.consistency.isTracked).toBe(true)
})

/** Another server on the same database, at another primary. */
async function startOn(
  primary: TestReplica,
  standby: TestReplica,
  scope: AsyncDisposableStack,
): Promise<{ client: TestClient; used: RunningServer }> {
  const { secret } = cluster.primary
  const name = new URL(server.roles.app).pathname.slice(1)
  const roles = await prepareRoles(primary.url, secret, name)
  const environment = {
    PORT: '0',
    ATRIUM_DATA_DIR: server.dataDir,
    ATRIUM_SECRET: secret,
    DATABASE_URL: primary.url,
    DATABASE_REPLICA_URLS: standby.url,
  }
  const command = readCommand({ argv: [], environment })
  if (command.kind !== 'start') throw new Error('the configuration asks for something else')
  const used = scope.use(await start(command.config, { log: silentLog(), roles }))
  const client = createClient(used.url)
  await client.post('/api/v1/auth/sign-in', { email: owner.email, password: owner.password })
  return { client, used }
}
