/** One member of an object in a JSON text: `text.slice(start, end)` is its value as it was spelled. */
export interface Member {
  key: string
  start: number
  end: number
}

/** An object in a JSON text, from its opening brace to behind its closing one. */
export interface ObjectSpan {
  start: number
  end: number
  /** In the order of the text. A key may come twice; as in `JSON.parse`, the last one holds. */
  members: Member[]
}

/**
 * Finds the members of the object that begins at `at`, without reading their values. The text is taken to be valid
 * JSON: what is found in another text is not defined, but nothing is thrown, and `undefined` says that there is no
 * object here.
 */
export function membersOf(text: string, at = 0): ObjectSpan | undefined {
  const start = skipSpace(text, at)
  if (text.charCodeAt(start) !== openBrace) return undefined
  const members: Member[] = []
  let position = skipSpace(text, start + 1)
  if (text.charCodeAt(position) === closeBrace) return { start, end: position + 1, members }
  for (;;) {
    const member = memberAt(text, position)
    if (!member) return undefined
    members.push(member)
    position = skipSpace(text, member.end)
    const next = text.charCodeAt(position)
    if (next === closeBrace) return { start, end: position + 1, members }
    if (next !== comma) return undefined
    position = skipSpace(text, position + 1)
  }
}

/** The last member of that name, which is the one that holds. */
export function memberOf(object: ObjectSpan, key: string): Member | undefined {
  return object.members.findLast((member) => member.key === key)
}

function memberAt(text: string, at: number): Member | undefined {
  if (text.charCodeAt(at) !== quote) return undefined
  const keyEnd = endOfString(text, at)
  const key = keyOf(text, at, keyEnd)
  const colonAt = skipSpace(text, keyEnd)
  if (key === undefined || text.charCodeAt(colonAt) !== colon) return undefined
  const start = skipSpace(text, colonAt + 1)
  const end = endOfValue(text, start)
  return end === undefined ? undefined : { key, start, end }
}

function keyOf(text: string, start: number, end: number): string | undefined {
  const raw = text.slice(start + 1, end - 1)
  if (!raw.includes('\\')) return raw
  try {
    return String(JSON.parse(`"${raw}"`))
  } catch {
    return undefined
  }
}

function endOfValue(text: string, at: number): number | undefined {
  const first = text.charCodeAt(at)
  if (first === quote) return endOfString(text, at)
  if (first === openBrace || first === openBracket) return endOfNested(text, at)
  primitive.lastIndex = at
  return primitive.test(text) ? primitive.lastIndex : undefined
}

const primitive = /true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/uy

/** Braces and brackets need no telling apart in a valid text. */
function endOfNested(text: string, at: number): number | undefined {
  let depth = 0
  for (let position = at; position < text.length; position += 1) {
    switch (text.charCodeAt(position)) {
      case quote:
        position = endOfString(text, position) - 1
        break
      case openBrace:
      case openBracket:
        depth += 1
        break
      case closeBrace:
      case closeBracket:
        depth -= 1
        if (depth === 0) return position + 1
        break
      default:
    }
  }
  return undefined
}

/** Behind the closing quote of the string that opens at `at`. Long strings cost a search and no reading. */
function endOfString(text: string, at: number): number {
  let close = text.indexOf('"', at + 1)
  for (let escaped = 0; close !== -1 && isEscaped(text, close); close = text.indexOf('"', close + 1)) {
    escaped += 1
    if (escaped > mostSearches) return endByReading(text, close + 1)
  }
  return close === -1 ? text.length + 1 : close + 1
}

/** Where very many quotes are escaped, reading is faster than a search for each. */
const mostSearches = 1000

function endByReading(text: string, from: number): number {
  for (let position = from; position < text.length; position += 1) {
    const code = text.charCodeAt(position)
    if (code === quote) return position + 1
    if (code === backslash) position += 1
  }
  return text.length + 1
}

/** An odd number of backslashes stands before it. */
function isEscaped(text: string, at: number): boolean {
  let position = at - 1
  while (text.charCodeAt(position) === backslash) position -= 1
  return (at - position) % 2 === 0
}

function skipSpace(text: string, at: number): number {
  let position = at
  while (isSpace(text.charCodeAt(position))) position += 1
  return position
}

function isSpace(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9
}

const quote = 34
const comma = 44
const colon = 58
const openBracket = 91
const backslash = 92
const closeBracket = 93
const openBrace = 123
const closeBrace = 125
