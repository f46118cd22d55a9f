import {
  startConversation,
  startTestServer,
  type Person,
  type StreamedEvent,
  type TestServer,
} from '@atrium/testkit'
import { startFakeProvider, type FakeProvider } from '@atrium/testkit/provider'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

let provider: FakeProvider
let server: TestServer
let owner: Person
let database: pg.Client
beforeAll(async () => {
  provider = await startFakeProvider()
  server = await startTestServer({
    environment: { OPENAI_API_KEY: 'fake-key', OPENAI_BASE_URL: `${provider.url}/v1` },
  })
  owner = await server.owner()
  database = new pg.Client({ connectionString: server.roles.job })
  await database.connect()
})
afterAll(async () => {
  await database.end()
  await server[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})

const long = '[[fake tokens=2000 rate=20]]'
const soon = { timeout: 5000, interval: 50 }

interface Ended {
  readonly status: string
  readonly receipt: { status: string } | null
}
const runOf = async (id: string): Promise<Ended | undefined> =>
  (await database.query<Ended>('SELECT status, receipt FROM chat.runs WHERE id = $1', [id])).rows[0]
const stopped = { status: 'stopped', receipt: { status: 'stopped' } }

/** Follows an answer in the background; `all` are its events once the stream has ended. */
async function follow(person: Person, path: string): Promise<{ all: Promise<StreamedEvent[]> }> {
  const events = person.client.events(path)
  const first = await events.next()
  return { all: Array.fromAsync(events).then((rest) => [...(first.done ? [] : [first.value]), ...rest]) }
}

describe('a removed member', () => {
  it('leaves no answer behind: it is stopped with a receipt, and its stream ends with a last event', async () => {
    const person = await server.invite(owner, 'member')
    const chat = await startConversation(person, 'openai/fake-1')
    const { run } = await chat.accept(long)
    const queued = await chat.accept(long, { parentId: run.assistantMessageId })
    expect(queued.run.status).toBe('queued')
    const { all } = await follow(person, `${chat.path}/runs/${run.id}/events`)
    await owner.client.delete(`${owner.base}/members/${person.id}`)
    await expect.poll(() => runOf(run.id), soon).toMatchObject(stopped)
    await expect.poll(() => runOf(queued.run.id), soon).toMatchObject(stopped)
    expect((await all).at(-1)?.type).toMatch(/^(revoked|turn_stopped)$/)
  })

  it('who is made a viewer loses the answer under way, too', async () => {
    const person = await server.invite(owner, 'member')
    const chat = await startConversation(person, 'openai/fake-1')
    const { run } = await chat.accept(long)
    await owner.client.patch(`${owner.base}/members/${person.id}`, { role: 'admin' })
    await owner.client.patch(`${owner.base}/members/${person.id}`, { role: 'viewer' })
    await expect.poll(() => runOf(run.id), soon).toMatchObject(stopped)
    expect((await chat.message(run.assistantMessageId)).status).toBe('stopped')
  })

  it('does not take the answers of others along', async () => {
    const person = await server.invite(owner, 'member')
    const chat = await startConversation(owner, 'openai/fake-1')
    const { run } = await chat.accept('[[fake tokens=120 rate=20]]')
    await owner.client.delete(`${owner.base}/members/${person.id}`)
    await expect.poll(() => runOf(run.id), { timeout: 15_000 }).toMatchObject({ status: 'completed' })
  })
})

describe('a deleted conversation', () => {
  it('stops its answer with a receipt and hangs up on the provider; readers get the last event', async () => {
    const chat = await startConversation(owner, 'openai/fake-1')
    const { run } = await chat.accept(long)
    const { all } = await follow(owner, `${chat.path}/runs/${run.id}/events`)
    await owner.client.delete(chat.path)
    await expect.poll(() => runOf(run.id), soon).toMatchObject(stopped)
    expect((await all).at(-1)?.type).toBe('turn_stopped')
    const call = provider.calls.findLast(({ purpose }) => purpose === 'turn')
    await expect.poll(() => call?.closedByClientAt, soon).toBeGreaterThan(0)
    await owner.client.post(`${chat.path}/restorations`)
    expect((await chat.message(run.assistantMessageId)).status).toBe('stopped')
  })
})

describe('when the notice was missed', () => {
  it('an answer of somebody who is no member any more, or in a deleted conversation, is stopped all the same', async () => {
    const person = await server.invite(owner, 'member')
    const ofPerson = await (await startConversation(person, 'openai/fake-1')).accept(long)
    const chat = await startConversation(owner, 'openai/fake-1')
    const deleted = await chat.accept(long)
    const other = await (await startConversation(owner, 'openai/fake-1')).accept(long)
    await database.query('DELETE FROM identity.members WHERE person_id = $1', [person.id])
    await database.query(
      'UPDATE chat.conversations SET deleted_at = now() FROM chat.runs r WHERE conversations.id = r.conversation_id AND r.id = $1',
      [deleted.run.id],
    )
    const inTime = { timeout: 10_000, interval: 100 }
    await expect.poll(() => runOf(ofPerson.run.id), inTime).toMatchObject(stopped)
    await expect.poll(() => runOf(deleted.run.id), inTime).toMatchObject(stopped)
    expect(await runOf(other.run.id)).toMatchObject({ status: 'running' })
  })
})
