import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readCommand } from '@atrium/server/config'
import { silentLog } from '@atrium/server/log'
import { start } from '@atrium/server/start'
import type { AuditEntry, Connection, Model } from '@atrium/contract'
import {
  createClient,
  startTestServer,
  textOfEvents,
  startConversation,
  type Person,
  type TestServer,
} from '@atrium/testkit'
import { startFakeProvider, type FakeProvider } from '@atrium/testkit/provider'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canary } from './testing/stage.ts'

let provider: FakeProvider

beforeAll(async () => {
  provider = await startFakeProvider()
})

afterAll(() => provider[Symbol.asyncDispose]())

const environment = (): Record<string, string> => ({
  OPENAI_API_KEY: canary,
  OPENAI_BASE_URL: `${provider.url}/v1`,
  ANTHROPIC_API_KEY: canary,
  ANTHROPIC_BASE_URL: provider.url,
  GEMINI_API_KEY: canary,
  GEMINI_BASE_URL: provider.url,
  OLLAMA_HOST: provider.url,
})

const connections = async ({ client, base }: Pick<Person, 'client' | 'base'>): Promise<Connection[]> =>
  (await client.get<{ data: Connection[] }>(`${base}/connections?limit=100`)).body.data
const modelIds = async ({ client, base }: Pick<Person, 'client' | 'base'>): Promise<string[]> =>
  (await client.get<{ data: Model[] }>(`${base}/models`)).body.data.map((model) => model.id)

/** The program once more on the same data, as after a restart; the person signs in again. */
async function restarted(server: TestServer, owner: Person, env: Record<string, string>) {
  const secret = 'a secret of the tests, which keep nothing'
  const command = readCommand({
    argv: [],
    environment: { PORT: '0', ATRIUM_DATA_DIR: server.dataDir, ATRIUM_SECRET: secret, ...env },
  })
  if (command.kind !== 'start') throw new Error('the configuration asks for something else')
  const running = await start(command.config, { log: silentLog(), roles: server.roles })
  const client = createClient(running.url)
  await client.post('/api/v1/auth/sign-in', { email: owner.email, password: owner.password })
  return { client, base: owner.base, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() }
}

describe('an address in the environment', () => {
  it('opens its origin to nobody else: not to connections of other workspaces, nor to other paths', async () => {
    const asked: string[] = []
    const inner = createServer((request, response) => {
      asked.push(request.url ?? '')
      response.setHeader('content-type', 'application/json').end('{"data":[]}')
    })
    await new Promise<void>((resolve) => inner.listen(0, '127.0.0.2', resolve))
    const { port } = inner.address() as AddressInfo
    const origin = `http://127.0.0.2:${port}`
    await using server = await startTestServer({
      environment: { OPENAI_API_KEY: canary, OPENAI_BASE_URL: `${origin}/v1` },
    })
    const owner = await server.owner()
    await modelIds(owner)
    await expect.poll(() => asked).toContain('/v1/models')
    asked.length = 0
    const test = { kind: 'openai', apiKey: 'sk-x', baseUrl: `${origin}/internal/admin` }
    const reply = await owner.client.post<{ ok: boolean }>(`${owner.base}/connection-tests`, test)
    expect(reply.body.ok).toBe(false)
    const moved = (await connections(owner)).find(({ source }) => source === 'environment')
    await owner.client.patch(`${owner.base}/connections/${moved?.id}`, {
      baseUrl: `${origin}/internal/admin`,
      apiKey: 'sk-x',
    })
    await owner.client.post(`${owner.base}/connections/${moved?.id}/tests`)
    const made = { name: 'Inner', kind: 'openai-compatible', apiKey: 'sk-x', baseUrl: `${origin}/v1` }
    await owner.client.post(`${owner.base}/connections`, made, { allowFailure: true })
    expect(asked).toEqual([])
    inner.close()
  })
})

describe('keys in the environment', () => {
  it('become connections of the first workspace, with their models, before the first list is shown', async () => {
    await using server = await startTestServer({ environment: environment() })
    const owner = await server.owner()
    const ids = await modelIds(owner)
    for (const slug of ['openai', 'anthropic', 'google', 'ollama']) expect(ids).toContain(`${slug}/fake-1`)
    const list = await connections(owner)
    expect(list.map(({ slug, source, hasKey }) => [slug, source, hasKey])).toEqual([
      ['anthropic', 'environment', true],
      ['openai', 'environment', true],
      ['google', 'environment', true],
      ['ollama', 'environment', false],
    ])
    const audit = await owner.client.get<{ data: AuditEntry[] }>(`${owner.base}/audit?limit=100`)
    expect(
      audit.body.data.filter(
        (entry) => entry.action === 'connection.created' && entry.actor.kind === 'system',
      ),
    ).toHaveLength(4)
    expect(audit.text).not.toContain(canary)
  })

  it('answer a first turn that nobody has prepared by a list', async () => {
    await using server = await startTestServer({ environment: environment() })
    const owner = await server.owner()
    const conversation = await startConversation(owner, 'openai/fake-1').catch(() => undefined)
    // The model may still be on its way when the very first call asks for it.
    await expect.poll(() => modelIds(owner)).toContain('openai/fake-1')
    const ready = conversation ?? (await startConversation(owner, 'openai/fake-1'))
    expect(textOfEvents(await ready.send('[[fake text=hello]]'))).toBe('hello')
  })

  it('give later workspaces nothing', async () => {
    await using server = await startTestServer({ environment: environment() })
    const owner = await server.owner()
    await modelIds(owner)
    const { body } = await owner.client.post<{ id: string }>('/api/v1/workspaces', { name: 'Second' })
    expect(await modelIds({ ...owner, base: `/api/v1/workspaces/${body.id}` })).toEqual(['atrium/guide'])
  })

  it('make nothing twice, and nothing again that a person has deleted', async () => {
    await using server = await startTestServer({ environment: environment() })
    const owner = await server.owner()
    await modelIds(owner)
    const google = (await connections(owner)).find((connection) => connection.slug === 'google')
    await owner.client.delete(`${owner.base}/connections/${google?.id}`)
    await using again = await restarted(server, owner, environment())
    expect((await connections(again)).map((connection) => connection.slug)).toEqual([
      'anthropic',
      'openai',
      'ollama',
    ])
  })

  it('replace the key of their connection when they change, unless a person has taken it in hand', async () => {
    await using strict = await startFakeProvider({ keys: ['sk-second-key'] })
    const first = {
      OPENAI_API_KEY: 'sk-first-key',
      OPENAI_BASE_URL: `${strict.url}/v1`,
      // For the connection once it is a person's.
      ATRIUM_EGRESS_ALLOW: '127.0.0.1/32',
    }
    await using server = await startTestServer({ environment: first })
    const owner = await server.owner()
    await modelIds(owner)
    expect((await connections(owner))[0]?.health).toMatchObject({ ok: false, stage: 'authentication' })

    await using second = await restarted(server, owner, { ...first, OPENAI_API_KEY: 'sk-second-key' })
    await expect.poll(() => modelIds(second)).toContain('openai/fake-1')

    const id = (await connections(second))[0]?.id
    await second.client.patch(`${owner.base}/connections/${id}`, { apiKey: 'sk-by-hand-1234' })
    await using third = await restarted(server, owner, { ...first, OPENAI_API_KEY: 'sk-third-key' })
    await modelIds(third)
    expect((await connections(third))[0]).toMatchObject({ source: 'person' })
    await third.client.post(`${owner.base}/connections/${id}/tests`)
    expect(strict.calls.at(-1)?.headers.authorization).toBe('Bearer sk-by-hand-1234')
  })

  it('may name a private address without further permission', async () => {
    await using server = await startTestServer({ environment: environment() })
    const owner = await server.owner()
    await modelIds(owner)
    expect((await connections(owner)).every((connection) => connection.health?.ok)).toBe(true)
  })
})

describe('a server without any provider', () => {
  it('answers from the built-in guide', async () => {
    await using server = await startTestServer()
    const owner = await server.owner()
    expect(await modelIds(owner)).toContain('atrium/guide')
    const conversation = await startConversation(owner, 'atrium/guide')
    const events = await conversation.send('Where is my data stored?')
    expect(textOfEvents(events)).toContain('data folder')
    expect(events.some((event) => event.type === 'citation')).toBe(true)
    expect(events.at(-1)?.type).toBe('turn_completed')
  })
})

describe('a local Ollama', () => {
  const port = 11434
  const isFree = (): Promise<boolean> =>
    new Promise((resolve) => {
      const probe = createServer().once('error', () => resolve(false))
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
    })

  it('is found, and stays deleted once a person has deleted it', async ({ skip }) => {
    if (!(await isFree())) skip('something listens on Ollama’s port')
    await using _ollama = await startFakeProvider({ port })
    await using server = await startTestServer()
    const owner = await server.owner()
    await expect.poll(() => modelIds(owner)).toContain('ollama/fake-1')
    const [found] = await connections(owner)
    expect(found).toMatchObject({ source: 'detected', baseUrl: 'http://127.0.0.1:11434' })

    const conversation = await startConversation(owner, 'ollama/fake-1')
    expect(textOfEvents(await conversation.send('[[fake text=hello]]'))).toBe('hello')

    await owner.client.delete(`${owner.base}/connections/${found?.id}`)
    await using again = await restarted(server, owner, {})
    await modelIds(again)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(await connections(again)).toEqual([])
  })

  it('lends its permission to no other address', async ({ skip }) => {
    if (!(await isFree())) skip('something listens on Ollama’s port')
    await using _ollama = await startFakeProvider({ port })
    await using server = await startTestServer()
    const owner = await server.owner()
    await expect.poll(() => modelIds(owner)).toContain('ollama/fake-1')
    const [found] = await connections(owner)
    const { body } = await owner.client.patch<Connection>(`${owner.base}/connections/${found?.id}`, {
      baseUrl: provider.url,
    })
    expect(body).toMatchObject({ source: 'person', health: { ok: false, stage: 'address' } })
  })
})
