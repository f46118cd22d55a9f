import { type Block, lexBlocks } from './lex.ts'

/** A row with nothing but what the line under a table's header consists of, as far as it is there. */
const delimiterStart = /^ {0,3}[|:-][ \t|:-]*$/
const isRow = (line: string | undefined): boolean => line !== undefined && /^ {0,3}\|/.test(line)

/**
 * The blocks of a growing text without the beginning of a table at its end, which reads as a table only once the line under
 * its header is there. Where none begins these are the very same blocks.
 */
export function withoutBegunTable(blocks: readonly Block[]): readonly Block[] {
  const last = blocks.at(-1)
  if (last?.token.type !== 'paragraph') return blocks
  const { raw } = last.token
  const before = begunTable(raw)
  if (before === null) return blocks
  return [...blocks.slice(0, -1), ...lexBlocks(raw.slice(0, before), undefined, last.start)]
}

/** Where in a paragraph the beginning of a table stands, or null. */
function begunTable(raw: string): number | null {
  const lines = raw.split('\n')
  if (lines.at(-1) === '') lines.pop()
  const second = delimiterStart.test(lines.at(-1) ?? '') && isRow(lines.at(-2)) ? -2 : -1
  const header = lines.length + second
  if (!isRow(lines[header]) || isRow(lines[header - 1])) return null
  return lines.slice(0, header).reduce((length, line) => length + line.length + 1, 0)
}
