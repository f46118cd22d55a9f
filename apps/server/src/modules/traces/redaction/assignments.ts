import { isSpace, isWord } from './characters.ts'
import { isPlaceholder } from './connection-strings.ts'
import { type Finding, isMark, type Scanner, type Source } from './findings.ts'
import type { SensitiveNames } from './sensitive-names.ts'
import { isCodeWord, looksSecret } from './secret-values.ts'

const longestName = 64
const longestValue = 16_384

/** A name, what binds it to its value, and where that begins. */
interface Binding {
  readonly name: string
  /** Behind the sign and the spaces after it. */
  readonly at: number
  /** Whether anything but the sign itself stands in between: `password: at least` is prose more often than a secret. */
  readonly isLoose: boolean
  /** In a URL's query, which ends at `#`. */
  readonly isQuery: boolean
}

/**
 * Values beside a name that says they are secret: JSON (also as text inside of strings), YAML, environment variables,
 * headers, query strings, command lines and code. Reads each value once, so nested quotes cost no more than others.
 */
export function assignmentScanner(isSensitive: SensitiveNames): Scanner {
  return function* ({ text }) {
    if (text.includes(':') || text.includes('=')) yield* assigned(text, isSensitive)
    for (const { start, end } of [
      ...options(text, isSensitive),
      ...spoken(text),
      ...elements(text, isSensitive),
    ])
      yield { rule: 'secret', start, end }
  }
}

function* assigned(text: string, isSensitive: SensitiveNames): Generator<Finding> {
  const sign = /[:=]/g
  for (let match = sign.exec(text); match; match = sign.exec(text)) {
    const binding = bindingAt(text, match.index)
    if (!binding || !isSensitive(binding.name)) continue
    for (const { start, end } of valueAt(text, binding)) {
      yield { rule: 'secret', start, end }
      sign.lastIndex = Math.max(sign.lastIndex, end)
    }
  }
}

/** `--password hunter2`; with `=` it is a binding like any other. */
function* options(text: string, isSensitive: SensitiveNames): Generator<Span> {
  for (let index = text.indexOf('--'); index >= 0; index = text.indexOf('--', index + 2)) {
    const match = /^--([\w-]{2,64}) (?=[^\s-])/.exec(text.slice(index, index + longestName + 4))
    if (match && isSensitive(match[1] ?? '')) {
      yield* valueAt(text, {
        name: match[1] ?? '',
        at: index + match[0].length,
        isLoose: false,
        isQuery: false,
      })
    }
  }
}

function bindingAt(text: string, index: number): Binding | undefined {
  const { name, start } = nameBefore(text, index)
  // Users and passwords of a URL have a scanner of their own.
  if (name === '' || text.startsWith('//', start - 2)) return undefined
  let at = index + 1
  // A URL, and a comparison.
  if (text.startsWith('//', at) || text.startsWith('==', index)) return undefined
  if ('=>'.includes(text.charAt(at) || ' ')) at++
  const afterSign = at
  while (at < afterSign + 4 && isSpace(text.charCodeAt(at))) at++
  const isLoose = at > afterSign || isSpace(text.charCodeAt(index - 1))
  return { name, at, isLoose, isQuery: '?&'.includes(text.charAt(start - 1) || ' ') }
}

/** The name that ends before the sign, without quotes and brackets; of "API key" both words. */
function nameBefore(text: string, index: number): { name: string; start: number } {
  let end = index
  while (end > 0 && index - end < 10 && ' "\'`\\])*'.includes(text.charAt(end - 1))) end--
  const start = nameStart(text, end)
  const name = text.slice(start, end)
  if (!/^(?:key|password|token|code)$/i.test(name) || text.charAt(start - 1) !== ' ') return { name, start }
  return { name: `${text.slice(nameStart(text, start - 1), start - 1)} ${name}`, start }
}

function nameStart(text: string, end: number): number {
  let start = end
  while (start > 0 && end - start < longestName && isName(text, start - 1)) start--
  return start
}

const isName = (text: string, index: number): boolean =>
  isWord(text.charCodeAt(index)) || '.-'.includes(text.charAt(index))

interface Span {
  readonly start: number
  readonly end: number
}

function* valueAt(text: string, binding: Binding): Generator<Span> {
  const { name, at, isLoose } = binding
  const isList = text.charAt(at) === '['
  let next = isList ? at + 1 : at
  for (;;) {
    const quoted = quotedAt(text, next)
    if (!quoted) break
    const value = text.slice(quoted.start, quoted.end)
    if (value !== '' && !isPlaceholder(value) && !isTokenOfModel(text, name, quoted.end)) yield quoted
    if (!isList) return
    next = quoted.after
    while (',\n\r\t '.includes(text.charAt(next) || '!')) next++
  }
  if (isList) return
  const bare = bareAt(text, binding)
  const value = text.slice(bare.start, bare.end)
  if (value === '' || isPlaceholder(value) || isCodeWord(value, text.charAt(bare.end))) return
  if (bare.isHeader || looksSecret(value) || (!isLoose && !/^\d{1,3}$/.test(value))) yield bare
}

/** Log probabilities name words of a text `token`. */
function isTokenOfModel(text: string, name: string, end: number): boolean {
  return (
    /token$/i.test(name) &&
    /^[\\"'\s,]{2,12}(?:logprob|bytes|probability|id["'\\])/.test(text.slice(end, end + 32))
  )
}

/** A string, whose quotes may themselves be escaped once or more: it ends at a quote that is escaped no deeper. */
function quotedAt(text: string, at: number): (Span & { after: number }) | undefined {
  const opening = /^(\\{0,15})(["'`])/.exec(text.slice(at, at + 16))
  if (!opening) return undefined
  const depth = opening[1]?.length ?? 0
  const quote = opening[2]
  const start = at + depth + 1
  const most = Math.min(text.length, start + longestValue)
  let escapes = 0
  for (let index = start; index < most; index++) {
    const character = text.charAt(index)
    if (character === '\\') escapes++
    else {
      if (character === quote && escapes <= depth) return { start, end: index - escapes, after: index + 1 }
      escapes = 0
    }
  }
  return { start, end: most, after: most }
}

/** A value without quotes. Headers have values of several words. */
function bareAt(text: string, { name, at, isQuery }: Binding): Span & { isHeader: boolean } {
  const rest = text.slice(at, at + 4096)
  if (/authorization$/i.test(name)) {
    const scheme = /^(?:Bearer|Basic|Token|ApiKey|Negotiate|DPoP)\s{1,2}[^\s"'`,;\\[\]]{4,4096}/i.exec(rest)
    const digest = scheme ?? /^(?:Digest|AWS4-HMAC-SHA256)\s[^"\n\r\\]{8,4096}/i.exec(rest)
    const value = digest?.[0].replace(/^\S+\s+/, '')
    if (digest && value !== undefined && !isPlaceholder(value))
      return { start: at, end: at + digest[0].length, isHeader: true }
  }
  if (/cookie$/i.test(name)) {
    const cookies = /^[\w.-]{1,128}=[^"'\n\r\\[\]]{1,4096}/.exec(rest)
    if (cookies) return { start: at, end: at + cookies[0].trimEnd().length, isHeader: true }
  }
  const value = /^(?:[^\s"'`,;&<>()[\]{}|\\]|&(?![\w.-]{1,64}=)){1,4096}/.exec(rest)?.[0] ?? ''
  const length = (isQuery ? value.replace(/#.*$/, '') : value.replace(/[.:!?]+$/, '')).length
  return { start: at, end: at + length, isHeader: false }
}

/** Of "password", "passphrase" and "Passwort" as many letters each: so the engine can skip through a text. */
const saying = /(?:asswor[dt]|sphrase) /gi

/** "My password is hunter2": only what no sentence would go on with. */
function* spoken(text: string): Generator<Span> {
  for (const said of text.matchAll(saying)) {
    const verb = /^(?:is|was|ist|to) /i.exec(
      text.slice(said.index + said[0].length, said.index + said[0].length + 4),
    )
    if (!verb) continue
    const at = said.index + said[0].length + verb[0].length
    const quoted = quotedAt(text.slice(0, at + 160), at)
    const bare = /^[^\s"'`,;[\]]{6,128}/.exec(text.slice(at, at + 128))?.[0].replace(/[.:!?]+$/, '') ?? ''
    const { start, end } = quoted ?? { start: at, end: at + bare.length }
    const value = text.slice(start, end)
    if (looksSecret(value) && !isMark(value)) yield { start, end }
  }
}

/** `<password>hunter2</password>`, told by its end. */
function* elements(text: string, isSensitive: SensitiveNames): Generator<Span> {
  for (let end = text.indexOf('</'); end >= 0; end = text.indexOf('</', end + 2)) {
    const name = /^[\w.:-]{2,64}(?=\s?>)/.exec(text.slice(end + 2, end + 68))?.[0]
    if (name === undefined || !isSensitive(name)) continue
    const from = Math.max(0, end - 1024)
    const start = text.slice(from, end).lastIndexOf('>')
    const value = text.slice(from + start + 1, end)
    if (start >= 0 && value.trim() !== '' && !isPlaceholder(value)) yield { start: from + start + 1, end }
  }
}

/** `Bearer` and `Basic` with what follows, wherever they stand. */
export function* findAuthorization({ text }: Source): Generator<Finding> {
  for (const word of text.matchAll(/(?:earer|asic) /gi)) {
    const { index } = word
    if (!/b/i.test(text.charAt(index - 1)) || isWord(text.charCodeAt(index - 2))) continue
    const start = index + word[0].length
    const value = /^[\w.~+/-]{8,4096}={0,2}/.exec(text.slice(start, start + 4098))?.[0] ?? ''
    if (/^e/i.test(word[0]) ? isBearer(value) : isBasic(value)) {
      yield { rule: 'secret', start, end: start + value.replace(/\.+$/, '').length }
    }
  }
}

const isBearer = (value: string): boolean => value.length >= 16 && looksSecret(value)

/** RFC 7617: the base64 of a user, a colon and a password. */
const isBasic = (value: string): boolean =>
  value.length >= 8 && /^[\x20-\x7e]*:[\x20-\x7e]*$/.test(Buffer.from(value, 'base64').toString('latin1'))
