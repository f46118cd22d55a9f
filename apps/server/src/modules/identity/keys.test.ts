import type { ApiKey, Permission } from '@atrium/contract'
import { createClient, startTestServer, type Person, type TestClient, type TestServer } from '@atrium/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asAttacker, codeOf, failing } from './test-support.ts'

let server: TestServer
let owner: Person
beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
})
afterAll(() => server[Symbol.asyncDispose]())

type Made = ApiKey & { secret: string }
const make = async (
  person: Person,
  scopes: readonly Permission[],
  expiresAt: string | null = null,
): Promise<Made> =>
  (await person.client.post<Made>(`${person.base}/api-keys`, { name: 'Key', scopes, expiresAt })).body
const bearer = (secret: string): TestClient => createClient(server.url, { authorization: `Bearer ${secret}` })

describe('an API key', () => {
  it('opens its workspace in either header, and is shown once', async () => {
    const { secret, prefix } = await make(owner, ['workspace:read'])
    expect(secret).toMatch(/^atr_[\w-]{43}$/)
    expect(secret.startsWith(prefix)).toBe(true)
    expect((await bearer(secret).get(owner.base)).body).toMatchObject({ name: 'Team' })
    expect((await createClient(server.url, { 'x-api-key': secret }).get(owner.base)).status).toBe(200)
    const list = await owner.client.get(`${owner.base}/api-keys`)
    expect(list.text).toContain(prefix)
    expect(list.text).not.toContain(secret)
  })

  it('does what its scopes and the role of its owner both allow', async () => {
    const reader = bearer((await make(owner, ['workspace:read'])).secret)
    const refused = await reader.get(`${owner.base}/members`, failing)
    expect([refused.status, codeOf(refused)]).toEqual([403, 'INSUFFICIENT_PERMISSIONS'])
    const person = await server.invite(owner, 'admin')
    const wide = bearer((await make(person, ['member:read', 'audit:read'])).secret)
    expect((await wide.get(`${owner.base}/audit`)).status).toBe(200)
    await owner.client.patch(`${owner.base}/members/${person.id}`, { role: 'viewer' })
    await expect.poll(async () => (await wide.get(`${owner.base}/audit`, failing)).status).toBe(403)
    expect((await wide.get(`${owner.base}/members`)).status).toBe(200)
  })

  it('learns nothing of the person behind it, whoever has made it', async () => {
    const admin = await server.invite(owner, 'admin')
    await owner.client.patch('/api/v1/me', { instructions: 'Private instructions' })
    await owner.client.patch(owner.base, { instructions: 'Shared instructions' })
    const body = { name: 'Machine', ownerId: owner.id, scopes: ['gateway:call', 'usage:read'] }
    const made = (await admin.client.post<Made>(`${admin.base}/api-keys`, body)).body
    const own = await make(owner, ['workspace:read', 'member:read', 'key:read'])
    for (const { id, name, scopes, secret } of [made, own]) {
      const me = await bearer(secret).get('/api/v1/me')
      const self = { kind: 'key', id, name, workspaceId: owner.workspaceId, scopes, expiresAt: null }
      expect(me.body).toEqual(self)
      const replies = [me, await bearer(secret).get('/api/v1/bootstrap')]
      replies.push(await bearer(secret).get('/api/v1/workspaces'))
      for (const { text } of replies) {
        expect(text).not.toContain('Private instructions')
        expect(text).not.toContain(owner.email)
        expect(text).not.toContain('isOperator')
      }
      expect(replies[1]?.body).toMatchObject({ person: null, workspaces: [{ id: owner.workspaceId }] })
    }
  })

  it('sees the settings of its workspace only with the scope to read them', async () => {
    await owner.client.patch(owner.base, { instructions: 'Shared instructions' })
    const blind = bearer((await make(owner, ['gateway:call'])).secret)
    const reader = bearer((await make(owner, ['workspace:read'])).secret)
    for (const path of ['/api/v1/bootstrap', '/api/v1/workspaces']) {
      expect((await blind.get(path)).text).not.toContain('Shared instructions')
      expect((await reader.get(path)).text).toContain('Shared instructions')
    }
  })

  it('cannot be given more than its maker may do', async () => {
    const member = await server.invite(owner, 'member')
    const body = { name: 'Too much', scopes: ['member:manage'] }
    expect((await member.client.post(`${owner.base}/api-keys`, body, failing)).status).toBe(403)
    const maker = bearer((await make(owner, ['key:manage', 'workspace:read'])).secret)
    expect((await maker.post(`${owner.base}/api-keys`, body, failing)).status).toBe(403)
  })

  it('cannot make a key that outlives it', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
    const maker = bearer((await make(owner, ['key:manage', 'workspace:read'], expiresAt)).secret)
    const body = { name: 'Longer', scopes: ['workspace:read'] }
    expect((await maker.post(`${owner.base}/api-keys`, body, failing)).status).toBe(403)
    expect((await maker.post(`${owner.base}/api-keys`, { ...body, expiresAt }, failing)).status).toBe(201)
  })

  it('is 401 when unknown, expired or revoked', async () => {
    const unknown = await bearer(`atr_${'x'.repeat(43)}`).get(owner.base, failing)
    expect([unknown.status, codeOf(unknown)]).toEqual([401, 'INVALID_API_KEY'])
    const past = { name: 'Past', scopes: ['workspace:read'], expiresAt: '2020-01-01T00:00:00Z' }
    expect((await owner.client.post(`${owner.base}/api-keys`, past, failing)).status).toBe(400)
    const short = await make(owner, ['workspace:read'], new Date(Date.now() + 1000).toISOString())
    expect((await bearer(short.secret).get(owner.base)).status).toBe(200)
    await expect
      .poll(async () => codeOf(await bearer(short.secret).get(owner.base, failing)), { timeout: 3000 })
      .toBe('EXPIRED_TOKEN')
    const gone = await make(owner, ['workspace:read'])
    expect((await bearer(gone.secret).get(owner.base)).status).toBe(200)
    await owner.client.delete(`${owner.base}/api-keys/${gone.id}`)
    await expect
      .poll(async () => codeOf(await bearer(gone.secret).get(owner.base, failing)))
      .toBe('INVALID_API_KEY')
  })

  it('stops within five seconds even when nobody tells of its end', async () => {
    const key = await make(owner, ['workspace:read'])
    expect((await bearer(key.secret).get(owner.base)).status).toBe(200)
    await asAttacker(server, `DELETE FROM identity.api_keys WHERE id = '${key.id}'`)
    await expect
      .poll(async () => (await bearer(key.secret).get(owner.base, failing)).status, { timeout: 5000 })
      .toBe(401)
  })

  it('ends with the membership of its owner', async () => {
    const person = await server.invite(owner, 'member')
    const { secret } = await make(person, ['workspace:read'])
    expect((await bearer(secret).get(owner.base)).status).toBe(200)
    await owner.client.delete(`${owner.base}/members/${person.id}`)
    await expect.poll(async () => (await bearer(secret).get(owner.base, failing)).status).toBe(401)
  })

  it('opens no other workspace, not even one of its owner', async () => {
    const { secret } = await make(owner, ['workspace:read'])
    const { body } = await owner.client.post<{ id: string }>('/api/v1/workspaces', { name: 'Other' })
    const reply = await bearer(secret).get(`/api/v1/workspaces/${body.id}`, failing)
    expect([reply.status, codeOf(reply)]).toEqual([404, 'WORKSPACE_NOT_FOUND'])
    const seen = await bearer(secret).get<{ data: { id: string }[] }>('/api/v1/workspaces')
    expect(seen.body.data.map(({ id }) => id)).toEqual([owner.workspaceId])
  })

  it('cannot act as the person: no password, sessions, workspaces or installation', async () => {
    const { secret } = await make(owner, ['workspace:read', 'member:manage'])
    const client = bearer(secret)
    const statuses = [
      await client.get('/api/v1/me/sessions', failing),
      await client.delete('/api/v1/me/sessions', failing),
      await client.patch('/api/v1/me', { name: 'X' }, failing),
      await client.post('/api/v1/workspaces', { name: 'X' }, failing),
      await client.post('/api/v1/auth/sign-out', undefined, failing),
      await client.patch('/api/v1/installation', { registration: 'open' }, failing),
      await client.get('/api/v1/installation/mails', failing),
    ].map(({ status }) => status)
    expect(statuses).toEqual([403, 403, 403, 403, 403, 403, 403])
    const sessions = await owner.client.get<{ data: unknown[] }>('/api/v1/me/sessions')
    expect(sessions.body.data).toHaveLength(1)
  })

  it('repeats its secret for a repeated request, kept encrypted meanwhile', async () => {
    const once = () =>
      owner.client.post<Made>(
        `${owner.base}/api-keys`,
        { name: 'Once', scopes: ['workspace:read'] },
        { headers: { 'idempotency-key': 'one-key' } },
      )
    const [first, second] = [await once(), await once()]
    expect(second.body).toEqual(first.body)
    expect((await bearer(first.body.secret).get(owner.base)).status).toBe(200)
  })
})

describe('two different credentials', () => {
  it('are refused: cookie and key, or two keys', async () => {
    const [one, two] = [await make(owner, ['workspace:read']), await make(owner, ['workspace:read'])]
    const both = [
      { cookie: owner.client.cookie, authorization: `Bearer ${one.secret}` },
      { 'x-api-key': two.secret, authorization: `Bearer ${one.secret}` },
    ]
    for (const headers of both) {
      const reply = await server.client().get(owner.base, { headers, ...failing })
      expect([reply.status, codeOf(reply)]).toEqual([400, 'INVALID_INPUT'])
    }
    const same = { 'x-api-key': one.secret, authorization: `Bearer ${one.secret}` }
    expect((await server.client().get(owner.base, { headers: same })).status).toBe(200)
  })
})

describe('the list of keys', () => {
  it('shows members their own ones and admins all, in pages', async () => {
    const member = await server.invite(owner, 'member')
    const mine = await make(member, ['workspace:read'])
    const own = await member.client.get<{ data: ApiKey[] }>(`${owner.base}/api-keys`)
    expect(own.body.data.map(({ id }) => id)).toEqual([mine.id])
    const others = (await owner.client.get<{ data: ApiKey[] }>(`${owner.base}/api-keys`)).body.data
    expect(others.length).toBeGreaterThan(1)
    const foreign = others.find(({ id }) => id !== mine.id)
    expect((await member.client.delete(`${owner.base}/api-keys/${foreign?.id}`, failing)).status).toBe(404)
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const query: string = cursor ? `&cursor=${cursor}` : ''
      const page = await owner.client.get<{ data: ApiKey[]; meta: { nextCursor: string | null } }>(
        `${owner.base}/api-keys?limit=2${query}`,
      )
      seen.push(...page.body.data.map(({ id }) => id))
      cursor = page.body.meta.nextCursor
    }
    expect(seen).toEqual(others.map(({ id }) => id))
  })
})
