import { Lexer, Marked, type Links, type MarkedToken, type Token } from 'marked'
import { isHostile } from './guard.ts'
import { mathExtensions, type MathToken } from './math.ts'

/** Text that is shown as it was written. */
export interface PlainToken {
  readonly type: 'plain'
  readonly raw: string
}

export type MarkdownToken = MarkedToken | MathToken | PlainToken

/** One block of a document and its place in the normalised source. */
export interface Block {
  readonly start: number
  readonly token: MarkdownToken
}

/** Longer runs of inline text are shown without inline formatting: the rules for it are quadratic. */
const MAX_INLINE = 10_000

const marked = new Marked({ gfm: true, breaks: false, extensions: mathExtensions })

export function noLinks(): Links {
  const links: Links = Object.create(null)
  return links
}

/** Line endings as the lexer wants them. */
export const normalise = (source: string): string => source.replaceAll(/\r\n?/g, '\n')

/**
 * Reads normalised Markdown into blocks with their inline tokens. `links` receives the reference definitions
 * and supplies those of earlier text. Hostile or broken text becomes one plain block; this never throws.
 */
export function lexBlocks(source: string, links: Links = noLinks(), offset = 0): Block[] {
  if (source === '') return []
  if (isHostile(source)) return [plain(source, offset)]
  try {
    return place(lexTokens(source, links), offset)
  } catch {
    return [plain(source, offset)]
  }
}

function plain(raw: string, start: number): Block {
  return { start, token: { type: 'plain', raw } }
}

function lexTokens(source: string, links: Links): MarkdownToken[] {
  const lexer = new Lexer(marked.defaults)
  lexer.tokens.links = links
  lexer.blockTokens(source, lexer.tokens)
  for (const { src, tokens } of lexer.inlineQueue) {
    if (src.length > MAX_INLINE) tokens.push({ type: 'text', raw: src, text: src })
    else lexer.inlineTokens(src, tokens)
  }
  return lexer.tokens.filter(isKnown)
}

/** True for all that this lexer makes: the math extension is the only one. */
export const isKnown = (token: Token | MathToken | PlainToken): token is MarkdownToken => token.type !== ''

function place(tokens: MarkdownToken[], offset: number): Block[] {
  let start = offset
  return tokens.map((token) => {
    const block = { start, token }
    start += token.raw.length
    return block
  })
}
