import type { Block } from './lex.ts'

/** The page's own headings end at the second level: the one that names who speaks. */
const outerLevel = 2
const deepest = 6

/**
 * The level on the page for the heading of each block, or for headings inside it. Texts begin at any depth and leave
 * depths out, but a page's outline must not: each heading stands one level below the nearest one before it that is
 * higher in the text. Depends only on what comes before, so that a growing text keeps its levels.
 */
export function headingLevels(blocks: readonly Block[]): number[] {
  const above: number[] = []
  return blocks.map(({ token }) => {
    if (token.type !== 'heading') return Math.min(deepest, outerLevel + above.length + 1)
    while ((above.at(-1) ?? 0) >= token.depth) above.pop()
    above.push(token.depth)
    return Math.min(deepest, outerLevel + above.length)
  })
}
