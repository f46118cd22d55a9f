/** A piece of text that can be found and cited. */
export interface Passage {
  readonly id: number
  /** The page, the file or the message that it is from. */
  readonly title: string
  /** Empty for text without headings. */
  readonly heading: string
  readonly text: string
}

/** Cuts a guide page at its headings; the text before the first one carries the page's own title. */
export function passagesOfPage(markdown: string): Omit<Passage, 'id'>[] {
  const lines = markdown.split('\n')
  const title = /^# (.+)$/.exec(lines[0] ?? '')?.[1] ?? ''
  const passages: { title: string; heading: string; lines: string[] }[] = [{ title, heading: '', lines: [] }]
  let fenced = false
  for (const line of lines.slice(1)) {
    if (line.startsWith('```')) fenced = !fenced
    const heading = fenced ? undefined : /^#{2,3} (.+)$/.exec(line)?.[1]
    if (heading === undefined) passages.at(-1)?.lines.push(line)
    else passages.push({ title, heading, lines: [] })
  }
  return passages
    .map((passage) => ({ title: passage.title, heading: passage.heading, text: unwrap(passage.lines) }))
    .filter(({ text }) => text.length > 0)
}

const passageChars = 700

/** Cuts running text at blank lines into passages of about a paragraph; long paragraphs are cut at line ends. */
export function passagesOfText(title: string, text: string): Omit<Passage, 'id'>[] {
  const pieces: string[] = []
  let open = ''
  for (const block of text.split(/\n\s*\n|\n(?=#{1,6} )/).flatMap(cutLong)) {
    if (open.length + block.length > passageChars && open !== '') {
      pieces.push(open)
      open = ''
    }
    open = open === '' ? block : `${open}\n\n${block}`
  }
  pieces.push(open)
  return pieces
    .map((piece) => piece.trim())
    .filter(Boolean)
    .map((piece) => ({ title, heading: '', text: piece }))
}

function cutLong(block: string): string[] {
  if (block.length <= 2 * passageChars) return [block]
  const pieces: string[] = []
  let rest = block
  while (rest.length > 2 * passageChars) {
    const window = rest.slice(0, passageChars)
    const end = Math.max(window.lastIndexOf('\n'), window.lastIndexOf('. ') + 1, window.lastIndexOf(' '))
    const cut = end > passageChars / 4 ? end : passageChars
    pieces.push(rest.slice(0, cut))
    rest = rest.slice(cut).trimStart()
  }
  return [...pieces, rest]
}

/** Joins lines that were wrapped for the source file, so that an answer reads as paragraphs. */
function unwrap(lines: readonly string[]): string {
  const out: string[] = []
  let fenced = false
  let open = false
  for (const line of lines) {
    const fence = line.startsWith('```')
    const joins = open && !fenced && !fence && line.trim() !== '' && !/^\s*([-*|]|\d+\.) ?/.test(line)
    const shown = fenced ? line : withoutPageLinks(line)
    if (joins) out.push(`${out.pop() ?? ''} ${shown.trim()}`)
    else out.push(shown)
    if (fence) fenced = !fenced
    open = !fenced && !fence && line.trim() !== ''
  }
  return out.join('\n').trim()
}

/** Links between the pages lead nowhere from an answer: their text stays, as the name of a page. */
const withoutPageLinks = (line: string): string =>
  line.replaceAll(/\[([^\]]+)\]\((?:[\w-]+\.md)?(?:#[\w-]*)?\)/g, '*$1*')
