import {
  createClient,
  startConversation,
  startTestServer,
  type Person,
  type StreamedEvent,
  type TestServer,
} from '@atrium/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'

let server: TestServer
let owner: Person

beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
})
afterAll(() => server[Symbol.asyncDispose]())

/** Follows the changes of a person; `seen` grows as they come, `ended` resolves when the server closes the stream. */
function follow(person: Pick<Person, 'client' | 'base'>): {
  seen: StreamedEvent[]
  ended: Promise<void>
  stop: () => void
} {
  const seen: StreamedEvent[] = []
  const controller = new AbortController()
  const read = async (): Promise<void> => {
    for await (const event of person.client.events(`${person.base}/sync`, { signal: controller.signal }))
      seen.push(event)
  }
  return { seen, ended: read().catch(() => undefined), stop: () => controller.abort() }
}

async function secondDevice(person: Person): Promise<Person> {
  const client = createClient(server.url)
  await client.post('/api/v1/auth/sign-in', { email: person.email, password: person.password })
  return { ...person, client }
}

const types = (events: readonly StreamedEvent[]): string[] => events.map((event) => event.type)

it('tells the other device of new conversations, messages, ends of runs and deletions', async () => {
  const other = follow(await secondDevice(owner))
  await expect.poll(() => types(other.seen)).toEqual(['ready'])
  const chat = await startConversation(owner, 'atrium/guide')
  await chat.send('hello')
  await expect.poll(() => types(other.seen)).toContain('run_changed')
  await owner.client.delete(chat.path)
  await expect.poll(() => types(other.seen)).toContain('conversation_deleted')
  expect(types(other.seen)).toContain('messages_changed')
  const row = other.seen.find((event) => event.type === 'conversation_changed')?.data['conversation']
  expect(row).toMatchObject({ id: chat.id })
  other.stop()
})

it('tells nothing of one person to another in the same workspace', async () => {
  const colleague = await server.invite(owner, 'admin')
  const watching = follow({ client: colleague.client, base: owner.base })
  await expect.poll(() => types(watching.seen)).toEqual(['ready'])
  const chat = await startConversation(owner, 'atrium/guide')
  await chat.send('a secret')
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(types(watching.seen)).toEqual(['ready'])
  watching.stop()
})

it('closes within five seconds when the session is revoked', async () => {
  const device = await secondDevice(owner)
  const watching = follow(device)
  await expect.poll(() => types(watching.seen)).toEqual(['ready'])
  const revokedAt = performance.now()
  await owner.client.delete('/api/v1/me/sessions')
  await watching.ended
  expect(performance.now() - revokedAt).toBeLessThan(5000)
  expect(types(watching.seen).at(-1)).toBe('revoked')
  expect((await device.client.get('/api/v1/me', { allowFailure: true })).status).toBe(401)
})

it('closes within five seconds when the member is removed, and so does the stream of a run', async () => {
  const member = await server.invite(owner, 'member')
  const chat = await startConversation(member, 'atrium/guide')
  const { run } = await chat.accept('a long answer of 2000 words', { parentId: null })
  const runEnded = Array.fromAsync(member.client.events(`${chat.path}/runs/${run.id}/events`)).catch(() => [])
  const watching = follow(member)
  await expect.poll(() => types(watching.seen)).toContain('ready')
  const removedAt = performance.now()
  await owner.client.delete(`${owner.base}/members/${member.id}`)
  await watching.ended
  const events = await runEnded
  expect(performance.now() - removedAt).toBeLessThan(5000)
  expect(events.at(-1)?.type).not.toBe('turn_completed')
})

it('gives one person fifty streams at most, and a seat again when one is closed', async () => {
  const viewer = await server.invite(owner, 'viewer')
  const controllers = Array.from({ length: 55 }, () => new AbortController())
  const replies = await Promise.all(
    controllers.map(({ signal }) => viewer.client.raw(`${viewer.base}/sync`, { signal })),
  )
  const open = replies.flatMap(({ status }, at) => (status === 200 ? [at] : []))
  const refused = replies.filter(({ status }) => status === 429)
  expect([open.length, refused.length]).toEqual([50, 5])
  expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await refused[0]?.text()).toContain('"RATE_LIMIT_EXCEEDED"')
  const other = await owner.client.raw(`${owner.base}/sync`)
  expect(other.status).toBe(200)
  await other.body?.cancel()
  controllers[open[0] ?? 0]?.abort()
  await expect
    .poll(async () => {
      const again = await viewer.client.raw(`${viewer.base}/sync`)
      await again.body?.cancel()
      return again.status
    })
    .toBe(200)
  for (const controller of controllers) controller.abort()
})
