import type { ApiKey, Team, TeamMember } from '@atrium/contract'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeOf, failing } from './test-support.ts'

let server: TestServer
let owner: Person
let member: Person
beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
  member = await server.invite(owner, 'member')
})
afterAll(() => server[Symbol.asyncDispose]())

let names = 0
const makeTeam = async (): Promise<Team & { path: string }> => {
  const { body } = await owner.client.post<Team>(`${owner.base}/teams`, { name: `Team ${++names}` })
  return { ...body, path: `${owner.base}/teams/${body.id}` }
}
const put = (by: Person, team: { path: string }, person: Person, role = 'member') =>
  by.client.put<TeamMember>(`${team.path}/members/${person.id}`, { role }, failing)

describe('a team', () => {
  it('is made, renamed, archived and brought back by admins', async () => {
    const team = await makeTeam()
    expect(team).toMatchObject({ memberCount: 0, role: null, archivedAt: null })
    const renamed = await owner.client.patch<Team>(team.path, { name: 'Design' })
    expect(renamed.body.name).toBe('Design')
    const archived = await owner.client.patch<Team>(team.path, { archived: true })
    expect(archived.body.archivedAt).not.toBeNull()
    expect((await owner.client.get(`${owner.base}/teams`)).text).not.toContain(team.id)
    expect((await owner.client.get(`${owner.base}/teams?archived=true`)).text).toContain(team.id)
    expect((await put(owner, team, member)).status).toBe(409)
    const back = await owner.client.patch<Team>(team.path, { archived: false })
    expect(back.body.archivedAt).toBeNull()
  })

  it('is no business of members: 403', async () => {
    const team = await makeTeam()
    const statuses = [
      await member.client.post(`${owner.base}/teams`, { name: 'Mine' }, failing),
      await member.client.patch(team.path, { name: 'Mine' }, failing),
      await put(member, team, member),
      await member.client.delete(`${team.path}/members/${member.id}`, failing),
    ].map(({ status }) => status)
    expect(statuses).toEqual([403, 403, 403, 403])
    expect((await member.client.get(team.path)).status).toBe(200)
  })

  it('has a name of its own, whatever the case: 409', async () => {
    const team = await makeTeam()
    const again = await owner.client.post(`${owner.base}/teams`, { name: team.name.toUpperCase() }, failing)
    expect([again.status, codeOf(again)]).toEqual([409, 'RESOURCE_ALREADY_EXISTS'])
  })

  it.each([{}, { name: '' }, { name: ' ' }, { name: 'a\nb' }, { name: 5 }, { name: 'x'.repeat(101) }])(
    'is not made of %j: 400',
    async (body) => {
      expect((await owner.client.post(`${owner.base}/teams`, body, failing)).status).toBe(400)
    },
  )

  it('stays while keys belong to it: 409', async () => {
    const team = await makeTeam()
    const body = { name: 'Key', scopes: ['gateway:call'], teamId: team.id }
    const key = (await owner.client.post<ApiKey>(`${owner.base}/api-keys`, body)).body
    expect((await owner.client.patch(team.path, { archived: true }, failing)).status).toBe(409)
    await owner.client.delete(`${owner.base}/api-keys/${key.id}`)
    expect((await owner.client.patch(team.path, { archived: true }, failing)).status).toBe(200)
  })
})

describe('members of a team', () => {
  it('are added, changed and removed by its lead, and listed in pages', async () => {
    const team = await makeTeam()
    const [lead, other] = [await server.invite(owner, 'member'), await server.invite(owner, 'viewer')]
    expect((await put(owner, team, lead, 'lead')).body).toMatchObject({ personId: lead.id, role: 'lead' })
    expect((await put(lead, team, other)).status).toBe(200)
    expect((await put(lead, team, member)).status).toBe(200)
    expect((await put(member, team, member, 'lead')).status).toBe(403)
    const mine = await lead.client.get<{ data: Team[] }>(`${owner.base}/teams?mine=true`)
    expect(mine.body.data).toMatchObject([{ id: team.id, role: 'lead', memberCount: 3 }])
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const query: string = cursor ? `&cursor=${cursor}` : ''
      const page = await lead.client.get<{ data: TeamMember[]; meta: { nextCursor: string | null } }>(
        `${team.path}/members?limit=2${query}`,
      )
      seen.push(...page.body.data.map(({ personId }) => personId))
      cursor = page.body.meta.nextCursor
    }
    expect(seen).toEqual([lead.id, other.id, member.id])
    expect((await lead.client.delete(`${team.path}/members/${other.id}`)).status).toBe(204)
    expect((await lead.client.delete(`${team.path}/members/${other.id}`, failing)).status).toBe(404)
  })

  it('that lead it are named in the list, those who joined first before the others', async () => {
    const team = await makeTeam()
    expect((await owner.client.get<Team>(team.path)).body.leads).toEqual([])
    const [first, second] = [await server.invite(owner, 'member'), await server.invite(owner, 'viewer')]
    await put(owner, team, first, 'lead')
    await put(owner, team, second)
    await put(owner, team, second, 'lead')
    const list = await member.client.get<{ data: Team[] }>(`${owner.base}/teams`)
    const listed = list.body.data.find(({ id }) => id === team.id)
    expect(listed?.leads.map(({ personId }) => personId)).toEqual([first.id, second.id])
    await put(owner, team, first)
    expect((await owner.client.get<Team>(team.path)).body.leads).toMatchObject([
      { personId: second.id, name: expect.any(String) },
    ])
  })

  it('leave it with the workspace', async () => {
    const team = await makeTeam()
    const person = await server.invite(owner, 'member')
    await put(owner, team, person)
    await owner.client.delete(`${owner.base}/members/${person.id}`)
    expect((await owner.client.get<Team>(team.path)).body.memberCount).toBe(0)
    expect((await put(owner, team, person)).status).toBe(404)
  })

  it('are not led by a key that lacks the permission: 403', async () => {
    const team = await makeTeam()
    await put(owner, team, member, 'lead')
    const { body } = await member.client.post<{ secret: string }>(`${owner.base}/api-keys`, {
      name: 'Reader',
      scopes: ['team:read'],
    })
    const headers = { authorization: `Bearer ${body.secret}` }
    const reply = await server
      .client()
      .put(`${team.path}/members/${owner.id}`, { role: 'member' }, { headers, ...failing })
    expect(reply.status).toBe(403)
  })
})

it('writes every change of teams into the audit log', async () => {
  const team = await makeTeam()
  await put(owner, team, member)
  await owner.client.delete(`${team.path}/members/${member.id}`)
  await owner.client.patch(team.path, { archived: true })
  const { body } = await owner.client.get<{ data: { action: string; target: { id: string } | null }[] }>(
    `${owner.base}/audit`,
  )
  const actions = body.data.filter(({ target }) => target?.id === team.id).map(({ action }) => action)
  expect(actions).toEqual(['team.updated', 'team.member-removed', 'team.member-set', 'team.created'])
})
