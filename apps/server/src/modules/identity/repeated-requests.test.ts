import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { asRole, failing, statusesOf } from './test-support.ts'

let server: TestServer
let owner: Person
beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
  await asOwner(`
    CREATE FUNCTION platform.fail() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the process ends here'; END $$`)
})
beforeEach(() => asOwner('DROP TRIGGER IF EXISTS fail ON platform.idempotency'))
afterAll(() => server[Symbol.asyncDispose]())

const asOwner = (statement: string) => asRole(server, 'owner', (client) => client.query(statement))

/** What a process that dies before it has stored its answer leaves behind, as it is found five minutes later. */
async function dyingBeforeTheAnswer(call: () => Promise<{ status: number }>): Promise<void> {
  await asOwner(
    'CREATE TRIGGER fail BEFORE UPDATE ON platform.idempotency FOR EACH ROW EXECUTE FUNCTION platform.fail()',
  )
  expect((await call()).status).toBe(500)
  await asOwner('DROP TRIGGER fail ON platform.idempotency')
  await asRole(server, 'job', (client) =>
    client.query(`UPDATE platform.idempotency SET created_at = now() - interval '6 minutes'`),
  )
}

const key = (name: string) => ({ headers: { 'idempotency-key': name }, ...failing })
const named = async (name: string): Promise<string[]> => {
  const { body } = await owner.client.get<{ data: { id: string; name: string }[] }>('/api/v1/workspaces')
  return body.data.filter((one) => one.name === name).map(({ id }) => id)
}

describe('a workspace', () => {
  const create = (name: string) =>
    owner.client.post<{ id: string }>(
      '/api/v1/workspaces',
      { name },
      key(`make ${name}`.replaceAll(' ', '-')),
    )

  it('is made once, though the process died before it had stored its answer', async () => {
    await dyingBeforeTheAnswer(() => create('Phoenix'))
    expect(await named('Phoenix')).toEqual([])
    const { status, body } = await create('Phoenix')
    expect(status).toBe(201)
    expect((await create('Phoenix')).body).toEqual(body)
    expect(await named('Phoenix')).toEqual([body.id])
  })

  it('is made once by requests that come together', async () => {
    const replies = await Promise.all([1, 2, 3].map(() => create('Together')))
    expect(statusesOf(replies)).toEqual([201, 201, 201])
    expect(await named('Together')).toEqual([replies[0]?.body.id])
  })

  it('that is refused leaves its key free', async () => {
    const viewer = await server.invite(owner, 'viewer')
    const attempt = () => viewer.client.post('/api/v1/workspaces', { name: 'Refused' }, key('refused'))
    expect((await attempt()).status).toBe(403)
    await owner.client.patch('/api/v1/installation', { workspaceCreation: 'everyone' })
    expect((await attempt()).status).toBe(201)
  })
})

describe('an invitation', () => {
  const invited = async (
    name: string,
  ): Promise<{ guest: Person; accept: () => Promise<{ status: number }> }> => {
    const guest = await server.invite(owner, 'member')
    const { body: other } = await owner.client.post<{ id: string }>('/api/v1/workspaces', { name })
    const { body } = await owner.client.post<{ link: string }>(`/api/v1/workspaces/${other.id}/invitations`, {
      email: guest.email,
      role: 'member',
    })
    const path = `/api/v1/invitations/${body.link.split('/').at(-1)}/acceptances`
    return { guest, accept: () => guest.client.post(path, undefined, key('join')) }
  }

  it('is accepted by a repetition, though the process died before it had stored its answer', async () => {
    const { guest, accept } = await invited('Reborn')
    await dyingBeforeTheAnswer(accept)
    const seen = await guest.client.get('/api/v1/workspaces')
    expect(seen.text).not.toContain('Reborn')
    expect((await accept()).status).toBe(200)
    expect((await accept()).status).toBe(200)
    expect((await guest.client.get('/api/v1/workspaces')).text).toContain('Reborn')
  })
})
