import type { CurrencyRates, MoneySettings, RouteReply, usageRoutes } from '@atrium/contract'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seedCalls, seededCall } from '../usage/testing.ts'
import { conversionOf } from './convert.ts'

describe('a conversion', () => {
  const day: CurrencyRates = {
    date: '2024-06-28',
    base: 'EUR',
    rates: { USD: '1.0705', GBP: '0.84638', JPY: '171.94', ISK: '148.90' },
    source: 'a bank',
  }

  it.each([
    // 1 ÷ 1.0705 = 0.934142923867351…
    ['EUR', 1_000_000_000n, '93', '934142924'],
    ['USD', 1_005_000_000n, '101', '1005000000'],
    // 0.84638 ÷ 1.0705 × 12.34 = 9.756496216…
    ['GBP', 12_340_000_000n, '976', '9756496217'],
    // Yen have no smaller unit: 171.94 ÷ 1.0705 = 160.616534…
    ['JPY', 1_000_000_000n, '161', '160616534330'],
    ['EUR', 0n, '0', '0'],
    ['USD', -5_000_000n, '-1', '-5000000'],
    ['USD', 4_999_999n, '0', '4999999'],
    ['EUR', 10n ** 18n, '93414292387', '934142923867351705'],
  ])('to %s of %i nano-dollars gives %s and %s', (currency, nanoUsd, minor, nano) => {
    expect(conversionOf(day, currency)?.convert(nanoUsd)).toEqual({ minor, nano })
  })

  it('is not there without a rate', () => {
    expect(conversionOf(day, 'CHF')).toBeUndefined()
    expect(conversionOf({ ...day, base: 'USD', rates: { EUR: '0.9' } }, 'EUR')?.display.perUsd).toBe(
      '0.9000000000',
    )
  })
})

describe('the display currency', () => {
  let server: TestServer
  let owner: Person

  beforeAll(async () => {
    server = await startTestServer()
    owner = await server.owner()
    const database = new pg.Client({ connectionString: server.roles.job })
    await database.connect()
    await seedCalls(database, owner.workspaceId, [seededCall(owner.id, { cost_nano_usd: '10000000000' })])
    await database.end()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  const settings = () => `${owner.base}/money-settings`
  const usage = async () => {
    const path = `${owner.base}/usage?from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z`
    return (await owner.client.get<RouteReply<typeof usageRoutes.readUsage>>(path)).body
  }

  it('is the dollar until another is chosen; then both amounts are shown, with the day of the rate', async () => {
    expect((await usage()).totals.cost).toEqual({
      nanoUsd: '10000000000',
      converted: { minor: '1000', nano: '10000000000' },
    })
    const { body } = await owner.client.patch<MoneySettings>(settings(), {
      currency: 'EUR',
      timeZone: 'europe/berlin',
    })
    expect(body).toMatchObject({ timeZone: 'Europe/Berlin', display: { currency: 'EUR', minorDigits: 2 } })
    expect(body.currencies).toContain('JPY')
    const { display, totals, period } = await usage()
    expect(display.rateDate).toBe('2024-06-28')
    expect(display.rateSource).toContain('https://www.ecb.europa.eu/')
    expect(period.timeZone).toBe('Europe/Berlin')
    expect(totals.cost).toEqual({ nanoUsd: '10000000000', converted: { minor: '934', nano: '9341429239' } })
  })

  it('follows the rates that the operator stores', async () => {
    const rates = { date: '2026-11-20', base: 'EUR', rates: { USD: '1.25' }, source: 'the bank' }
    await owner.client.put('/api/v1/currency-rates', rates)
    await owner.client.patch(settings(), { currency: 'EUR' })
    const { display, totals } = await usage()
    expect(display).toMatchObject({ rateDate: '2026-11-20', perUsd: '0.8000000000', rateSource: 'the bank' })
    expect(totals.cost.converted.minor).toBe('800')
    const { body } = await owner.client.get<{ data: CurrencyRates[] }>('/api/v1/currency-rates')
    expect(body.data.map(({ date }) => date)).toEqual(['2026-11-20', '2024-06-28'])
    await owner.client.patch(settings(), { currency: 'JPY' })
    expect((await usage()).display.rateDate).toBe('2024-06-28')
  })

  it.each([
    [{ currency: 'XXX' }],
    [{ currency: 'eur' }],
    [{ timeZone: 'Mars/Olympus' }],
    [{ timeZone: '+02:00' }],
  ])('cannot be %j', async (change) => {
    expect((await owner.client.patch(settings(), change, { allowFailure: true })).status).toBe(400)
  })

  it.each([
    [{ date: '2026-02-30', base: 'EUR', rates: { USD: '1' }, source: 'x' }],
    [{ date: '2026-02-20', base: 'EUR', rates: { GBP: '1' }, source: 'x' }],
    [{ date: '2026-02-20', base: 'EUR', rates: { USD: '0' }, source: 'x' }],
    [{ date: '2026-02-20', base: 'EUR', rates: { USD: '1e5' }, source: 'x' }],
    [{ date: '2026-02-20', base: 'EUR', rates: { USD: '-1' }, source: 'x' }],
  ])('takes no rates such as %j', async (rates) => {
    expect((await owner.client.put('/api/v1/currency-rates', rates, { allowFailure: true })).status).toBe(400)
  })

  it('is chosen by admins, and rates are stored by the operator alone', async () => {
    const member = await server.invite(owner, 'member')
    const refused = { allowFailure: true }
    expect((await member.client.patch(settings(), { currency: 'USD' }, refused)).status).toBe(403)
    const rates = { date: '2026-11-21', base: 'EUR', rates: { USD: '9' }, source: 'me' }
    expect((await member.client.put('/api/v1/currency-rates', rates, refused)).status).toBe(403)
  })
})
