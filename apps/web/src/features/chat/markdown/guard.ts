/** Nesting that no reader needs and that makes a recursive lexer slow or overflow. */
const MAX_MARKERS = 32
const MAX_LIST_INDENT = 64
const MAX_ADDRESS_RUN = 1000

const CONTAINER = /^(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t]))[ \t]*/
const FENCE = /^ {0,3}(`{3,}|~{3,})/
const LIST_LINE = /^[ \t]*(?:[-+*]|\d{1,9}[.)])[ \t]/
const EMPHASIS_RUN = /[*_~]{200,}/

/**
 * Tells text that would make the lexer recurse or backtrack beyond reason; such text is shown as it is.
 * Linear in the length of the text.
 */
export function isHostile(source: string): boolean {
  let fence = ''
  for (const line of lines(source)) {
    const mark = FENCE.exec(line)?.[1]
    if (fence) {
      if (mark && mark.startsWith(fence) && line.trim() === mark) fence = ''
      continue
    }
    if (mark) {
      fence = mark
      continue
    }
    if (isDeep(line) || EMPHASIS_RUN.test(line) || hasAddressRun(line)) return true
  }
  return false
}

function* lines(source: string): Generator<string> {
  let start = 0
  for (let end = source.indexOf('\n'); end !== -1; end = source.indexOf('\n', start)) {
    yield source.slice(start, end)
    start = end + 1
  }
  yield source.slice(start)
}

function isDeep(line: string): boolean {
  const content = line.trimStart()
  if (line.length - content.length > MAX_LIST_INDENT && LIST_LINE.test(line)) return true
  let rest = content.slice(0, MAX_MARKERS * 12)
  for (let count = 0; ; count += 1) {
    const marker = CONTAINER.exec(rest)
    if (!marker) return false
    if (count === MAX_MARKERS) return true
    rest = rest.slice(marker[0].length)
  }
}

/** An endless word before an `@` makes the e-mail rule try every position of it. */
function hasAddressRun(line: string): boolean {
  if (line.length < MAX_ADDRESS_RUN) return false
  let start = 0
  for (let at = line.indexOf('@'); at !== -1; at = line.indexOf('@', start)) {
    const word = Math.max(start, line.lastIndexOf(' ', at) + 1)
    if (at - word > MAX_ADDRESS_RUN) return true
    start = at + 1
  }
  return false
}
