import { isEscape, isWord } from './characters.ts'
import type { Finding, Source } from './findings.ts'

/** RFC 5321, 4.5.3.1: https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1 */
const longestLocalPart = 64
const longestDomain = 255
const longestUserinfo = 128

/** `%40` is how an address is written in a URL. */
const at = /@|%40/g

/**
 * Addresses as they are really used: letters, digits and `._%+'-` before the `@`, a domain with a top level of letters
 * behind it. Left alone: git and npm names such as `git@github.com:org/repo` and `pkg@1.2.3`, and users in URLs.
 */
export function* findEmails({ text }: Source): Generator<Finding> {
  if (!text.includes('@') && !text.includes('%40')) return
  let from = 0
  for (const match of text.matchAll(at)) {
    const encoded = match[0].length > 1
    const start = localPartStart(text, match.index, Math.max(from, match.index - longestLocalPart), encoded)
    if (start === match.index) continue
    const domainStart = match.index + match[0].length
    const end = domainEnd(text, domainStart)
    if (end === domainStart || !isAddress(text, start, domainStart, end)) continue
    from = end
    yield { rule: 'email', start, end }
  }
}

function localPartStart(text: string, end: number, lowest: number, encoded: boolean): number {
  const others = encoded ? "._+'-" : "._%+'-"
  let start = end
  while (start > lowest && (isWord(text.charCodeAt(start - 1)) || others.includes(text.charAt(start - 1))))
    start--
  if (start < end && isEscape(text, start)) start++
  while (start < end && ".'%+-".includes(text.charAt(start))) start++
  return start
}

/** Behind the last label; the start where there is no top level. */
function domainEnd(text: string, start: number): number {
  const label = /[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62})/uy
  const domain = text.slice(start, start + longestDomain)
  let end = 0
  let labels = 0
  for (let index = 0; index < domain.length; labels++) {
    label.lastIndex = index
    const found = latinPart(label.exec(domain)?.[0] ?? '')
    if (found === '') break
    if (labels > 0 && isTopLevel(found) && !(end > 0 && beginsSentence(found))) end = index + found.length
    index += found.length
    if (domain.charAt(index) !== '.') break
    index++
  }
  return start + end
}

const isTopLevel = (label: string): boolean =>
  /^(?:[a-z\u00df-\u052f]{2,24}|xn--[a-z\d-]{2,59})$/i.test(label)

/** A sentence that goes on without a space after its full stop is no part of the domain. */
const beginsSentence = (label: string): boolean => /^[A-Z][a-z]/.test(label)

/** Scripts without spaces go on right behind an address. */
function latinPart(label: string): string {
  let end = 0
  while (end < label.length && (isWord(label.charCodeAt(end)) || label.charAt(end) === '-')) end++
  return label.slice(0, end).replace(/-+$/, '')
}

const versioned = /^v?\d+\.\d+/
const imageScale = /^\d+x\.(?:png|jpe?g|gif|webp|avif|svg)$/i

function isAddress(text: string, start: number, domainStart: number, end: number): boolean {
  const domain = text.slice(domainStart, end)
  if (versioned.test(domain) || imageScale.test(domain) || text.charAt(end) === '(') return false
  // scp-like paths of git.
  if (
    text.charAt(end) === ':' &&
    /[\w~/]/.test(text.charAt(end + 1)) &&
    text.slice(start, domainStart) === 'git@'
  ) {
    return false
  }
  return !isUserinfo(text.slice(Math.max(0, start - longestUserinfo), start))
}

/** Whether what precedes is a URL's beginning, up to its authority. */
const isUserinfo = (before: string): boolean => /:\/\/[^\s/?#"'<>]{0,128}$/.test(before)
