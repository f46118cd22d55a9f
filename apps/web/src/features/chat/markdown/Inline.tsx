import type { Token } from 'marked'
import { type ReactNode, use } from 'react'
import { Icon } from '../../../ui/index.ts'
import { decodeEntities } from './entities.ts'
import { CitationContext } from './citations.ts'
import { Formula } from './LazyFormula.tsx'
import { isKnown, type MarkdownToken } from './lex.ts'
import { safeUrl, saysAddress, shownAddress } from './links.ts'

const MAX_DEPTH = 24

interface InlineProps {
  tokens: readonly Token[]
  depth?: number
  /** Inside a table, where `<br>` is the only way to break a line. */
  breaks?: boolean
}

/** Inline text. Anything unknown or too deep is shown as it was written. */
export function Inline({ tokens, depth = 0, breaks = false }: InlineProps): ReactNode {
  if (depth > MAX_DEPTH) return tokens.map(({ raw }) => raw).join('')
  return tokens.filter(isKnown).map((token, index) => (
    // oxlint-disable-next-line react/no-array-index-key -- their place is their identity
    <Piece key={index} token={token} depth={depth} breaks={breaks} />
  ))
}

function Piece({
  token,
  depth,
  breaks,
}: {
  token: MarkdownToken
  depth: number
  breaks: boolean
}): ReactNode {
  const inner = (tokens: readonly Token[]) => <Inline tokens={tokens} depth={depth + 1} breaks={breaks} />
  switch (token.type) {
    case 'strong':
      return <strong className="font-semibold">{inner(token.tokens)}</strong>
    case 'em':
      return <em>{inner(token.tokens)}</em>
    case 'del':
      return <del>{inner(token.tokens)}</del>
    case 'codespan':
      return (
        <code className="rounded-4 bg-pressed px-1 py-px font-mono text-[0.875em] [overflow-wrap:anywhere]">
          {token.text}
        </code>
      )
    case 'br':
      return <br />
    case 'link':
      return (
        <SafeLink href={token.href} text={token.text}>
          {inner(token.tokens)}
        </SafeLink>
      )
    case 'image':
      return <ImageLink href={token.href} text={token.text} />
    case 'math':
      return <Formula source={token.text} display={token.display} />
    case 'escape':
      return token.text
    case 'text':
      return token.tokens ? inner(token.tokens) : <Text text={decodeEntities(token.text)} />
    case 'html':
      return breaks && /^<br\s*\/?>$/i.test(token.raw) ? <br /> : token.raw
    default:
      return token.raw
  }
}

/** Plain text, in which `[2]` leads to the second source of the answer. */
function Text({ text }: { text: string }): ReactNode {
  const show = use(CitationContext)
  if (!show || !text.includes('[')) return text
  return text.split(/\[(\d{1,3})\]/).map((piece, index) =>
    index % 2 ? (
      // oxlint-disable-next-line react/no-array-index-key -- their place is their identity
      <button
        key={index}
        type="button"
        aria-label={`Source ${piece}`}
        className={linkClass}
        onClick={() => show(piece)}
      >
        [{piece}]
      </button>
    ) : (
      piece
    ),
  )
}

const linkClass = 'text-accent underline decoration-accent/40 underline-offset-2 hover:decoration-accent'

/** A link with its address in view, unless the text is the address. Unsafe ones are only text. */
function SafeLink({ href, text, children }: { href: string; text: string; children: ReactNode }) {
  const url = safeUrl(href)
  if (!url) {
    return (
      <>
        {children} ({href})
      </>
    )
  }
  return (
    <>
      <a href={url.href} target="_blank" rel="noopener noreferrer" title={url.href} className={linkClass}>
        {children}
      </a>
      {!saysAddress(text, url) && <Address url={url} />}
    </>
  )
}

function Address({ url }: { url: URL }) {
  return <span className="text-13 text-muted [overflow-wrap:anywhere]"> ({shownAddress(url)})</span>
}

/** Remote images tell their server who reads what: they open on a click, in their own tab. */
function ImageLink({ href, text }: { href: string; text: string }) {
  const url = safeUrl(href)
  const label = text ? `Image: ${text}` : 'Image'
  if (!url) return `[${label}]`
  return (
    <a
      href={url.href}
      target="_blank"
      rel="noopener noreferrer"
      title={url.href}
      className="inline-flex max-w-full items-center gap-1.5 rounded-6 border border-line px-2 py-0.5 align-baseline text-14 text-accent hover:border-line-strong"
    >
      <Icon name="image" />
      <span className="min-w-0 truncate">
        {label} ({shownAddress(url)})
      </span>
    </a>
  )
}
