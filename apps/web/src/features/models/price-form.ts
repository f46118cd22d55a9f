import type { DisplayCurrency, PriceOverride, PriceSheet, RateKind } from '@atrium/contract'
import { nanoUsdOf, usdText } from '../gateway/money.ts'
import { convertedPrice, fromConverted } from './model-price.ts'

/** What people type for a million tokens of each kind; nothing for no price of its own. */
export type RateTexts = { readonly [Kind in RateKind]?: string }

export interface TierFields {
  /** The prices count for calls that send more tokens than this. */
  above: string
  rates: RateTexts
}

/** For which models a price counts. */
export type PriceScope = 'model' | 'everywhere' | 'pattern'
/** From when on: now, the beginning of a day, or as it is. */
export type PriceStart = 'now' | 'day' | 'keep'

/** What the form of a price holds, as people type it. */
export interface PriceFields {
  /** Which money the amounts are written in. */
  currency: 'USD' | 'display'
  /** What texts mean that were not typed but converted, in nano-USD: rounding must not move what nobody touches. */
  exact: ReadonlyMap<string, string>
  rates: RateTexts
  tiers: readonly TierFields[]
  perCall: string
  scope: PriceScope
  pattern: string
  /** Of a pattern: for the models of every connection. */
  isEverywhere: boolean
  start: PriceStart
  /** A local date such as `2026-11-30`, used when the start is `day`. */
  day: string
  note: string
}

/** The model that a price is set from. */
export interface PricedModel {
  upstreamId: string
  connectionId: string
}

/** A form that begins with a price that there is, or with an empty one. Amounts are in dollars. */
export function priceFieldsOf(
  model: PricedModel,
  override: PriceOverride | null,
  current: PriceSheet | null,
): PriceFields {
  const sheet = override?.sheet ?? current
  return {
    currency: 'USD',
    exact: new Map(),
    ...(sheet ? amountsOf(sheet) : { rates: {}, tiers: [], perCall: '' }),
    scope: override ? scopeOf(override, model) : 'model',
    pattern: override?.modelPattern ?? model.upstreamId,
    isEverywhere: override?.connectionId === null,
    start: override ? 'keep' : 'now',
    day: '',
    note: override?.note ?? '',
  }
}

function scopeOf({ modelPattern, connectionId }: PriceOverride, model: PricedModel): PriceScope {
  if (modelPattern !== model.upstreamId) return 'pattern'
  return connectionId === null ? 'everywhere' : 'model'
}

function amountsOf({ rates, perCall }: PriceSheet): Pick<PriceFields, 'rates' | 'tiers' | 'perCall'> {
  const entries = Object.entries(rates)
  const starts = new Set(entries.flatMap(([, { tiers }]) => tiers.map((tier) => tier.aboveInputTokens)))
  const tiers = [...starts]
    .toSorted((a, b) => a - b)
    .map((start) => ({
      above: String(start),
      rates: Object.fromEntries(
        entries.flatMap(([kind, { tiers: all }]) => {
          const tier = all.find(({ aboveInputTokens }) => aboveInputTokens === start)
          return tier ? [[kind, usdText(tier.price)]] : []
        }),
      ),
    }))
  return {
    rates: Object.fromEntries(entries.map(([kind, { base }]) => [kind, usdText(base)])),
    tiers,
    perCall: perCall === '0' ? '' : usdText(perCall),
  }
}

/** The money that amounts are written in. */
export interface WrittenIn extends Pick<PriceFields, 'currency' | 'exact'> {
  /** Null while the currency of the workspace is not known. */
  display: DisplayCurrency | null
}

/** Nano-USD of an amount as it is typed; null when that is no amount. */
export function typedNanoUsd(text: string, { currency, exact, display }: WrittenIn): string | null {
  const known = exact.get(text)
  if (known !== undefined) return known
  const nano = nanoUsdOf(text)
  return nano === null || currency === 'USD' || !display ? nano : fromConverted(nano, display)
}

/** The same amounts written in the other money. What is no amount stays as it is typed. */
export function inCurrency(
  fields: PriceFields,
  currency: PriceFields['currency'],
  display: DisplayCurrency,
): PriceFields {
  if (currency === fields.currency) return fields
  const exact = new Map<string, string>()
  const convert = (text: string): string => {
    const nanoUsd = typedNanoUsd(text, { ...fields, display })
    if (nanoUsd === null) return text
    const converted = currency === 'USD' ? nanoUsd : legible(convertedPrice(nanoUsd, display).converted.nano)
    exact.set(usdText(converted), nanoUsd)
    return usdText(converted)
  }
  const all = (rates: RateTexts): RateTexts =>
    Object.fromEntries(Object.entries(rates).map(([kind, text]) => [kind, convert(text)]))
  return {
    ...fields,
    currency,
    rates: all(fields.rates),
    tiers: fields.tiers.map(({ above, rates }) => ({ above, rates: all(rates) })),
    perCall: convert(fields.perCall),
    exact,
  }
}

const nanoOfShortest = 1000n

/** With six decimals, unless nothing would be left. */
function legible(nano: string): string {
  const short = (BigInt(nano) + nanoOfShortest / 2n) / nanoOfShortest
  return short === 0n ? nano : String(short * nanoOfShortest)
}

/** The price as the API takes it; null while something that is typed is no amount or the main prices are missing. */
export function sheetOf(fields: PriceFields, display: DisplayCurrency | null): PriceSheet | null {
  let isWrong = false
  const amount = (text: string): string => {
    const nanoUsd = typedNanoUsd(text, { ...fields, display })
    isWrong ||= nanoUsd === null
    return nanoUsd ?? '0'
  }
  const rates = filled(fields.rates).map(([kind, text]) => {
    const tiers = fields.tiers.flatMap(({ above, rates: ofTier }) => {
      const price = new Map(filled(ofTier)).get(kind)
      return price === undefined ? [] : [{ aboveInputTokens: Number(above), price: amount(price) }]
    })
    return [kind, { base: amount(text), tiers }] as const
  })
  const perCall = fields.perCall.trim() === '' ? '0' : amount(fields.perCall)
  const kinds = new Set(rates.map(([kind]) => kind))
  if (isWrong || !kinds.has('input') || !kinds.has('output')) return null
  return { rates: Object.fromEntries(rates), perCall }
}

const filled = (rates: RateTexts): [string, string][] =>
  Object.entries(rates).filter(([, text]) => text.trim() !== '')

/** For which models, as the API takes it. */
export function whichOf(
  { scope, pattern, isEverywhere }: PriceFields,
  { upstreamId, connectionId }: PricedModel,
): { modelPattern: string; connectionId: string | null } {
  if (scope === 'model') return { modelPattern: upstreamId, connectionId }
  if (scope === 'everywhere') return { modelPattern: upstreamId, connectionId: null }
  return { modelPattern: pattern.trim(), connectionId: isEverywhere ? null : connectionId }
}

/** From when on, RFC 3339: the beginning of a local day; undefined for “from now on” and “as it is”. */
export const startOf = ({ start, day }: PriceFields): string | undefined =>
  start === 'day' ? new Date(`${day}T00:00:00`).toISOString() : undefined

/** Whether a price that begins then concerns calls that have been recorded. */
export const isPast = (timestamp: string, nowMs: number): boolean => Date.parse(timestamp) < nowMs - 60_000
