const units: readonly (readonly [name: string, ms: number])[] = [
  ['us', 0.001],
  ['µs', 0.001],
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]

/** A duration as people write it, such as `250ms`, `1.5 s` or `2m`, in milliseconds; plain numbers are milliseconds. Null when it is none. */
export function durationMsOf(text: string): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(us|µs|ms|s|m|h)?\s*$/i.exec(text)
  if (!match) return null
  const [, number = '', unit = 'ms'] = match
  const size = units.find(([name]) => name === unit.toLowerCase())?.[1] ?? 1
  return Number(number) * size
}

/** Three digits and a unit that suits: `250 µs`, `12.3 ms`, `1.50 s`, `2 m 05 s`, `1 h 02 m`. */
export function durationText(ms: number): string {
  if (ms < 1) return `${Math.round(ms * 1000)} µs`
  if (ms < 999.5) return `${threeDigits(ms)} ms`
  if (ms < 59_950) return `${threeDigits(ms / 1000)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${twoDigits(seconds % 60)} s`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60).toLocaleString('en')} h ${twoDigits(minutes % 60)} m`
}

const threeDigits = (value: number): string => {
  if (value >= 99.95) return value.toFixed(0)
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2)
}

const twoDigits = (value: number): string => String(value).padStart(2, '0')
