import { setTimeout as sleep } from 'node:timers/promises'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { startReplicatedCluster, type ReplicatedCluster, type TestReplica } from '@atrium/testkit/replicas'
import pg from 'pg'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'

const header = 'x-consistency-token'

let cluster: ReplicatedCluster
let server: TestServer
let owner: Person
let replica: TestReplica
let other: TestReplica

beforeAll(async () => {
  cluster = await startReplicatedCluster(2)
  const [first, second] = cluster.replicas
  if (!first || !second) throw new Error('two replicas were asked for')
  replica = first
  other = second
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

/** Changes the title at the primary; the caller's token does not cover it. */
async function retitle({ id }: Known): Promise<void> {
  const url = new URL(cluster.primary.adminUrl)
  url.pathname = new URL(server.roles.app).pathname
  const client = new pg.Client({ connectionString: url.toString() })
  await client.connect()
  await client.query(`UPDATE chat.conversations SET title = 'new' WHERE id = $1`, [id])
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
    await retitle(known)
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
    await replica.thaw()
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
  // The gate of each transaction sees it before anybody has asked how the replica is.
  expect(await titleOf(owner, known)).toBe('new')
  expect(await titleOf(owner, known)).toBe('new')
})

it('after a failover, tokens of the old timeline are answered by the new primary, and replicas that did not follow are passed by', async () => {
  const before = await create(owner)
  await other.caughtUp()
  await other.promote()
  await using failedOver = await startTestServer({
    cluster: { ...cluster.primary, adminUrl: other.url },
    environment: { DATABASE_URL: other.url, DATABASE_REPLICA_URLS: cluster.primary.adminUrl },
  })
  const person = await failedOver.owner()
  const known = await create(person)
  expect(known.token.slice(0, 8)).not.toBe(before.token.slice(0, 8))
  expect(await titleOf(person, { ...known, token: before.token })).toBe('old')
})
