import type {
  AuditEntry,
  Connection,
  ModelPrice,
  PriceOverride,
  RouteReply,
  priceRoutes,
} from '@atrium/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStage, type Stage } from '../testing/stage.ts'
import type { CallResult } from '../types.ts'

let stage: Stage
let connection: Connection

beforeAll(async () => {
  stage = await openStage()
  connection = await stage.connect('mine', 'openai', `${stage.provider.url}/v1`, ['gpt-4o'])
})
afterAll(() => stage[Symbol.asyncDispose]())

const flat = (nano: string) => ({ base: nano, tiers: [] })
const sheet = (input: string, output: string) => ({
  rates: { input: flat(input), output: flat(output) },
  perCall: '0',
})
const past = '2020-01-01T00:00:00Z'

async function priceOf(model: string): Promise<ModelPrice | undefined> {
  const { client, base } = stage.owner
  const path = `${base}/prices?model=${encodeURIComponent(model)}`
  return (await client.get<RouteReply<typeof priceRoutes.listPrices>>(path)).body.data[0]
}

const overrides = () => `${stage.owner.base}/price-overrides`

async function set(body: object): Promise<PriceOverride> {
  const { client } = stage.owner
  return (await client.post<PriceOverride>(overrides(), { effectiveFrom: past, ...body })).body
}

/** The first call that has a price, or the first that has none: processes follow a change within 2 s. */
async function priced(known: boolean): Promise<CallResult> {
  for (const until = Date.now() + 2000; ;) {
    const { result } = await stage.call('mine/fake-1', 'hello')
    if ((result.costNanoUsd !== null) === known) return result
    if (Date.now() > until) throw new Error('the price did not change within 2 s')
  }
}

describe('a price', () => {
  it('is the published one with its version, until the workspace sets another', async () => {
    expect(await priceOf('mine/gpt-4o')).toMatchObject({
      origin: 'published',
      version: expect.stringMatching(/^genai-prices \d+\.\d+\.\d+ \+ \d{4}-\d\d-\d\d$/),
      sheet: { rates: { input: { base: '2500000000' }, cacheRead: { base: '1250000000' } } },
    })
    expect(await priceOf('mine/fake-1')).toMatchObject({ origin: 'unknown', sheet: null, version: null })
    expect(await priceOf('atrium/guide')).toMatchObject({ origin: 'free' })
  })

  it('that is unknown leaves a call without a cost, never with a cost of nothing', async () => {
    const { result } = await stage.call('mine/fake-1', 'hello')
    expect(result.costNanoUsd).toBeNull()
    expect((await stage.rowsOf(result.callId))[0]).toMatchObject({ cost_nano_usd: null, price_source: null })
  })

  it('of the workspace holds for the next call, which is recorded with its version', async () => {
    const made = await set({ modelPattern: 'fake-*', sheet: sheet('1000000', '2000000') })
    const result = await priced(true)
    const { input, output } = result.usage
    const used = input.uncached + input.cacheRead
    const written = output.text + output.reasoning
    expect(used).toBeGreaterThan(0)
    expect(result.costNanoUsd).toBe(BigInt(used) + 2n * BigInt(written))
    expect((await stage.rowsOf(result.callId))[0]).toMatchObject({ price_source: `override ${made.id} v1` })
    await stage.owner.client.delete(`${overrides()}/${made.id}`)
    expect((await priced(false)).status).toBe('finished')
  })

  it('for the connection goes before one for all, a longer pattern before a shorter, a later one before an earlier', async () => {
    const ids: string[] = []
    const inputOf = async () => (await priceOf('mine/gpt-4o'))?.sheet?.rates.input?.base
    const add = async (body: object, nano: string) => {
      ids.push((await set({ ...body, sheet: sheet(nano, nano) })).id)
    }
    await add({ modelPattern: '*' }, '1')
    expect(await inputOf()).toBe('1')
    await add({ modelPattern: 'GPT-4*' }, '2')
    expect(await inputOf()).toBe('2')
    await add({ modelPattern: 'gpt-4*', effectiveFrom: '2021-01-01T00:00:00Z' }, '3')
    expect(await inputOf()).toBe('3')
    await add({ modelPattern: '*', connectionId: connection.id }, '4')
    expect(await inputOf()).toBe('4')
    await add(
      { modelPattern: 'gpt-4o', connectionId: connection.id, effectiveFrom: '2999-01-01T00:00:00Z' },
      '5',
    )
    expect(await inputOf()).toBe('4')
    for (const id of ids) await stage.owner.client.delete(`${overrides()}/${id}`)
    expect(await inputOf()).toBe('2500000000')
  })

  it('holds from now on unless told', async () => {
    const before = Date.now()
    const body = { modelPattern: 'gpt-4o', sheet: sheet('9', '9'), effectiveFrom: undefined }
    const { id, effectiveFrom } = await set(body)
    expect(Date.parse(effectiveFrom)).toBeGreaterThanOrEqual(before - 1)
    expect(Date.parse(effectiveFrom)).toBeLessThanOrEqual(Date.now() + 1)
    expect(await priceOf('mine/gpt-4o')).toMatchObject({ origin: 'override', overrideId: id })
    await stage.owner.client.delete(`${overrides()}/${id}`)
  })

  it('is changed only by who has seen its version, and the audit log keeps every version', async () => {
    const made = await set({ modelPattern: 'x-*', sheet: sheet('7', '8'), note: 'contract 12' })
    const path = `${overrides()}/${made.id}`
    const ifMatch = (version: string) => ({ headers: { 'if-match': version }, allowFailure: true })
    const changed = await stage.owner.client.patch<PriceOverride>(
      path,
      { note: 'contract 13' },
      ifMatch('"1"'),
    )
    expect(changed.body).toMatchObject({ version: 2, note: 'contract 13', modelPattern: 'x-*' })
    expect((await stage.owner.client.patch(path, { note: 'mine' }, ifMatch('"1"'))).status).toBe(412)
    expect((await stage.owner.client.patch(path, { note: 'mine' }, ifMatch('soon'))).status).toBe(400)
    await stage.owner.client.delete(path)
    const { body } = await stage.owner.client.get<{ data: AuditEntry[] }>(`${stage.owner.base}/audit?limit=3`)
    expect(body.data.map(({ action, details }) => [action, details['version']])).toEqual([
      ['price.removed', 2],
      ['price.changed', 2],
      ['price.set', 1],
    ])
  })

  it.each([
    [
      'without a price for output',
      { modelPattern: 'x', sheet: { rates: { input: flat('1') }, perCall: '0' } },
      400,
    ],
    ['below nothing', { modelPattern: 'x', sheet: sheet('-1', '1') }, 400],
    ['that is no integer', { modelPattern: 'x', sheet: sheet('0.5', '1') }, 400],
    ['for no model', { modelPattern: '', sheet: sheet('1', '1') }, 400],
    [
      'of a kind that nobody counts',
      { modelPattern: 'x', sheet: { rates: { smell: flat('1') }, perCall: '0' } },
      400,
    ],
    [
      'for a connection that is not there',
      { modelPattern: 'x', sheet: sheet('1', '1'), connectionId: '018f0000-0000-7000-8000-000000000000' },
      404,
    ],
  ])('%s is refused', async (_, body, status) => {
    const options = { allowFailure: true }
    const reply = await stage.owner.client.post(overrides(), { effectiveFrom: past, ...body }, options)
    expect(reply.status).toBe(status)
  })

  it('is seen by members and set by admins alone', async () => {
    const member = await stage.server.invite(stage.owner, 'member')
    expect((await member.client.get(overrides())).status).toBe(200)
    const body = { modelPattern: 'x', sheet: sheet('1', '1'), effectiveFrom: past }
    expect((await member.client.post(overrides(), body, { allowFailure: true })).status).toBe(403)
  })
})
