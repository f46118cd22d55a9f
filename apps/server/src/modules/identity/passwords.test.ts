import type { Mail, Person as PersonView } from '@atrium/contract'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asRole, codeOf, failing, linkTo, statusesOf } from './test-support.ts'

let server: TestServer
let owner: Person
beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
})
afterAll(() => server[Symbol.asyncDispose]())

const mails = async (): Promise<Mail[]> =>
  (await owner.client.get<{ data: Mail[] }>('/api/v1/installation/mails?limit=100')).body.data
const requestReset = (email: string) =>
  server.client().post('/api/v1/auth/password-reset-requests', { email }, failing)
const reset = (token: string, password: string) =>
  server.client().post('/api/v1/auth/password-resets', { token, password }, failing)
const signIn = (email: string, password: string) =>
  server.client().post('/api/v1/auth/sign-in', { email, password }, failing)

const timed = async (email: string): Promise<{ status: number; text: string; ms: number }> => {
  const started = performance.now()
  const { status, text } = await requestReset(email)
  return { status, text, ms: performance.now() - started }
}

describe('a forgotten password', () => {
  it('is replaced through the link in the mail, once, and all sessions end', async () => {
    const person = await server.invite(owner, 'member')
    expect((await requestReset(person.email)).status).toBe(202)
    const token = linkTo(await mails(), person.email, 'reset-password')
    const done = await reset(token, 'a brand new password')
    expect(done.status).toBe(204)
    expect((await person.client.get('/api/v1/me', failing)).status).toBe(401)
    expect((await signIn(person.email, person.password)).status).toBe(401)
    expect((await signIn(person.email, 'a brand new password')).status).toBe(200)
    const again = await reset(token, 'yet another password')
    expect([again.status, codeOf(again)]).toEqual([400, 'INVALID_TOKEN'])
  })

  it('has links that run out and are stored hashed', async () => {
    const person = await server.invite(owner, 'member')
    await requestReset(person.email)
    const token = linkTo(await mails(), person.email, 'reset-password')
    const stored = await asRole(server, 'app', async (client) => {
      await client.query('UPDATE identity.verifications SET expires_at = now() WHERE value = $1', [person.id])
      return client.query('SELECT identifier FROM identity.verifications')
    })
    expect(JSON.stringify(stored.rows)).not.toContain(token)
    expect((await reset(token, 'a brand new password')).status).toBe(400)
    expect((await signIn(person.email, person.password)).status).toBe(200)
  })

  it('answers the same, in similar time, for an address that nobody has', async () => {
    const person = await server.invite(owner, 'member')
    const before = (await mails()).length
    const fastest = { known: Infinity, unknown: Infinity }
    for (let count = 0; count < 3; count++) {
      const known = await timed(person.email)
      const unknown = await timed('nobody@example.com')
      expect([unknown.status, unknown.text]).toEqual([known.status, known.text])
      fastest.known = Math.min(fastest.known, known.ms)
      fastest.unknown = Math.min(fastest.unknown, unknown.ms)
    }
    expect(Math.abs(fastest.known - fastest.unknown)).toBeLessThan(75)
    expect(await mails()).toHaveLength(before + 3)
  })

  it('is mailed five times an hour at most, known address or not', async () => {
    const person = await server.invite(owner, 'member')
    for (const email of [person.email, 'unknown@example.com']) {
      const statuses: number[] = []
      for (let count = 0; count < 6; count++) statuses.push((await requestReset(email)).status)
      expect(statuses).toEqual([202, 202, 202, 202, 202, 429])
    }
  })
})

const newPasswords = ['a brand new password', 'yet another password'] as const
const resetLinks = async (email: string): Promise<string[]> => {
  const sent = (await mails()).filter(({ to, text }) => to === email && text.includes('/reset-password'))
  return sent.map((mail) => linkTo([mail], email, 'reset-password'))
}

describe('an older link to set a password', () => {
  it('ends with the reset by another one, and goes from the mail', async () => {
    const person = await server.invite(owner, 'member')
    await requestReset(person.email)
    await requestReset(person.email)
    const [newer = '', older = ''] = await resetLinks(person.email)
    expect((await reset(newer, newPasswords[0])).status).toBe(204)
    const late = await reset(older, newPasswords[1])
    expect([late.status, codeOf(late)]).toEqual([400, 'INVALID_TOKEN'])
    expect((await signIn(person.email, newPasswords[0])).status).toBe(200)
    expect(await resetLinks(person.email)).toEqual([])
  })

  it('ends with a change of the password, but not with that of somebody else', async () => {
    const [person, other] = [await server.invite(owner, 'member'), await server.invite(owner, 'member')]
    await requestReset(person.email)
    await requestReset(other.email)
    const [token = ''] = await resetLinks(person.email)
    const [kept = ''] = await resetLinks(other.email)
    const body = { currentPassword: person.password, newPassword: newPasswords[0] }
    await person.client.post('/api/v1/me/password', body)
    expect((await reset(token, newPasswords[1])).status).toBe(400)
    expect((await signIn(person.email, newPasswords[0])).status).toBe(200)
    expect((await reset(kept, newPasswords[1])).status).toBe(204)
  })

  it('is used at the same time as another one in vain', async () => {
    const person = await server.invite(owner, 'member')
    for (let count = 0; count < 4; count++) await requestReset(person.email)
    const links = await resetLinks(person.email)
    const replies = await Promise.all(links.map((token) => reset(token, newPasswords[0])))
    expect(statusesOf(replies)).toEqual([204, 400, 400, 400])
  })
})

describe('changing the password', () => {
  it('asks for the current one', async () => {
    const person = await server.invite(owner, 'member')
    const body = { currentPassword: 'wrong one', newPassword: 'a brand new password' }
    const reply = await person.client.post('/api/v1/me/password', body, failing)
    expect([reply.status, codeOf(reply)]).toEqual([400, 'INVALID_CREDENTIALS'])
    expect((await signIn(person.email, person.password)).status).toBe(200)
  })

  it('keeps this session and ends the others', async () => {
    const person = await server.invite(owner, 'member')
    const other = server.client()
    await other.post('/api/v1/auth/sign-in', { email: person.email, password: person.password })
    const body = { currentPassword: person.password, newPassword: 'a brand new password' }
    expect((await person.client.post('/api/v1/me/password', body)).status).toBe(204)
    expect((await person.client.get('/api/v1/me')).status).toBe(200)
    expect((await other.get('/api/v1/me', failing)).status).toBe(401)
    expect((await signIn(person.email, body.newPassword)).status).toBe(200)
  })

  it('refuses short and endless ones', async () => {
    for (const newPassword of ['short', 'x'.repeat(129)]) {
      const body = { currentPassword: owner.password, newPassword }
      expect((await owner.client.post('/api/v1/me/password', body, failing)).status).toBe(400)
    }
  })
})

const me = async (person: Person) => (await person.client.get<PersonView>('/api/v1/me')).body

const verify = (token: string) => server.client().post('/api/v1/auth/email-verifications', { token }, failing)

describe('an e-mail address', () => {
  it('is confirmed by the link that sign-up mails', async () => {
    const person = await server.invite(owner, 'member')
    expect((await me(person)).emailVerified).toBe(false)
    expect((await verify(linkTo(await mails(), person.email, 'verify-email'))).status).toBe(204)
    expect((await me(person)).emailVerified).toBe(true)
  })

  it('gets the link again on request, until it is confirmed', async () => {
    const person = await server.invite(owner, 'member')
    const request = () => person.client.post('/api/v1/auth/email-verification-requests', undefined, failing)
    expect((await request()).status).toBe(202)
    const sent = (await mails()).filter(
      ({ to, text }) => to === person.email && text.includes('verify-email'),
    )
    expect(sent).toHaveLength(2)
    await verify(linkTo(sent, person.email, 'verify-email'))
    const late = await request()
    expect([late.status, codeOf(late)]).toEqual([409, 'RESOURCE_CONFLICT'])
  })

  it('is not confirmed by anything else', async () => {
    const person = await server.invite(owner, 'member')
    const token = linkTo(await mails(), person.email, 'verify-email')
    const forged = await verify(`${token.slice(0, -4)}AAAA`)
    expect([forged.status, codeOf(forged)]).toEqual([400, 'INVALID_TOKEN'])
    expect((await me(person)).emailVerified).toBe(false)
  })
})
