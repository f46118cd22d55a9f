import type { ConvertedAmount, CurrencyRates, DisplayCurrency } from '@atrium/contract'

/** How much of a currency a dollar is, as an exact fraction. */
export interface Conversion {
  readonly display: DisplayCurrency
  /** @param nanoUsd integer billionths of a dollar */
  convert(nanoUsd: bigint): ConvertedAmount
}

/**
 * Converts by the rates of one day. A dollar is `rates[currency] / rates[USD]` units, kept as a fraction of integers,
 * so an amount is rounded once: to the nearest, half away from zero.
 *
 * Undefined when the day has no rate for the currency.
 */
export function conversionOf(
  { date, base, rates, source }: CurrencyRates,
  currency: string,
): Conversion | undefined {
  const units = currency === base ? one : fractionOf(rates[currency])
  const dollars = base === 'USD' ? one : fractionOf(rates['USD'])
  if (!units || !dollars) return undefined
  const numerator = units.numerator * dollars.denominator
  const denominator = units.denominator * dollars.numerator
  const minorDigits = digitsOf(currency)
  const minor = 10n ** BigInt(minorDigits)
  return {
    display: {
      currency,
      minorDigits,
      perUsd: decimalOf(divided(numerator * perUsdScale, denominator)),
      rateDate: date,
      rateSource: source,
    },
    convert: (nanoUsd) => ({
      minor: divided(nanoUsd * numerator * minor, denominator * nanoPerUnit).toString(),
      nano: divided(nanoUsd * numerator, denominator).toString(),
    }),
  }
}

const nanoPerUnit = 1_000_000_000n
const perUsdDigits = 10
const perUsdScale = 10n ** BigInt(perUsdDigits)

interface Fraction {
  readonly numerator: bigint
  readonly denominator: bigint
}

const one: Fraction = { numerator: 1n, denominator: 1n }

/** `171.94` as 17194/100. */
function fractionOf(decimal: string | undefined): Fraction | undefined {
  if (decimal === undefined) return undefined
  const [whole = '', fraction = ''] = decimal.split('.')
  return { numerator: BigInt(whole + fraction), denominator: 10n ** BigInt(fraction.length) }
}

/** The quotient, rounded to the nearest integer, half away from zero. The divisor is positive. */
function divided(dividend: bigint, divisor: bigint): bigint {
  const size = dividend < 0n ? -dividend : dividend
  const rounded = (2n * size + divisor) / (2n * divisor)
  return dividend < 0n ? -rounded : rounded
}

function decimalOf(scaled: bigint): string {
  const digits = scaled.toString().padStart(perUsdDigits + 1, '0')
  return `${digits.slice(0, -perUsdDigits)}.${digits.slice(-perUsdDigits)}`
}

/** Digits of the minor unit by ISO 4217, as the runtime's copy of it says. */
const digitsOf = (currency: string): number =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
