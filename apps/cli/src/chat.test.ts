import { createServer, connect, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import { startConversation, startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { type FakeProvider, startFakeProvider } from '@atrium/testkit/provider'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runAtrium, startAtrium } from './testing/run.ts'
import { configFolder, signIn } from './testing/signed-in.ts'

const scope = new AsyncDisposableStack()
let provider: FakeProvider
let server: TestServer
let owner: Person
let env: Record<string, string>

beforeAll(async () => {
  provider = scope.use(await startFakeProvider())
  server = scope.use(
    await startTestServer({
      environment: { OPENAI_API_KEY: 'fake-key', OPENAI_BASE_URL: `${provider.url}/v1` },
    }),
  )
  owner = await server.owner()
  env = { ATRIUM_CONFIG_DIR: await configFolder(scope), ATRIUM_URL: server.url }
  await signIn(owner, env)
})
afterAll(() => scope.disposeAsync())

const model = 'openai/fake-1'

interface Event {
  readonly type: string
  readonly id?: number
  readonly text?: string
}

const eventsOf = (text: string): Event[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Event)

describe('a question', () => {
  it('is answered on standard output, with nothing else there', async () => {
    const { code, out, err } = await runAtrium(['chat', '[[fake text="It works."]]', '-m', model], { env })
    expect([code, out, err]).toEqual([0, 'It works.\n', ''])
  })

  it('may come from standard input, below the words of the command line', async () => {
    const { code } = await runAtrium(['chat', 'Review this:', '-m', model], { env, input: 'const a = 1\n' })
    expect(code).toBe(0)
    expect(JSON.stringify(provider.calls.map(({ body }) => body))).toContain(
      String.raw`Review this:\n\nconst a = 1`,
    )
  })

  it('that is missing is a wrong use', async () => {
    expect((await runAtrium(['chat'], { env })).code).toBe(2)
  })

  it('goes on in a conversation, which people see in the browser too', async () => {
    const chat = await startConversation(owner, model)
    await chat.send('first [[fake text="one"]]')
    await runAtrium(['chat', '-c', chat.id, 'second', '[[fake text="two"]]'], { env })
    await runAtrium(['chat', '--continue', 'third', '[[fake text="three"]]'], { env })
    const { messages } = await chat.open()
    expect(messages.filter(({ role }) => role === 'assistant').map(({ content }) => content)).toEqual([
      [{ type: 'text', text: 'one' }],
      [{ type: 'text', text: 'two' }],
      [{ type: 'text', text: 'three' }],
    ])
  })

  it('with --json gives every event of the run on a line', async () => {
    const { code, out } = await runAtrium(['chat', '[[fake tokens=20]]', '-m', model, '--json'], { env })
    expect(code).toBe(0)
    const events = eventsOf(out)
    expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1))
    expect([events[0]?.type, events.at(-1)?.type]).toEqual(['turn_started', 'turn_completed'])
  })

  it('that fails at the provider ends with 1 and says why', async () => {
    const { code, err } = await runAtrium(['chat', '[[fake fault=status:400]]', '-m', model], { env })
    expect(code).toBe(1)
    expect(err).toMatch(/^Error: .+ \([A-Z_]+/)
  })
})

describe('an answer', () => {
  it('is stopped by Ctrl+C, with a receipt, and ends with 130', async () => {
    const running = startAtrium(['chat', '[[fake tokens=400 rate=20]]', '-m', model, '--json'], { env })
    for await (const line of running.lines) if (line.includes('text_delta')) break
    running.interrupt()
    const { code, out } = await running.done
    expect(code).toBe(130)
    const events = eventsOf(out)
    expect(events.at(-2)?.type).toBe('turn_stopped')
    expect(events.at(-1)).toMatchObject({ type: 'receipt', status: 'stopped' })
    await expect.poll(() => provider.stats().live, { timeout: 5000 }).toBe(0)
  })

  it('goes on where it broke when the connection is cut, without losing or doubling a word', async () => {
    await using way = await cuttingWay(server.url, 8000)
    // The way is another address of the same server, so the sign-in is handed over as a key.
    const { body } = await owner.client.post<{ secret: string }>(`${owner.base}/api-keys`, {
      name: 'way',
      scopes: ['conversation:read', 'conversation:write', 'workspace:read'],
    })
    const { code, out } = await runAtrium(['chat', '[[fake tokens=400 rate=150]]', '-m', model, '--json'], {
      env: { ...env, ATRIUM_URL: way.url, ATRIUM_API_KEY: body.secret },
    })
    expect(code).toBe(0)
    expect(way.cuts()).toBeGreaterThan(1)
    const events = eventsOf(out)
    expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1))
    const shown = events.filter(({ type }) => type === 'text_delta').map(({ text }) => text)
    const [stored] = (events.at(-1) as unknown as { message: { content: { text: string }[] } }).message
      .content
    expect(shown.join('')).toBe(stored?.text)
  })
})

/** A way to the server that cuts every connection once it has carried so many bytes of an event stream. */
async function cuttingWay(
  target: string,
  bytes: number,
): Promise<{ url: string; cuts: () => number } & AsyncDisposable> {
  const { hostname, port } = new URL(target)
  let cuts = 0
  const sockets = new Set<Socket>()
  const way: Server = createServer((near) => {
    const far = connect(Number(port), hostname)
    sockets.add(near).add(far)
    let carried = 0
    let isStream = false
    far.on('data', (chunk: Buffer) => {
      isStream ||= chunk.includes('text/event-stream')
      const room = isStream ? bytes - carried : chunk.length
      carried += isStream ? chunk.length : 0
      near.write(chunk.subarray(0, room))
      if (chunk.length <= room) return
      cuts++
      far.destroy()
      near.destroySoon()
    })
    near.on('data', (chunk) => far.write(chunk))
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => undefined)
      one.on('close', () => other.destroySoon())
    }
  })
  way.listen(0, '127.0.0.1')
  await once(way, 'listening')
  const address = way.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    cuts: () => cuts,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      way.close()
      await once(way, 'close')
    },
  }
}
