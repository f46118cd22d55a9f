import type { Mail } from '@atrium/contract'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deleteExpired } from './store/sessions.ts'
import { asRole, failing, linkTo } from './test-support.ts'

let server: TestServer
let owner: Person
beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
})
afterAll(() => server[Symbol.asyncDispose]())

const mails = async (): Promise<Mail[]> =>
  (await owner.client.get<{ data: Mail[] }>('/api/v1/installation/mails?limit=100')).body.data

/** Everything that is stored of mails, as text. */
const stored = async (): Promise<string> =>
  asRole(server, 'job', async (client) =>
    JSON.stringify((await client.query('SELECT * FROM identity.mails')).rows),
  )

async function resetToken(person: Person): Promise<string> {
  await server.client().post('/api/v1/auth/password-reset-requests', { email: person.email })
  return linkTo(await mails(), person.email, 'reset-password')
}

const reset = (token: string) =>
  server.client().post('/api/v1/auth/password-resets', { token, password: 'a brand new password' }, failing)

let strangers = 0
async function invite(email = `stranger${++strangers}@example.com`) {
  const { body } = await owner.client.post<{ id: string; link: string }>(`${owner.base}/invitations`, {
    email,
    role: 'member',
  })
  return { email, id: body.id, token: body.link.split('/').at(-1) ?? '' }
}

describe('the link in a mail that stays in the outbox', () => {
  it('is gone once a password was set with it; others stay', async () => {
    const person = await server.invite(owner, 'member')
    const other = await server.invite(owner, 'member')
    const [token, kept] = [await resetToken(person), await resetToken(other)]
    expect(await stored()).toContain(token)
    expect((await reset(token)).status).toBe(204)
    expect(await stored()).not.toContain(token)
    expect((await mails()).find(({ to }) => to === person.email)?.text).toContain('[link]')
    expect((await reset(kept)).status).toBe(204)
  })

  it('stays when it was not used rightly', async () => {
    const person = await server.invite(owner, 'member')
    const token = await resetToken(person)
    const body = { token, password: 'short' }
    expect((await server.client().post('/api/v1/auth/password-resets', body, failing)).status).toBe(400)
    expect(await stored()).toContain(token)
  })

  it('is gone once it confirmed an address', async () => {
    const person = await server.invite(owner, 'member')
    const token = linkTo(await mails(), person.email, 'verify-email')
    await server.client().post('/api/v1/auth/email-verifications', { token })
    expect(await stored()).not.toContain(token)
  })

  it('is gone once an invitation was accepted, by a new person or a known one', async () => {
    const [one, known] = [await invite(), await server.invite(owner, 'admin')]
    const password = 'correct horse battery staple'
    const account = { name: 'New', email: one.email, password, invitation: one.token }
    await server.client().post('/api/v1/auth/sign-up', account)
    const { body: other } = await owner.client.post<{ id: string }>('/api/v1/workspaces', { name: 'Other' })
    const { body } = await owner.client.post<{ link: string }>(`/api/v1/workspaces/${other.id}/invitations`, {
      email: known.email,
      role: 'member',
    })
    const token = body.link.split('/').at(-1) ?? ''
    expect(await stored()).toContain(token)
    await known.client.post(`/api/v1/invitations/${token}/acceptances`)
    expect(await stored()).not.toContain(token)
    expect(await stored()).not.toContain(one.token)
  })

  it('is gone once an invitation was withdrawn or replaced', async () => {
    const [withdrawn, replaced] = [await invite(), await invite()]
    await owner.client.delete(`${owner.base}/invitations/${withdrawn.id}`)
    const next = await invite(replaced.email)
    const now = await stored()
    expect([withdrawn.token, replaced.token, next.token].map((token) => now.includes(token))).toEqual([
      false,
      false,
      true,
    ])
  })

  it('is gone once its time is over', async () => {
    const person = await server.invite(owner, 'member')
    const [token, fresh] = [await resetToken(person), await invite()]
    await asRole(server, 'app', (client) =>
      client.query(
        `UPDATE identity.mails SET link_expires_at = now() - interval '1 second' WHERE recipient = $1`,
        [person.email],
      ),
    )
    await server.running.platform.jobDb.transaction(deleteExpired)
    const now = await stored()
    expect([now.includes(token), now.includes(fresh.token)]).toEqual([false, true])
  })

  it('lives as long as what it opens', async () => {
    const person = await server.invite(owner, 'member')
    await resetToken(person)
    const { email } = await invite()
    const lives = await asRole(server, 'job', async (client) => {
      const { rows } = await client.query<{ hours: number }>(
        `SELECT round(extract(epoch FROM link_expires_at - created_at) / 3600)::int AS hours FROM identity.mails
         WHERE recipient = ANY ($1) AND link_expires_at IS NOT NULL ORDER BY hours`,
        [[person.email, email]],
      )
      return rows.map(({ hours }) => hours)
    })
    expect(lives).toEqual([1, 24, 168])
  })
})
