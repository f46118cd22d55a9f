import { allowsModel, type ApiKey, type Team } from '@atrium/contract'
import { createClient, startTestServer, type Person, type TestClient, type TestServer } from '@atrium/testkit'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeOf, failing } from './test-support.ts'

let server: TestServer
let owner: Person
let member: Person
let team: Team
beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
  member = await server.invite(owner, 'member')
  team = (await owner.client.post<Team>(`${owner.base}/teams`, { name: 'Research' })).body
})
afterAll(() => server[Symbol.asyncDispose]())

type Made = ApiKey & { secret: string }
const post = (by: Person, body: object = {}) =>
  by.client.post<Made>(`${by.base}/api-keys`, { name: 'Key', scopes: ['gateway:call'], ...body }, failing)
const patch = (by: Person, key: ApiKey, body: object) =>
  by.client.patch<ApiKey>(`${by.base}/api-keys/${key.id}`, body, failing)
const bearer = (secret: string): TestClient => createClient(server.url, { authorization: `Bearer ${secret}` })

describe('what a key may do', () => {
  it('is set when it is made, shown, and changed bit by bit', async () => {
    const settings = {
      teamId: team.id,
      models: ['openai/*', 'claude-fable-5'],
      limits: { rpm: 60, tpm: 10_000 },
    }
    const { body } = await post(owner, settings)
    expect(body).toMatchObject({
      ...settings,
      limits: { rpm: 60, tpm: 10_000, concurrency: null },
      ownerId: owner.id,
      createdById: owner.id,
      teamName: 'Research',
      enabled: true,
      lastUsedAt: null,
    })
    const changed = await patch(owner, body, { limits: { rpm: null, concurrency: 5 }, models: null })
    expect(changed.body).toMatchObject({
      limits: { rpm: null, tpm: 10_000, concurrency: 5 },
      models: null,
      teamId: team.id,
      name: 'Key',
    })
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
    expect((await patch(owner, body, { name: 'Other', teamId: null, expiresAt })).body).toMatchObject({
      name: 'Other',
      teamId: null,
      expiresAt,
    })
    expect((await owner.client.get(`${owner.base}/api-keys/${body.id}`)).body).toMatchObject({
      name: 'Other',
    })
  })

  it.each([
    { models: [] },
    { models: [''] },
    { models: 'x' },
    { limits: { rpm: 0 } },
    { limits: { tpm: -1 } },
    { limits: { concurrency: 1.5 } },
    { limits: { rpm: 1e12 } },
    { teamId: 'x' },
    { expiresAt: '2020-01-01T00:00:00Z' },
    { expiresAt: 'tomorrow' },
  ])('is not %j: 400, made or changed', async (body) => {
    expect((await post(owner, body)).status).toBe(400)
    const key = (await post(owner)).body
    expect((await patch(owner, key, body)).status).toBe(400)
  })

  it('is written into the audit log, before and after', async () => {
    const key = (await post(owner, { limits: { rpm: 1 } })).body
    await patch(owner, key, { limits: { rpm: 2 } })
    const { body } = await owner.client.get<{ data: object[] }>(`${owner.base}/audit?limit=1`)
    expect(body.data[0]).toMatchObject({
      action: 'key.updated',
      target: { kind: 'key', id: key.id },
      details: { before: { limits: { rpm: 1 } }, after: { limits: { rpm: 2 } } },
    })
  })
})

describe('a key that is switched off or runs out', () => {
  it('is 401 within five seconds, and opens again when switched on', async () => {
    const key = (await post(owner, { scopes: ['workspace:read'] })).body
    const client = bearer(key.secret)
    expect((await client.get(owner.base)).status).toBe(200)
    await patch(owner, key, { enabled: false })
    await expect.poll(async () => codeOf(await client.get(owner.base, failing))).toBe('INVALID_API_KEY')
    await patch(owner, key, { enabled: true })
    await expect.poll(async () => (await client.get(owner.base, failing)).status).toBe(200)
    await patch(owner, key, { expiresAt: new Date(Date.now() + 500).toISOString() })
    await expect
      .poll(async () => codeOf(await client.get(owner.base, failing)), { timeout: 5000 })
      .toBe('EXPIRED_TOKEN')
  })

  it('loses its open streams', async () => {
    const key = (await post(owner, { scopes: ['conversation:read', 'workspace:read'] })).body
    const stream = await bearer(key.secret).raw(`${owner.base}/sync`, { method: 'GET' })
    expect(stream.status).toBe(200)
    await patch(owner, key, { enabled: false })
    const ended = stream.text().then(
      () => 'ended',
      () => 'ended',
    )
    const late = new Promise((resolve) => setTimeout(() => resolve('late'), 5000))
    expect(await Promise.race([ended, late])).toBe('ended')
  })
})

describe('a key for somebody else', () => {
  it('is made by admins only, for members only, and for the gateway only', async () => {
    const { body } = await post(owner, { ownerId: member.id })
    expect(body).toMatchObject({ ownerId: member.id, createdById: owner.id })
    expect((await post(member, { ownerId: owner.id })).status).toBe(403)
    expect((await post(owner, { ownerId: crypto.randomUUID() })).status).toBe(404)
    const wide = await post(owner, { ownerId: member.id, scopes: ['conversation:read'] })
    expect([wide.status, codeOf(wide)]).toEqual([403, 'INSUFFICIENT_PERMISSIONS'])
  })

  it('is seen and revoked by its owner, but not changed', async () => {
    const key = (await post(owner, { ownerId: member.id, limits: { rpm: 1 } })).body
    expect((await member.client.get(`${member.base}/api-keys/${key.id}`)).status).toBe(200)
    expect((await patch(member, key, { limits: { rpm: null } })).status).toBe(403)
    expect((await member.client.delete(`${member.base}/api-keys/${key.id}`)).status).toBe(204)
  })
})

describe('keys of others', () => {
  it('are 404 to members and open to admins', async () => {
    const [theirs, mine] = [(await post(owner)).body, (await post(member)).body]
    expect((await patch(member, theirs, { name: 'X' })).status).toBe(404)
    expect((await member.client.get(`${member.base}/api-keys/${theirs.id}`, failing)).status).toBe(404)
    expect((await patch(owner, mine, { name: 'X' })).status).toBe(200)
    const list = await owner.client.get<{ data: ApiKey[] }>(`${owner.base}/api-keys?ownerId=${member.id}`)
    expect(new Set(list.body.data.map(({ ownerId }) => ownerId))).toEqual(new Set([member.id]))
    const foreign = await member.client.get<{ data: ApiKey[] }>(`${member.base}/api-keys?ownerId=${owner.id}`)
    expect(foreign.body.data).toEqual([])
  })
})

describe('the team of a key', () => {
  it('is one that its owner is in, unless an admin chooses', async () => {
    expect((await post(member, { teamId: team.id })).status).toBe(404)
    expect((await post(owner, { teamId: team.id })).status).toBe(201)
    await owner.client.put(`${owner.base}/teams/${team.id}/members/${member.id}`, {})
    const key = (await post(member, { teamId: team.id })).body
    expect(key.teamId).toBe(team.id)
    const listed = await owner.client.get<{ data: ApiKey[] }>(`${owner.base}/api-keys?teamId=${team.id}`)
    expect(listed.body.data.map(({ id }) => id)).toContain(key.id)
    const archived = (await owner.client.post<Team>(`${owner.base}/teams`, { name: 'Old' })).body
    await owner.client.patch(`${owner.base}/teams/${archived.id}`, { archived: true })
    expect((await post(owner, { teamId: archived.id })).status).toBe(404)
  })
})

describe('a key that is limited itself', () => {
  it.each([{ limits: { rpm: 1000 } }, { models: ['*'] }])(
    'with %j makes and changes no key: 403',
    async (body) => {
      const key = (await post(owner, { scopes: ['key:manage', 'gateway:call'], ...body })).body
      const client = bearer(key.secret)
      const wider = { name: 'Wider', scopes: ['gateway:call'] }
      expect((await client.post(`${owner.base}/api-keys`, wider, failing)).status).toBe(403)
      const change = { limits: { rpm: null }, models: null }
      expect((await client.patch(`${owner.base}/api-keys/${key.id}`, change, failing)).status).toBe(403)
    },
  )

  it('by time does not prolong itself: 403', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
    const key = (await post(owner, { scopes: ['key:manage'], expiresAt })).body
    const client = bearer(key.secret)
    const path = `${owner.base}/api-keys/${key.id}`
    expect((await client.patch(path, { expiresAt: null }, failing)).status).toBe(403)
    expect((await client.patch(path, { name: 'Renamed' }, failing)).status).toBe(200)
  })
})

describe('a key that manages keys', () => {
  it('changes no key with scopes that it lacks: 403', async () => {
    const limited = { limits: { rpm: 1 }, models: ['openai/*'] }
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
    const wide = (await post(owner, { scopes: ['gateway:call', 'usage:read'], expiresAt, ...limited })).body
    const client = bearer((await post(owner, { scopes: ['key:manage', 'gateway:call'] })).body.secret)
    const path = `${owner.base}/api-keys/${wide.id}`
    for (const change of [{ limits: { rpm: null } }, { models: null }, { expiresAt: null }, { name: 'X' }]) {
      const reply = await client.patch(path, change, failing)
      expect([reply.status, codeOf(reply)]).toEqual([403, 'INSUFFICIENT_PERMISSIONS'])
    }
    const { body } = await owner.client.get<ApiKey>(path)
    expect(body).toMatchObject({ name: wide.name, expiresAt, models: limited.models, limits: { rpm: 1 } })
  })

  it('changes those whose scopes it has; a person changes any that they see', async () => {
    const narrow = (await post(owner, { scopes: ['gateway:call'] })).body
    const client = bearer((await post(owner, { scopes: ['key:manage', 'gateway:call'] })).body.secret)
    const path = `${owner.base}/api-keys/${narrow.id}`
    expect((await client.patch(path, { limits: { rpm: 5 } }, failing)).status).toBe(200)
    const wide = (await post(member, { scopes: ['conversation:read', 'gateway:call'] })).body
    expect((await patch(owner, wide, { enabled: false })).status).toBe(200)
  })
})

describe('a pattern of models', () => {
  it.each([
    ['openai/*', 'openai/gpt', true],
    ['openai/*', 'anthropic/gpt', false],
    ['*', 'anything', true],
    ['claude', 'claude', true],
    ['claude', 'claude-2', false],
    ['a*b*c', 'aXbYc', true],
    ['a*b*c', 'acb', false],
    ['ab*ba', 'aba', false],
    ['.*', 'x', false],
  ])('%s and %s: %s', (pattern, model, expected) => {
    expect(allowsModel([pattern], model)).toBe(expected)
  })

  it('means what the regular expression of the same form means', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 })
    fc.assert(
      fc.property(text, text, (pattern, model) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*')}$`, 's')
        expect(allowsModel([pattern], model)).toBe(expression.test(model))
      }),
    )
  })
})
