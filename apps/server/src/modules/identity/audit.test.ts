import type { AuditEntry } from '@atrium/contract'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { asAttacker, asRole } from './test-support.ts'

let server: TestServer
let owner: Person
beforeEach(async () => {
  server = await startTestServer()
  owner = await server.owner()
})
afterEach(() => server[Symbol.asyncDispose]())

interface Verification {
  readonly intact: boolean
  readonly entries: number
  readonly brokenAt: number | null
  readonly finding: string | null
}
const verification = async (): Promise<Verification> =>
  (await owner.client.get<Verification>(`${owner.base}/audit/verification`)).body
const entries = async (query = ''): Promise<AuditEntry[]> =>
  (await owner.client.get<{ data: AuditEntry[] }>(`${owner.base}/audit${query}`)).body.data

/** Renames the workspace until the log holds ten entries. */
const fill = async (): Promise<void> => {
  for (let count = 2; count <= 10; count++) await owner.client.patch(owner.base, { name: `Name ${count}` })
  expect(await verification()).toEqual({ intact: true, entries: 10, brokenAt: null, finding: null })
}

describe('the audit log', () => {
  it('says who did what to what, newest first, in pages', async () => {
    const person = await server.invite(owner, 'member')
    await owner.client.patch(`${owner.base}/members/${person.id}`, { role: 'viewer' })
    await owner.client.delete(`${owner.base}/members/${person.id}`)
    const all = await entries()
    expect(all.map(({ action }) => action)).toEqual([
      'member.removed',
      'member.role-changed',
      'member.joined',
      'invitation.created',
      'workspace.created',
    ])
    const name = all[2]?.actor.name
    expect(name).toMatch(/^Person/)
    expect(all[0]?.details).toEqual({ name, role: 'viewer' })
    expect(all[1]).toMatchObject({
      sequence: 4,
      actor: { kind: 'person', id: owner.id },
      target: { kind: 'person', id: person.id },
      details: { name, before: 'member', after: 'viewer' },
      address: '127.0.0.1',
    })
    expect((await entries('?limit=2')).map(({ sequence }) => sequence)).toEqual([5, 4])
    expect(await verification()).toEqual({ intact: true, entries: 5, brokenAt: null, finding: null })
  })

  it('keeps one unbroken chain under concurrent changes', async () => {
    await Promise.all(
      Array.from({ length: 30 }, (_, index) => owner.client.patch(owner.base, { name: `Name ${index}` })),
    )
    expect(await verification()).toEqual({ intact: true, entries: 31, brokenAt: null, finding: null })
  })

  it('never makes changes of different kinds wait for each other for good', async () => {
    const people = [await server.invite(owner, 'member'), await server.invite(owner, 'member')]
    const changes = Array.from({ length: 8 }, (_, index) => [
      owner.client.patch(owner.base, { name: `Name ${index}` }),
      owner.client.post(`${owner.base}/api-keys`, { name: 'Key', scopes: ['workspace:read'] }),
      owner.client.post(`${owner.base}/invitations`, { email: `guest${index}@example.com`, role: 'viewer' }),
      ...people.map(({ id }) => owner.client.patch(`${owner.base}/members/${id}`, { role: 'viewer' })),
    ])
    await Promise.all(changes.flat())
    expect(await verification()).toEqual({ intact: true, entries: 45, brokenAt: null, finding: null })
  })

  it('cannot be changed by the roles that serve requests and jobs', async () => {
    for (const role of ['app', 'job'] as const) {
      for (const statement of [
        'UPDATE identity.audit_log SET action = action',
        'DELETE FROM identity.audit_log',
      ]) {
        const attempt = asRole(server, role, (client) => client.query(statement))
        await expect(attempt).rejects.toThrow(/permission denied/)
      }
    }
  })

  it('reports an edited entry', async () => {
    await fill()
    await asAttacker(
      server,
      `UPDATE identity.audit_log SET details = '{"name": "Innocent"}' WHERE sequence = 4`,
    )
    expect(await verification()).toEqual({
      intact: false,
      entries: 10,
      brokenAt: 4,
      finding: 'entries-changed',
    })
  })

  it('reports another actor, time or address', async () => {
    await fill()
    await asAttacker(
      server,
      `UPDATE identity.audit_log SET created_at = created_at + interval '1 ms' WHERE sequence = 9`,
    )
    expect(await verification()).toMatchObject({ brokenAt: 9 })
    await asAttacker(server, `UPDATE identity.audit_log SET address = '10.0.0.1' WHERE sequence = 7`)
    expect(await verification()).toMatchObject({ brokenAt: 7 })
    await asAttacker(
      server,
      `UPDATE identity.audit_log SET actor = actor || '{"name": "Eve"}' WHERE sequence = 5`,
    )
    expect(await verification()).toMatchObject({ brokenAt: 5 })
  })

  it('reports a deleted entry', async () => {
    await fill()
    await asAttacker(server, 'DELETE FROM identity.audit_log WHERE sequence = 5')
    expect(await verification()).toEqual({
      intact: false,
      entries: 10,
      brokenAt: 5,
      finding: 'entries-changed',
    })
  })

  it('reports a deleted entry although the later ones were renumbered', async () => {
    await fill()
    await asAttacker(
      server,
      'DELETE FROM identity.audit_log WHERE sequence = 5',
      'UPDATE identity.audit_log SET sequence = sequence - 1001 WHERE sequence > 5',
      'UPDATE identity.audit_log SET sequence = sequence + 1000 WHERE sequence < 0',
      'UPDATE identity.audit_heads SET entries = 9',
    )
    expect(await verification()).toMatchObject({ intact: false, brokenAt: 5 })
  })

  it('reports entries that changed places', async () => {
    await fill()
    await asAttacker(
      server,
      'UPDATE identity.audit_log SET sequence = 1000 WHERE sequence = 3',
      'UPDATE identity.audit_log SET sequence = 3 WHERE sequence = 4',
      'UPDATE identity.audit_log SET sequence = 4 WHERE sequence = 1000',
    )
    expect(await verification()).toEqual({
      intact: false,
      entries: 10,
      brokenAt: 3,
      finding: 'entries-changed',
    })
  })

  it('reports an end that was cut off', async () => {
    await fill()
    await asAttacker(server, 'DELETE FROM identity.audit_log WHERE sequence > 8')
    expect(await verification()).toEqual({
      intact: false,
      entries: 8,
      brokenAt: 9,
      finding: 'entries-changed',
    })
  })

  it('reports an end that was cut off although its record was made to fit', async () => {
    await fill()
    await asAttacker(
      server,
      'DELETE FROM identity.audit_log WHERE sequence > 8',
      'UPDATE identity.audit_heads SET entries = 8, hash = (SELECT hash FROM identity.audit_log WHERE sequence = 8)',
    )
    expect(await verification()).toEqual({ intact: false, entries: 8, brokenAt: 8, finding: 'end-changed' })
  })

  it('reports entries that were added behind its back', async () => {
    await fill()
    await asAttacker(
      server,
      `INSERT INTO identity.audit_log SELECT workspace_id, 11, action, actor, target, details, address, created_at, hash
       FROM identity.audit_log WHERE sequence = 10`,
    )
    expect(await verification()).toEqual({
      intact: false,
      entries: 11,
      brokenAt: 11,
      finding: 'entries-changed',
    })
  })

  it('reports that it is gone altogether', async () => {
    await fill()
    await asAttacker(server, 'DELETE FROM identity.audit_log', 'DELETE FROM identity.audit_heads')
    expect(await verification()).toEqual({
      intact: false,
      entries: 0,
      brokenAt: 1,
      finding: 'entries-changed',
    })
  })
})
