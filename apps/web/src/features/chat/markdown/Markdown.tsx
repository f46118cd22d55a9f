import { memo, useMemo, useState } from 'react'
import { Button } from '../../../ui/index.ts'
import { withoutBegunTable } from './begun-table.ts'
import { BlockGroup, GROUP_SIZE } from './BlockGroup.tsx'
import { headingLevels } from './headings.ts'
import { type Block, lexBlocks, normalise } from './lex.ts'
import { MarkdownStream } from './markdown-stream.ts'

interface MarkdownProps {
  text: string
  /** More text will come: finished blocks are kept and only the last ones read again. */
  streaming?: boolean
}

/** Beyond this many blocks the rest waits for a click. */
const FIRST_BLOCKS = 600

/** Model output as React elements: raw HTML stays text, links are checked, nothing loads by itself. */
export const Markdown = memo(function Markdown({ text, streaming = false }: MarkdownProps) {
  const blocks = useBlocks(text, streaming)
  const levels = useMemo(() => headingLevels(blocks), [blocks])
  const [showAll, setShowAll] = useState(false)
  const shown = showAll || streaming ? blocks : blocks.slice(0, FIRST_BLOCKS)
  return (
    <div className="flex min-w-0 flex-col gap-3 text-prose [overflow-wrap:anywhere]">
      {groupStarts(shown.length).map((start) => (
        <BlockGroup
          key={start}
          blocks={shown.slice(start, start + GROUP_SIZE)}
          levels={levels.slice(start, start + GROUP_SIZE)}
          openFrom={streaming ? blocks.length - 2 - start : Infinity}
          final={!streaming}
        />
      ))}
      {shown.length < blocks.length && (
        <Button size="sm" className="self-start" onClick={() => setShowAll(true)}>
          Show the rest of this long text
        </Button>
      )}
    </div>
  )
})

const groupStarts = (blocks: number): number[] =>
  Array.from({ length: Math.ceil(blocks / GROUP_SIZE) }, (_, group) => group * GROUP_SIZE)

/** The blocks of a text that may be growing. Reading the same text twice gives the same blocks. */
function useBlocks(text: string, streaming: boolean): readonly Block[] {
  const [stream] = useState(() => new MarkdownStream())
  return useMemo(
    () => (streaming ? withoutBegunTable(stream.read(text)) : lexBlocks(normalise(text))),
    [stream, text, streaming],
  )
}
