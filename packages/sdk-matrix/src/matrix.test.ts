import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { startFakeProvider, type Echo, type FakeProvider, type RecordedCall } from '@atrium/testkit/provider'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pixel, type Place } from './driver.ts'
import { anthropic } from './drivers/anthropic.ts'
import { google } from './drivers/google.ts'
import { ollama } from './drivers/ollama.ts'
import { openaiChat } from './drivers/openai-chat.ts'
import { openaiResponses } from './drivers/openai-responses.ts'
import { vercel } from './drivers/vercel.ts'

/** Every SDK against every provider's dialect; the fake provider refuses what the real ones would refuse. */
const drivers = [openaiChat, openaiResponses, anthropic, google, ollama, ...vercel]
const providers = ['anthropic', 'openai', 'openai-responses', 'google', 'ollama'] as const

let provider: FakeProvider
let server: TestServer
let place: Place

beforeAll(async () => {
  provider = await startFakeProvider()
  server = await startTestServer({ environment: { ATRIUM_EGRESS_ALLOW: '127.0.0.1/32' } })
  const owner = await server.owner()
  for (const kind of providers) await connect(owner, kind)
  const { body } = await owner.client.post<{ secret: string }>(`${owner.base}/api-keys`, {
    name: 'matrix',
    scopes: ['gateway:call'],
  })
  place = { url: server.url.replace(/\/$/, ''), key: body.secret }
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})

async function connect(owner: Person, kind: string): Promise<void> {
  const baseUrl = kind.startsWith('openai') ? `${provider.url}/v1` : provider.url
  await owner.client.post(`${owner.base}/connections`, {
    name: kind,
    slug: kind,
    kind,
    baseUrl,
    apiKey: 'provider-key-0123456789',
  })
}

/** What arrived with the last call whose question holds this text. */
function arrived(marker: string): RecordedCall {
  const call = provider.calls.findLast(({ body }) => JSON.stringify(body).includes(marker))
  if (!call) throw new Error(`no call with “${marker}” has arrived`)
  return call
}

let numbers = 0
const fresh = (): string => `matrix-${++numbers}`

describe.each(drivers)('$name', (driver) => {
  describe.each(providers)('with a model at %s', (kind) => {
    const model = `${kind}/fake-1`
    const thinker = `${kind}/fake-reasoning`

    it('gets a whole answer', async () => {
      const answer = await driver.open(place, { model }).say('hello [[fake text="Good morning"]]')
      expect(answer.text).toBe('Good morning')
      expect(answer.inputTokens).toBeGreaterThan(0)
      expect(answer.outputTokens).toBeGreaterThan(0)
    })

    it('gets a stream', async () => {
      const answer = await driver
        .open(place, { model, stream: true })
        .say('hello [[fake tokens=30 rate=300]]')
      expect(answer.text).toMatch(/^w0/)
      expect(answer.pieces).toBeGreaterThan(3)
      expect(answer.inputTokens).toBeGreaterThan(0)
      expect(answer.outputTokens).toBeGreaterThan(0)
    })

    for (const stream of [false, true]) {
      const how = stream ? 'streamed' : 'whole'
      it(`gets a tool call, ${how}`, async () => {
        const talk = driver.open(place, { model, tools: true, stream })
        const answer = await talk.say(String.raw`weather? [[fake tools=1 args="{\"city\":\"Paris\"}"]]`)
        expect(answer.toolCalls.map(({ name, args }) => [name, args])).toEqual([
          ['weather', { city: 'Paris' }],
        ])
      })

      it(`gets parallel tool calls and sends their results, ${how}`, async () => {
        const talk = driver.open(place, { model, tools: true, stream })
        const first = await talk.say('weather in two cities? [[fake tools=2 tokens=3]]')
        expect(first.toolCalls).toHaveLength(2)
        expect(new Set(first.toolCalls.map(({ id }) => id)).size).toBe(2)
        const second = await talk.answerTools(['sunny', 'rain'])
        expect(second.toolCalls).toEqual([])
        expect(second.text).toMatch(/^w0/)
      })

      it(`brings thoughts back with their proof, ${how}`, async () => {
        const talk = driver.open(place, { model: thinker, tools: true, thinking: true, stream })
        const first = await talk.say('think, then call [[fake reasoning=8 tools=1 tokens=2]]')
        expect(first.toolCalls).toHaveLength(1)
        const second = await talk.answerTools(['sunny'])
        expect(second.text).toMatch(/w0/)
      })
    }

    it('sends a picture', async () => {
      const answer = await driver.open(place, { model }).say('look [[fake echo=true]]', pixel)
      const echo = JSON.parse(answer.text) as Echo
      expect(echo.images).toBe(1)
    })

    it('asks for JSON of a shape', async () => {
      const marker = fresh()
      const talk = driver.open(place, { model, json: true })
      const answer = await talk.say(
        String.raw`${marker} [[fake text="{\"capital\":\"Paris\",\"population\":2}"]]`,
      )
      expect(JSON.parse(answer.text)).toEqual({ capital: 'Paris', population: 2 })
      expect(JSON.stringify(arrived(marker).body)).toMatch(/"population":\{"type":"number"/i)
    })

    it('gets an error as its own provider would send it', async () => {
      const missing = driver.open(place, { model: `${kind}/nothing` }).say('hello')
      expect(driver.statusOf(await missing.catch((error: unknown) => error))).toBe(404)
      const limited = driver.open(place, { model }).say('hello [[fake fault=status:429:1]]')
      expect(driver.statusOf(await limited.catch((error: unknown) => error))).toBe(429)
    })

    it('cancels', async () => {
      const marker = fresh()
      const cancel = new AbortController()
      const talk = driver.open(place, { model, stream: true, signal: cancel.signal })
      const said = talk.say(`${marker} [[fake tokens=400 rate=40]]`).catch((error: unknown) => error)
      await expect.poll(() => arrived(marker).tokensSent, { timeout: 5000 }).toBeGreaterThan(2)
      cancel.abort()
      await said
      await expect.poll(() => arrived(marker).closedByClientAt, { timeout: 3000 }).toBeDefined()
    })
  })
})
