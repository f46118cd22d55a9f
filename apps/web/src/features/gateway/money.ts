import type { DisplayCurrency, ShownCost } from '@atrium/contract'
import { formatUsd } from '../../format.ts'

const nanoPerUnit = 1e9

/** An amount as it is shown: in the currency of the workspace, and in dollars where that is another one. */
export interface ShownAmount {
  main: string
  /** Null when the main one is in dollars. */
  usd: string | null
}

export function shownAmount(cost: ShownCost, { currency, minorDigits }: DisplayCurrency): ShownAmount {
  const usd = formatUsd(cost.nanoUsd)
  if (currency === 'USD') return { main: usd, usd: null }
  return { main: formatCurrency(cost.converted.nano, currency, minorDigits), usd }
}

/** Billionths of a unit as units: the currency's own digits, more where the amount is small. */
function formatCurrency(nano: string, currency: string, minorDigits: number): string {
  const value = Number(nano) / nanoPerUnit
  const size = Math.abs(value)
  const isSmall = size > 0 && size < 10 ** (1 - minorDigits)
  const maximumFractionDigits = isSmall ? Math.min(6, 1 - Math.floor(Math.log10(size))) : minorDigits
  return value.toLocaleString('en', {
    style: 'currency',
    currency,
    minimumFractionDigits: minorDigits,
    maximumFractionDigits: Math.max(minorDigits, maximumFractionDigits),
  })
}

/** Dollars as people write them, `12.50`, in nano-USD; null when that is no amount above or equal to 0. */
export function nanoUsdOf(text: string): string | null {
  const match = /^\s*(\d{1,9})(?:\.(\d{1,9}))?\s*$/.exec(text)
  if (!match) return null
  const [, whole = '0', fraction = ''] = match
  return String(BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0')))
}

/** Nano-USD as a plain number of dollars for an input field. */
export function usdText(nanoUsd: string): string {
  const digits = nanoUsd.padStart(10, '0')
  const fraction = digits.slice(-9).replace(/0+$/, '')
  return fraction === '' ? digits.slice(0, -9) : `${digits.slice(0, -9)}.${fraction.padEnd(2, '0')}`
}
