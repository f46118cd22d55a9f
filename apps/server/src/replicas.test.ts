import { setTimeout as sleep } from 'node:timers/promises'
import * as contract from '@atrium/contract'
import {
  createClient,
  startConversation,
  startTestServer,
  type Person,
  type TestServer,
} from '@atrium/testkit'
import { startReplicatedCluster, type ReplicatedCluster, type TestReplica } from '@atrium/testkit/replicas'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

const header = 'x-consistency-token'

let cluster: ReplicatedCluster
let server: TestServer
let owner: Person
let replicas: readonly TestReplica[]

beforeAll(async () => {
  cluster = await startReplicatedCluster(2)
  replicas = cluster.replicas
  server = await startTestServer({
    cluster: cluster.primary,
    environment: {
      DATABASE_URL: cluster.primary.adminUrl,
      DATABASE_REPLICA_URLS: replicas.map(({ url }) => url).join(','),
    },
  })
  owner = await server.owner()
})
afterEach(() => Promise.all(replicas.map((replica) => replica.resume())))
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await cluster[Symbol.asyncDispose]()
})

/** A conversation that has just been made, and the token of that. */
async function create(title: string): Promise<{ id: string; path: string; token: string }> {
  const { body, headers } = await owner.client.post<{ id: string }>(`${owner.base}/conversations`, { title })
  return { id: body.id, path: `${owner.base}/conversations/${body.id}`, token: tokenOf(headers) }
}

const tokenOf = (headers: Headers): string => headers.get(header) ?? ''

/** The title as the reader of a path gets it, and the token that comes with it. */
async function titleAt(path: string, token?: string): Promise<{ title: string; token: string }> {
  const { body, headers } = await owner.client.get<{ conversation: { title: string } }>(
    path,
    presenting(token),
  )
  return { title: body.conversation.title, token: tokenOf(headers) }
}

const presenting = (token: string | undefined) => (token ? { headers: { [header]: token } } : {})

/** Changes a title at the primary as if another process did; the session of the test does not hear of it. */
async function retitle(id: string, title: string): Promise<void> {
  const url = new URL(cluster.primary.adminUrl)
  url.pathname = new URL(server.roles.app).pathname
  const client = new pg.Client({ connectionString: url.toString() })
  await client.connect()
  await client.query('UPDATE chat.conversations SET title = $1, title_source = $2 WHERE id = $3', [
    title,
    'person',
    id,
  ])
  await client.end()
}

/** Waits until the replicas have everything, lets them stand still, and sees that the server reads from them. */
async function pauseCaughtUp(): Promise<void> {
  for (let tries = 1; tries <= 10; tries++) {
    await Promise.all(replicas.map((replica) => replica.resume()))
    const { id, path, token } = await create('as the replica has it')
    await Promise.all(replicas.map((replica) => replica.caughtUp()))
    await sleep(200 * tries)
    await Promise.all(replicas.map((replica) => replica.pause()))
    await retitle(id, 'as the primary has it')
    if ((await titleAt(path, token)).title === 'as the replica has it') return
  }
  throw new Error('the replicas are not read from')
}

describe('which database answers a read', () => {
  it('is a replica, when the caller presents a token that it has replayed', async () => {
    const { id, path, token } = await create('as the replica has it')
    await pauseCaughtUp()
    await retitle(id, 'as the primary has it')
    expect((await titleAt(path, token)).title).toBe('as the replica has it')
  })

  it('is the primary without a token', async () => {
    const { id, path } = await create('before')
    await pauseCaughtUp()
    await retitle(id, 'after')
    expect((await titleAt(path)).title).toBe('after')
  })

  it('is the primary while the replica is behind the token, and the replica again once it has caught up', async () => {
    const { id, path } = await create('before')
    await pauseCaughtUp()
    const edited = await owner.client.patch(path, { title: 'edited phrase' })
    const token = tokenOf(edited.headers)
    for (const deadline = performance.now() + 2000; performance.now() < deadline; await sleep(200)) {
      expect((await titleAt(path, token)).title).toBe('edited phrase')
      const list = await owner.client.get(`${owner.base}/conversations`, presenting(token))
      const found = await owner.client.get(`${owner.base}/search?q=phrase`, presenting(token))
      expect([list.text, found.text].map((text) => text.includes('edited phrase'))).toEqual([true, true])
    }
    await Promise.all(replicas.map((replica) => replica.resume()))
    await pauseCaughtUp()
    await retitle(id, 'after')
    expect((await titleAt(path, token)).title).toBe('edited phrase')
  })

  it('is never a replica that has been behind for longer than five seconds', async () => {
    const { id, path, token } = await create('old')
    await pauseCaughtUp()
    await retitle(id, 'new')
    expect((await titleAt(path, token)).title).toBe('old')
    await sleep(6000)
    expect((await titleAt(path, token)).title).toBe('new')
  })
})

describe('a session', () => {
  it('sees what it saw at the primary when it reads again, although the replicas are behind', async () => {
    const { id, path, token } = await create('old')
    await pauseCaughtUp()
    await retitle(id, 'new')
    const seen = await titleAt(path)
    expect(seen.title).toBe('new')
    expect((await titleAt(path, seen.token)).title).toBe('new')
    // The session that has not seen it may still be answered by a replica.
    expect((await titleAt(path, token)).title).toBe('old')
  })

  it('never goes back in time while replicas stop and catch up at random and others write', async () => {
    const { id, path, token } = await create('0')
    const end = performance.now() + 5000
    const write = async (): Promise<void> => {
      for (let count = 1; performance.now() < end; count++) {
        await retitle(id, String(count))
        await sleep(15)
      }
    }
    const disturb = async (replica: TestReplica, index: number): Promise<void> => {
      while (performance.now() < end) {
        await sleep(120 + 70 * index)
        await replica.pause()
        await sleep(150 + 90 * index)
        await replica.resume()
      }
    }
    const read = async (): Promise<void> => {
      let [last, known] = [0, token]
      while (performance.now() < end) {
        const found = await titleAt(path, known)
        expect(Number(found.title)).toBeGreaterThanOrEqual(last)
        last = Number(found.title)
        known = found.token
        await sleep(5)
      }
      expect(last).toBeGreaterThan(10)
    }
    await Promise.all([write(), ...replicas.map(disturb), read(), read(), read()])
  })

  it('finds an answer complete once it was told so, with the token that stands before the last event', async () => {
    const chat = await startConversation(owner, 'atrium/guide')
    await pauseCaughtUp()
    const accepted = await chat.accept('hello')
    const runPath = `${chat.path}/runs/${accepted.run.id}/events`
    const text = await (await owner.client.raw(runPath)).text()
    const token = /\n: consistency-token ([0-9a-f]{40})\n\n.*\nevent: turn_completed\n/.exec(text)?.[1]
    expect(token).toBeDefined()
    const { body } = await owner.client.get<contract.OpenConversation>(chat.path, presenting(token))
    expect(body.runs).toEqual([])
    expect(body.messages.at(-1)?.status).toBe('complete')
  })

  it('reads on another device what a notice told it of, with the token of the notice', async () => {
    const { path, token } = await create('old')
    await pauseCaughtUp()
    const device = createClient(server.url)
    const { email, password } = owner
    await device.post('/api/v1/auth/sign-in', { email, password })
    const stop = new AbortController()
    const told: Record<string, unknown>[] = []
    for await (const { type, data } of device.events(`${owner.base}/sync`, { signal: stop.signal })) {
      told.push(data)
      if (type === 'ready') await owner.client.patch(path, { title: 'new' })
      if (type === 'conversation_changed') break
    }
    stop.abort()
    expect(told.map(({ consistencyToken }) => String(consistencyToken).length)).toEqual([40, 40])
    expect((await titleAt(path, String(told.at(-1)?.['consistencyToken']))).title).toBe('new')
    expect((await titleAt(path, token)).title).toBe('old')
  })
})

describe('a token', () => {
  it('comes with writes and reads, and with a refusal that tells the newest state', async () => {
    const { id, path, token } = await create('here')
    const read = await owner.client.get(path)
    const refused = await owner.client.post(
      `${owner.base}/conversations`,
      { id },
      { allowFailure: true, headers: { 'idempotency-key': id } },
    )
    expect(refused.status).toBe(409)
    const tokens = [token, tokenOf(read.headers), tokenOf(refused.headers)]
    expect(tokens.map((one) => one.length)).toEqual([40, 40, 40])
  })

  it('grows with time, so that the greater text is the later one', async () => {
    const tokens: string[] = []
    for (let count = 0; count < 5; count++) tokens.push((await create(String(count))).token)
    expect(tokens.toSorted()).toEqual(tokens)
    expect(new Set(tokens.map((token) => token.slice(0, 8))).size).toBe(1)
  })

  it('that this installation did not give is refused in the one shape', async () => {
    const { path, token } = await create('here')
    const forged = `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`
    for (const bad of ['x', '0/1A2B3C', `${token}, ${token}`, forged, '0'.repeat(40)]) {
      const { status, body } = await owner.client.get<{ error: { code: string; message: string } }>(path, {
        allowFailure: true,
        headers: { [header]: bad },
      })
      expect([status, body.error.code]).toEqual([400, 'INVALID_CONSISTENCY_TOKEN'])
      expect(body.error.message).toContain('X-Consistency-Token')
    }
    const unknown = await server
      .client()
      .get<{ error: { code: string } }>(path, { allowFailure: true, ...presenting('x') })
    expect(unknown.status).toBe(401)
  })

  it('is neither sent nor needed without replicas, but one that is wrong is refused all the same', async () => {
    await using plain = await startTestServer()
    const person = await plain.owner()
    const { headers, body } = await person.client.post<{ id: string }>(`${person.base}/conversations`, {})
    expect(headers.get(header)).toBeNull()
    const path = `${person.base}/conversations/${body.id}`
    expect((await person.client.get(path)).headers.get(header)).toBeNull()
    const refused = await person.client.get(path, { allowFailure: true, ...presenting('x') })
    expect(refused.status).toBe(400)
  })
})

describe('on a replica', () => {
  it('row-level security holds for the role that reads there', async () => {
    await create('somebody’s')
    await Promise.all(replicas.map((replica) => replica.caughtUp()))
    const url = new URL(replicas[0]?.url ?? '')
    const own = new URL(server.roles.app)
    Object.assign(url, { username: own.username, password: own.password, pathname: own.pathname })
    const client = new pg.Client({ connectionString: url.toString() })
    await client.connect()
    const count = async () => (await client.query('SELECT 1 FROM chat.conversations')).rowCount
    expect(await count()).toBe(0)
    await client.query(`SELECT set_config('app.workspace_id', $1, false)`, [owner.workspaceId])
    expect(await count()).toBeGreaterThan(0)
    const role = await client.query(
      'SELECT rolsuper OR rolbypassrls AS powerful FROM pg_roles WHERE rolname = current_user',
    )
    expect(role.rows).toEqual([{ powerful: false }])
    await client.end()
  })

  it('a person finds nothing of others, by list, search or address', async () => {
    const member = await server.invite(owner, 'member')
    const { id, path, token } = await create('hidden words')
    await pauseCaughtUp()
    await retitle(id, 'changed')
    expect((await titleAt(path, token)).title).toBe('hidden words')
    const list = await member.client.get(`${member.base}/conversations`, presenting(token))
    const found = await member.client.get(`${member.base}/search?q=hidden`, presenting(token))
    const open = await member.client.get(path, { allowFailure: true, ...presenting(token) })
    expect([list.text.includes('hidden'), found.text.includes('hidden'), open.status]).toEqual([
      false,
      false,
      404,
    ])
  })

  const routes = Object.entries(contract)
    .filter(([name]) => name.endsWith('Routes'))
    .flatMap(([, group]): contract.Route[] => Object.values(group))
    .filter((route) => route.fromReplica)

  it('nothing is written by a request that a replica may answer', async () => {
    const { db, consistency } = server.running.platform
    const { token } = await create('here')
    const writes = [
      () => db.withWorkspace(owner.workspaceId, () => Promise.resolve()),
      () => db.withPerson(owner.id, () => Promise.resolve()),
      () => db.transaction(() => Promise.resolve()),
      () => db.atomically({ workspaceId: owner.workspaceId }, () => Promise.resolve()),
    ]
    for (const write of writes)
      await expect(
        consistency.follow(
          { text: token },
          async () => write(),
          () => undefined,
        ),
      ).rejects.toThrow('only read')
    for (const write of writes) await consistency.follow(null, write, () => undefined)
  })

  it.each(routes.map((route) => [route.id, route] as const))('%s only reads', async (_id, route) => {
    expect(route.method).toBe('GET')
    const { id, token } = await create('to be read')
    await pauseCaughtUp()
    const traceId = id.replaceAll('-', '')
    const logId = `000${'0'.repeat(13)}${traceId}`
    const ids = {
      conversationId: id,
      callId: id,
      traceId,
      spanId: traceId.slice(16),
      logId,
      metricName: 'none',
    }
    const params = { workspaceId: owner.workspaceId, ...ids }
    const query = new Map<string, object>([
      ['search', { q: 'read' }],
      ['listUsageGroups', { by: 'person' }],
      ['listMessages', { cursor: Buffer.from(JSON.stringify([id])).toString('base64url') }],
    ])
    const { status, text } = await owner.client.get(
      contract.pathOf(route, { params, query: query.get(route.id) ?? {} }),
      {
        allowFailure: true,
        ...presenting(token),
      },
    )
    // There is no such call, trace, log record or metric.
    const isMissing = /\{(callId|traceId|logId|metricName)\}/.test(route.path)
    expect([status, text]).toEqual([isMissing ? 404 : 200, text])
  })
})
