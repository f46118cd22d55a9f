import type { Budget, BookVerification, Credits } from '@atrium/contract'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

let server: TestServer
let owner: Person
let admin: Person
let member: Person

beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
  admin = await server.invite(owner, 'admin')
  member = await server.invite(owner, 'member')
})
afterAll(() => server[Symbol.asyncDispose]())

const valid = { name: 'Team', scope: 'workspace', period: 'month', limitNanoUsd: '5000000000' } as const

const create = async (body: object, by = owner): Promise<Budget> =>
  (await by.client.post<Budget>(`${owner.base}/budgets`, body)).body

const refusal = async (body: object, by = owner): Promise<number> =>
  (await by.client.post(`${owner.base}/budgets`, body, { allowFailure: true })).status

describe('a budget', () => {
  it('starts with all of its limit left and ends with its period', async () => {
    const made = await create({ ...valid, timeZone: 'Europe/Berlin' })
    expect(made).toMatchObject({
      spentNanoUsd: '0',
      heldNanoUsd: '0',
      leftNanoUsd: '5000000000',
      scopeName: null,
    })
    const local = new Date(made.endsAt ?? '').toLocaleString('sv', { timeZone: 'Europe/Berlin' })
    expect(local).toMatch(/-01 00:00:00$/)
    expect((await owner.client.get(`${owner.base}/budgets/${made.id}`)).body).toEqual(made)
  })

  it('over all of time has no end', async () => {
    expect(await create({ ...valid, period: 'total' })).toMatchObject({ startsAt: null, endsAt: null })
  })

  it('names the person it is for', async () => {
    const made = await create({ ...valid, scope: 'person', scopeId: member.id })
    expect(made.scopeName).toMatch(/^Person/)
  })

  it('changes what is given, and the audit log says from what to what', async () => {
    const { id } = await create({ ...valid, alertPercents: [80] })
    const path = `${owner.base}/budgets/${id}`
    const changed = await admin.client.patch<Budget>(path, {
      limitNanoUsd: '1',
      alertPercents: [90, 50, 90],
      unknownPrice: { rule: 'ceiling', nanoUsd: '7' },
    })
    expect(changed.body).toMatchObject({
      name: 'Team',
      limitNanoUsd: '1',
      alertPercents: [50, 90],
      unknownPrice: { rule: 'ceiling', nanoUsd: '7' },
    })
    const log = await owner.client.get<{ data: { action: string; details: unknown }[] }>(
      `${owner.base}/audit`,
    )
    expect(log.body.data[0]).toMatchObject({
      action: 'budget.updated',
      details: { limitNanoUsd: { before: '5000000000', after: '1' } },
    })
  })

  it('that was deleted is gone from every list', async () => {
    const { id } = await create({ ...valid, name: 'Gone' })
    await owner.client.delete(`${owner.base}/budgets/${id}`)
    const again = await owner.client.get(`${owner.base}/budgets/${id}`, { allowFailure: true })
    expect(again.status).toBe(404)
    const list = await owner.client.get<{ data: Budget[] }>(`${owner.base}/budgets?limit=100`)
    expect(list.body.data.map((one) => one.id)).not.toContain(id)
  })

  it('is made once for one key', async () => {
    const headers = { 'idempotency-key': randomUUID(), 'content-type': 'application/json' }
    const send = async (): Promise<Budget> => {
      const reply = await owner.client.raw(`${owner.base}/budgets`, {
        method: 'POST',
        headers,
        body: JSON.stringify(valid),
      })
      return (await reply.json()) as Budget
    }
    expect((await send()).id).toBe((await send()).id)
  })
})

describe('a budget is refused', () => {
  it.each([
    ['with a negative limit', { limitNanoUsd: '-1' }, 400],
    ['with a limit that is no integer', { limitNanoUsd: '1.5' }, 400],
    ['with a limit that no column holds', { limitNanoUsd: '9999999999999999999' }, 400],
    ['with a number for a limit', { limitNanoUsd: 5 }, 400],
    ['with an unknown period', { period: 'year' }, 400],
    ['with an unknown time zone', { timeZone: 'Mars/Olympus' }, 400],
    ['with an offset for a time zone', { timeZone: '+02:00' }, 400],
    ['for a person who is not named', { scope: 'person' }, 400],
    ['for a stranger', { scope: 'person', scopeId: randomUUID() }, 404],
    ['for a key that is a person', { scope: 'key', scopeId: randomUUID() }, 404],
    ['for the workspace with an id', { scopeId: randomUUID() }, 400],
    ['with an alert beyond its limit', { alertPercents: [101] }, 400],
    ['that reserves nothing for unknown prices', { unknownPrice: { rule: 'ceiling', nanoUsd: '0' } }, 400],
  ])('%s', async (_, wrong, status) => {
    expect(await refusal({ ...valid, ...wrong })).toBe(status)
  })

  it('from members', async () => {
    expect(await refusal(valid, member)).toBe(403)
  })
})

describe('members', () => {
  it('see the budgets that pay for their own calls and no others', async () => {
    const own = await create({ ...valid, name: 'Own', scope: 'person', scopeId: member.id })
    const other = await create({ ...valid, name: 'Other', scope: 'person', scopeId: admin.id })
    const { body } = await member.client.get<{ data: Budget[] }>(`${owner.base}/budgets?limit=100`)
    const ids = body.data.map(({ id }) => id)
    expect(ids).toContain(own.id)
    expect(ids).not.toContain(other.id)
    const one = await member.client.get(`${owner.base}/budgets/${other.id}`, { allowFailure: true })
    expect(one.status).toBe(404)
  })
})

describe('pages of budgets', () => {
  it('show each once', async () => {
    const seen: string[] = []
    let cursor = ''
    do {
      const { body } = await owner.client.get<{ data: Budget[]; meta: { nextCursor: string | null } }>(
        `${owner.base}/budgets?limit=3${cursor}`,
      )
      seen.push(...body.data.map(({ id }) => id))
      cursor = body.meta.nextCursor === null ? '' : `&cursor=${body.meta.nextCursor}`
    } while (cursor !== '')
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen.length).toBeGreaterThan(5)
  })
})

describe('credits', () => {
  const grants = (): string => `${owner.base}/credits/grants`

  it('are granted by owners only, and stand in the book', async () => {
    expect((await admin.client.post(grants(), { amountNanoUsd: '5' }, { allowFailure: true })).status).toBe(
      403,
    )
    const { body } = await owner.client.post<Credits>(grants(), { amountNanoUsd: '500', note: 'first' })
    expect(body).toEqual({
      enabled: false,
      grantedNanoUsd: '500',
      spentNanoUsd: '0',
      heldNanoUsd: '0',
      leftNanoUsd: '500',
    })
    const verified = await owner.client.get<BookVerification>(`${owner.base}/ledger/verification`)
    expect(verified.body).toMatchObject({ balanced: true, entries: 1 })
    expect(verified.body.accounts).toEqual([
      { account: 'credits', balanceNanoUsd: '500' },
      { account: 'issued', balanceNanoUsd: '-500' },
    ])
  })

  it('cannot be taken back beyond what is left', async () => {
    const reply = await owner.client.post(grants(), { amountNanoUsd: '-501' }, { allowFailure: true })
    expect(reply.status).toBe(409)
    const { body } = await owner.client.post<Credits>(grants(), { amountNanoUsd: '-500' })
    expect(body.grantedNanoUsd).toBe('0')
    const list = await owner.client.get<{ data: { amountNanoUsd: string }[] }>(grants())
    expect(list.body.data.map(({ amountNanoUsd }) => amountNanoUsd)).toEqual(['-500', '500'])
  })
})
