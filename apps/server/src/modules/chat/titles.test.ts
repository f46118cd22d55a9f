import type { StopReceipt, TurnAccepted } from '@atrium/contract'
import { startConversation, startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { startFakeProvider, type FakeProvider } from '@atrium/testkit/provider'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fromQuestion } from './titles.ts'

let provider: FakeProvider
let server: TestServer
let owner: Person

beforeAll(async () => {
  provider = await startFakeProvider()
  server = await startTestServer({
    environment: { OPENAI_API_KEY: 'fake-key', OPENAI_BASE_URL: `${provider.url}/v1` },
  })
  owner = await server.owner()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})

const start = () => startConversation(owner, 'openai/fake-1')
type Chat = Awaited<ReturnType<typeof start>>

const titleOf = async (chat: Chat): Promise<string> => (await chat.open()).conversation.title
const titleCalls = (said: string) =>
  provider.calls.filter((call) => call.purpose === 'title' && JSON.stringify(call.body).includes(said))

describe('a conversation gets a title', () => {
  it('from its question and what was written, when its only answer was stopped', async () => {
    const chat = await start()
    for await (const event of chat.stream('Tell me of alpacas [[fake tokens=2000 rate=100]]')) {
      if (event.id !== 8) continue
      const { runs } = await chat.open()
      await owner.client.post<StopReceipt>(`${chat.path}/runs/${runs[0]?.id}/stop`)
    }
    await expect.poll(() => titleOf(chat), { timeout: 10_000 }).not.toBe('')
    expect(titleCalls('Tell me of alpacas')).toHaveLength(1)
  })

  it('from its question alone, when it was stopped before the first word', async () => {
    const chat = await start()
    const turn: TurnAccepted = await chat.accept('Weigh a vicuña. Then shear it [[fake ttft=20000 tokens=5]]')
    await owner.client.post<StopReceipt>(`${chat.path}/runs/${turn.run.id}/stop`)
    await expect.poll(() => titleOf(chat), { timeout: 10_000 }).toBe('Weigh a vicuña')
    expect(titleCalls('vicuña')).toEqual([])
  })

  it('from its question alone, when the provider failed', async () => {
    const chat = await start()
    await chat.send('Name a guanaco [[fake fault=status:401]]')
    await expect.poll(() => titleOf(chat), { timeout: 10_000 }).toMatch(/^Name a guanaco/)
  })
})

describe('the beginning of a question', () => {
  it.each([
    ['How tall is a llama? I need to build a door.', [], 'How tall is a llama?'],
    ['```js\nconsole.log(1)\n```\nWhy 1?', [], 'Why 1?'],
    ['', ['herd.csv', 'map.png'], 'herd.csv'],
    ['???', [], '???'],
    ['  ', [], 'New conversation'],
  ])('of %j with the files %j is %j', (question, fileNames, title) => {
    expect(fromQuestion({ question, fileNames })).toBe(title)
  })

  it('is cut between words', () => {
    const question = 'llamas and alpacas '.repeat(20)
    const title = fromQuestion({ question, fileNames: [] })
    expect(title.length).toBeLessThanOrEqual(81)
    expect(title).toMatch(/ (llamas|and|alpacas)…$/)
  })
})
