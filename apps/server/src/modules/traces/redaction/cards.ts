import { isLuhn } from './check-digits.ts'
import { wordsBefore } from './characters.ts'
import { beginsNumber, type DigitGroup, endsNumber, type Passage } from './digits.ts'
import type { Finding } from './findings.ts'

const fewest = 13
const most = 19

/**
 * First digits and lengths of the issuers: https://en.wikipedia.org/wiki/Payment_card_number#Issuer_identification_number_(IIN)
 * 13 digits are Visa's long gone form, and those of too many articles: see `isTrusted`.
 */
const issuers: readonly {
  readonly name: string
  readonly prefix: RegExp
  readonly lengths: readonly number[]
}[] = [
  { name: 'visa', prefix: /^4/, lengths: [13, 16, 19] },
  { name: 'mastercard', prefix: /^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, lengths: [16] },
  { name: 'amex', prefix: /^3[47]/, lengths: [15] },
  { name: 'discover', prefix: /^(?:6011|64[4-9]|65)/, lengths: [16, 17, 18, 19] },
  { name: 'diners', prefix: /^(?:30[0-5]|3095|36|3[89])/, lengths: [14, 16] },
  { name: 'jcb', prefix: /^35(?:2[89]|[3-8])/, lengths: [16, 17, 18, 19] },
  { name: 'unionpay', prefix: /^62/, lengths: [16, 17, 18, 19] },
  {
    name: 'maestro',
    prefix: /^(?:5018|5020|5038|5893|6304|6759|676[1-3])/,
    lengths: [13, 14, 15, 16, 17, 18, 19],
  },
  { name: 'mir', prefix: /^220[0-4]/, lengths: [16, 17, 18, 19] },
  { name: 'rupay', prefix: /^(?:60|81|82|508)/, lengths: [16] },
]

const cardWords = /card|visa|karte|carte|tarjeta|carta|cart[ãa]o|\bpan\b|卡/i

/** Card numbers of 13–19 digits, whatever groups they are written in, that pass the check digit. */
export function* findCards(passage: Passage): Generator<Finding> {
  const { groups } = passage
  for (let index = 0; index < groups.length;) {
    const end = cardFrom(passage, index)
    const first = groups[index]
    const last = groups[end - 1]
    if (end > index && first && last) {
      yield { rule: 'card', start: passage.offset + first.start, end: passage.offset + last.end }
    }
    index = Math.max(end, index + 1)
  }
}

/** Index behind the last group of the longest card number that begins with a group; -1 for none. */
function cardFrom(passage: Passage, index: number): number {
  const { text, groups } = passage
  const first = groups[index]
  if (!first || first.end - first.start > most || !'23456 8'.includes(text.charAt(first.start))) return -1
  if (!beginsNumber(text, first.start)) return -1
  let digits = ''
  let found = -1
  for (let at = index; ; at++) {
    const group = groups[at]
    if (!group || (at > index && !isSeparated(text, groups[at - 1], group))) return found
    digits += text.slice(group.start, group.end)
    if (digits.length > most) return found
    if (digits.length < fewest || !endsNumber(text, group.end) || !isCard(digits)) continue
    if (isTrusted(passage, first.start, digits, at - index + 1)) found = at + 1
  }
}

/** One space, dash or dot between two groups. */
const isSeparated = (text: string, left: DigitGroup | undefined, right: DigitGroup): boolean =>
  left !== undefined && right.start - left.end === 1 && ' -.'.includes(text.charAt(left.end))

const isCard = (digits: string): boolean =>
  issuers.some(({ prefix, lengths }) => lengths.includes(digits.length) && prefix.test(digits)) &&
  isLuhn(digits)

/** Numbers of 13 digits are mostly something else, and so is one of which a piece is only a digit or two of a list. */
function isTrusted(passage: Passage, start: number, digits: string, groups: number): boolean {
  if (/^(\d)\1+$/.test(digits)) return false
  return digits.length > fewest || groups > 1 || cardWords.test(wordsBefore(passage, start))
}
