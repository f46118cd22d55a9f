import type { Bootstrap } from '@atrium/contract'
import { readCommand } from '@atrium/server/config'
import { silentLog } from '@atrium/server/log'
import { type RunningServer, start } from '@atrium/server/start'
import { createClient, startTestServer, type TestServer } from '@atrium/testkit'
import { afterEach, describe, expect, inject, it } from 'vitest'
import { asRole, codeOf, failing } from './test-support.ts'

const servers: TestServer[] = []
const boot = async (environment: Record<string, string> = {}): Promise<TestServer> => {
  const server = await startTestServer({ environment })
  servers.push(server)
  return server
}
afterEach(async () => {
  for (const server of servers.splice(0)) await server[Symbol.asyncDispose]()
})

const password = 'correct horse battery staple'
const bootstrapOf = async (server: TestServer, headers = {}): Promise<Bootstrap> =>
  (await createClient(server.url, headers).get<Bootstrap>('/api/v1/bootstrap')).body

describe('a new installation', () => {
  it('asks for its owner, who becomes operator and owner of the first workspace', async () => {
    const server = await boot()
    expect(await bootstrapOf(server)).toMatchObject({ needsOwner: true, person: null, workspaces: [] })
    const client = server.client()
    const reply = await client.post('/api/v1/auth/sign-up', {
      name: 'Ada',
      email: 'Ada@Example.com',
      password,
    })
    expect(reply.status).toBe(201)
    expect(reply.body).toMatchObject({
      person: { name: 'Ada', email: 'ada@example.com', isOperator: true, emailVerified: false },
      workspaces: [{ name: 'Default', role: 'owner' }],
    })
    const { body } = await client.get<Bootstrap>('/api/v1/bootstrap')
    expect(body).toMatchObject({
      needsOwner: false,
      person: { name: 'Ada' },
      workspaces: [{ role: 'owner' }],
    })
  })

  it('gets exactly one owner when many sign up at once', async () => {
    const server = await boot()
    const replies = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        server
          .client()
          .post(
            '/api/v1/auth/sign-up',
            { name: 'Racer', email: `racer${index}@example.com`, password },
            failing,
          ),
      ),
    )
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(replies.filter(({ status }) => status === 403).map(codeOf)).toEqual(
      Array.from({ length: 11 }, () => 'REGISTRATION_CLOSED'),
    )
    const people = await asRole(server, 'app', (client) => client.query('SELECT 1 FROM identity.people'))
    expect(people.rowCount).toBe(1)
  })

  it('leaves nothing behind when a sign-up fails', async () => {
    const server = await boot()
    const reply = await server
      .client()
      .post('/api/v1/auth/sign-up', { name: 'Ada', email: 'ada@example.com', password: 'too short' }, failing)
    expect(reply.status).toBe(400)
    expect((await bootstrapOf(server)).needsOwner).toBe(true)
  })
})

describe('an installation prepared by its settings', () => {
  const admin = { ATRIUM_ADMIN_EMAIL: 'Root@Example.com', ATRIUM_ADMIN_PASSWORD: password }
  const key = `atr_${'k'.repeat(40)}`

  it('has its owner and key from the start', async () => {
    const server = await boot({ ...admin, ATRIUM_BOOTSTRAP_API_KEY: key })
    const reply = await server.client().post('/api/v1/auth/sign-in', { email: 'root@example.com', password })
    expect(reply.body).toMatchObject({
      person: { email: 'root@example.com', isOperator: true, emailVerified: true },
      workspaces: [{ name: 'Default', role: 'owner' }],
    })
    const byKey = await bootstrapOf(server, { authorization: `Bearer ${key}` })
    expect(byKey).toMatchObject({ needsOwner: false, person: null, workspaces: [{ name: 'Default' }] })
    const audit = `/api/v1/workspaces/${byKey.workspaces[0]?.id}/audit/verification`
    expect((await createClient(server.url, { 'x-api-key': key }).get(audit)).body).toMatchObject({
      intact: true,
    })
  })

  it('stores the key by its hash only', async () => {
    const server = await boot({ ...admin, ATRIUM_BOOTSTRAP_API_KEY: key })
    const dump = await asRole(server, 'job', (client) =>
      client.query<{ text: string }>(
        `SELECT (SELECT json_agg(k) FROM identity.api_keys k)::text || (SELECT json_agg(t) FROM identity.token_index t)::text AS text`,
      ),
    )
    expect(dump.rows[0]?.text).toContain('atr_kkkkkkkk')
    expect(dump.rows[0]?.text).not.toContain('k'.repeat(20))
  })
})

/** Another start of the same installation, with these settings. */
const restart = async (server: TestServer, environment: Record<string, string>): Promise<RunningServer> => {
  const command = readCommand({
    argv: [],
    environment: {
      PORT: '0',
      ATRIUM_DATA_DIR: server.dataDir,
      ATRIUM_SECRET: inject('cluster').secret,
      ...environment,
    },
  })
  if (command.kind !== 'start') throw new Error('the configuration asks for something else')
  return start(command.config, { log: silentLog(), roles: server.roles })
}
const statusWith = async (url: string, key: string): Promise<number> =>
  (await createClient(url, { 'x-api-key': key }).get('/api/v1/me', failing)).status

describe('a later start', () => {
  const first = `atr_${'a'.repeat(40)}`
  const second = `atr_${'b'.repeat(40)}`

  it('changes neither owner nor key while the settings stay', async () => {
    const environment = {
      ATRIUM_ADMIN_EMAIL: 'root@example.com',
      ATRIUM_ADMIN_PASSWORD: password,
      ATRIUM_BOOTSTRAP_API_KEY: first,
    }
    const server = await boot(environment)
    await using again = await restart(server, { ...environment, ATRIUM_ADMIN_EMAIL: 'other@example.com' })
    expect(await statusWith(again.url, first)).toBe(200)
    const count = await asRole(server, 'job', (client) =>
      client.query(
        'SELECT (SELECT count(*) FROM identity.people)::int AS people, (SELECT count(*) FROM identity.api_keys)::int AS keys',
      ),
    )
    expect(count.rows).toEqual([{ people: 1, keys: 1 }])
  })

  it('replaces the key by another one', async () => {
    const admin = { ATRIUM_ADMIN_EMAIL: 'root@example.com', ATRIUM_ADMIN_PASSWORD: password }
    const server = await boot({ ...admin, ATRIUM_BOOTSTRAP_API_KEY: first })
    expect(await statusWith(server.url, first)).toBe(200)
    await using again = await restart(server, { ...admin, ATRIUM_BOOTSTRAP_API_KEY: second })
    expect(await statusWith(again.url, second)).toBe(200)
    await expect.poll(() => statusWith(server.url, first)).toBe(401)
  })
})
