import { isIP } from 'node:net'
import { beginsWord, endsWord } from './characters.ts'
import type { Finding, Source } from './findings.ts'

/** Bounded, so that a text is read in linear time; `isIP` has the last word. */
const candidates = /[\da-f]{0,4}(?::[\da-f]{0,4}){2,7}(?:(?:\.\d{1,3}){3})?|\d{1,3}(?:\.\d{1,3}){3}/gi

/** IP addresses of both versions, without ports and prefix lengths. */
export function* findAddresses({ text }: Source): Generator<Finding> {
  if (!/[\d:]/.test(text)) return
  for (const match of text.matchAll(candidates)) {
    const [found] = match
    const end = match.index + found.length
    if (!beginsWord(text, match.index) || !endsWord(text, end) || found === '::' || isIP(found) === 0)
      continue
    const [previous, next] = [text.charAt(match.index - 1), text.charAt(end)]
    if ('.:'.includes(previous || ' ') || (next === '.' && /\d/.test(text.charAt(end + 1)))) continue
    yield { rule: 'ip', start: match.index, end }
  }
}
