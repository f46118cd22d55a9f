import type { AuditEntry, Connection, Model } from '@atrium/contract'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { startFakeProvider, type FakeProvider } from '@atrium/testkit/provider'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canary } from './testing/stage.ts'

let provider: FakeProvider
let server: TestServer
let owner: Person

beforeAll(async () => {
  provider = await startFakeProvider({ keys: [canary, 'sk-good-key-1'] })
  server = await startTestServer({ environment: { ATRIUM_EGRESS_ALLOW: '127.0.0.1/32' } })
  owner = await server.owner()
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})

const openai = () => ({
  name: 'Fake',
  kind: 'openai-compatible',
  baseUrl: `${provider.url}/v1`,
  apiKey: canary,
})
const create = async (body: object): Promise<Connection> =>
  (await owner.client.post<Connection>(`${owner.base}/connections`, body)).body
const models = async (all = false): Promise<Model[]> =>
  (await owner.client.get<{ data: Model[] }>(`${owner.base}/models${all ? '?all=true' : ''}`)).body.data

describe('creating a connection', () => {
  it('reads the provider’s models and shows them as slug/upstream id', async () => {
    const connection = await create({ ...openai(), slug: 'first' })
    expect(connection).toMatchObject({
      slug: 'first',
      hasKey: true,
      enabled: true,
      source: 'person',
      health: { ok: true, stage: 'none' },
    })
    expect((await models()).map((model) => model.id)).toContain('first/fake-1')
  })

  it.each(['anthropic', 'openai', 'openai-responses', 'google', 'ollama', 'openai-compatible'])(
    'of the kind %s finds the models',
    async (kind) => {
      const base = kind.startsWith('openai') ? `${provider.url}/v1` : provider.url
      const connection = await create({ name: `Kind ${kind}`, kind, baseUrl: base, apiKey: canary })
      expect(connection.health).toMatchObject({ ok: true, modelCount: expect.any(Number) })
      const own = (await models()).filter((model) => model.connectionId === connection.id)
      expect(own.map((model) => model.id)).toContain(`${connection.slug}/fake-1`)
    },
  )

  it('chooses a slug by kind or name, with a number when it is taken', async () => {
    const [one, two] = [
      await create({ ...openai(), name: 'My Box!' }),
      await create({ ...openai(), name: 'My Box!' }),
    ]
    expect([one.slug, two.slug]).toEqual(['my-box', 'my-box-2'])
  })

  it('answers 409 for a slug that is taken or reserved', async () => {
    await create({ ...openai(), slug: 'taken' })
    for (const slug of ['taken', 'atrium']) {
      const reply = await owner.client.post(
        `${owner.base}/connections`,
        { ...openai(), slug },
        { allowFailure: true },
      )
      expect(reply.status, slug).toBe(409)
    }
  })

  it('keeps one that cannot be reached, and says why', async () => {
    const connection = await create({ ...openai(), baseUrl: 'http://127.0.0.1:9/v1' })
    expect(connection.health).toMatchObject({ ok: false, stage: 'connect' })
  })

  it.each([
    ['without the address that the kind needs', { kind: 'openai-compatible', baseUrl: undefined }],
    ['with credentials in the address', { baseUrl: 'http://user:secret@127.0.0.1/v1' }],
    ['with a query in the address', { baseUrl: 'http://127.0.0.1/v1?key=1' }],
    ['with another scheme', { baseUrl: 'file:///etc/passwd' }],
  ])('answers 400 %s', async (_what, change) => {
    const reply = await owner.client.post(
      `${owner.base}/connections`,
      { ...openai(), ...change },
      { allowFailure: true },
    )
    expect(reply.status).toBe(400)
  })

  it('answers 403 to members', async () => {
    const member = await server.invite(owner, 'member')
    const reply = await member.client.post(`${member.base}/connections`, openai(), { allowFailure: true })
    expect(reply.status).toBe(403)
    expect((await member.client.get(`${member.base}/connections`, { allowFailure: true })).status).toBe(403)
    expect((await member.client.get(`${member.base}/models`)).status).toBe(200)
  })
})

describe('a key', () => {
  it('is in no answer, and only sealed in the database', async () => {
    const connection = await create(openai())
    const path = `${owner.base}/connections/${connection.id}`
    const answers = [
      await owner.client.get(`${owner.base}/connections?limit=100`),
      await owner.client.patch(path, { name: 'Renamed' }),
      await owner.client.post(`${path}/tests`),
      await owner.client.get(`${owner.base}/models?all=true`),
      await owner.client.get(`${owner.base}/audit?limit=100`),
    ]
    for (const answer of answers) expect(answer.text).not.toContain(canary)
    expect(await everyRowContaining(canary)).toEqual([])
  })

  it('is discarded when the base URL changes, and never sent to the new address', async () => {
    await using elsewhere = await startFakeProvider()
    const connection = await create(openai())
    const { body } = await owner.client.patch<Connection>(`${owner.base}/connections/${connection.id}`, {
      baseUrl: `${elsewhere.url}/v1`,
    })
    expect(body).toMatchObject({
      hasKey: false,
      baseUrl: `${elsewhere.url}/v1`,
      health: { ok: false, stage: 'authentication' },
    })
    expect(JSON.stringify(elsewhere.calls.map((call) => call.headers))).not.toContain(canary)
  })

  it('stays when another spelling of the same base URL is sent', async () => {
    const connection = await create(openai())
    const { body } = await owner.client.patch<Connection>(`${owner.base}/connections/${connection.id}`, {
      baseUrl: `${provider.url}/v1/`,
    })
    expect(body.hasKey).toBe(true)
  })

  it('can be given anew together with the base URL', async () => {
    const connection = await create(openai())
    const { body } = await owner.client.patch<Connection>(`${owner.base}/connections/${connection.id}`, {
      baseUrl: provider.url.replace('127.0.0.1', 'localhost').concat('/v1'),
      apiKey: 'sk-good-key-1',
    })
    expect(body.hasKey).toBe(true)
  })
})

describe('the catalogue', () => {
  it('always begins with the built-in guide, labelled as what it is', async () => {
    expect((await models())[0]).toMatchObject({
      id: 'atrium/guide',
      connectionId: null,
      label: 'built-in guide, not a language model',
      price: { inputNanoUsd: '0', outputNanoUsd: '0' },
    })
    const reply = await owner.client.patch(
      `${owner.base}/models`,
      { id: 'atrium/guide', enabled: false },
      { allowFailure: true },
    )
    expect(reply.status).toBe(409)
  })

  it('knows prices, contexts and abilities of published models, and what is not for chat', async () => {
    const names = [
      'gpt-4o',
      'text-embedding-3-small',
      'whisper-1',
      'tts-1',
      'dall-e-3',
      'gpt-4o-realtime-preview',
      'omni-moderation-latest',
      'tomorrow-1',
    ]
    await using shop = await startFakeProvider({ models: names })
    const connection = await create({
      name: 'Shop',
      kind: 'openai',
      baseUrl: `${shop.url}/v1`,
      apiKey: canary,
    })
    const all = (await models(true)).filter((model) => model.connectionId === connection.id)
    const byName = new Map(all.map((model) => [model.id.split('/')[1], model]))
    expect(byName.get('gpt-4o')).toMatchObject({
      enabled: true,
      contextTokens: 128_000,
      capabilities: { images: true, tools: true, thinking: false },
      price: { inputNanoUsd: '2500000000', outputNanoUsd: '10000000000' },
    })
    const passedOn = ['text-embedding-3-small', 'whisper-1', 'tts-1', 'dall-e-3']
    for (const name of [...passedOn, 'gpt-4o-realtime-preview', 'omni-moderation-latest']) {
      const expected = { enabled: passedOn.includes(name), capabilities: { chat: false } }
      expect(byName.get(name), name).toMatchObject(expected)
    }
    expect(byName.get('tomorrow-1')).toMatchObject({ enabled: true, price: null })
    const offered = (await models()).flatMap(({ id, connectionId }) =>
      connectionId === connection.id ? [id.split('/')[1] ?? ''] : [],
    )
    expect(offered.filter((name) => names.includes(name)).toSorted()).toEqual(['gpt-4o', 'tomorrow-1'])
  })

  it('keeps a person’s choice and additions over a refresh', async () => {
    const connection = await create({ ...openai(), slug: 'kept' })
    await owner.client.patch(`${owner.base}/models`, { id: 'kept/fake-1', enabled: false })
    const added = await owner.client.post<Model>(`${owner.base}/connections/${connection.id}/models`, {
      upstreamId: 'org/secret-model:7b',
      name: 'Secret',
    })
    expect(added.body).toMatchObject({ id: 'kept/org/secret-model:7b', name: 'Secret', enabled: true })
    const refreshed = await owner.client.post(`${owner.base}/connections/${connection.id}/refreshes`)
    expect(refreshed.body).toEqual({ modelCount: 10 })
    const ids = (await models()).map((model) => model.id)
    expect(ids).toContain('kept/org/secret-model:7b')
    expect(ids).not.toContain('kept/fake-1')
    expect((await models(true)).find((model) => model.id === 'kept/fake-1')?.enabled).toBe(false)
  })

  it('loses the models of a connection that is switched off or removed', async () => {
    const connection = await create({ ...openai(), slug: 'gone' })
    const path = `${owner.base}/connections/${connection.id}`
    const has = async (): Promise<boolean> => (await models()).some((model) => model.id.startsWith('gone/'))
    await owner.client.patch(path, { enabled: false })
    expect(await has()).toBe(false)
    await owner.client.patch(path, { enabled: true })
    expect(await has()).toBe(true)
    expect((await owner.client.delete(path)).status).toBe(204)
    expect(await has()).toBe(false)
    expect((await owner.client.delete(path, { allowFailure: true })).status).toBe(404)
  })

  it('is audited when it changes', async () => {
    const connection = await create({ ...openai(), slug: 'audited' })
    await owner.client.patch(`${owner.base}/connections/${connection.id}`, { name: 'Other' })
    await owner.client.delete(`${owner.base}/connections/${connection.id}`)
    const { body } = await owner.client.get<{ data: AuditEntry[] }>(`${owner.base}/audit?limit=100`)
    const actions = body.data
      .filter((entry) => entry.target?.id === connection.id)
      .map((entry) => entry.action)
    expect(actions).toEqual(['connection.deleted', 'connection.updated', 'connection.created'])
  })
})

describe('another workspace', () => {
  it('answers 404 for every operation on a connection that is not its own', async () => {
    const connection = await create(openai())
    const { body: other } = await owner.client.post<{ id: string }>('/api/v1/workspaces', { name: 'Other' })
    const base = `/api/v1/workspaces/${other.id}`
    const path = `${base}/connections/${connection.id}`
    const replies = [
      await owner.client.patch(path, { name: 'Mine now' }, { allowFailure: true }),
      await owner.client.post(`${path}/tests`, undefined, { allowFailure: true }),
      await owner.client.post(`${path}/refreshes`, undefined, { allowFailure: true }),
      await owner.client.post(`${path}/models`, { upstreamId: 'x' }, { allowFailure: true }),
      await owner.client.patch(
        `${base}/models`,
        { id: `${connection.slug}/fake-1`, enabled: false },
        { allowFailure: true },
      ),
      await owner.client.delete(path, { allowFailure: true }),
    ]
    expect(replies.map((reply) => reply.status)).toEqual([404, 404, 404, 404, 404, 404])
    expect(
      (await owner.client.get<{ data: Model[] }>(`${base}/models`)).body.data.map((model) => model.id),
    ).toEqual(['atrium/guide'])
  })
})

/** Tables that hold this text in any column, as the role that sees every workspace. */
async function everyRowContaining(text: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: server.roles.job })
  await client.connect()
  try {
    const found: string[] = []
    for (const table of [
      'models.connections',
      'models.models',
      'models.calls',
      'models.provisions',
      'identity.audit_log',
      'platform.outbox',
    ]) {
      const { rowCount } = await client.query(`SELECT 1 FROM ${table} AS t WHERE t::text LIKE $1 LIMIT 1`, [
        `%${text}%`,
      ])
      if (rowCount) found.push(table)
    }
    return found
  } finally {
    await client.end()
  }
}
