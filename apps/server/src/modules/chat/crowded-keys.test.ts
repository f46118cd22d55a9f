import { startConversation, startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { startFakeProvider, type FakeProvider } from '@atrium/testkit/provider'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'

const scope = new AsyncDisposableStack()
let provider: FakeProvider
let server: TestServer
let owner: Person
let member: Person

beforeAll(async () => {
  provider = scope.use(await startFakeProvider())
  const environment = { OPENAI_API_KEY: 'fake-key', OPENAI_BASE_URL: `${provider.url}/v1` }
  server = scope.use(await startTestServer({ environment }))
  owner = await server.owner()
  member = await server.invite(owner, 'member')
})
afterEach(() => limit(null))
afterAll(() => scope.disposeAsync())

async function limit(rpm: number | null): Promise<void> {
  await owner.client.patch(`${owner.base}/rate-limits`, { person: { rpm } })
  // The process hears of it after the commit.
  await sleep(200)
}

interface Sent {
  readonly status: number
  readonly run: string
}

/** Sends a turn and gives the run that it, or whoever came before it, has begun. */
async function send(path: string, text: string, id: string): Promise<Sent> {
  const reply = await fetch(new URL(`${path}/turns`, server.url), {
    method: 'POST',
    headers: { cookie: member.client.cookie, 'content-type': 'application/json', 'idempotency-key': id },
    body: JSON.stringify({ parentId: null, message: { id, content: [{ type: 'text', text }] } }),
  })
  const body = (await reply.json()) as {
    run?: { id: string }
    error?: { code: string; details: { runId?: string } }
  }
  return { status: reply.status, run: body.run?.id ?? body.error?.details.runId ?? body.error?.code ?? '' }
}

/** More than the server has connections to its database. */
const crowd = 60

it('begins one run for a crowd with one key, which takes one request of the limit', async () => {
  await limit(2)
  const chat = await startConversation(member, 'openai/fake-1')
  const key = randomUUID()
  const text = `crowd ${key} [[fake tokens=2]]`
  const sent = await Promise.all(Array.from({ length: crowd }, () => send(chat.path, text, key)))
  expect(new Set(sent.map(({ run }) => run)).size).toBe(1)
  expect(new Set(sent.map(({ status }) => status))).toSatisfy((seen: Set<number>) =>
    [...seen].every((status) => status === 200 || status === 409),
  )
  await expect.poll(async () => (await chat.open()).messages.at(-1)?.status).toBe('complete')
  expect((await send(chat.path, text, key)).status).toBe(200)
  expect(provider.calls.filter(({ marker }) => marker.startsWith(`crowd ${key}`))).toHaveLength(1)
  // The limit has room for exactly one more.
  expect((await send(chat.path, '[[fake tokens=2]]', randomUUID())).status).toBe(200)
  expect((await send(chat.path, '[[fake tokens=2]]', randomUUID())).status).toBe(429)
})

it('takes a crowd with keys of its own in one conversation, one after the other', async () => {
  const chat = await startConversation(member, 'openai/fake-1')
  const began = performance.now()
  const sent = await Promise.all(
    Array.from({ length: crowd }, () => send(chat.path, '[[fake tokens=2]]', randomUUID())),
  )
  expect(sent.filter(({ status }) => status === 200)).toHaveLength(crowd)
  expect(new Set(sent.map(({ run }) => run)).size).toBe(crowd)
  // Nobody waits for a connection that somebody holds who waits for them.
  expect(performance.now() - began).toBeLessThan(9000)
})
