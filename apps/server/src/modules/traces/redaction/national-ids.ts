import { beginsWord, endsWord, wordsBefore } from './characters.ts'
import {
  isCodiceFiscale,
  isCpf,
  isDni,
  isEan13,
  isElevenTest,
  isGermanTaxId,
  isNir,
  isVerhoeff,
} from './check-digits.ts'
import { beginsNumber, type DigitGroup, endsNumber, type Passage } from './digits.ts'
import type { Finding } from './findings.ts'
import type { BuiltInRule } from './rules.ts'

/** How a number of digits only is written. */
interface Form {
  /** Digits of each group, and what stands between them: one character, or one for each gap. */
  readonly groups: readonly number[]
  readonly between?: string
  /** Too common a form to be taken without a word nearby that says so. */
  readonly needsWord?: boolean
}

interface NumericId {
  readonly rule: BuiltInRule
  readonly forms: readonly Form[]
  readonly words?: RegExp
  /** What may not follow. */
  readonly neighbour?: RegExp
  readonly isValid: (digits: string) => boolean
}

/** Numbers that are never issued are left out: https://www.ssa.gov/employer/randomization.html */
const isSsn = (digits: string): boolean => /^(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4}$/.test(digits)

const numericIds: readonly NumericId[] = [
  {
    rule: 'us_ssn',
    forms: [
      { groups: [3, 2, 4], between: '-' },
      { groups: [3, 2, 4], between: ' ', needsWord: true },
      { groups: [9], needsWord: true },
    ],
    words: /(?<![a-z])ssn(?![a-z])|social.?security/i,
    isValid: isSsn,
  },
  {
    rule: 'de_tax_id',
    forms: [{ groups: [11] }, { groups: [2, 3, 3, 3], between: ' ' }],
    isValid: isGermanTaxId,
  },
  {
    // https://www.zas.admin.ch/zas/en/home/partenaires-et-institutions-/navs13.html
    rule: 'ch_ahv',
    forms: [{ groups: [13] }, { groups: [3, 4, 4, 2], between: '.' }, { groups: [3, 4, 4, 2], between: ' ' }],
    isValid: (digits) => digits.startsWith('756') && isEan13(digits),
  },
  {
    rule: 'fr_nir',
    forms: [
      { groups: [15] },
      { groups: [13, 2], between: ' ' },
      { groups: [1, 2, 2, 2, 3, 3, 2], between: ' ' },
      { groups: [1, 2, 2, 2, 3, 3, 2], between: '-' },
      { groups: [1, 2, 2, 2, 3, 3, 2], between: '.' },
    ],
    isValid: (digits) => /^[1278]/.test(digits) && isNir(digits),
  },
  {
    rule: 'nl_bsn',
    forms: [
      { groups: [9], needsWord: true },
      { groups: [4, 2, 3], between: '.', needsWord: true },
      { groups: [3, 3, 3], between: ' ', needsWord: true },
      { groups: [3, 3, 3], between: '.', needsWord: true },
    ],
    words: /(?<![a-z])bsn(?![a-z])|burgerservice|sofi-?n|citizen service/i,
    isValid: isElevenTest,
  },
  {
    rule: 'br_cpf',
    forms: [
      { groups: [3, 3, 3, 2], between: '..-' },
      { groups: [11], needsWord: true },
    ],
    words: /(?<![a-z])cpf(?![a-z])/i,
    isValid: isCpf,
  },
  {
    rule: 'in_aadhaar',
    forms: [
      { groups: [4, 4, 4], between: ' ' },
      { groups: [4, 4, 4], between: '-' },
      { groups: [12], needsWord: true },
    ],
    words: /aadha?ar|uidai|आधार/i,
    isValid: (digits) => /^[2-9]/.test(digits) && new Set(digits).size > 1 && isVerhoeff(digits),
    // Four digits more, and it is written as cards are.
    neighbour: /^[ -]\d{4}(?![ -]?\d)/,
  },
]

interface LetteredId {
  readonly rule: BuiltInRule
  /** Bounded, so that a text is read in linear time. */
  readonly pattern: RegExp
  readonly isValid: (compact: string) => boolean
}

const letteredIds: readonly LetteredId[] = [
  {
    // Letters stand for digits where two persons would have the same code.
    rule: 'it_fiscal_code',
    pattern:
      /[A-Z]{3} ?[A-Z]{3} ?[\dLMNPQRSTUV]{2}[ABCDEHLMPRST][\dLMNPQRSTUV]{2} ?[A-Z][\dLMNPQRSTUV]{3} ?[A-Z]/gi,
    isValid: (code) => /\d/.test(code) && isCodiceFiscale(code),
  },
  {
    rule: 'es_dni',
    pattern: /(?:[XYZ][ -]?\d{7}|\d{8}|\d{2}\.\d{3}\.\d{3})[ -]?[A-HJ-NP-TV-Z]/g,
    isValid: isDni,
  },
  {
    // https://www.gov.uk/hmrc-internal-manuals/national-insurance-manual/nim39110
    rule: 'uk_nino',
    pattern: /(?!BG|GB|NK|KN|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]/g,
    isValid: () => true,
  },
  {
    rule: 'fr_nir',
    pattern: /[12] ?\d{2} ?\d{2} ?2[AB] ?\d{3} ?\d{3} ?\d{2}/g,
    isValid: isNir,
  },
]

/** National numbers of persons, by those rules that are on. */
export function nationalIdScanner(
  enabled: ReadonlySet<BuiltInRule>,
): (passage: Passage) => Generator<Finding> {
  const numeric = numericIds.filter(({ rule }) => enabled.has(rule))
  const lettered = letteredIds.filter(({ rule }) => enabled.has(rule))
  return function* (passage) {
    for (const id of lettered) yield* findLettered(passage, id)
    for (const [index, first] of passage.groups.entries()) {
      if (!beginsNumber(passage.text, first.start)) continue
      for (const id of numeric) {
        const end = numericEnd(passage, index, id)
        if (end > 0) yield { rule: id.rule, start: passage.offset + first.start, end: passage.offset + end }
      }
    }
  }
}

function* findLettered(
  { text, offset }: Passage,
  { rule, pattern, isValid }: LetteredId,
): Generator<Finding> {
  for (const match of text.matchAll(pattern)) {
    const [found] = match
    const end = match.index + found.length
    if (!beginsWord(text, match.index) || !endsWord(text, end)) continue
    if (isValid(found.replaceAll(/[ .-]/g, ''))) {
      yield { rule, start: offset + match.index, end: offset + end }
    }
  }
}

/** Behind the number that begins with a group of digits; 0 for none. */
function numericEnd(
  passage: Passage,
  index: number,
  { forms, words, neighbour, isValid }: NumericId,
): number {
  for (const form of forms) {
    const last = fits(passage, index, form)
    const first = passage.groups[index]
    if (!last || !first || !endsNumber(passage.text, last.end)) continue
    if (neighbour?.test(passage.text.slice(last.end, last.end + 7))) continue
    if (!isValid(passage.text.slice(first.start, last.end).replaceAll(/\D/g, ''))) continue
    if (!form.needsWord || words?.test(wordsBefore(passage, first.start))) return last.end
  }
  return 0
}

/** The last group of the form, where the groups from `index` on are written in it. */
function fits(
  { text, groups }: Passage,
  index: number,
  { groups: lengths, between = '' }: Form,
): DigitGroup | undefined {
  for (const [at, length] of lengths.entries()) {
    const group = groups[index + at]
    if (!group || group.end - group.start !== length) return undefined
    const previous = at === 0 ? undefined : groups[index + at - 1]
    if (previous && group.start - previous.end !== 1) return undefined
    if (previous && text.charAt(previous.end) !== between.charAt(Math.min(at, between.length) - 1))
      return undefined
  }
  return groups[index + lengths.length - 1]
}
