import { type Member, type Permission, permissions, type Role, rolePermissions } from '@atrium/contract'
import { createClient, startTestServer, type Person, type TestClient, type TestServer } from '@atrium/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeOf, failing, statusesOf } from './test-support.ts'

let server: TestServer
let owner: Person
beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
})
afterAll(() => server[Symbol.asyncDispose]())

const changeRole = async (by: Person, of: Person, role: Role) =>
  by.client.patch(`${owner.base}/members/${of.id}`, { role }, failing)
const remove = async (by: Person, of: Person) => by.client.delete(`${owner.base}/members/${of.id}`, failing)

describe('the last owner', () => {
  it('stays owner and member', async () => {
    const demoted = await changeRole(owner, owner, 'admin')
    expect([demoted.status, codeOf(demoted)]).toEqual([409, 'RESOURCE_CONFLICT'])
    expect((await remove(owner, owner)).status).toBe(409)
  })

  it('remains when two owners step down at once', async () => {
    const second = await server.invite(owner, 'owner')
    const replies = await Promise.all([
      changeRole(owner, owner, 'member'),
      changeRole(second, second, 'member'),
    ])
    expect(statusesOf(replies)).toEqual([200, 409])
    const stayed = replies[0]?.status === 409 ? owner : second
    const stepped = stayed === owner ? second : owner
    expect((await changeRole(stayed, stepped, 'owner')).status).toBe(200)
    expect((await remove(owner, second)).status).toBe(204)
  })
})

const attempts = (base: string): [name: string, run: (person: Person) => Promise<{ status: number }>][] => [
  ['read workspace', ({ client }) => client.get(base, failing)],
  ['rename workspace', ({ client }) => client.patch(base, { name: 'Team' }, failing)],
  ['read members', ({ client }) => client.get(`${base}/members`, failing)],
  ['read invitations', ({ client }) => client.get(`${base}/invitations`, failing)],
  ['read keys', ({ client }) => client.get(`${base}/api-keys`, failing)],
  ['read audit', ({ client }) => client.get(`${base}/audit`, failing)],
  [
    'open registration',
    ({ client }) => client.patch('/api/v1/installation', { registration: 'invitation' }, failing),
  ],
  ['read mails', ({ client }) => client.get('/api/v1/installation/mails', failing)],
]

describe('roles', () => {
  const allowed: [Role, number][] = [
    ['owner', 6],
    ['admin', 6],
    ['member', 3],
    ['viewer', 2],
  ]

  it.each(allowed)('%s may do its share', async (role, count) => {
    const person = await server.invite(owner, role)
    const results = new Map<string, number>()
    for (const [name, run] of attempts(owner.base)) results.set(name, (await run(person)).status)
    expect([...results.values()].filter((status) => status === 200)).toHaveLength(count)
    expect([...results.values()].filter((status) => status === 403)).toHaveLength(8 - count)
    expect((await remove(owner, person)).status).toBe(204)
  })

  it('of owners are out of an admin’s reach', async () => {
    const [admin, member, second] = [
      await server.invite(owner, 'admin'),
      await server.invite(owner, 'member'),
      await server.invite(owner, 'owner'),
    ]
    expect((await changeRole(admin, member, 'owner')).status).toBe(403)
    expect((await changeRole(admin, second, 'member')).status).toBe(403)
    expect((await remove(admin, second)).status).toBe(403)
    expect((await changeRole(admin, member, 'viewer')).body).toMatchObject({
      role: 'viewer',
      personId: member.id,
    })
    expect((await remove(admin, member)).status).toBe(204)
    expect((await changeRole(member, admin, 'viewer')).status).toBe(404)
  })
})

const withKey = async (person: Person, scopes: readonly Permission[]): Promise<TestClient> => {
  const { body } = await person.client.post<{ secret: string }>(`${owner.base}/api-keys`, {
    name: 'Robot',
    scopes,
  })
  return createClient(server.url, { authorization: `Bearer ${body.secret}` })
}

describe('a key', () => {
  const invite = (client: TestClient, role: Role) =>
    client.post(`${owner.base}/invitations`, { email: `${role}-by-key@example.com`, role }, failing)

  it('that only manages members neither gives nor takes roles which may do more', async () => {
    const client = await withKey(owner, ['member:manage'])
    const [member, viewer] = [await server.invite(owner, 'member'), await server.invite(owner, 'viewer')]
    for (const role of ['owner', 'admin', 'member', 'viewer'] as const) {
      const invited = await invite(client, role)
      expect([role, invited.status, codeOf(invited)]).toEqual([role, 403, 'INSUFFICIENT_PERMISSIONS'])
      const path = `${owner.base}/members/${member.id}`
      expect((await client.patch(path, { role }, failing)).status).toBe(403)
    }
    expect((await client.delete(`${owner.base}/members/${viewer.id}`, failing)).status).toBe(403)
    const { text } = await owner.client.get(`${owner.base}/invitations`)
    expect(text).not.toContain('by-key')
  })

  it('gives and takes the roles all of whose permissions it has', async () => {
    const client = await withKey(owner, ['member:manage', ...rolePermissions.viewer])
    const [member, viewer] = [await server.invite(owner, 'member'), await server.invite(owner, 'viewer')]
    expect((await invite(client, 'viewer')).status).toBe(201)
    expect((await invite(client, 'member')).status).toBe(403)
    const demoted = await client.patch(`${owner.base}/members/${member.id}`, { role: 'viewer' }, failing)
    expect(demoted.status).toBe(403)
    expect((await client.delete(`${owner.base}/members/${member.id}`, failing)).status).toBe(403)
    expect((await client.delete(`${owner.base}/members/${viewer.id}`, failing)).status).toBe(204)
  })

  it('makes owners only with every permission and for an owner', async () => {
    const admin = await server.invite(owner, 'admin')
    const [ofAdmin, ofOwner] = [await withKey(admin, permissions), await withKey(owner, permissions)]
    expect((await invite(ofAdmin, 'owner')).status).toBe(403)
    expect((await invite(ofAdmin, 'admin')).status).toBe(201)
    expect((await invite(ofOwner, 'owner')).status).toBe(201)
    expect((await ofOwner.patch(`${owner.base}/members/${admin.id}`, { role: 'owner' })).status).toBe(200)
    expect((await ofOwner.delete(`${owner.base}/members/${admin.id}`)).status).toBe(204)
  })
})

describe('a workspace', () => {
  it('does not exist for people who are not in it', async () => {
    const { body } = await owner.client.post<{ id: string }>('/api/v1/workspaces', { name: 'Private' })
    const outsider = await server.invite(owner, 'admin')
    for (const path of ['', '/members', '/invitations', '/api-keys', '/audit', '/audit/verification']) {
      const reply = await outsider.client.get(`/api/v1/workspaces/${body.id}${path}`, failing)
      expect([path, reply.status, codeOf(reply)]).toEqual([path, 404, 'WORKSPACE_NOT_FOUND'])
    }
    const malformed = await outsider.client.get('/api/v1/workspaces/nonsense', failing)
    expect([malformed.status, codeOf(malformed)]).toEqual([404, 'WORKSPACE_NOT_FOUND'])
    const list = await outsider.client.get('/api/v1/workspaces')
    expect(list.text).not.toContain('Private')
  })

  it('keeps name, instructions and default model', async () => {
    const change = { name: 'New name', instructions: 'Be brief.\nBe kind.', defaultModel: 'openai/gpt' }
    expect((await owner.client.patch(owner.base, change)).body).toMatchObject(change)
    expect((await owner.client.patch(owner.base, { instructions: '' })).body).toMatchObject({
      ...change,
      instructions: '',
    })
    expect((await owner.client.get(owner.base)).body).toMatchObject({ name: 'New name', role: 'owner' })
  })

  it('lists its members in pages, in the order in which they joined', async () => {
    for (let count = 0; count < 3; count++) await server.invite(owner, 'viewer')
    const all = (await owner.client.get<{ data: Member[] }>(`${owner.base}/members?limit=100`)).body.data
    const seen: string[] = []
    let path = `${owner.base}/members?limit=2`
    for (;;) {
      const page = await owner.client.get<{ data: Member[]; meta: { nextCursor: string | null } }>(path)
      seen.push(...page.body.data.map(({ personId }) => personId))
      if (page.body.meta.nextCursor === null) break
      path = `${owner.base}/members?limit=2&cursor=${page.body.meta.nextCursor}`
    }
    expect(seen).toEqual(all.map(({ personId }) => personId))
    expect(new Set(seen).size).toBe(seen.length)
    const forged = await owner.client.get(`${owner.base}/members?cursor=W10`, failing)
    expect(forged.status).toBe(400)
  })
})

describe('a person', () => {
  it('changes name and instructions', async () => {
    const change = { name: 'Grace', instructions: 'Answer in English.' }
    expect((await owner.client.patch('/api/v1/me', change)).body).toMatchObject(change)
    expect((await owner.client.get('/api/v1/me')).body).toMatchObject(change)
  })
})
