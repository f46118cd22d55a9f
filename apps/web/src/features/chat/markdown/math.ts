import type { TokenizerAndRendererExtension, Tokens } from 'marked'

/** A formula between `$…$`, `$$…$$`, `\(…\)` or `\[…\]`. */
export interface MathToken {
  readonly type: 'math'
  readonly raw: string
  readonly text: string
  readonly display: boolean
}

/** Formulas never span a blank line: that keeps block boundaries stable while text streams in. */
const BLOCK =
  /^ {0,3}(?:\$\$((?:(?!\n[ \t]*\n|\$\$)[\s\S])+)\$\$|\\\[((?:(?!\n[ \t]*\n|\\\])[\s\S])+)\\\])[ \t]*(?:\n+|$)/
const INLINE_DOUBLE = /^\$\$((?:(?!\n[ \t]*\n|\$\$)[\s\S])+)\$\$/
const INLINE_PAREN = /^\\\(((?:(?!\n[ \t]*\n|\\\))[\s\S])+)\\\)/
const INLINE_BRACKET = /^\\\[((?:(?!\n[ \t]*\n|\\\])[\s\S])+)\\\]/
/** As in Pandoc: no space inside the dollars and no digit after them, so that prices stay prices. */
const INLINE_DOLLAR = /^\$(?![\s$])((?:[^$\\\n]|\\[^\n])*?[^\s\\$]|[^\s\\$])\$(?!\d)/

const token = (raw: string, text: string, display: boolean): MathToken => ({
  type: 'math',
  raw,
  text: text.trim(),
  display,
})

const generic = (math: MathToken | undefined): Tokens.Generic | undefined => (math ? { ...math } : undefined)

function blockMath(source: string): MathToken | undefined {
  const match = BLOCK.exec(source)
  return match ? token(match[0], match[1] ?? match[2] ?? '', true) : undefined
}

function inlineMath(source: string): MathToken | undefined {
  const first = source.charAt(0)
  if (first !== '$' && first !== '\\') return undefined
  const double = INLINE_DOUBLE.exec(source) ?? INLINE_BRACKET.exec(source)
  if (double) return token(double[0], double[1] ?? '', true)
  const single = INLINE_PAREN.exec(source) ?? INLINE_DOLLAR.exec(source)
  return single ? token(single[0], single[1] ?? '', false) : undefined
}

/** The extensions that teach `marked` formulas; rendering is ours. */
export const mathExtensions: TokenizerAndRendererExtension[] = [
  {
    name: 'math',
    level: 'block',
    start: (source) => {
      const match = /\n {0,3}(?:\$\$|\\\[)/.exec(source)
      return match ? match.index + 1 : undefined
    },
    tokenizer: (source) => generic(blockMath(source)),
  },
  {
    name: 'math',
    level: 'inline',
    start: (source) => {
      const at = source.search(/\$|\\[([]/)
      return at === -1 ? undefined : at
    },
    tokenizer: (source) => generic(inlineMath(source)),
  },
]
