import type { ApiKey, AuditEntry, Permission } from '@atrium/contract'
import { createClient, startTestServer, type Person, type TestClient, type TestServer } from '@atrium/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asAttacker, asRole, codeOf, errorOf, failing, statusesOf } from './test-support.ts'

let server: TestServer
let owner: Person
beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
})
afterAll(() => server[Symbol.asyncDispose]())

type Made = ApiKey & { secret: string }
const scopes: readonly Permission[] = ['workspace:read', 'conversation:read']
const make = async (person: Person, body: object = {}): Promise<Made> =>
  (await person.client.post<Made>(`${person.base}/api-keys`, { name: 'Robot', scopes, ...body })).body
const rotate = (by: { client: TestClient }, key: ApiKey, body: object = {}, headers = {}) =>
  by.client.post<Made>(`${owner.base}/api-keys/${key.id}/rotations`, body, { headers, ...failing })
const bearer = (secret: string): TestClient => createClient(server.url, { authorization: `Bearer ${secret}` })
const opens = async (secret: string): Promise<number> =>
  (await bearer(secret).get(owner.base, failing)).status

describe('a rotated key', () => {
  it('opens with the new secret at once, and with the old one until the grace is over', async () => {
    const key = await make(owner)
    expect(await opens(key.secret)).toBe(200)
    const reply = await rotate(owner, key, { graceSeconds: 2 })
    expect(reply.status).toBe(201)
    const { secret, ...rotated } = reply.body
    expect(secret).toMatch(/^atr_[\w-]{43}$/)
    expect(rotated).toMatchObject({ id: key.id, prefix: secret.slice(0, 12), scopes: key.scopes })
    expect(Date.parse(rotated.formerSecretUntil ?? '') - Date.parse(rotated.rotatedAt ?? '')).toBe(2000)
    expect([await opens(secret), await opens(key.secret)]).toEqual([200, 200])
    await expect.poll(() => opens(key.secret), { timeout: 7000 }).toBe(401)
    const refused = await bearer(key.secret).get(owner.base, failing)
    expect(errorOf(refused)).toMatchObject({
      code: 'EXPIRED_TOKEN',
      message: expect.stringContaining('replaced'),
    })
    expect(await opens(secret)).toBe(200)
    const shown = await owner.client.get<ApiKey>(`${owner.base}/api-keys/${key.id}`)
    expect(shown.body).toMatchObject({ formerSecretUntil: null, rotatedAt: rotated.rotatedAt })
    expect(shown.text).not.toContain(secret)
  })

  it('without a grace refuses the old secret within five seconds, which it had just let in', async () => {
    const key = await make(owner)
    expect(await opens(key.secret)).toBe(200)
    const { body } = await rotate(owner, key, { graceSeconds: 0 })
    expect(body.formerSecretUntil).toBeNull()
    await expect.poll(() => opens(key.secret), { timeout: 5000 }).toBe(401)
    expect(await opens(body.secret)).toBe(200)
  })

  it('closes the streams of the old secret when its time is over, and leaves those of the new one', async () => {
    const key = await make(owner)
    const { secret } = (await rotate(owner, key, { graceSeconds: 1 })).body
    const streams = await Promise.all(
      [key.secret, secret].map((one) => bearer(one).raw(`${owner.base}/sync`, { method: 'GET' })),
    )
    expect(streams.map(({ status }) => status)).toEqual([200, 200])
    const ends = streams.map((stream) => stream.text().then(ended, ended))
    const late = new Promise((resolve) => setTimeout(() => resolve('open'), 6000))
    expect(await Promise.all(ends.map((end) => Promise.race([end, late])))).toEqual(['ended', 'open'])
    await owner.client.delete(`${owner.base}/api-keys/${key.id}`)
    await Promise.all(ends)
  }, 20_000)

  it('rotated again ends every older secret with the shorter grace', async () => {
    const key = await make(owner)
    const second = (await rotate(owner, key)).body
    expect(second.formerSecretUntil).not.toBeNull()
    const third = (await rotate(owner, key, { graceSeconds: 0 })).body
    for (const old of [key.secret, second.secret]) {
      await expect.poll(() => opens(old), { timeout: 5000 }).toBe(401)
    }
    expect(await opens(third.secret)).toBe(200)
  })

  it('that is revoked opens with none of its secrets', async () => {
    const key = await make(owner)
    const { secret } = (await rotate(owner, key)).body
    await owner.client.delete(`${owner.base}/api-keys/${key.id}`)
    for (const one of [key.secret, secret]) {
      await expect
        .poll(async () => codeOf(await bearer(one).get(owner.base, failing)))
        .toBe('INVALID_API_KEY')
    }
    const left = await asRole(server, 'owner', (client) =>
      client.query('SELECT id FROM identity.token_index WHERE target_id = $1', [key.id]),
    )
    expect(left.rows).toEqual([])
  })

  it('gives a repeated request the same secret, and stands in the audit log without it', async () => {
    const key = await make(owner)
    const once = () => rotate(owner, key, { graceSeconds: 60 }, { 'idempotency-key': 'one-rotation' })
    const [first, second] = [await once(), await once()]
    expect(second.body).toEqual(first.body)
    const { body, text } = await owner.client.get<{ data: AuditEntry[] }>(`${owner.base}/audit?limit=1`)
    expect(body.data[0]).toMatchObject({
      action: 'key.rotated',
      target: { kind: 'key', id: key.id },
      details: { prefix: first.body.prefix, formerPrefix: key.prefix },
    })
    expect(text).not.toContain(first.body.secret)
  })
})

describe('the former secret of a key', () => {
  it('makes, changes, rotates and revokes no key while it still opens, but may revoke its own', async () => {
    const key = await make(owner, { scopes: ['key:manage', ...scopes] })
    const other = await make(owner)
    const { secret } = (await rotate(owner, key, { graceSeconds: 600 })).body
    const former = bearer(key.secret)
    expect(await opens(key.secret)).toBe(200)
    const keys = `${owner.base}/api-keys`
    const attempts = [
      former.post(keys, { name: 'Lasting', scopes }, failing),
      former.patch(`${keys}/${other.id}`, { limits: { rpm: null } }, failing),
      former.patch(`${keys}/${key.id}`, { expiresAt: null }, failing),
      rotate({ client: former }, other),
      rotate({ client: former }, key),
      former.delete(`${keys}/${other.id}`, failing),
    ]
    for (const reply of await Promise.all(attempts)) {
      expect([reply.status, errorOf(reply)?.message]).toEqual([403, expect.stringContaining('replaced')])
    }
    expect(await opens(other.secret)).toBe(200)
    expect((await bearer(secret).patch(`${keys}/${other.id}`, { name: 'Renamed' }, failing)).status).toBe(200)
    expect((await former.delete(`${keys}/${key.id}`)).status).toBe(204)
  })

  it('is one as soon as it has rotated itself: of several rotations at once one succeeds', async () => {
    const key = await make(owner, { scopes: ['key:manage', ...scopes] })
    const client = bearer(key.secret)
    const replies = await Promise.all([1, 2, 3].map(() => rotate({ client }, key)))
    expect(statusesOf(replies)).toEqual([201, 403, 403])
  })
})

const ended = (): string => 'ended'

describe('a rotation', () => {
  it.each([{ graceSeconds: -1 }, { graceSeconds: 604_801 }, { graceSeconds: 1.5 }, { graceSeconds: 'soon' }])(
    'with %j is 400 and changes nothing',
    async (body) => {
      const key = await make(owner)
      expect((await rotate(owner, key, body)).status).toBe(400)
      expect(await opens(key.secret)).toBe(200)
    },
  )

  it('is for who may see the secret: not members for keys made for them, nor admins for wide keys of others', async () => {
    const [member, admin] = [await server.invite(owner, 'member'), await server.invite(owner, 'admin')]
    const forMember = await make(owner, { ownerId: member.id, scopes: ['gateway:call'] })
    expect((await rotate(member, forMember)).status).toBe(403)
    expect((await rotate(admin, forMember)).status).toBe(201)
    const own = await make(member)
    expect((await rotate(admin, own)).status).toBe(403)
    expect((await rotate(member, own)).status).toBe(201)
    const viewer = await server.invite(owner, 'viewer')
    expect((await rotate(viewer, own)).status).toBe(403)
    const other = await server.invite(owner, 'member')
    expect((await rotate(other, own)).status).toBe(404)
  })

  it('through a key never gives a secret that can do or last more than the key', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
    const narrow = await make(owner, { scopes: ['key:manage', 'workspace:read'], expiresAt })
    const client = bearer(narrow.secret)
    expect((await rotate({ client }, await make(owner))).status).toBe(403)
    const lasting = await make(owner, { scopes: ['workspace:read'] })
    expect((await rotate({ client }, lasting)).status).toBe(403)
    const short = await make(owner, { scopes: ['workspace:read'], expiresAt })
    expect((await rotate({ client }, short)).status).toBe(201)
    const itself = await rotate({ client }, narrow, { graceSeconds: 0 })
    expect(itself.status).toBe(201)
    expect(await opens(itself.body.secret)).toBe(200)
  })

  it('is 409 for a key that has run out', async () => {
    const key = await make(owner)
    await asAttacker(
      server,
      `UPDATE identity.api_keys SET expires_at = now() - interval '1 second' WHERE id = '${key.id}'`,
    )
    const reply = await rotate(owner, key)
    expect([reply.status, codeOf(reply)]).toEqual([409, 'RESOURCE_CONFLICT'])
  })

  it('is 409 for the key that the settings of the operator hold', async () => {
    const key = await make(owner)
    await asRole(server, 'owner', (client) =>
      client.query('UPDATE identity.installation SET bootstrap_key_id = $1', [key.id]),
    )
    expect((await rotate(owner, key)).status).toBe(409)
    expect(await opens(key.secret)).toBe(200)
  })
})
