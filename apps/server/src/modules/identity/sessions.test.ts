import type { ApiKey, Session } from '@atrium/contract'
import { createClient, startTestServer, type Person, type TestClient, type TestServer } from '@atrium/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asAttacker, asRole, failing } from './test-support.ts'

let server: TestServer
let owner: Person
beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
})
afterAll(() => server[Symbol.asyncDispose]())

const listOf = async (client: TestClient): Promise<Session[]> =>
  (await client.get<{ data: Session[] }>('/api/v1/me/sessions')).body.data

/** A second browser of the same person. */
const secondBrowser = async ({ email, password }: Person): Promise<TestClient> => {
  const client = server.client()
  await client.post(
    '/api/v1/auth/sign-in',
    { email, password },
    { headers: { 'user-agent': 'Second browser' } },
  )
  return client
}

describe('sessions', () => {
  it('are listed with the current one marked', async () => {
    const person = await server.invite(owner, 'member')
    await secondBrowser(person)
    const list = await listOf(person.client)
    expect(list).toHaveLength(2)
    expect(list.find(({ userAgent }) => userAgent === 'Second browser')?.current).toBe(false)
    expect(list.find(({ userAgent }) => userAgent !== 'Second browser')?.current).toBe(true)
    expect(list[0]?.address).toBe('127.0.0.1')
  })

  it('end at once when revoked, one or all others', async () => {
    const person = await server.invite(owner, 'member')
    const [second, third] = [await secondBrowser(person), await secondBrowser(person)]
    const id = (await listOf(second)).find(({ current }) => current)?.id
    await person.client.delete(`/api/v1/me/sessions/${id}`)
    expect((await second.get('/api/v1/me', failing)).status).toBe(401)
    expect((await third.get('/api/v1/me', failing)).status).toBe(200)
    await person.client.delete('/api/v1/me/sessions')
    expect((await third.get('/api/v1/me', failing)).status).toBe(401)
    expect(await listOf(person.client)).toHaveLength(1)
  })

  it('of somebody else cannot be revoked', async () => {
    const person = await server.invite(owner, 'member')
    const id = (await listOf(owner.client))[0]?.id
    expect((await person.client.delete(`/api/v1/me/sessions/${id}`, failing)).status).toBe(404)
    expect((await person.client.delete('/api/v1/me/sessions/nonsense', failing)).status).toBe(404)
    expect((await owner.client.get('/api/v1/me')).status).toBe(200)
  })

  it('remember when they were last used', async () => {
    const person = await server.invite(owner, 'member')
    const before = (await listOf(person.client))[0]?.lastUsedAt ?? ''
    await asRole(server, 'app', (client) =>
      client.query(`UPDATE identity.sessions SET last_used_at = '2020-01-01' WHERE person_id = $1`, [
        person.id,
      ]),
    )
    await person.client.get('/api/v1/me')
    await expect
      .poll(async () => (await listOf(person.client))[0]?.lastUsedAt, { timeout: 20_000 })
      .not.toMatch(/^2020/)
    expect(before).not.toBe('')
  })
})

/** Opens the stream; the promise gives how long after `act` it ended, and its last event. */
const endAfter = async (
  client: TestClient,
  base: string,
  act: () => Promise<unknown>,
): Promise<{ ms: number; last: string | undefined }> => {
  const events = client.events(`${base}/sync`)
  const first = await events.next()
  expect(first.value?.type).toBe('ready')
  let last: string | undefined
  const rest = (async () => {
    for await (const event of events) last = event.type
  })()
  await act()
  const started = performance.now()
  await rest
  return { ms: performance.now() - started, last }
}

describe('an open stream', () => {
  const soon = 3000
  const promised = 5000

  it('closes when its session is revoked', async () => {
    const person = await server.invite(owner, 'member')
    const second = await secondBrowser(person)
    const ended = await endAfter(second, person.base, () => person.client.delete('/api/v1/me/sessions'))
    expect(ended.ms).toBeLessThan(soon)
    expect(ended.last).toBe('revoked')
  })

  it('closes when its holder signs out or sets a new password', async () => {
    const person = await server.invite(owner, 'member')
    const second = await secondBrowser(person)
    const signOut = () => person.client.post('/api/v1/auth/sign-out')
    expect((await endAfter(person.client, person.base, signOut)).ms).toBeLessThan(soon)
    const third = await secondBrowser(person)
    const change = () =>
      third.post('/api/v1/me/password', {
        currentPassword: person.password,
        newPassword: 'another long password',
      })
    expect((await endAfter(second, person.base, change)).ms).toBeLessThan(soon)
    expect((await third.get('/api/v1/me')).status).toBe(200)
  })

  it('closes when the membership ends or its role changes', async () => {
    const person = await server.invite(owner, 'admin')
    const demote = () => owner.client.patch(`${owner.base}/members/${person.id}`, { role: 'viewer' })
    expect((await endAfter(person.client, person.base, demote)).ms).toBeLessThan(soon)
    const remove = () => owner.client.delete(`${owner.base}/members/${person.id}`)
    expect((await endAfter(person.client, person.base, remove)).ms).toBeLessThan(soon)
    expect((await person.client.get(person.base, failing)).status).toBe(404)
  })

  it('closes when its key is revoked', async () => {
    const made = await owner.client.post<ApiKey & { secret: string }>(`${owner.base}/api-keys`, {
      name: 'stream',
      scopes: ['workspace:read'],
    })
    const byKey = createClient(server.url, { authorization: `Bearer ${made.body.secret}` })
    const revoke = () => owner.client.delete(`${owner.base}/api-keys/${made.body.id}`)
    expect((await endAfter(byKey, owner.base, revoke)).ms).toBeLessThan(soon)
  })

  it('closes within five seconds when the session just runs out, or nobody is told', async () => {
    const person = await server.invite(owner, 'member')
    const expire = () =>
      asRole(server, 'app', (client) =>
        client.query('UPDATE identity.sessions SET expires_at = now() WHERE person_id = $1', [person.id]),
      )
    expect((await endAfter(person.client, person.base, expire)).ms).toBeLessThan(promised)
    const other = await server.invite(owner, 'member')
    const remove = () => asAttacker(server, `DELETE FROM identity.members WHERE person_id = '${other.id}'`)
    expect((await endAfter(other.client, other.base, remove)).ms).toBeLessThan(promised)
  })

  it('stays open while others lose their access', async () => {
    const [one, other] = [await server.invite(owner, 'member'), await server.invite(owner, 'member')]
    const events = one.client.events(`${one.base}/sync`)
    expect((await events.next()).value?.type).toBe('ready')
    await owner.client.delete(`${owner.base}/members/${other.id}`)
    const next = events.next().then(({ value }) => value?.type)
    const quiet = new Promise((resolve) => setTimeout(() => resolve('quiet'), 800))
    expect(await Promise.race([next, quiet])).not.toBe('revoked')
    await one.client.post('/api/v1/auth/sign-out')
    await next
  })
})
