import { z } from 'zod'
import { line, timestamp, workspaceParams } from './common.ts'
import { route } from './route.ts'

/** ISO 4217, three capital letters. */
export const currencyCode = z.string().regex(/^[A-Z]{3}$/)

/** A plain decimal number above 0, as text so that nobody rounds it. */
const decimal = z.string().regex(/^(?!0+(\.0+)?$)\d{1,9}(\.\d{1,10})?$/)

const day = z.iso.date()

/** One day's rates, as a central bank publishes them: units of each currency for one unit of `base`. */
export const currencyRates = z
  .object({
    date: day,
    base: currencyCode,
    /** Must have a rate for USD, unless the base is USD. */
    rates: z.record(currencyCode, decimal),
    /** Who published them. */
    source: line(300),
  })
  .refine(({ base, rates }) => base === 'USD' || rates['USD'] !== undefined, {
    error: 'must have a rate for USD',
  })
  .meta({ id: 'CurrencyRates' })
export type CurrencyRates = z.infer<typeof currencyRates>

/** In which currency amounts are shown beside dollars. Money itself is kept in nano-USD. */
export const displayCurrency = z
  .object({
    currency: currencyCode,
    /** Digits of the minor unit (ISO 4217): 2 for EUR, 0 for JPY. */
    minorDigits: z.int(),
    /** Units of the currency for one dollar, rounded to ten decimals for reading; amounts are computed from the exact fraction. */
    perUsd: z.string(),
    rateDate: day,
    rateSource: z.string(),
  })
  .meta({ id: 'DisplayCurrency' })
export type DisplayCurrency = z.infer<typeof displayCurrency>

/** An amount in the display currency, each rounded once, half away from zero. */
export const convertedAmount = z.object({
  /** Whole minor units: cents. */
  minor: z.string(),
  /** Billionths of a unit, for amounts below a cent. */
  nano: z.string(),
})
export type ConvertedAmount = z.infer<typeof convertedAmount>

export const moneySettings = z
  .object({
    display: displayCurrency,
    /** IANA name; days of usage begin at its midnight. */
    timeZone: z.string(),
    /** Currencies that have a rate. */
    currencies: z.array(currencyCode),
  })
  .meta({ id: 'MoneySettings' })
export type MoneySettings = z.infer<typeof moneySettings>

const tag = 'currencies'
const ws = '/api/v1/workspaces/{workspaceId}'

export const currencyRoutes = {
  readMoneySettings: route({
    id: 'readMoneySettings',
    method: 'GET',
    path: `${ws}/money-settings`,
    tag,
    access: 'workspace:read',
    summary: 'Display currency with its dated rate, and the time zone of the workspace',
    params: workspaceParams,
    response: moneySettings,
  }),
  updateMoneySettings: route({
    id: 'updateMoneySettings',
    method: 'PATCH',
    path: `${ws}/money-settings`,
    tag,
    access: 'workspace:update',
    summary: 'Choose the display currency and the time zone',
    params: workspaceParams,
    body: z.object({ currency: currencyCode, timeZone: line(64) }).partial(),
    response: moneySettings,
  }),
  listCurrencyRates: route({
    id: 'listCurrencyRates',
    method: 'GET',
    path: '/api/v1/currency-rates',
    tag,
    access: 'person',
    summary: 'The rates of the last days that are known, the newest first',
    response: z.object({
      data: z.array(currencyRates.safeExtend({ shipped: z.boolean(), updatedAt: timestamp.nullable() })),
    }),
  }),
  putCurrencyRates: route({
    id: 'putCurrencyRates',
    method: 'PUT',
    path: '/api/v1/currency-rates',
    tag,
    access: 'operator',
    summary: 'Store the rates of a day; the newest day counts',
    body: currencyRates,
    response: currencyRates,
  }),
} as const
