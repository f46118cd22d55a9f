import { beginsWord, endsWord } from './characters.ts'
import { isMod97 } from './check-digits.ts'
import type { Passage } from './digits.ts'
import type { Finding } from './findings.ts'

/** Lengths by country: SWIFT's IBAN registry, https://www.swift.com/resource/iban-registry-pdf (release 99). */
const lengths = new Map(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ' +
    'ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 ' +
    'LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 ' +
    'PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
)

const beginning = /[A-Z]{2} ?\d{2}/gi

/** International bank account numbers, written together or in groups. */
export function* findIbans({ text, offset }: Passage): Generator<Finding> {
  for (const match of text.matchAll(beginning)) {
    const end = ibanEnd(text, match.index)
    if (end > 0) yield { rule: 'iban', start: offset + match.index, end: offset + end }
  }
}

/** Behind the number that begins here; 0 for none. */
function ibanEnd(text: string, start: number): number {
  const length = lengths.get(text.slice(start, start + 2).toUpperCase())
  if (length === undefined || !beginsWord(text, start)) return 0
  let compact = ''
  let index = start
  for (; compact.length < length; index++) {
    const character = text.charAt(index)
    if (/[a-z\d]/i.test(character)) compact += character
    else if (!/[ -]/.test(character) || !/[a-z\d]/i.test(text.charAt(index + 1))) return 0
  }
  return endsWord(text, index) && isMod97(compact) ? index : 0
}
