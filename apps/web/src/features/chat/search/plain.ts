import { decodeEntities } from '../markdown/entities.ts'

/** The marks around a match may stand between a sign and the word that it belongs to. */
const marks = '[\\uE000\\uE001]*'
const isMarked = (text: string): boolean => /[\uE000\uE001]/.test(text)

const fence = /^[ \t]*(?:`{3,}|~{3,})([^\n`]*)$/m
const codeSpan = /(`+)([^`]+)\1(?!`)/
const opening = new RegExp(
  String.raw`(?<![\p{L}\p{N}\\*_]${marks})(?:[*_]|~~)+(?=${marks}[^\s*_~\uE000\uE001])`,
  'gu',
)
const closing = new RegExp(
  String.raw`(?<=[^\s*_~\\\uE000\uE001]${marks})(?:[*_]|~~)+(?!${marks}[\p{L}\p{N}*_])`,
  'gu',
)

/**
 * A fragment of Markdown as plain text, with the marks around its matches. The fragment may begin and end anywhere, so
 * that signs are taken away by how they stand, not by what a reader of whole documents would make of them.
 */
export function plainFragment(fragment: string): string {
  // The fence's own line leaves only the language; every second piece is the code between two fences.
  const pieces = fragment.split(fence)
  const text = pieces.map((piece, index) => {
    if (index % 2 === 1) return isMarked(piece) ? piece : ''
    return index % 4 === 0 ? withoutSigns(piece) : piece
  })
  return text.join(' ').replaceAll(/\s+/g, ' ').trim().replace(/^• /, '')
}

/** Prose without its signs; code spans stay as they are. */
function withoutSigns(text: string): string {
  const lines = withoutLineSigns(text)
  const pieces = lines.split(codeSpan)
  return pieces
    .map((piece, index) => {
      if (index % 3 === 0) return withoutInlineSigns(piece)
      return index % 3 === 2 ? piece : ''
    })
    .join('')
}

function withoutLineSigns(text: string): string {
  return text
    .replaceAll(/^[ \t]*(?:>[ \t]?)+/gm, '')
    .replaceAll(/^[ \t]*#{1,6}[ \t]+/gm, '')
    .replaceAll(/^[ \t]*(?:(?:[-*_][ \t]*){3,}|[|: \t-]*-{2,}[|: \t-]*)$/gm, '')
    .replaceAll(/^[ \t]*[-*+][ \t]+(?:\[[ xX]\][ \t]+)?/gm, '• ')
    .replaceAll(/^[ \t]*\|.*$/gm, (row) => row.replaceAll(/^[ \t]*\||\|[ \t]*$/g, '').replaceAll('|', '·'))
}

function withoutInlineSigns(text: string): string {
  const plain = text
    .replaceAll(/!?\[([^\]\n]*)\]\(([^()\s]*)(?:[ \t]+"[^"\n]*")?(?:\)|$)/g, linkText)
    .replaceAll(/\]\(([^()\s]*)\)/g, (_, address: string) => linkText('', '', address))
    .replaceAll(/<br[ \t]*\/?>/gi, ' ')
    .replaceAll(/<(https?:[^<>\s]+)>/g, '$1')
    .replaceAll(opening, '')
    .replaceAll(closing, '')
    .replaceAll('`', '')
    .replaceAll(/\\([\\*_{}[\]()#+.!|>~-])/g, '$1')
  return decodeEntities(plain)
}

/** An address is left out, unless it is what was searched for. */
const linkText = (_: string, text: string, address: string): string =>
  isMarked(address) ? `${text} (${address})` : text
