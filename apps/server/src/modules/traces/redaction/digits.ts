import { beginsWord, endsWord, isDigit } from './characters.ts'
import type { Source } from './findings.ts'

/** A part of a text that holds enough digits to be looked at by the scanners of numbers. */
export interface Passage extends Source {
  /** Where it begins in the whole text. */
  readonly offset: number
  readonly groups: readonly DigitGroup[]
}

/** Digits without anything between them: `[start, end)` in the passage. */
export interface DigitGroup {
  readonly start: number
  readonly end: number
}

/** No number that is looked for has fewer digits (UK NINO), nor more characters between two of them (Maltese IBAN). */
const fewestDigits = 6
const widestGap = 12
/** Letters in front of the first digit, and words that say what a number is; letters after the last. */
const before = 64
const after = 32

const firstDigit = /\d/g

/** The parts of a text where digits are close together, each with what surrounds it. */
export function* passagesOf({ text, hint }: Source): Generator<Passage> {
  firstDigit.lastIndex = 0
  let from = 0
  for (let match = nextDigit(text, from); match >= 0; match = nextDigit(text, from)) {
    const { groups, digits, end } = readGroups(text, match)
    from = end
    if (digits < fewestDigits) continue
    const offset = Math.max(0, match - before)
    const last = groups.at(-1)?.end ?? end
    yield {
      text: text.slice(offset, last + after),
      hint: offset === 0 ? hint : '',
      offset,
      groups: groups.map((group) => ({ start: group.start - offset, end: group.end - offset })),
    }
  }
}

function nextDigit(text: string, from: number): number {
  firstDigit.lastIndex = from
  return firstDigit.exec(text)?.index ?? -1
}

/** Groups of digits from `start` on, until none follows within the widest gap. */
function readGroups(text: string, start: number): { groups: DigitGroup[]; digits: number; end: number } {
  const groups: DigitGroup[] = []
  let digits = 0
  let index = start
  for (let last = start; index < text.length && index - last <= widestGap;) {
    if (!isDigit(text.charCodeAt(index))) {
      index++
      continue
    }
    const from = index
    while (isDigit(text.charCodeAt(index))) index++
    groups.push({ start: from, end: index })
    digits += index - from
    last = index
  }
  return { groups, digits, end: index }
}

/** Whether a number may begin here: in no word, not after a decimal point or within a longer number, and no price. */
export function beginsNumber(text: string, index: number): boolean {
  if (!beginsWord(text, index)) return false
  const previous = text.charAt(index - 1)
  const isInside = isDigit(text.charCodeAt(index - 2))
  if (previous === '.') return !isInside
  if (previous === ',') return !isInside || !isThousands(text, index)
  if (previous === '-') return endsWord(text, index - 2)
  return previous === '' || !'$€£¥₹+'.includes(previous)
}

export function endsNumber(text: string, index: number): boolean {
  if (!endsWord(text, index)) return false
  const next = text.charAt(index)
  if (next === '.') return !isDigit(text.charCodeAt(index + 1))
  if (next === ',') return !isThousands(text, index + 1)
  if (next === '-') return endsWord(text, index + 1)
  return next !== '%'
}

/** Just three digits: rows of comma-separated values hold card numbers too. */
const isThousands = (text: string, index: number): boolean =>
  /^\d{3}(?!\d)/.test(text.slice(index, index + 4))

export const digitsIn = (text: string): string => text.replaceAll(/\D/g, '')
