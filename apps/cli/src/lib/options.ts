import { maxGraceSeconds, type UnknownPriceRule } from '@atrium/contract'
import { InvalidArgumentError } from 'commander'
import { momentFrom } from './format.ts'

/** Parsers of options; what they refuse is named by commander. */

export function whole(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError('Give a whole number.')
  return Number(text)
}

/** Commander takes null for a value that is missing, so options say `none` until they are used. */
export type OrNone<T> = T | 'none'

export const withoutNone = <T>(value: OrNone<T> | undefined): T | null | undefined =>
  value === 'none' ? null : value

/** A limit: a number, or `none`. */
export const limit = (text: string): OrNone<number> => (text === 'none' ? text : whole(text))

const past = 'Give a date such as 2026-11-01, or a span back such as 7d.'
const future = 'Give a date such as 2027-01-31, or a span such as 90d.'

export function pastMoment(text: string): string {
  const found = momentFrom(text, new Date(), -1)
  if (found === null) throw new InvalidArgumentError(past)
  return found
}

/** `none` for never. */
export function futureMoment(text: string): OrNone<string> {
  if (text === 'none') return text
  const found = momentFrom(text, new Date(), 1)
  if (found === null) throw new InvalidArgumentError(future)
  return found
}

const secondsOf = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3600],
  ['d', 86_400],
])

/** A span such as `1h` in seconds, at most seven days. */
export function span(text: string): number {
  const found = /^(\d{1,6})([smhd])$/.exec(text)
  const seconds = Number(found?.[1]) * (secondsOf.get(found?.[2] ?? '') ?? Number.NaN)
  if (!(seconds <= maxGraceSeconds)) {
    throw new InvalidArgumentError('Give a span of at most seven days, such as 1h or 7d.')
  }
  return seconds
}

/** The same, or `0` for none. */
export const grace = (text: string): number => (text === '0' ? 0 : span(text))

/** Dollars as people write them, in nano-USD: exact, since money is no floating point number. */
export function money(text: string): string {
  const found = /^\$?(\d{1,9})(?:\.(\d{1,9}))?$/.exec(text.replaceAll(/[,_]/g, ''))
  if (!found) throw new InvalidArgumentError('Give an amount in dollars, such as 25 or 0.50.')
  return (BigInt(found[1] ?? '0') * 1_000_000_000n + BigInt((found[2] ?? '').padEnd(9, '0'))).toString()
}

/** Shares in percent, such as `50,80`. */
export const percents = (text: string): number[] => (text === 'none' ? [] : text.split(',').map(whole))

/** `block`, or dollars. */
export const unknownPrice = (text: string): UnknownPriceRule =>
  text === 'block' ? { rule: 'block' } : { rule: 'ceiling', nanoUsd: money(text) }
