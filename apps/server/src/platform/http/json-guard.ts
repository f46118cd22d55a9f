/** Bounds of a JSON text, checked before anything is built of it. */
export interface JsonBounds {
  /** Levels of nesting: deeper input could exhaust the stack of whoever walks it. */
  readonly depth: number
  /** Members of one object: one with very many is slow to build and to walk. */
  readonly membersOfOne?: number
  /** Members of all objects together. */
  readonly members?: number
  /** Members and elements together. */
  readonly values?: number
}

/** What a text has too much of; undefined when it is within its bounds, or no JSON. */
export type JsonExcess = keyof JsonBounds

/** Counts brackets and commas outside strings, which cost a search and hardly any reading. */
export function excessIn(text: string, bounds: JsonBounds): JsonExcess | undefined {
  const { depth: mostDepth, membersOfOne = Infinity, members = Infinity, values = Infinity } = bounds
  // Of each container that is open, its members so far; those of lists are no members.
  const counts = new Float64Array(mostDepth + 1).fill(-Infinity)
  let depth = 0
  let elements = 0
  let allMembers = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === quote) index = endOfString(text, index)
    else if (code === openBrace || code === openBracket) {
      depth += 1
      elements += 1
      if (depth > mostDepth) return 'depth'
      counts[depth] = code === openBrace ? 1 : -Infinity
      if (code === openBrace) allMembers += 1
    } else if (code === closeBrace || code === closeBracket) depth = Math.max(0, depth - 1)
    else if (code === comma) {
      elements += 1
      const count = (counts[depth] ?? -Infinity) + 1
      counts[depth] = count
      if (count > 0) allMembers += 1
      if (count > membersOfOne) return 'membersOfOne'
    }
    if (allMembers > members) return 'members'
    if (elements > values) return 'values'
  }
  return undefined
}

/** Whether an object of the text has the member `__proto__`, however it is spelled: what a merge of objects might obey. */
export function namesPrototype(text: string): boolean {
  return (text.includes('proto__"') || text.includes('\\u00')) && prototypeMember.test(text)
}

const prototypeMember =
  /"(?:_|\\u005f){2}(?:p|\\u0070)(?:r|\\u0072)(?:o|\\u006f)(?:t|\\u0074)(?:o|\\u006f)(?:_|\\u005f){2}"\s*:/i

/** The place of the quote that ends the string which begins at `start`; the end of the text when none does. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  for (let escaped = 0; end >= 0 && isEscaped(text, end); end = text.indexOf('"', end + 1)) {
    escaped += 1
    if (escaped > mostSearches) return endByReading(text, end + 1)
  }
  return end < 0 ? text.length : end
}

/** Where very many quotes are escaped, reading is faster than a search for each. */
const mostSearches = 1000

function endByReading(text: string, from: number): number {
  for (let end = from; end < text.length; end++) {
    const code = text.charCodeAt(end)
    if (code === quote) return end
    if (code === backslash) end++
  }
  return text.length
}

/** An odd number of backslashes stands before it. */
function isEscaped(text: string, at: number): boolean {
  let slashes = 0
  while (text.charCodeAt(at - 1 - slashes) === backslash) slashes++
  return slashes % 2 === 1
}

const quote = 0x22
const comma = 0x2c
const openBracket = 0x5b
const backslash = 0x5c
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
