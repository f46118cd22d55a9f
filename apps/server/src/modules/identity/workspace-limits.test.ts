import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeOf, failing, statusesOf } from './test-support.ts'

let server: TestServer
let owner: Person
beforeAll(async () => {
  server = await startTestServer({ environment: { ATRIUM_WORKSPACES_PER_PERSON: '3' } })
  owner = await server.owner()
})
afterAll(() => server[Symbol.asyncDispose]())

const create = ({ client }: Person) => client.post('/api/v1/workspaces', { name: 'Mine' }, failing)
const letCreate = (workspaceCreation: string) =>
  owner.client.patch('/api/v1/installation', { workspaceCreation }, failing)

describe('creating workspaces', () => {
  it('is refused to viewers with 403, and open to members, unless the operator says otherwise', async () => {
    const viewer = await server.invite(owner, 'viewer')
    const member = await server.invite(owner, 'member')
    const refused = await create(viewer)
    expect([refused.status, codeOf(refused)]).toEqual([403, 'INSUFFICIENT_PERMISSIONS'])
    expect((await create(member)).status).toBe(201)

    expect((await letCreate('operators')).body).toEqual({
      registration: 'invitation',
      workspaceCreation: 'operators',
    })
    expect((await create(member)).status).toBe(403)
    expect((await create(owner)).status).toBe(201)

    await letCreate('everyone')
    expect((await create(viewer)).status).toBe(201)
    expect((await viewer.client.get('/api/v1/bootstrap')).body).toMatchObject({
      workspaceCreation: 'everyone',
    })
    await letCreate('members')
  })

  it('is refused to those who were removed from all workspaces', async () => {
    const removed = await server.invite(owner, 'member')
    await owner.client.delete(`${owner.base}/members/${removed.id}`)
    expect((await create(removed)).status).toBe(403)
  })

  it('ends at the number that one person may own, with 409, also for many requests at once', async () => {
    const member = await server.invite(owner, 'member')
    const replies = await Promise.all(Array.from({ length: 12 }, () => create(member)))
    expect(statusesOf(replies)).toEqual([...Array(3).fill(201), ...Array(9).fill(409)])
    const refused = await create(member)
    expect(codeOf(refused)).toBe('WORKSPACE_LIMIT_REACHED')
    const own = await member.client.get<{ data: { role: string }[] }>('/api/v1/workspaces')
    expect(own.body.data.filter(({ role }) => role === 'owner')).toHaveLength(3)
    for (let count = 0; count < 4; count++) expect((await create(owner)).status).toBe(201)
  })

  it('is decided by operators only, and their decisions are in the audit log', async () => {
    const admin = await server.invite(owner, 'admin')
    const attempt = await admin.client.patch(
      '/api/v1/installation',
      { workspaceCreation: 'everyone' },
      failing,
    )
    expect(attempt.status).toBe(403)
    await letCreate('everyone')
    await letCreate('members')
    const log = await owner.client.get<{ data: { action: string; details: unknown }[] }>(
      `${owner.base}/audit`,
    )
    expect(log.body.data[0]).toMatchObject({
      action: 'installation.workspace-creation-changed',
      details: { before: 'everyone', after: 'members' },
    })
  })
})
