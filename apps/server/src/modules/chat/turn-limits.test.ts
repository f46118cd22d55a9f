import type { RateLimits } from '@atrium/contract'
import { startConversation, startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { startFakeProvider } from '@atrium/testkit/provider'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'

const scope = new AsyncDisposableStack()
let server: TestServer
let owner: Person
let member: Person

beforeAll(async () => {
  const provider = scope.use(await startFakeProvider())
  const environment = { OPENAI_API_KEY: 'fake-key', OPENAI_BASE_URL: `${provider.url}/v1` }
  server = scope.use(await startTestServer({ environment }))
  owner = await server.owner()
})
beforeEach(async () => {
  // Buckets are per person.
  member = await server.invite(owner, 'member')
  await limit({ person: { rpm: null, tpm: null, concurrency: null } })
})
afterAll(() => scope.disposeAsync())

const limit = (limits: { person: Partial<RateLimits['person']> }) =>
  owner.client.patch(`${owner.base}/rate-limits`, limits)

const short = '[[fake tokens=2]]'
const slow = '[[fake tokens=2000 rate=20]]'

/** Sends a turn and gives the answer as it came. */
async function send(path: string, text: string) {
  const id = randomUUID()
  const reply = await fetch(new URL(`${path}/turns`, server.url), {
    method: 'POST',
    headers: { cookie: member.client.cookie, 'content-type': 'application/json', 'idempotency-key': id },
    body: JSON.stringify({ parentId: null, message: { id, content: [{ type: 'text', text }] } }),
  })
  return { status: reply.status, headers: reply.headers, body: (await reply.json()) as RefusalOrTurn }
}

interface RefusalOrTurn {
  readonly error?: { readonly code: string; readonly details: object }
  readonly run?: { readonly id: string }
}

it('refuses a turn beyond the requests of a person, stores nothing of it, and says when to come back', async () => {
  await limit({ person: { rpm: 2 } })
  const chat = await startConversation(member, 'openai/fake-1')
  await chat.send(short)
  await chat.send(short)
  const before = (await chat.open()).messages.length

  const refused = await send(chat.path, short)
  expect(refused.status).toBe(429)
  expect(refused.body.error).toMatchObject({
    code: 'RATE_LIMIT_EXCEEDED',
    details: { scope: 'person', unit: 'requests', limit: 2 },
  })
  const seconds = Number(refused.headers.get('retry-after'))
  expect(seconds).toBeGreaterThan(0)
  expect(seconds).toBeLessThanOrEqual(60)
  expect((await chat.open()).messages).toHaveLength(before)
})

it('holds a place for a turn until it has ended, however it ends', async () => {
  await limit({ person: { concurrency: 1 } })
  const [first, second] = [
    await startConversation(member, 'openai/fake-1'),
    await startConversation(member, 'openai/fake-1'),
  ]
  const { run } = await first.accept(slow)
  expect(await send(second.path, short)).toMatchObject({
    status: 429,
    body: { error: { details: { unit: 'concurrency' } } },
  })
  expect((await second.open()).messages).toEqual([])
  await member.client.post(`${first.path}/runs/${run.id}/stop`)
  await expect.poll(async () => (await send(second.path, short)).status).toBe(200)
})

it('frees the place of a queued turn that is stopped before it begins', async () => {
  await limit({ person: { concurrency: 2 } })
  const [chat, other] = [
    await startConversation(member, 'openai/fake-1'),
    await startConversation(member, 'openai/fake-1'),
  ]
  const { run, userMessage } = await chat.accept(slow)
  expect(userMessage).not.toBeNull()
  const answerId = run.assistantMessageId
  const queued = await chat.accept(short, { parentId: answerId })
  expect(queued.run.status).toBe('queued')
  expect((await send(other.path, short)).status).toBe(429)
  await member.client.post(`${chat.path}/runs/${queued.run.id}/stop`)
  await expect.poll(async () => (await send(other.path, short)).status).toBe(200)
})

it('counts the tokens that an answer has taken, and gives back what was only estimated', async () => {
  await limit({ person: { tpm: 10_000 } })
  const chat = await startConversation(member, 'openai/fake-1')
  // Each is let in at about 4,100 tokens and takes a few: five of them fit only when the rest is given back.
  for (let turns = 0; turns < 5; turns += 1) await chat.send(short)
  await chat.send('[[fake tokens=2 input=9900]]')
  expect(await send(chat.path, short)).toMatchObject({
    status: 429,
    body: { error: { details: { unit: 'tokens' } } },
  })
})

it('gives back the place of a turn that is refused for another reason', async () => {
  await limit({ person: { concurrency: 1 } })
  const chat = await startConversation(member, 'openai/fake-1')
  const missing = `${member.base}/conversations/${randomUUID()}`
  expect((await send(missing, short)).status).toBe(404)
  expect((await send(missing, short)).status).toBe(404)
  expect((await send(chat.path, short)).status).toBe(200)
})
