import type { RateLimits } from '@atrium/contract'
import { startConversation, startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { startFakeProvider, type FakeProvider } from '@atrium/testkit/provider'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

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
})
beforeEach(async () => {
  // Buckets are per person.
  member = await server.invite(owner, 'member')
  const none = { rpm: null, tpm: null, concurrency: null }
  await limit({ person: none, workspace: none })
})
afterAll(() => scope.disposeAsync())

async function limit(limits: { [Whose in keyof RateLimits]?: Partial<RateLimits[Whose]> }): Promise<void> {
  await owner.client.patch(`${owner.base}/rate-limits`, limits)
  // The process hears of it after the commit.
  await sleep(200)
}

const short = '[[fake tokens=2]]'
const slow = '[[fake tokens=2000 rate=20]]'

/** Sends a turn and gives the answer as it came. */
function send(path: string, text: string) {
  const id = randomUUID()
  return post(`${path}/turns`, { parentId: null, message: { id, content: [{ type: 'text', text }] } }, id)
}

async function post(path: string, body: object, key = randomUUID()) {
  const reply = await fetch(new URL(path, server.url), {
    method: 'POST',
    headers: { cookie: member.client.cookie, 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(body),
  })
  return { status: reply.status, headers: reply.headers, body: (await reply.json()) as RefusalOrTurn }
}

/** A conversation whose last answer was stopped: it can be given again, and gone on with. */
async function stoppedAnswer() {
  const chat = await startConversation(member, 'openai/fake-1')
  const calls = provider.stats().total
  const { run } = await chat.accept(slow)
  await expect.poll(() => provider.stats().total).toBeGreaterThan(calls)
  const answer = () => chat.message(run.assistantMessageId)
  await expect.poll(() => provider.calls.at(-1)?.tokensSent).toBeGreaterThan(3)
  await member.client.post(`${chat.path}/runs/${run.id}/stop`)
  await expect.poll(async () => (await answer()).status).toBe('stopped')
  return {
    chat,
    path: `${chat.path}/messages/${run.assistantMessageId}`,
    stop: (id: string) => member.client.post(`${chat.path}/runs/${id}/stop`),
  }
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

describe.each(['regenerations', 'continuations'])('%s', (kind) => {
  it.each(['person', 'workspace'] as const)(
    'are refused beyond the requests of the %s, and leave nothing',
    async (whose) => {
      const { chat, path } = await stoppedAnswer()
      const other = await startConversation(member, 'openai/fake-1')
      await limit({ [whose]: { rpm: 1 } })
      // Buckets of the workspace are those of everybody, so what is left is used up first.
      await expect.poll(async () => (await send(other.path, short)).status).toBe(429)
      const before = (await chat.open()).messages
      const refused = await post(`${path}/${kind}`, {})
      expect(refused).toMatchObject({
        status: 429,
        body: {
          error: { code: 'RATE_LIMIT_EXCEEDED', details: { scope: whose, unit: 'requests', limit: 1 } },
        },
      })
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
      expect((await chat.open()).messages).toEqual(before)
    },
  )

  it.each(['person', 'workspace'] as const)('take a place of the %s until they have ended', async (whose) => {
    const { path, stop } = await stoppedAnswer()
    const other = await startConversation(member, 'openai/fake-1')
    await limit({ [whose]: { concurrency: 1 } })
    const { status, body } = await post(`${path}/${kind}`, {})
    expect(status).toBe(200)
    expect(await send(other.path, short)).toMatchObject({
      status: 429,
      body: { error: { details: { scope: whose, unit: 'concurrency' } } },
    })
    await stop(body.run?.id ?? '')
    await expect.poll(async () => (await send(other.path, short)).status).toBe(200)
  })

  it('that are refused for another reason give their place back', async () => {
    const { chat, path } = await stoppedAnswer()
    await limit({ person: { concurrency: 1 } })
    for (const _ of [1, 2])
      expect((await post(`${chat.path}/messages/${randomUUID()}/${kind}`, {})).status).toBe(404)
    expect((await post(`${path}/${kind}`, {})).status).toBe(200)
  })
})
