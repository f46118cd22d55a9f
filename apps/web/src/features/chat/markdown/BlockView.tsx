import type { Tokens } from 'marked'
import { createElement, memo } from 'react'
import { CodeBlock } from './CodeBlock.tsx'
import { Inline } from './Inline.tsx'
import { Formula } from './LazyFormula.tsx'
import { isKnown, type MarkdownToken } from './lex.ts'
import { TableBlock } from './TableBlock.tsx'

interface BlockProps {
  token: MarkdownToken
  /** Its text may still grow. */
  open: boolean
  /** The text has ended, so references to later definitions are known. */
  final: boolean
  /** Level on the page for a heading here. */
  level: number
  depth?: number
}

const MAX_DEPTH = 40

/** One block; drawn again only when its own text or state changes. */
export const BlockView = memo(
  function BlockView({ token, open, final, level, depth = 0 }: BlockProps) {
    if (depth > MAX_DEPTH) return <Plain text={token.raw} />
    switch (token.type) {
      case 'paragraph':
        return (
          <p>
            <Inline tokens={token.tokens} />
          </p>
        )
      case 'heading':
        return <Heading token={token} level={level} />
      case 'code':
        return <CodeBlock code={token.text} language={token.lang ?? ''} open={open && !isClosed(token.raw)} />
      case 'list':
        return <List token={token} open={open} final={final} level={level} depth={depth} />
      case 'blockquote':
        return (
          <blockquote className="flex flex-col gap-2 border-l-2 border-line-strong pl-3 text-muted">
            <Blocks tokens={token.tokens} open={open} final={final} level={level} depth={depth} />
          </blockquote>
        )
      case 'table':
        return <TableBlock table={token} />
      case 'hr':
        return <hr className="my-1 border-line" />
      case 'math':
        return <Formula source={token.text} display />
      case 'text':
        return (
          <p>
            <Inline tokens={token.tokens ?? [token]} />
          </p>
        )
      case 'space':
      case 'def':
        return null
      default:
        return <Plain text={token.raw} />
    }
  },
  (before, after) =>
    before.open === after.open &&
    before.final === after.final &&
    before.level === after.level &&
    before.token.type === after.token.type &&
    before.token.raw === after.token.raw,
)

/** A closing fence with its line's end: no later text can make it part of the code again. */
const isClosed = (raw: string): boolean => /\n {0,3}(?:`{3,}|~{3,})[ \t]*\n/.test(raw)

/** Text exactly as it was written: raw HTML and what was too deep to read. */
function Plain({ text }: { text: string }) {
  return <p className="whitespace-pre-wrap">{text.trimEnd()}</p>
}

function Heading({ token, level }: { token: Tokens.Heading; level: number }) {
  const sizes = ['text-20 font-semibold mt-2', 'text-16 font-semibold mt-1.5', 'text-16 font-medium mt-1']
  return createElement(
    `h${level}`,
    { className: sizes[token.depth - 1] ?? 'font-medium' },
    <Inline tokens={token.tokens} />,
  )
}

/** What blocks inside of blocks take over. */
interface NestedProps {
  open: boolean
  final: boolean
  level: number
  depth: number
}

function Blocks({ tokens, depth, ...rest }: NestedProps & { tokens: Tokens.Generic['tokens'] }) {
  return tokens?.filter(isKnown).map((token, index) => (
    // oxlint-disable-next-line react/no-array-index-key -- their place is their identity
    <BlockView key={index} token={token} depth={depth + 1} {...rest} />
  ))
}

function List({ token, ...rest }: NestedProps & { token: Tokens.List }) {
  const isTasks = token.items.some((item) => item.task)
  const items = token.items.map((item, index) => (
    // oxlint-disable-next-line react/no-array-index-key -- their place is their identity
    <li key={index} className={item.task ? 'flex items-start gap-2' : token.ordered ? 'pl-1' : ''}>
      {item.task && (
        <input
          type="checkbox"
          checked={item.checked ?? false}
          readOnly
          disabled
          aria-label={item.checked ? 'Done' : 'To do'}
          className="mt-1.5 accent-accent"
        />
      )}
      <div className="flex min-w-0 flex-1 flex-col gap-1.5">
        <ItemContent item={item} {...rest} />
      </div>
    </li>
  ))
  const gap = token.loose ? 'gap-2' : 'gap-1'
  if (token.ordered) {
    return (
      <ol start={token.start === '' ? 1 : token.start} className={`flex list-decimal flex-col pl-7 ${gap}`}>
        {items}
      </ol>
    )
  }
  return <ul className={`flex flex-col ${gap} ${isTasks ? 'pl-1' : 'list-disc pl-6'}`}>{items}</ul>
}

function ItemContent({ item, ...rest }: NestedProps & { item: Tokens.ListItem }) {
  const tokens = item.tokens.filter((token) => token.type !== 'checkbox')
  return <Blocks tokens={tokens} {...rest} />
}
