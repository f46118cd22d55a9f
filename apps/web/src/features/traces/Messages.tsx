import type { SpanDetail } from '@atrium/contract'
import { useState } from 'react'
import { Button, CopyButton, cx, Icon, type IconName } from '../../ui/index.ts'
import { Markdown } from '../chat/markdown/Markdown.tsx'
import { hueOf } from '../chat/thread/Spine.tsx'
import { JsonView } from './JsonView.tsx'
import { type MessagePart, partOf } from './message-parts.ts'

type Message = SpanDetail['input'][number]

interface MessagesProps {
  input: readonly Message[]
  output: readonly Message[]
  model: string | null
}

/** So many of the latest messages are drawn before somebody asks for the earlier ones. */
const latest = 20

/** What went in and what came out, as a conversation. */
export function Messages({ input, output, model }: MessagesProps) {
  const [all, setAll] = useState(false)
  const messages = [
    ...input.map((message) => ({ message, isOutput: false })),
    ...output.map((message) => ({ message, isOutput: true })),
  ]
  const hidden = all ? 0 : Math.max(0, messages.length - latest)
  return (
    <div className="flex flex-col gap-3">
      {hidden > 0 && (
        <Button size="sm" className="self-start" onClick={() => setAll(true)}>
          Show {hidden.toLocaleString('en')} earlier messages
        </Button>
      )}
      {messages.slice(hidden).map(({ message, isOutput }, index) => (
        // A message's place is its identity.
        // oxlint-disable-next-line react/no-array-index-key
        <OneMessage key={hidden + index} message={message} isOutput={isOutput} model={model} />
      ))}
    </div>
  )
}

const roles: Readonly<Record<Message['role'], readonly [name: string, icon: IconName]>> = {
  system: ['System', 'settings'],
  user: ['User', 'person'],
  assistant: ['Assistant', 'chat'],
  tool: ['Tool', 'tool'],
}

interface OneMessageProps {
  message: Message
  isOutput: boolean
  model: string | null
}

function OneMessage({ message: { role, parts, finishReason }, isOutput, model }: OneMessageProps) {
  const [name, icon] = roles[role]
  const read = parts.map(partOf)
  return (
    <article aria-label={`${name}${isOutput ? ', answer' : ''}`} className="group relative pl-3">
      <span
        aria-hidden="true"
        className={cx(
          'absolute inset-y-0 left-0 border-l-2',
          role === 'assistant' ? hueOf(model ?? '') : 'border-line-strong',
          role === 'system' && 'border-dashed',
        )}
      />
      <header className="flex h-6 items-center gap-1.5 text-12 text-muted">
        <Icon name={icon} size={12} />
        <span className="font-medium">{name}</span>
        {isOutput && <span>answer</span>}
        {finishReason !== null && <span>· {finishReason}</span>}
        <span className="ml-auto">
          <CopyButton text={() => read.map(textOf).join('\n\n')} label="Copy this message" />
        </span>
      </header>
      <div className="flex flex-col gap-2">
        {read.map((part, index) => (
          // A part's place is its identity.
          // oxlint-disable-next-line react/no-array-index-key
          <Part key={index} part={part} isQuiet={role === 'system'} />
        ))}
      </div>
    </article>
  )
}

const textOf = (part: MessagePart): string =>
  part.kind === 'text' ? part.text : JSON.stringify(part, null, 2)

function Part({ part, isQuiet }: { part: MessagePart; isQuiet: boolean }) {
  switch (part.kind) {
    case 'text':
      return <Text text={part.text} isFolded={isQuiet} />
    case 'reasoning':
      return (
        <details className="text-muted">
          <summary className="text-13">Thought</summary>
          <div className="mt-1 border-l border-line pl-3">
            <Text text={part.text} isFolded={false} />
          </div>
        </details>
      )
    case 'tool-call':
      return <ToolPart title={part.name} what="called with" value={part.arguments} />
    case 'tool-result':
      return <ToolPart title="" what="answered" value={part.response} />
    case 'file':
      return (
        <p className="flex items-center gap-2 rounded-6 border border-line px-3 py-2 text-13">
          <Icon name="paperclip" className="text-muted" />
          <span className="min-w-0 [overflow-wrap:anywhere]">{part.text}</span>
        </p>
      )
    case 'other':
      return <JsonView value={part.value} />
  }
}

const ToolPart = ({ title, what, value }: { title: string; what: string; value: unknown }) => (
  <div className="rounded-6 border border-line text-13">
    <p className="flex items-center gap-2 border-b border-line px-3 py-1.5 text-muted">
      <Icon name="tool" size={14} />
      {title && <span className="font-mono text-ink">{title}</span>}
      {what}
    </p>
    <div className="px-3 py-2">
      <JsonView value={value} />
    </div>
  </div>
)

/** Longer texts are shown as they are: to format them would hold up the page. */
const mostFormatted = 20_000
const mostShown = 100_000
const foldAbove = 600

/** A text as formatted prose; long ones plain, and those that nobody asked for first in a few lines. */
function Text({ text, isFolded }: { text: string; isFolded: boolean }) {
  const canFold = isFolded && text.length > foldAbove
  const [open, setOpen] = useState(false)
  const [all, setAll] = useState(false)
  const isCut = canFold && !open
  const shown = isCut ? text.slice(0, foldAbove) : text
  return (
    <div className="min-w-0">
      {shown.length <= mostFormatted && !isCut ? (
        <div className="[&>div]:text-14">
          <Markdown text={shown} />
        </div>
      ) : (
        <pre className="font-sans text-14 whitespace-pre-wrap [overflow-wrap:anywhere]">
          {all ? shown : shown.slice(0, mostShown)}
          {isCut && '…'}
        </pre>
      )}
      {canFold && (
        <Button size="sm" variant="quiet" className="-ml-2" onClick={() => setOpen(!open)}>
          {open ? 'Fold' : `Show all ${text.length.toLocaleString('en')} characters`}
        </Button>
      )}
      {!isCut && shown.length > mostShown && !all && (
        <Button size="sm" onClick={() => setAll(true)}>
          Show all {text.length.toLocaleString('en')} characters
        </Button>
      )}
    </div>
  )
}
