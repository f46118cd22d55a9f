import { endsWord, isEscape, wordsBefore } from './characters.ts'
import { digitsIn, endsNumber, type Passage } from './digits.ts'
import type { Finding } from './findings.ts'

/** E.164 allows 15 digits; shorter plans end sooner: https://en.wikipedia.org/wiki/National_conventions_for_writing_telephone_numbers */
const longestByCountry: readonly (readonly [prefix: string, digits: number])[] = [
  ['1', 11],
  ['7', 11],
  ['31', 11],
  ['32', 11],
  ['33', 11],
  ['34', 11],
  ['39', 13],
  ['41', 11],
  ['43', 14],
  ['44', 12],
  ['45', 10],
  ['46', 12],
  ['47', 10],
  ['48', 11],
  ['49', 14],
  ['52', 12],
  ['55', 13],
  ['61', 11],
  ['65', 10],
  ['81', 12],
  ['86', 13],
  ['91', 12],
  ['351', 12],
  ['353', 12],
  ['852', 11],
]
const fewest = 8

/** A word that says that a number is called, and the few that may stand between. */
const phoneWord =
  /(?<![a-z])(?:(?:tele|cell|mobile )?phone|mobile|cell|tel|call|dial|ring|fax|whats ?app|sms|handy|telefon|mobil|rufnummer|t[ée]l[ée]phone|portable|appelez|tel[ée]fono|m[óo]vil|celular|cellulare|telefone|telefoon|bel|call|reach|contact)[_ -]?(?:number|num|no|nr|phone)?[^\p{L}\d_]{0,8}(?:(?:is|at|on|me|us|him|her|my|cell|phone|mobile|number|now|under|ist|au|al)[^\p{L}\d]{1,4}){0,3}$|(?:电话|手机|電話|携帯)[^\d\p{L}]{0,6}$/iu

/** A word that says that it is something else. */
const otherWord =
  /(?:order|invoice|ref(?:erence)?|ticket|tracking|serial|sku|isbn|issn|part|model|version|case|claim|batch|lot|item|account|acct|policy|patent|build|id|uuid|article|artikel|bestell\w*|rechnung\w*|commande|pedido|facture)(?:[ _-]?(?:number|num|no|nr|id|code|nummer))?[^\p{L}\d_]{0,4}$/iu

/** Forms that tell a phone number by themselves. Every quantifier is bounded, so a text is read in linear time. */
const nationalForms: readonly RegExp[] = [
  // North America: https://www.nanpa.com
  /(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}/g,
  // The trunk prefix 0 of most of the world: 020 7946 0958, 0171-3920012, (030) 23125-123, 01 99 00 12 34.
  /(?:\(0[1-9]\d{0,4}\) ?|0[1-9]\d{0,4}[ /-])\d{2,8}(?:[ -]\d{2,5}){0,3}/g,
  /0[1-9](?:\.\d{2}){4}/g,
  // An area in parentheses without a prefix: (11) 91234-5678.
  /\([1-9]\d{1,2}\) ?\d{4,5}[ -]\d{4}/g,
]

const afterWord = /\(?\d[\d ./()-]{5,18}\d/g

/** Phone numbers: international ones, the usual national forms, and others beside a word such as "call". */
export function* findPhones(passage: Passage): Generator<Finding> {
  const { text, offset } = passage
  for (const { start, end } of [...international(text), ...national(passage), ...named(passage)]) {
    yield { rule: 'phone', start: offset + start, end: offset + end }
  }
}

interface Span {
  readonly start: number
  readonly end: number
}

/** `+` or `00`, and a country. */
function* international(text: string): Generator<Span> {
  for (const match of text.matchAll(/\+ ?(?=\d)|00(?=[ (-]?[1-9])/g)) {
    const start = match.index
    const previous = text.charAt(start - 1)
    if (!endsWord(text, start - 1) && !isEscape(text, start - 1)) continue
    if (previous === '+' || (match[0] === '00' && /[.,:$€£-]/.test(previous))) continue
    const rest = text.slice(start + match[0].length, start + 32)
    const length = internationalLength(rest, match[0] === '00')
    if (length > 0 && endsNumber(text, start + match[0].length + length)) {
      yield { start, end: start + match[0].length + length }
    }
  }
}

/** How much of the text is a number with its country; 0 for none. */
function internationalLength(text: string, needsSeparator: boolean): number {
  // Places on earth, as ISO 6709 writes them, and offsets from UTC.
  if (/^\d{2,3}\.\d{3,}[+-]/.test(text)) return 0
  const groups = /^ ?\(?\d{1,15}\)?(?:(?:[ .-]|[ -]?\(|\) ?| ?\/ ?)?\d{1,14}\)?){0,7}/.exec(text)?.[0] ?? ''
  const digits = digitsIn(groups)
  const longest = longestFor(digits) + (groups.includes('(0)') ? 1 : 0)
  const part =
    digits.length > longest ? cutAt(groups, longest) : groups.replace(/\)$/, groups.includes('(') ? ')' : '')
  const count = digitsIn(part).length
  if (count < fewest || (digits.startsWith('1') && !/^1[2-9]\d{2}[2-9]\d{6}$/.test(digitsIn(part)))) return 0
  return needsSeparator && !/[ ()/-]/.test(part.trim()) ? 0 : part.length
}

function longestFor(digits: string): number {
  return longestByCountry.find(([prefix]) => digits.startsWith(prefix))?.[1] ?? 15
}

/** Whole groups that hold at most so many digits. */
function cutAt(groups: string, most: number): string {
  let end = 0
  for (const match of groups.matchAll(/\d+\)?/g)) {
    if (digitsIn(groups.slice(0, match.index + match[0].length)).length > most) break
    end = match.index + match[0].length
  }
  return groups.slice(0, end)
}

function* national(passage: Passage): Generator<Span> {
  const { text } = passage
  for (const form of nationalForms) {
    for (const match of text.matchAll(form)) {
      const start = match.index
      const end = start + match[0].length
      const count = digitsIn(match[0]).length
      if (count < 9 || count > 12 || !standsAlone(text, start, end)) continue
      if (!otherWord.test(wordsBefore(passage, start))) yield { start, end }
    }
  }
}

/** Neither in a word nor a part of a longer number, a sum or a path. */
function standsAlone(text: string, start: number, end: number): boolean {
  if (!endsWord(text, start - 1) && !isEscape(text, start - 1)) return false
  if (
    /[\d.,+$€£#=/-]$/.test(text.slice(Math.max(0, start - 1), start)) &&
    !/[^\d][=,]$/.test(text.slice(Math.max(0, start - 2), start))
  ) {
    return false
  }
  return endsNumber(text, end) && !/^(?: \d{3}(?!\d)|\/\d)/.test(text.slice(end, end + 5))
}

const dateLike = /^(?:(?:19|20)\d{2}[-./ ]?[01]\d[-./ ]?[0-3]\d|[0-3]?\d[-./][01]?\d[-./](?:19|20)?\d{2})/

function* named(passage: Passage): Generator<Span> {
  const { text } = passage
  for (const match of text.matchAll(afterWord)) {
    const start = match.index
    const found = match[0].startsWith('(') && !match[0].includes(')') ? match[0].slice(0, 0) : match[0]
    const count = digitsIn(found).length
    if (count < 7 || count > 13 || dateLike.test(found)) continue
    if (!endsWord(text, start + found.length) || !phoneWord.test(wordsBefore(passage, start))) continue
    yield { start, end: start + found.length }
  }
}
