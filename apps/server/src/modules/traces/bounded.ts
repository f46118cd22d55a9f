/** Characters of one text in what a span carries. */
const mostChars = 256 * 1024
/** How far before its end a text is searched for a place where it may be cut. */
const searchedChars = 4096
const deepest = 64

/**
 * The value with texts that are too long cut at the end of a line, a sentence or a word, so that half of a number or a key
 * is not left standing: what finds those reads the text afterwards. The very value when no text is too long.
 */
export function bounded(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return value.length <= mostChars ? value : cut(value)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || depth > deepest)
    return value
  const inner = (one: unknown): unknown => bounded(one, depth + 1)
  if (Array.isArray(value)) return kept(value, value.map(inner))
  if (value instanceof Map) {
    const values = [...value.values()]
    const after = kept(values, values.map(inner))
    return after === values ? value : new Map([...value.keys()].map((key, place) => [key, after[place]]))
  }
  const values: unknown[] = Object.values(value)
  const after = kept(values, values.map(inner))
  return after === values
    ? value
    : Object.fromEntries(Object.keys(value).map((key, place) => [key, after[place]]))
}

/** The list before unless something in it has changed. */
const kept = (before: unknown[], after: unknown[]): unknown[] =>
  after.every((one, place) => one === before[place]) ? before : after

function cut(text: string): string {
  const head = text.slice(0, mostChars)
  const tail = head.slice(-searchedChars)
  const end = Math.max(tail.lastIndexOf('\n'), tail.lastIndexOf('. ')) + 1 || tail.lastIndexOf(' ') + 1
  const shown = head.slice(0, mostChars - searchedChars + end)
  return `${shown.toWellFormed()}… (${text.length - shown.length} more characters)`
}
