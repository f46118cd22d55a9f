const nanoPerUsd = 1_000_000_000n

/** Billionths of a dollar as dollars: two digits, more where the amount is small. */
export function formatUsd(nano: string): string {
  const value = BigInt(nano)
  const size = value < 0n ? -value : value
  const dollars = Number(size / nanoPerUsd) + Number(size % nanoPerUsd) / 1e9
  const digits = dollars === 0 || dollars >= 0.1 ? 2 : Math.min(6, 1 - Math.floor(Math.log10(dollars)))
  const text = dollars.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: digits })
  return `${value < 0n ? '−' : ''}$${text}`
}

/** Tokens in thousands or millions, such as `200k`. */
export function formatTokens(tokens: number): string {
  if (tokens >= 1_000_000) return `${trim(tokens / 1_000_000)}M`
  if (tokens >= 1000) return `${trim(tokens / 1000)}k`
  return String(tokens)
}

const trim = (value: number): string => value.toFixed(1).replace(/\.0$/, '')

export const formatMs = (ms: number): string => (ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`)

/** A day, such as `3 Nov 2026`. */
export const formatDay = (timestamp: string): string =>
  new Date(timestamp).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })

/** A moment to the second, in the viewer's time zone. */
export const formatMoment = (timestamp: string): string =>
  new Date(timestamp).toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]

/** How long ago (or how far ahead), such as `5 minutes ago`; a day when it is more than a month. */
export function formatAgo(timestamp: string, nowMs: number = Date.now()): string {
  const seconds = (Date.parse(timestamp) - nowMs) / 1000
  if (Math.abs(seconds) > 30 * 86_400) return formatDay(timestamp)
  const step = steps.find(([, size]) => Math.abs(seconds) >= size)
  if (!step) return 'just now'
  return new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(Math.trunc(seconds / step[1]), step[0])
}
