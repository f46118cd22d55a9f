import { memo } from 'react'
import { BlockView } from './BlockView.tsx'
import type { Block } from './lex.ts'

/** How many blocks a group has. */
export const GROUP_SIZE = 8

interface BlockGroupProps {
  blocks: readonly Block[]
  /** Level on the page for the headings of each block. */
  levels: readonly number[]
  /** From this block on the text may still grow. */
  openFrom: number
  /** The text has ended, so references to later definitions are known. */
  final: boolean
}

/**
 * Blocks that follow one another. Each group is a stacking context: while the end of a long text grows, React passes the
 * finished groups by and the browser takes their layout and what it has painted of them as they are.
 */
export const BlockGroup = memo(function BlockGroup({ blocks, levels, openFrom, final }: BlockGroupProps) {
  return (
    <div className="isolate flex min-w-0 flex-col gap-3">
      {blocks.map(({ token }, index) => (
        // A block's place in the text is its identity.
        // oxlint-disable-next-line react/no-array-index-key
        <BlockView
          key={index}
          token={token}
          open={index >= openFrom}
          final={final}
          level={levels[index] ?? 6}
        />
      ))}
    </div>
  )
}, isSame)

/** Finished blocks and those before them keep their identity, and so does the level of a heading. */
function isSame(before: BlockGroupProps, after: BlockGroupProps): boolean {
  return (
    before.final === after.final &&
    before.blocks.length === after.blocks.length &&
    Math.min(before.openFrom, before.blocks.length) === Math.min(after.openFrom, after.blocks.length) &&
    before.blocks.every(({ token }, index) => token === after.blocks[index]?.token)
  )
}
