import type { ApiKey, Team } from '@atrium/contract'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { openBus } from '#platform/bus'
import { createClock } from '#platform/clock'
import { openDatabase } from '#platform/db'
import type { Gatekeeper, Member } from '#platform/http'
import { silentLog } from '#platform/log'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createGatekeeper } from './gatekeeper.ts'
import { createUsage } from './usage.ts'
import { createWatches } from './watches.ts'

let server: TestServer
let owner: Person
/** Of another process than the one that answers HTTP. */
let gatekeeper: Gatekeeper
const scope = new AsyncDisposableStack()

beforeAll(async () => {
  server = scope.use(await startTestServer())
  owner = await server.owner()
  const log = silentLog()
  const pool = { maxConnections: 2, log, applicationName: 'test' }
  const db = scope.use(openDatabase({ ...pool, url: server.roles.app }))
  const jobDb = scope.use(openDatabase({ ...pool, url: server.roles.job }))
  const bus = scope.use(await openBus(server.roles.app, log))
  const watches = createWatches({ jobDb, bus, log }, scope)
  const usage = createUsage(jobDb, log, scope)
  const cookie = { name: 'none', secret: 'none' }
  gatekeeper = createGatekeeper({ db, bus, clock: createClock(), watches, usage, cookie }, scope)
})
afterAll(() => scope.disposeAsync())

const makeTeam = async (name: string): Promise<Team> =>
  (await owner.client.post<Team>(`${owner.base}/teams`, { name })).body

async function makeKey(
  by: Person,
  body: object = {},
): Promise<ApiKey & { admit: () => Promise<Member | null> }> {
  const made = await by.client.post<ApiKey & { secret: string }>(`${by.base}/api-keys`, {
    name: 'Key',
    scopes: ['gateway:call'],
    ...body,
  })
  const headers = { authorization: `Bearer ${made.body.secret}` }
  return { ...made.body, admit: () => gatekeeper.admit({ headers }, owner.workspaceId) }
}

describe('a caller with a key', () => {
  it('brings what the key may do, and after a change what it may do now', async () => {
    const limits = { rpm: 10, tpm: null, concurrency: 3 }
    const key = await makeKey(owner, { models: ['a/*'], limits })
    const same = { id: key.id, name: 'Key', tokenId: expect.any(String), teamId: null }
    expect((await key.admit())?.key).toEqual({ ...same, models: ['a/*'], limits })
    await owner.client.patch(`${owner.base}/api-keys/${key.id}`, { models: null, limits: { rpm: 20 } })
    await expect
      .poll(async () => (await key.admit())?.key)
      .toEqual({ ...same, models: null, limits: { ...limits, rpm: 20 } })
  })

  it('is refused, and what it has open ends, once another secret has taken the place of its own', async () => {
    const key = await makeKey(owner)
    const caller = await key.admit()
    if (!caller) throw new Error('the key was not let in')
    const watch = gatekeeper.watch(caller, owner.workspaceId)
    const rotate = (graceSeconds: number) =>
      owner.client.post(`${owner.base}/api-keys/${key.id}/rotations`, { graceSeconds })
    await rotate(2)
    expect((await key.admit())?.key?.tokenId).toBe(caller.key?.tokenId)
    expect(watch.signal.aborted).toBe(false)
    const refused = () => key.admit().then(() => null, String)
    await expect.poll(refused, { timeout: 7000 }).toContain('was replaced')
    await expect.poll(() => watch.signal.aborted, { timeout: 5000 }).toBe(true)
  }, 20_000)

  it('brings the teams of the person and of the key, as they are within five seconds', async () => {
    const member = await server.invite(owner, 'member')
    const [one, two] = [await makeTeam('One'), await makeTeam('Two')]
    const key = await makeKey(owner, { ownerId: member.id, teamId: one.id })
    const teamsOf = async () => (await key.admit())?.teamIds.toSorted()
    expect(await teamsOf()).toEqual([one.id])
    await owner.client.put(`${owner.base}/teams/${two.id}/members/${member.id}`, {})
    await owner.client.put(`${owner.base}/teams/${one.id}/members/${member.id}`, {})
    await expect.poll(teamsOf).toEqual([one.id, two.id])
    await owner.client.patch(`${owner.base}/teams/${two.id}`, { archived: true })
    await expect.poll(teamsOf).toEqual([one.id])
    await owner.client.patch(`${owner.base}/teams/${two.id}`, { archived: false })
    await expect.poll(teamsOf).toEqual([one.id, two.id])
    await owner.client.delete(`${owner.base}/teams/${two.id}/members/${member.id}`)
    await expect.poll(teamsOf).toEqual([one.id])
  })

  it('is refused in every process once the key is revoked', async () => {
    const key = await makeKey(owner)
    expect((await key.admit())?.key?.id).toBe(key.id)
    await owner.client.delete(`${owner.base}/api-keys/${key.id}`)
    await expect
      .poll(() => key.admit().catch((error: { code?: string }) => error.code), { timeout: 5000 })
      .toBe('INVALID_API_KEY')
  })
})
