import { memo, use, useEffect, useId, useState } from 'react'
import { CopyButton, cx, IconButton } from '../../../ui/index.ts'
import { HighlighterContext, type HighlightedLine } from './highlighter.ts'

interface CodeBlockProps {
  code: string
  /** The info string of the fence; its first word is the language. */
  language: string
  /** The fence may not be closed yet: shown plain until it is. */
  open: boolean
}

const COLLAPSE_ABOVE = 40
const COLLAPSED_LINES = 24

/** Code with its language, Copy and a wrap switch; coloured by a worker; long code starts folded. */
export const CodeBlock = memo(function CodeBlock({ code, language, open }: CodeBlockProps) {
  const name = language.trim().split(/[\s{,:]/)[0] ?? ''
  const [wrap, setWrap] = useState(false)
  const [expanded, setExpanded] = useState(false)
  const lines = useHighlighted(code, name, !open)
  const id = useId()
  const count = lineCount(code)
  const isLong = !open && count > COLLAPSE_ABOVE
  const limit = isLong && !expanded ? COLLAPSED_LINES : Infinity
  return (
    <figure className="min-w-0 overflow-hidden rounded-6 border border-line bg-sunken" data-code-block>
      <figcaption className="flex h-8 items-center gap-1 border-b border-line pr-1 pl-3">
        <span className="min-w-0 flex-1 truncate font-mono text-12 text-muted">{name || 'text'}</span>
        <IconButton
          icon="text"
          size="sm"
          label={wrap ? 'Do not wrap lines' : 'Wrap lines'}
          aria-pressed={wrap}
          onClick={() => setWrap(!wrap)}
        />
        <CopyButton text={code} label="Copy code" />
      </figcaption>
      <pre
        id={id}
        // Keyboard users must be able to scroll it.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        aria-label={name ? `${name} code` : 'Code'}
        className={cx(
          'overflow-x-auto px-3 py-2.5 font-mono text-13 leading-5',
          wrap && 'whitespace-pre-wrap',
        )}
      >
        <code>{lines ? <Coloured lines={lines.slice(0, limit)} /> : firstLines(code, limit)}</code>
      </pre>
      {isLong && (
        <button
          type="button"
          aria-expanded={expanded}
          aria-controls={id}
          onClick={() => setExpanded(!expanded)}
          className="touch-target h-8 w-full border-t border-line text-13 text-muted hover:bg-hover hover:text-ink"
        >
          {expanded ? 'Fold' : `Show all ${count} lines`}
        </button>
      )}
    </figure>
  )
})

const Coloured = memo(function Coloured({ lines }: { lines: readonly HighlightedLine[] }) {
  return lines.map((line, row) => (
    // oxlint-disable-next-line react/no-array-index-key -- their place is their identity
    <span key={row}>
      {line.map(([text, light, dark], column) => (
        <span
          // oxlint-disable-next-line react/no-array-index-key -- their place is their identity
          key={column}
          style={{ color: `light-dark(${light}, ${dark})` }}
        >
          {text}
        </span>
      ))}
      {row < lines.length - 1 && '\n'}
    </span>
  ))
})

function useHighlighted(code: string, language: string, ready: boolean): readonly HighlightedLine[] | null {
  const highlighter = use(HighlighterContext)
  const [result, setResult] = useState<{ key: string; lines: readonly HighlightedLine[] } | null>(null)
  const key = `${language}\n${code}`
  const known = ready ? highlighter.known(key) : null
  useEffect(() => {
    if (!ready || known) return undefined
    let wanted = true
    const show = (lines: readonly HighlightedLine[] | null) => wanted && lines && setResult({ key, lines })
    highlighter.highlight(code, language).then(show, () => null)
    return () => {
      wanted = false
    }
  }, [highlighter, code, language, key, ready, known])
  return known ?? (result?.key === key ? result.lines : null)
}

function lineCount(code: string): number {
  let count = 1
  for (let at = code.indexOf('\n'); at !== -1; at = code.indexOf('\n', at + 1)) count += 1
  return count
}

const firstLines = (code: string, limit: number): string =>
  limit === Infinity ? code : code.split('\n', limit).join('\n')
