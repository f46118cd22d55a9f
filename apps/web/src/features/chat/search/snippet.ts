export interface SnippetPart {
  readonly text: string
  readonly match: boolean
}

const START = '\uE000'
const END = '\uE001'

/** Text around a hit, cut at the marks U+E000 and U+E001. Marks without a partner are dropped. */
export function snippetParts(snippet: string): SnippetPart[] {
  const parts: SnippetPart[] = []
  const push = (text: string, match: boolean) => {
    const clean = text.replaceAll(START, '').replaceAll(END, '')
    if (clean) parts.push({ text: clean, match })
  }
  let rest = snippet
  for (let start = rest.indexOf(START); start !== -1; start = rest.indexOf(START)) {
    const end = rest.indexOf(END, start)
    if (end === -1) break
    push(rest.slice(0, start), false)
    push(rest.slice(start + 1, end), true)
    rest = rest.slice(end + 1)
  }
  push(rest, false)
  return parts
}
