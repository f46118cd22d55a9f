import { randomUUID } from 'node:crypto'
import type { ComposedPrompt, Message, OpenConversation } from '@atrium/contract'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { startFakeProvider, type FakeProvider } from '@atrium/testkit/provider'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listOf, upload } from './transfer/test-support.ts'

const scope = new AsyncDisposableStack()
let provider: FakeProvider
let server: TestServer
let owner: Person

beforeAll(async () => {
  provider = scope.use(await startFakeProvider())
  const environment = { OPENAI_API_KEY: 'fake-key', OPENAI_BASE_URL: `${provider.url}/v1` }
  server = scope.use(await startTestServer({ environment }))
  owner = await server.owner()
})
afterAll(() => scope.disposeAsync())

const createdAt = '2026-01-01T00:00:00Z'
const mega = 1_000_000

/** A conversation of somebody new with one message below another, each of so many characters. */
async function chain(lengths: readonly number[]) {
  const person = await server.invite(owner, 'member')
  const messages = lengths.map((length, n) => ({
    id: `${n}`,
    parentId: n === 0 ? null : `${n - 1}`,
    role: n % 2 === 0 ? 'user' : 'assistant',
    content: [{ type: 'text', text: `${n} ${'a'.repeat(length)}` }],
    createdAt,
  }))
  const conversation = { id: randomUUID(), title: 'Long', createdAt, updatedAt: createdAt, messages }
  const file = { format: 'atrium.conversations', version: 1, conversations: [conversation] }
  expect((await upload(person, JSON.stringify(file))).body).toMatchObject({ imported: 1 })
  const [listed] = await listOf(person)
  return { person, path: `${person.base}/conversations/${listed?.id}` }
}

const numbersOf = (messages: readonly Message[]): number[] =>
  messages.map(({ content: [part] }) => (part?.type === 'text' ? Number.parseInt(part.text, 10) : NaN))

describe('a long path', () => {
  it('is read in pages that end after four megabytes, without a gap', async () => {
    const { person, path } = await chain([0, 3 * mega, mega, mega, 3 * mega, 0, 0])
    const { body: opened, text } = await person.client.get<OpenConversation>(`${path}?limit=100`)
    expect(numbersOf(opened.messages)).toEqual([3, 4, 5, 6])
    expect(text.length).toBeLessThan(5 * mega)

    const older = async (cursor: string | null) =>
      (
        await person.client.get<{ data: Message[]; olderCursor: string | null }>(
          `${path}/messages?limit=100&cursor=${cursor}`,
        )
      ).body
    const second = await older(opened.olderCursor)
    expect(numbersOf(second.data)).toEqual([1, 2])
    expect(second.data.at(-1)?.id).toBe(opened.messages[0]?.parentId)
    const third = await older(second.olderCursor)
    expect(numbersOf(third.data)).toEqual([0])
    expect(third.olderCursor).toBeNull()

    const moved = await person.client.put<OpenConversation>(`${path}/leaf`, {
      messageId: second.data[0]?.id,
      expected: opened.leafId,
    })
    expect(numbersOf(moved.body.messages)).toEqual([0, 1])
    expect(moved.body.olderCursor).toBeNull()
  })

  it('is sent to a model down from what fits: eight megabytes of the newest messages', async () => {
    const { person, path } = await chain(Array.from({ length: 4 }, () => 2.8 * mega))
    const { body } = await person.client.get<OpenConversation>(path)
    const id = randomUUID()
    const content = [{ type: 'text', text: 'And now?' }]
    const events = await Array.fromAsync(
      person.client.events(`${path}/turns`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': id },
        body: JSON.stringify({ parentId: body.leafId, message: { id, content }, model: 'openai/fake-1' }),
      }),
    )
    expect(events.at(-1)?.type).toBe('turn_completed')
    const sent = provider.calls.at(-1)?.body as { messages: { content: unknown }[] }
    const begins = sent.messages.map((message) => JSON.stringify(message.content).slice(0, 40))
    expect(begins).toEqual(
      [1, 2, 3].map((n) => expect.stringContaining(`${n} aaaa`)).concat(expect.stringContaining('And now?')),
    )

    const answerId = events[0]?.data['assistantMessageId']
    const prompt = await person.client.get<ComposedPrompt>(`${path}/messages/${String(answerId)}/prompt`)
    expect(prompt.body.messages.map((message) => message.text.slice(0, 3))).toEqual([
      '1 a',
      '2 a',
      '3 a',
      'And',
    ])
  })
})
