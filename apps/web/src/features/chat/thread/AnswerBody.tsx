import { memo } from 'react'
import { FileView } from '../../files/FileView.tsx'
import { Markdown } from '../markdown/Markdown.tsx'
import type { AnswerPart } from '../runs/answer-parts.ts'
import { Reasoning } from './Reasoning.tsx'
import { ToolCard } from './ToolCard.tsx'

interface AnswerBodyProps {
  workspaceId: string
  parts: readonly AnswerPart[]
  /** More will come; only the last part still grows. */
  live: boolean
}

/** The parts of an answer in order. A part's place is its identity: the stored answer keeps the same order. */
export const AnswerBody = memo(function AnswerBody({ workspaceId, parts, live }: AnswerBodyProps) {
  return parts.map((part, index) => (
    // oxlint-disable-next-line react/no-array-index-key -- their place is their identity
    <AnswerPartView
      key={index}
      workspaceId={workspaceId}
      part={part}
      live={live && index === parts.length - 1}
      settled={!live}
    />
  ))
})

interface PartProps {
  workspaceId: string
  part: AnswerPart
  live: boolean
  settled: boolean
}

const AnswerPartView = memo(function AnswerPartView({ workspaceId, part, live, settled }: PartProps) {
  switch (part.type) {
    case 'text':
      return <Markdown text={part.text} streaming={live} />
    case 'reasoning':
      return <Reasoning text={part.text} durationMs={part.durationMs} live={live} />
    case 'tool':
      return <ToolCard part={part} settled={settled} />
    case 'file':
      return <FileView workspaceId={workspaceId} {...part} />
    default:
      return part satisfies never
  }
})
