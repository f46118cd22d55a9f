import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { corpus } from './corpus/index.ts'
import { createRedactor } from './index.ts'

const redactor = createRedactor({
  builtIn: { ip: true },
  custom: [
    { name: 'staff', pattern: '\\bEMP-\\d{4,8}\\b' },
    { name: 'ticket', pattern: '(?i)ticket \\w+', replacement: '***' },
  ],
})
const redact = (text: string): string => redactor.text(text).text

/** Pieces of which findings are made, next to each other in every way. */
const piece = fc.oneof(
  fc.constantFrom(...corpus.map(({ text }) => text)),
  fc.constantFrom(
    ...corpus.flatMap(({ text, spans }) => spans.map(({ start, end }) => text.slice(start, end))),
  ),
  fc.constantFrom(
    '@',
    '.',
    ':',
    '=',
    '"',
    '\\',
    '\\"',
    "'",
    ' ',
    '\n',
    '-',
    '+',
    '/',
    '(',
    ')',
    '[',
    ']',
    '%40',
    '://',
    '\u200b',
    '１',
  ),
  fc.constantFrom(
    'password',
    'token',
    'Bearer ',
    'sk-',
    'eyJ',
    '-----BEGIN PRIVATE KEY-----',
    '[redacted:email]',
    '[redacted:',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.stringMatching(/^[\d .-]{1,20}$/),
)
const anyText = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))

describe('any text', () => {
  it('is redacted without an error, and redacting it again changes nothing', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const once = redact(text)
        expect(redactor.text(once)).toEqual({ text: once, found: null })
      }),
      { numRuns: 3000 },
    )
  })

  it('stays as it is where nothing is found, and only there', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { text: redacted, found } = redactor.text(text)
        expect(found === null).toBe(redacted === text)
      }),
      { numRuns: 2000 },
    )
  })

  it('keeps nothing of a card, whatever stands around it', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[ a-z,;()"'\n]{0,30}$/), (around) => {
        expect(redact(`${around} 4242424242424242 ${around}`)).not.toContain('4242424242')
      }),
    )
  })
})

describe('any value', () => {
  it('is redacted without an error, and is the same where nothing is found', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const counts = new Map<string, number>()
        const redacted = redactor.value(value, counts)
        expect(redacted === value || Number.isNaN(value)).toBe(counts.size === 0)
        expect(redactor.value(redacted)).toBe(redacted)
      }),
      { numRuns: 500 },
    )
  })
})

const megabyte = 1_000_000
const filled = (unit: string, length: number): string =>
  unit.repeat(Math.ceil(length / unit.length)).slice(0, length)

/** What costs the most: beginnings without ends, and things that are nearly found. */
const hostile: readonly string[] = [
  'a@',
  'a@b.c.',
  'a@b.com ',
  '%40',
  '1111 ',
  '1 ',
  '4111 1111 1111 111',
  '1',
  '4',
  '+1',
  '+1 ',
  '00 1',
  '(0',
  '(011) ',
  '01 ',
  '"',
  '\\"',
  '\\',
  '"password":"',
  '\\"password\\":\\"',
  "password='",
  'password:',
  'password=',
  'key key ',
  '--password ',
  'password is ',
  '</password>',
  '<password>',
  '://',
  '://a:',
  '://a:b@',
  'eyJ',
  'eyJhbGciOiJIUzI1NiJ9.',
  '-eyJ',
  'sk-',
  '-sk-',
  'sk-proj-',
  'AKIAIOSFODNN7EXAMPLE ',
  'gh',
  'a',
  'a.',
  '-----BEGIN ',
  '-----BEGIN PRIVATE KEY-----',
  'Bearer ',
  'Basic aaaaaaaa',
  'Authorization: Digest ',
  'Cookie: a=',
  'GB29',
  'GB29 NWBK 6016 ',
  'A1',
  'RSSMRA85T10A562',
  '1:',
  '1.',
  'ffff:',
  'hooks.slack.com/services/',
  '\u200b',
  '1\u200b',
  '１',
  '٣',
  '😀',
  '\ud800',
  '[redacted:email]',
  '[redacted:',
  'EMP-',
  'ticket ',
]

describe('many findings in a row', () => {
  it.each([
    '01 ',
    '020 7946 0958 ',
    '9999 4105 7058 ',
    '+44 20 7946 0958+',
    '078-05-1120-',
    '4242424242424242-',
    'a@b.com@',
    'call 5550123 ',
    'bsn 111222333 111222333 111222333 111222333 ',
    '12345678Z-',
    'eyJhbGciOiJIUzI1NiJ9.',
  ])('of %j leave nothing for a second reading', (unit) => {
    for (const text of [unit.repeat(40), `${unit.repeat(41)}1`, `1${unit.repeat(39)}`]) {
      expect(redactor.text(redact(text)).found).toBeNull()
    }
  })
})

/** Processor time: the clock on the wall also shows what else the machine does. */
const timed = (text: string): number => {
  const before = process.cpuUsage()
  redact(text)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

describe('a hostile text', () => {
  it.each(hostile)('of %j is read in linear time', (unit) => {
    const [short, long] = [filled(unit, megabyte / 10), filled(unit, megabyte)]
    timed(short)
    // Ten times the text may take 25 times as long: what is measured in milliseconds swings.
    const mostMs = Math.max(250, Math.min(timed(short), timed(short)) * 25)
    let longMs = timed(long)
    for (let again = 0; again < 3 && longMs > mostMs; again++) longMs = Math.min(longMs, timed(long))
    expect(longMs).toBeLessThan(Math.min(10_000, mostMs))
  })
})
