import type { Usage } from '@atrium/contract'

const grouped = new Intl.NumberFormat('en')

/** 950, 12.4k, 1.2M. */
export function shortCount(count: number): string {
  if (count < 1000) return String(count)
  if (count < 1_000_000) return `${trimmed(count / 1000)}k`
  return `${trimmed(count / 1_000_000)}M`
}

const trimmed = (value: number): string =>
  value < 100 ? value.toFixed(1).replace(/\.0$/, '') : String(Math.round(value))

export const exactCount = (count: number): string => grouped.format(count)

/** Dollars of integer nano-dollars: two digits of cents, and two significant digits below a cent. */
export function dollars(nanoUsd: bigint | string): string {
  const nano = BigInt(nanoUsd)
  if (nano === 0n) return '$0.00'
  const value = Number(nano) / 1e9
  if (Math.abs(value) >= 0.01) return `$${value.toFixed(2)}`
  return `$${small(value)}`
}

function small(value: number): string {
  const digits = Math.min(9, Math.max(2, 1 - Math.floor(Math.log10(Math.abs(value)))))
  return value.toFixed(digits)
}

export const costText = (nanoUsd: string | null): string =>
  nanoUsd === null ? 'price unknown' : dollars(nanoUsd)

/** 0.8 s, 12 s, 3 min 5 s. */
export function duration(ms: number): string {
  if (ms < 9950) return `${(ms / 1000).toFixed(1).replace(/\.0$/, '')} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

export const inputTokens = ({ input }: Usage): number =>
  input.uncached + input.cacheRead + input.cacheWrite5m + input.cacheWrite1h

export const outputTokens = ({ output }: Usage): number => output.text + output.reasoning
