import type { Bootstrap } from '@atrium/contract'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asRole, codeOf, errorOf, failing } from './test-support.ts'

let server: TestServer
let owner: Person
beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
})
afterAll(() => server[Symbol.asyncDispose]())

const signIn = (email: string, password: string) =>
  server.client().post('/api/v1/auth/sign-in', { email, password }, failing)

describe('signing in', () => {
  it('answers alike for a wrong password and an unknown address', async () => {
    const wrong = await signIn(owner.email, 'not the password')
    const unknown = await signIn('nobody@example.com', 'not the password')
    expect([wrong.status, codeOf(wrong)]).toEqual([401, 'INVALID_CREDENTIALS'])
    expect([unknown.status, codeOf(unknown)]).toEqual([401, 'INVALID_CREDENTIALS'])
    expect(errorOf(wrong)?.message).toBe(errorOf(unknown)?.message)
  })

  it('compares addresses without case and gives person and workspaces', async () => {
    const reply = await signIn(owner.email.toUpperCase(), owner.password)
    expect(reply.body).toMatchObject({ person: { id: owner.id }, workspaces: [{ id: owner.workspaceId }] })
  })

  it('stops guessing after ten attempts, tells when to come back, and leaves others alone', async () => {
    const victim = await server.invite(owner, 'member')
    for (let attempt = 0; attempt < 10; attempt++) {
      expect((await signIn(victim.email, 'wrong password')).status).toBe(401)
    }
    const stopped = await signIn(victim.email, victim.password)
    expect([stopped.status, codeOf(stopped)]).toEqual([429, 'RATE_LIMIT_EXCEEDED'])
    expect(Number(stopped.headers.get('retry-after'))).toBeGreaterThan(800)
    expect((await signIn(owner.email, owner.password)).status).toBe(200)
    const stored = await asRole(server, 'app', (client) =>
      client.query('SELECT key FROM identity.rate_limits'),
    )
    expect(JSON.stringify(stored.rows)).not.toContain(victim.email)
  })

  it('does not count attempts that succeed', async () => {
    const person = await server.invite(owner, 'member')
    for (let attempt = 0; attempt < 12; attempt++) {
      expect((await signIn(person.email, person.password)).status).toBe(200)
    }
  })

  it('works although an ended session is still in the browser', async () => {
    const person = await server.invite(owner, 'member')
    await asRole(server, 'app', (client) =>
      client.query('DELETE FROM identity.sessions WHERE person_id = $1', [person.id]),
    )
    const { email, password } = person
    expect((await person.client.post('/api/v1/auth/sign-in', { email, password })).status).toBe(200)
  })
})

const cookieOf = async (on: TestServer, person: { email: string; password: string }): Promise<string> => {
  const { email, password } = person
  const reply = await on.client().post('/api/v1/auth/sign-in', { email, password })
  return reply.headers.getSetCookie().join('\n')
}

describe('the session cookie', () => {
  it('is out of reach for scripts and other sites', async () => {
    const cookie = await cookieOf(server, owner)
    expect(cookie).toMatch(/^atrium\.session_token=/)
    expect(cookie).toMatch(/; HttpOnly/)
    expect(cookie).toMatch(/; SameSite=Lax/)
    expect(cookie).toMatch(/; Path=\//)
    expect(cookie).not.toMatch(/Domain=/)
  })

  it('is bound to the host and to HTTPS where the public address is HTTPS', async () => {
    await using secure = await startTestServer({
      environment: { ATRIUM_PUBLIC_URL: 'https://atrium.example.com' },
    })
    const person = await secure.owner()
    const cookies = await cookieOf(secure, person)
    expect(cookies).toMatch(/^__Host-atrium\.session_token=.*; Secure/m)
    expect(cookies).toMatch(/^__Secure-atrium\.device=.*; Secure/m)
    expect((await person.client.get<Bootstrap>('/api/v1/bootstrap')).body.person?.id).toBe(person.id)
  })

  it('does not count when it was not signed by this server', async () => {
    const [name = '', value = ''] = (owner.client.cookie.split('; ')[0] ?? '').split('=')
    const forged = `${name}=${value.slice(0, 12)}x${value.slice(13)}`
    const reply = await server.client().get('/api/v1/me', { headers: { cookie: forged }, ...failing })
    expect([reply.status, codeOf(reply)]).toEqual([401, 'INVALID_CREDENTIALS'])
  })

  it('is renewed by the first screen once a day has passed', async () => {
    const person = await server.invite(owner, 'member')
    expect((await person.client.get('/api/v1/bootstrap')).headers.getSetCookie()).toEqual([])
    await asRole(server, 'app', (client) =>
      client.query(
        `UPDATE identity.sessions SET updated_at = updated_at - interval '25 hours', expires_at = expires_at - interval '25 hours'
         WHERE person_id = $1`,
        [person.id],
      ),
    )
    const renewed = await person.client.get('/api/v1/bootstrap')
    expect(renewed.headers.getSetCookie().join()).toContain('Max-Age=2592000')
    expect((await person.client.get('/api/v1/bootstrap')).headers.getSetCookie()).toEqual([])
  })

  it('is removed by signing out, which ends the session', async () => {
    const person = await server.invite(owner, 'member')
    const { cookie } = person.client
    await person.client.post('/api/v1/auth/sign-out')
    expect(person.client.cookie).not.toContain('session_token')
    const reply = await server.client().get('/api/v1/me', { headers: { cookie }, ...failing })
    expect(reply.status).toBe(401)
  })
})
