import { createRequire } from 'node:module'
import type { CurrencyRates, MoneySettings, RouteOutput, currencyRoutes } from '@atrium/contract'
import { actorOf, type Identity } from '#modules/identity'
import type { Database, Tx } from '#platform/db'
import { invalidInput } from '#platform/errors'
import type { Origin } from '../connections/connections.ts'
import { conversionOf, type Conversion } from './convert.ts'
import { readRates, readSettings, writeRates, writeSettings } from './store.ts'

/** How a workspace sees money and days. */
export interface MoneyView {
  readonly conversion: Conversion
  readonly timeZone: string
}

/** In which currency amounts are shown beside dollars. */
export interface Currencies {
  /** Read in the transaction of the caller. */
  viewOf(tx: Tx, workspaceId: string): Promise<MoneyView>
  read(workspaceId: string): Promise<MoneySettings>
  /** @throws AppError 400 for a currency without a rate and for a time zone that is none */
  update(
    origin: Origin,
    change: { currency?: string | undefined; timeZone?: string | undefined },
  ): Promise<MoneySettings>
  listRates(): Promise<RouteOutput<typeof currencyRoutes.listCurrencyRates>>
  putRates(rates: CurrencyRates): Promise<CurrencyRates>
}

const require = createRequire(import.meta.url)

/** The rates that ship with Atrium. */
const shippedRates = (): CurrencyRates => require('./rates.snapshot.json') as CurrencyRates

export function createCurrencies({ db, identity }: { db: Database; identity: Identity }): Currencies {
  const viewOf = async (tx: Tx, workspaceId: string): Promise<MoneyView> => {
    const [{ currency, timeZone }, days] = await Promise.all([readSettings(tx, workspaceId), daysOf(tx)])
    return { conversion: newest(days, currency) ?? inDollars(days), timeZone }
  }
  const read = async (tx: Tx, workspaceId: string): Promise<MoneySettings> => {
    const [{ conversion, timeZone }, days] = await Promise.all([viewOf(tx, workspaceId), daysOf(tx)])
    return { display: conversion.display, timeZone, currencies: currenciesOf(days) }
  }
  return {
    viewOf,
    read: (workspaceId) => db.readWorkspace(workspaceId, (tx) => read(tx, workspaceId)),
    update: ({ member, address }, change) =>
      db.withWorkspace(member.workspaceId, async (tx) => {
        const { workspaceId } = member
        const before = await readSettings(tx, workspaceId)
        const settings = {
          currency: change.currency ?? before.currency,
          timeZone: timeZoneOf(change.timeZone) ?? before.timeZone,
        }
        if (!currenciesOf(await daysOf(tx)).includes(settings.currency))
          throw invalidInput(`currency: there is no rate for ${settings.currency}.`)
        await writeSettings(tx, workspaceId, settings)
        await identity.audit(tx, {
          workspaceId,
          actor: actorOf(member),
          action: 'money-settings.changed',
          target: { kind: 'workspace', id: workspaceId },
          details: settings,
          address,
        })
        return read(tx, workspaceId)
      }),
    listRates: () =>
      db.readOnly(async (tx) => {
        const stored = (await readRates(tx)).map(({ updatedAt, ...day }) => ({
          ...day,
          shipped: false,
          updatedAt: updatedAt.toISOString(),
        }))
        const shipped = { ...shippedRates(), shipped: true, updatedAt: null }
        return { data: [...stored, shipped].toSorted((a, b) => (a.date < b.date ? 1 : -1)) }
      }),
    putRates: (rates) =>
      db.transaction(async (tx) => {
        await writeRates(tx, rates)
        return rates
      }),
  }
}

/** The newest day first; what is stored for the day of the shipped rates stands before them. */
async function daysOf(tx: Tx): Promise<readonly CurrencyRates[]> {
  const days: CurrencyRates[] = [...(await readRates(tx)), shippedRates()]
  return days.toSorted((a, b) => (a.date < b.date ? 1 : a.date > b.date ? -1 : 0))
}

function newest(days: readonly CurrencyRates[], currency: string): Conversion | undefined {
  for (const day of days) {
    const found = conversionOf(day, currency)
    if (found) return found
  }
  return undefined
}

/** Every day has a rate for the dollar. */
function inDollars(days: readonly CurrencyRates[]): Conversion {
  const found = newest(days, 'USD')
  if (!found) throw new Error('the shipped currency rates have none for USD')
  return found
}

const currenciesOf = (days: readonly CurrencyRates[]): string[] =>
  [...new Set(days.flatMap(({ base, rates }) => [base, ...Object.keys(rates)]))].toSorted()

/** The name as IANA writes it. @throws AppError 400 */
export function timeZoneOf(name: string | undefined): string | undefined {
  if (name === undefined) return undefined
  try {
    // Offsets such as +02:00 are no zones: they do not know when summer begins.
    if (/^[+-]/.test(name)) throw new RangeError(name)
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone
  } catch {
    throw invalidInput('timeZone: must be the IANA name of a time zone, such as Europe/Berlin.')
  }
}
