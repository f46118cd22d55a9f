import type { DeviceCode, DeviceRequest, DeviceToken, Mail, Session } from '@atrium/contract'
import { createClient, startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asRole, codeOf, failing, linkTo } from './test-support.ts'

let server: TestServer
let owner: Person
beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
})
afterAll(() => server[Symbol.asyncDispose]())

const codes = '/api/v1/auth/device-codes'

async function begin(): Promise<DeviceCode> {
  return (await server.client().post<DeviceCode>(codes, { device: 'atrium on laptop' })).body
}

/** Asks as the device does; the pause between two polls is waited for in the database's clock. */
async function claim({ deviceCode }: DeviceCode) {
  await asRole(server, 'owner', (client) =>
    client.query('UPDATE identity.device_codes SET last_polled_at = NULL'),
  )
  const headers = { 'user-agent': 'atrium test' }
  return server
    .client()
    .post<DeviceToken>('/api/v1/auth/device-tokens', { deviceCode }, { ...failing, headers })
}

async function approvedToken(person: Person): Promise<string> {
  const code = await begin()
  await person.client.get(`${codes}/${code.userCode}`)
  await person.client.post(`${codes}/${code.userCode}/decisions`, { approve: true })
  const { body } = await claim(code)
  if (body.status !== 'approved') throw new Error('not approved')
  return body.token
}

const withToken = (token: string) => createClient(server.url, { authorization: `Bearer ${token}` })

describe('a device', () => {
  it('waits until the person has approved it, and is then signed in as that person', async () => {
    const code = await begin()
    expect(code.userCode).toMatch(/^[A-Z2-9]{4}-[A-Z2-9]{4}$/)
    expect(new URL(code.verificationUrlComplete).pathname).toBe('/device')
    expect((await claim(code)).body.status).toBe('pending')
    const seen = await owner.client.get<DeviceRequest>(`${codes}/${code.userCode.toLowerCase()}`)
    expect(seen.body).toEqual({ userCode: code.userCode, device: 'atrium on laptop', status: 'pending' })
    await owner.client.post(`${codes}/${code.userCode}/decisions`, { approve: true })
    const { body } = await claim(code)
    if (body.status !== 'approved') throw new Error('not approved')
    expect(body.person.email).toBe(owner.email)
    const device = withToken(body.token)
    expect((await device.get<{ email: string }>('/api/v1/me')).body.email).toBe(owner.email)
    expect((await device.get(owner.base)).status).toBe(200)
    const sessions = (await device.get<{ data: Session[] }>('/api/v1/me/sessions')).body.data
    expect(sessions.find((one) => one.current)?.userAgent).toBe('atrium test')
  })

  it('gets its token once', async () => {
    const code = await begin()
    await owner.client.get(`${codes}/${code.userCode}`)
    await owner.client.post(`${codes}/${code.userCode}/decisions`, { approve: true })
    expect((await claim(code)).status).toBe(200)
    expect((await claim(code)).status).toBe(404)
  })

  it('is not let in any more once the person ends other sessions or sets a password', async () => {
    const ends: ((person: Person) => Promise<unknown>)[] = [
      ({ client }) => client.delete('/api/v1/me/sessions'),
      ({ client, password }) =>
        client.post('/api/v1/me/password', {
          currentPassword: password,
          newPassword: 'a brand new password',
        }),
      async ({ email }) => {
        await server.client().post('/api/v1/auth/password-reset-requests', { email })
        const { body } = await owner.client.get<{ data: Mail[] }>('/api/v1/installation/mails')
        const token = linkTo(body.data, email, 'reset-password')
        await server
          .client()
          .post('/api/v1/auth/password-resets', { token, password: 'a brand new password' })
      },
    ]
    for (const end of ends) {
      const person = await server.invite(owner, 'member')
      const code = await begin()
      await person.client.get(`${codes}/${code.userCode}`)
      await person.client.post(`${codes}/${code.userCode}/decisions`, { approve: true })
      await end(person)
      expect((await claim(code)).status).toBe(404)
    }
  })

  it('that is refused learns so', async () => {
    const code = await begin()
    await owner.client.get(`${codes}/${code.userCode}`)
    await owner.client.post(`${codes}/${code.userCode}/decisions`, { approve: false })
    const reply = await claim(code)
    expect(reply.status).toBe(403)
    expect(codeOf(reply)).toBe('DEVICE_REFUSED')
  })

  it('that waited too long learns so', async () => {
    const code = await begin()
    await asRole(server, 'owner', (client) =>
      client.query(`UPDATE identity.device_codes SET expires_at = now() - interval '1 second'`),
    )
    expect(codeOf(await owner.client.get(`${codes}/${code.userCode}`, failing))).toBe('DEVICE_CODE_EXPIRED')
    expect(codeOf(await claim(code))).toBe('DEVICE_CODE_EXPIRED')
  })

  it('that is signed out loses its access at once', async () => {
    const device = withToken(await approvedToken(owner))
    const { body } = await device.get<{ data: Session[] }>('/api/v1/me/sessions')
    await device.delete(`/api/v1/me/sessions/${body.data.find((one) => one.current)?.id}`)
    expect((await device.get('/api/v1/me', failing)).status).toBe(401)
  })
})

describe('a code', () => {
  it('can be decided only by who has opened it first', async () => {
    const code = await begin()
    const other = await server.invite(owner, 'member')
    await owner.client.get(`${codes}/${code.userCode}`)
    expect((await other.client.get(`${codes}/${code.userCode}`, failing)).status).toBe(404)
    const decision = `${codes}/${code.userCode}/decisions`
    const refused = await other.client.post(decision, { approve: true }, failing)
    expect(refused.status).toBeGreaterThanOrEqual(400)
    expect(refused.status).toBeLessThan(500)
    expect((await claim(code)).body.status).toBe('pending')
  })

  it('can be decided once', async () => {
    const code = await begin()
    await owner.client.get(`${codes}/${code.userCode}`)
    await owner.client.post(`${codes}/${code.userCode}/decisions`, { approve: false })
    const again = await owner.client.post(`${codes}/${code.userCode}/decisions`, { approve: true }, failing)
    expect(again.status).toBe(409)
  })

  it('that is guessed ends after some attempts with 429', async () => {
    const guesser = await server.invite(owner, 'member')
    const statuses: number[] = []
    for (let guess = 0; guess < 22; guess++)
      statuses.push((await guesser.client.get(`${codes}/AAAA-AA${guess + 10}`, failing)).status)
    expect(statuses[0]).toBe(404)
    expect(statuses.at(-1)).toBe(429)
  })
})

describe('nobody', () => {
  it('sees or decides a request without signing in', async () => {
    const code = await begin()
    const nobody = server.client()
    expect((await nobody.get(`${codes}/${code.userCode}`, failing)).status).toBe(401)
    const decision = `${codes}/${code.userCode}/decisions`
    expect((await nobody.post(decision, { approve: true }, failing)).status).toBe(401)
  })
})

describe('a token', () => {
  it('that was changed is refused', async () => {
    const token = await approvedToken(owner)
    const changed = token.slice(0, -2) + (token.endsWith('AA') ? 'BB' : 'AA')
    expect((await withToken(changed).get('/api/v1/me', failing)).status).toBe(401)
    expect((await withToken('ats_x').get('/api/v1/me', failing)).status).toBe(401)
  })

  it('beside the cookie of somebody else is refused with 400', async () => {
    const token = await approvedToken(owner)
    const other = await server.invite(owner, 'member')
    const headers = { authorization: `Bearer ${token}` }
    expect((await other.client.get('/api/v1/me', { ...failing, headers })).status).toBe(400)
  })
})
