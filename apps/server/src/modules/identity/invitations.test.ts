import { type AuditEntry, permissions, type Role } from '@atrium/contract'
import { createClient, startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asAttacker, codeOf, failing, linkTo, statusesOf } from './test-support.ts'

let server: TestServer
let owner: Person
beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
})
afterAll(() => server[Symbol.asyncDispose]())

const password = 'correct horse battery staple'
interface Made {
  readonly id: string
  readonly link: string
}
const invite = async (email: string, role = 'member'): Promise<Made & { token: string }> => {
  const { body } = await owner.client.post<Made>(`${owner.base}/invitations`, { email, role })
  return { ...body, token: body.link.split('/').at(-1) ?? '' }
}
const signUp = (body: object) =>
  server.client().post('/api/v1/auth/sign-up', { name: 'Guest', password, ...body }, failing)

describe('sign-up after the first person', () => {
  it('is closed without an invitation', async () => {
    const reply = await signUp({ email: 'stranger@example.com' })
    expect([reply.status, codeOf(reply)]).toEqual([403, 'REGISTRATION_CLOSED'])
  })

  it('takes an invitation once, for its address, with its role', async () => {
    const { token, link } = await invite('Bea@example.com', 'viewer')
    expect(link).toContain(`/invitations/${token}`)
    expect((await server.client().get(`/api/v1/invitations/${token}`)).body).toMatchObject({
      workspaceName: 'Team',
      email: 'bea@example.com',
      role: 'viewer',
    })
    const other = await signUp({ email: 'eve@example.com', invitation: token })
    expect([other.status, codeOf(other)]).toEqual([403, 'INSUFFICIENT_PERMISSIONS'])
    const joined = await signUp({ email: 'BEA@example.com', invitation: token })
    expect(joined.status).toBe(201)
    expect(joined.body).toMatchObject({
      person: { isOperator: false },
      workspaces: [{ name: 'Team', role: 'viewer' }],
    })
    const again = await signUp({ email: 'bea2@example.com', invitation: token })
    expect([again.status, codeOf(again)]).toEqual([404, 'INVITATION_NOT_FOUND'])
  })

  it('says 409 for an address that has an account', async () => {
    const { token } = await invite(owner.email)
    const reply = await signUp({ email: owner.email, invitation: token })
    expect([reply.status, codeOf(reply)]).toEqual([409, 'RESOURCE_ALREADY_EXISTS'])
  })

  it('lets one of two simultaneous users of an invitation in', async () => {
    const { token } = await invite('twin@example.com')
    const replies = await Promise.all(
      [1, 2, 3].map(() => signUp({ email: 'twin@example.com', invitation: token })),
    )
    expect(statusesOf(replies)).toEqual([201, 404, 404])
  })

  it('joins the first workspace as member while registration is open', async () => {
    const member = await server.invite(owner, 'admin')
    const refused = await member.client.patch('/api/v1/installation', { registration: 'open' }, failing)
    expect(refused.status).toBe(403)
    await owner.client.patch('/api/v1/installation', { registration: 'open' })
    const reply = await signUp({ email: 'walkin@example.com' })
    expect(reply.body).toMatchObject({ workspaces: [{ name: 'Team', role: 'member' }] })
    await owner.client.patch('/api/v1/installation', { registration: 'invitation' })
    expect((await signUp({ email: 'late@example.com' })).status).toBe(403)
  })
})

describe('an invitation', () => {
  it('lets a signed-in person with its address join, and nobody else', async () => {
    const guest = await server.invite(owner, 'member')
    const { body: other } = await owner.client.post<{ id: string }>('/api/v1/workspaces', { name: 'Second' })
    const { body } = await owner.client.post<Made>(`/api/v1/workspaces/${other.id}/invitations`, {
      email: guest.email,
      role: 'admin',
    })
    const accept = `/api/v1/invitations/${body.link.split('/').at(-1)}/acceptances`
    expect((await owner.client.post(accept, undefined, failing)).status).toBe(403)
    expect((await server.client().post(accept, undefined, failing)).status).toBe(401)
    expect((await guest.client.post(accept)).body).toMatchObject({
      id: other.id,
      name: 'Second',
      role: 'admin',
    })
    expect((await guest.client.post(accept, undefined, failing)).status).toBe(404)
  })

  it('cannot be used after seven days or once withdrawn', async () => {
    const late = await invite('late@example.com')
    await asAttacker(
      server,
      `UPDATE identity.invitations SET expires_at = now() - interval '1 second' WHERE id = '${late.id}'`,
    )
    expect((await server.client().get(`/api/v1/invitations/${late.token}`, failing)).status).toBe(404)
    expect((await signUp({ email: 'late@example.com', invitation: late.token })).status).toBe(404)
    const withdrawn = await invite('gone@example.com')
    await owner.client.delete(`${owner.base}/invitations/${withdrawn.id}`)
    expect((await signUp({ email: 'gone@example.com', invitation: withdrawn.token })).status).toBe(404)
  })

  it('replaces an earlier one for the same address, is listed, and is mailed', async () => {
    const first = await invite('again@example.com')
    const second = await invite('again@example.com', 'viewer')
    expect((await server.client().get(`/api/v1/invitations/${first.token}`, failing)).status).toBe(404)
    const { body } = await owner.client.get<{ data: { id: string; email: string }[] }>(
      `${owner.base}/invitations`,
    )
    expect(body.data.filter(({ email }) => email === 'again@example.com').map(({ id }) => id)).toEqual([
      second.id,
    ])
    const mails = await owner.client.get<{ data: { to: string; subject: string; text: string }[] }>(
      '/api/v1/installation/mails',
    )
    expect(linkTo(mails.body.data, 'again@example.com', 'invitations')).toBe(second.token)
  })

  it('repeats its link for a repeated request, and stores it encrypted only', async () => {
    const body = { email: 'twice@example.com', role: 'member' }
    const once = () =>
      owner.client.post<Made>(`${owner.base}/invitations`, body, {
        headers: { 'idempotency-key': 'invite-twice' },
      })
    const [first, second] = [await once(), await once()]
    expect(second.body).toEqual(first.body)
    expect(second.headers.get('idempotent-replayed')).toBe('true')
  })

  it('for an owner is written by owners only', async () => {
    const admin = await server.invite(owner, 'admin')
    const reply = await admin.client.post(
      `${owner.base}/invitations`,
      { email: 'boss@example.com', role: 'owner' },
      failing,
    )
    expect(reply.status).toBe(403)
  })
})

describe('the invitations of somebody who loses the right to give them', () => {
  const by = async (person: Person, email: string, role: Role): Promise<Made & { token: string }> => {
    const { body } = await person.client.post<Made>(`${owner.base}/invitations`, { email, role })
    return { ...body, token: body.link.split('/').at(-1) ?? '' }
  }
  const demote = (person: Person, role: Role) =>
    owner.client.patch(`${owner.base}/members/${person.id}`, { role })
  const offered = async ({ token }: { token: string }): Promise<number> =>
    (await server.client().get(`/api/v1/invitations/${token}`, failing)).status
  const open = async (): Promise<string[]> => {
    const { body } = await owner.client.get<{ data: Made[] }>(`${owner.base}/invitations?limit=100`)
    return body.data.map(({ id }) => id)
  }

  it('are withdrawn as far as the role that is left does not give it', async () => {
    const inviter = await server.invite(owner, 'owner')
    const toOwner = await by(inviter, 'heir@example.com', 'owner')
    const toAdmin = await by(inviter, 'deputy@example.com', 'admin')
    const others = await invite('bystander@example.com', 'admin')
    await demote(inviter, 'admin')
    expect([await offered(toOwner), await offered(toAdmin)]).toEqual([404, 200])
    await demote(inviter, 'viewer')
    expect(await offered(toAdmin)).toBe(404)
    const refused = await signUp({ email: 'deputy@example.com', invitation: toAdmin.token })
    expect([refused.status, codeOf(refused)]).toEqual([404, 'INVITATION_NOT_FOUND'])
    expect(await open()).not.toContain(toAdmin.id)
    await demote(inviter, 'owner')
    expect([await offered(toOwner), await offered(toAdmin), await offered(others)]).toEqual([404, 404, 200])
  })

  it('are withdrawn when they leave, also those by their keys, and the audit log tells so', async () => {
    const inviter = await server.invite(owner, 'admin')
    const { body: key } = await inviter.client.post<{ secret: string }>(`${owner.base}/api-keys`, {
      name: 'Robot',
      scopes: permissions,
    })
    const client = createClient(server.url, { authorization: `Bearer ${key.secret}` })
    const byKey = await by({ ...inviter, client }, 'by-key@example.com', 'admin')
    const own = await by(inviter, 'left-behind@example.com', 'member')
    await owner.client.delete(`${owner.base}/members/${inviter.id}`)
    expect([await offered(byKey), await offered(own)]).toEqual([404, 404])
    const { body } = await owner.client.get<{ data: AuditEntry[] }>(`${owner.base}/audit?limit=3`)
    const told = body.data.filter(({ action }) => action === 'invitation.revoked')
    expect(new Set(told.map(({ target }) => target?.id))).toEqual(new Set([byKey.id, own.id]))
  })

  it('do not work although nobody has withdrawn them', async () => {
    const [inviter, guest] = [await server.invite(owner, 'admin'), await server.invite(owner, 'member')]
    const email = 'unwatched@example.com'
    const { token } = await by(inviter, email, 'admin')
    await asAttacker(
      server,
      `UPDATE identity.members SET role = 'member' WHERE person_id = '${inviter.id}'`,
      `UPDATE identity.invitations SET email = '${guest.email}' WHERE email = '${email}'`,
    )
    expect(await offered({ token })).toBe(404)
    expect((await signUp({ email: guest.email, invitation: token })).status).toBe(404)
    const accept = `/api/v1/invitations/${token}/acceptances`
    const late = await guest.client.post(accept, undefined, failing)
    expect([late.status, codeOf(late)]).toEqual([404, 'INVITATION_NOT_FOUND'])
  })
})

// The last one: this network signs nobody up without an invitation any more.
describe('open registration', () => {
  it('tells of 30 known addresses an hour at most, then neither known from unknown', async () => {
    await owner.client.patch('/api/v1/installation', { registration: 'open' })
    const statuses: number[] = []
    for (let count = 0; count < 32; count++) statuses.push((await signUp({ email: owner.email })).status)
    expect(statuses).toEqual([...Array.from({ length: 30 }, () => 409), 429, 429])
    const free = await signUp({ email: 'free@example.com' })
    expect([free.status, codeOf(free)]).toEqual([429, 'RATE_LIMIT_EXCEEDED'])
    await owner.client.patch('/api/v1/installation', { registration: 'invitation' })
    const { token } = await invite('asked@example.com')
    expect((await signUp({ email: 'asked@example.com', invitation: token })).status).toBe(201)
  })
})
