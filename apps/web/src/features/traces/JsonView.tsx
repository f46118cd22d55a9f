import { useState } from 'react'
import { Button, CopyButton, cx, Icon } from '../../ui/index.ts'

/** So many entries of an object or list are drawn before somebody asks for more. */
const pageSize = 100
const mostText = 2000

/** JSON as a tree that draws only what is open. */
export const JsonView = ({ value }: { value: unknown }) => (
  <div className="relative min-w-0 pr-7 font-mono text-12 leading-5 [overflow-wrap:anywhere]">
    <span className="absolute -top-0.5 right-0">
      <CopyButton text={() => jsonText(value)} label="Copy as JSON" />
    </span>
    <Value value={value} depth={0} />
  </div>
)

/** A text as it is, everything else as JSON. */
export const jsonText = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? '')

function Value({ value, depth }: { value: unknown; depth: number }) {
  if (typeof value === 'object' && value !== null) return <Branch value={value} depth={depth} />
  return <Leaf value={value} />
}

function Leaf({ value }: { value: unknown }) {
  const [all, setAll] = useState(false)
  if (typeof value !== 'string') {
    return <span className={value === null ? 'text-muted' : 'text-accent'}>{String(value)}</span>
  }
  const isLong = value.length > mostText
  return (
    <span className="whitespace-pre-wrap">
      {isLong && !all ? `${value.slice(0, mostText)}…` : value}
      {isLong && !all && (
        <Button size="sm" variant="quiet" onClick={() => setAll(true)}>
          Show all {value.length.toLocaleString('en')} characters
        </Button>
      )}
    </span>
  )
}

function Branch({ value, depth }: { value: object; depth: number }) {
  const entries = Object.entries(value)
  const [open, setOpen] = useState(depth < 2 && entries.length <= pageSize)
  const [shown, setShown] = useState(pageSize)
  const [before, after] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
  if (entries.length === 0) return <span className="text-muted">{`${before}${after}`}</span>
  return (
    <span>
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="touch-target -ml-1 inline-flex min-h-6 items-center gap-1 rounded-4 px-1 text-muted hover:bg-hover hover:text-ink"
      >
        <Icon name="chevronRight" size={10} className={cx('transition-transform', open && 'rotate-90')} />
        {open ? before : `${before} ${countText(entries.length, Array.isArray(value))} ${after}`}
      </button>
      {open && (
        <span className="block border-l border-line pl-3">
          {entries.slice(0, shown).map(([name, child]) => (
            <span key={name} className="block">
              <span className="text-muted">{name}: </span>
              <Value value={child} depth={depth + 1} />
            </span>
          ))}
          {entries.length > shown && (
            <Button size="sm" variant="quiet" onClick={() => setShown(shown + pageSize * 10)}>
              {(entries.length - shown).toLocaleString('en')} more
            </Button>
          )}
        </span>
      )}
    </span>
  )
}

const countText = (count: number, isList: boolean): string =>
  `${count.toLocaleString('en')} ${isList ? (count === 1 ? 'item' : 'items') : count === 1 ? 'field' : 'fields'}`
