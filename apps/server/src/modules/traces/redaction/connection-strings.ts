import { isMark, type Finding, type Source } from './findings.ts'

const longestUserinfo = 256
const delimiters = /[\s/?#"'<>`\\]/

/** Passwords in URLs, RFC 3986, 3.2.1: `postgres://user:password@host`. The user and the host stay. */
export function* findUrlPasswords({ text }: Source): Generator<Finding> {
  for (let at = text.indexOf('://'); at >= 0; at = text.indexOf('://', at + 3)) {
    const rest = text.slice(at + 3, at + 3 + longestUserinfo)
    const authority = rest.slice(0, endOf(rest))
    const colon = authority.indexOf(':')
    const sign = authority.lastIndexOf('@')
    if (colon < 0 || sign <= colon + 1) continue
    const password = authority.slice(colon + 1, sign)
    if (!isPlaceholder(password)) {
      yield { rule: 'secret', start: at + 3 + colon + 1, end: at + 3 + sign }
    }
  }
}

function endOf(text: string): number {
  const end = text.search(delimiters)
  return end < 0 ? text.length : end
}

/** What documentation and templates write instead of a secret, and what was taken out before. */
export function isPlaceholder(value: string): boolean {
  if (isMark(value)) return true
  return /^(?:\$|\{\{|<|%[({sA-Z]|\*+$|x{3,}$|•+$|\.{3}|…|your[-_ ]|redacted$|\[(?:hidden|redacted|filtered)\]$|null$|none$|undefined$|true$|false$|nil$)/i.test(
    value,
  )
}
