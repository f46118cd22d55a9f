import { startTestServer, type Person, type Reply, type TestClient, type TestServer } from '@atrium/testkit'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { codeOf, failing, statusesOf } from './test-support.ts'

let server: TestServer
let owner: Person
beforeAll(async () => {
  // Tests speak for many addresses, as a proxy does.
  server = await startTestServer({ environment: { ATRIUM_TRUSTED_PROXIES: '127.0.0.1' } })
  owner = await server.owner()
})
afterAll(() => server[Symbol.asyncDispose]())
// Each attempt costs what hashing a password costs.
vi.setConfig({ testTimeout: 60_000 })

const signIn = (
  email: string,
  password: string,
  from: string,
  client: TestClient = server.client(),
): Promise<Reply<unknown>> =>
  client.post(
    '/api/v1/auth/sign-in',
    { email, password },
    { ...failing, headers: { 'x-forwarded-for': from } },
  )

/** Tries wrong passwords at the same time; gives the statuses in order of size. */
async function guess(email: string, from: readonly string[], timesEach: number): Promise<number[]> {
  const attempts = from.flatMap((address) => Array.from({ length: timesEach }, () => address))
  return statusesOf(await Promise.all(attempts.map((address) => signIn(email, 'a wrong password', address))))
}

const addresses = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}.${index + 1}`)

const counts = (statuses: readonly number[]): Record<string, number> => ({
  refused: statuses.filter((status) => status === 429).length,
  wrong: statuses.filter((status) => status === 401).length,
})

describe('a guesser', () => {
  it('at one address is stopped, and neither the account nor other accounts suffer elsewhere', async () => {
    const person = await server.invite(owner, 'member')
    expect(counts(await guess(person.email, ['198.51.100.1'], 150))).toEqual({ wrong: 10, refused: 140 })
    const stopped = await signIn(person.email, person.password, '198.51.100.1')
    expect([stopped.status, codeOf(stopped)]).toEqual([429, 'RATE_LIMIT_EXCEEDED'])
    expect(Number(stopped.headers.get('retry-after'))).toBeGreaterThan(800)
    // Not fewer attempts than usual, although 150 were made.
    expect(counts(await guess(person.email, ['198.51.100.2'], 12))).toEqual({ wrong: 10, refused: 2 })
    expect((await signIn(person.email, person.password, '198.51.100.3')).status).toBe(200)
  })

  it('at many addresses is slowed down at each, and the owner comes in from yet another one', async () => {
    const person = await server.invite(owner, 'member')
    await guess(person.email, addresses('203.0.113', 10), 10)
    const later = addresses('192.0.2', 5)
    expect(counts(await guess(person.email, later, 10))).toEqual({ wrong: 10, refused: 40 })
    expect((await signIn(person.email, person.password, '198.51.100.77')).status).toBe(200)
    expect((await signIn(owner.email, owner.password, '198.51.100.77')).status).toBe(200)
  })

  it('with a network of IPv6 addresses counts as one', async () => {
    const [person, other] = [await server.invite(owner, 'member'), await server.invite(owner, 'member')]
    const near = Array.from({ length: 12 }, (_, index) => `2001:db8:1:1::${index + 1}`)
    expect(counts(await guess(person.email, near, 1))).toEqual({ wrong: 10, refused: 2 })
    expect((await signIn(person.email, person.password, '2001:db8:1:2::1')).status).toBe(200)
    const far = Array.from({ length: 12 }, (_, index) => `2001:db8:9:${index + 1}::1`)
    expect(counts(await guess(other.email, far, 10))).toEqual({ wrong: 100, refused: 20 })
  })
})

describe('a browser in which somebody has signed in before', () => {
  const shared = '198.51.100.200'
  const signOut = (client: TestClient) => client.post('/api/v1/auth/sign-out')

  it('lets them in although strangers at their address have used up all attempts', async () => {
    const person = await server.invite(owner, 'member')
    await signOut(person.client)
    await guess(person.email, [shared], 12)
    expect((await signIn(person.email, person.password, shared)).status).toBe(429)
    expect((await signIn(person.email, person.password, shared, person.client)).status).toBe(200)
  })

  it('has attempts of its own, and then those of a stranger', async () => {
    const person = await server.invite(owner, 'member')
    await signOut(person.client)
    const from = '198.51.100.201'
    const statuses: number[] = []
    // Ten as a known browser, then ten as a stranger at this address.
    for (let attempt = 0; attempt < 22; attempt++)
      statuses.push((await signIn(person.email, 'a wrong password', from, person.client)).status)
    expect(counts(statuses)).toEqual({ wrong: 20, refused: 2 })
  })

  it('is known for that account only, and only by a cookie of ours', async () => {
    const [person, other] = [await server.invite(owner, 'member'), await server.invite(owner, 'member')]
    const cookie = other.client.cookie.split('; ').find((one) => one.startsWith('atrium.device=')) ?? ''
    const from = '198.51.100.202'
    await guess(person.email, [from], 10)
    const [, expires, signature] = cookie.split('.').slice(1)
    const forged = `atrium.device=AAAAAAAAAAAAAAAAAAAAAA.${expires}.${signature}`
    for (const shown of [cookie, forged, 'atrium.device=', 'atrium.device=a.b.c']) {
      const headers = { 'x-forwarded-for': from, cookie: shown }
      const body = { email: person.email, password: person.password }
      expect((await server.client().post('/api/v1/auth/sign-in', body, { ...failing, headers })).status).toBe(
        429,
      )
    }
  })

  it('knows it by a cookie that scripts cannot read and that goes to the sign-in only', async () => {
    const reply = await signIn(owner.email, owner.password, '198.51.100.203')
    const [line = ''] = reply.headers.getSetCookie().filter((one) => one.startsWith('atrium.device='))
    expect(line).toMatch(/; Max-Age=15552000; Path=\/api\/v1\/auth; HttpOnly; SameSite=Lax$/)
    expect(line).not.toContain(owner.email)
    const [session = ''] = owner.client.cookie.split('; ')
    const device = line.split(';')[0] ?? ''
    const alone = await server.client().get('/api/v1/me', { ...failing, headers: { cookie: device } })
    expect([session.startsWith('atrium.session_token='), alone.status]).toEqual([true, 401])
  })
})
