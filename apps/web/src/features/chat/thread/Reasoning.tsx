import { useId, useState } from 'react'
import { cx, Icon } from '../../../ui/index.ts'
import { duration } from '../data/format.ts'
import { Markdown } from '../markdown/Markdown.tsx'

interface ReasoningProps {
  text: string
  durationMs: number | null
  live: boolean
}

/** What the model thought, folded into a line. */
export function Reasoning({ text, durationMs, live }: ReasoningProps) {
  const [open, setOpen] = useState(false)
  const id = useId()
  const label = live ? 'Thinking…' : durationMs === null ? 'Thought' : `Thought for ${duration(durationMs)}`
  return (
    <div>
      <button
        type="button"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
        className="touch-target -ml-1 flex min-h-7 items-center gap-1.5 rounded-6 px-1 text-14 text-muted hover:text-ink"
      >
        <Icon name="brain" className={live ? 'animate-pulse' : ''} />
        {label}
        <Icon name="chevronRight" size={12} className={cx('transition-transform', open && 'rotate-90')} />
      </button>
      <div id={id} hidden={!open} className="mt-1 border-l border-line pl-3 text-muted">
        {open && <Markdown text={text} streaming={live} />}
      </div>
    </div>
  )
}
