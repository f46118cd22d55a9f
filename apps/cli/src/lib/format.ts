/** An amount of nano-USD as dollars, with as many digits as it needs: `$0.000012`, `$3.40`. */
export function dollars(nanoUsd: string | null | undefined): string {
  if (nanoUsd === null || nanoUsd === undefined) return 'unknown'
  const amount = BigInt(nanoUsd)
  const sign = amount < 0n ? '-' : ''
  const digits = (amount < 0n ? -amount : amount).toString().padStart(10, '0')
  const fraction = digits.slice(-9).replace(/0+$/, '').padEnd(2, '0')
  const whole = digits.slice(0, -9).replaceAll(/\B(?=(\d{3})+$)/g, ',')
  return `${sign}$${whole}.${fraction}`
}

export const count = (value: number): string => value.toLocaleString('en-US')

/** A moment as people write it, in UTC. */
export const moment = (timestamp: string | null): string =>
  timestamp === null ? '' : timestamp.replace('T', ' ').slice(0, 16)

/** How long something took: `0.4 ms`, `730 ms`, `12.3 s`, `4 min 2 s`. */
export function duration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const whole = Math.round(ms / 1000)
  return `${count(Math.floor(whole / 60))} min ${whole % 60} s`
}

const units = ['B', 'kB', 'MB', 'GB', 'TB']

export function bytes(size: number): string {
  let value = size
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}

const seconds = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/**
 * A moment from what people type: a date, a timestamp, or a span such as `30d` from now.
 * @param sign 1 for the future, -1 for the past
 */
export function momentFrom(text: string, now: Date, sign: 1 | -1): string | null {
  const span = /^(\d{1,6})([smhdw])$/.exec(text)
  if (span) {
    const unit = seconds[span[2] as keyof typeof seconds]
    return new Date(now.getTime() + sign * Number(span[1]) * unit * 1000).toISOString()
  }
  if (!/^\d{4}-\d{2}-\d{2}(T.*)?$/.test(text)) return null
  const date = new Date(text)
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}
