import { type ReactNode, useState } from 'react'
import { Badge, cx, Icon, type Tone } from '../../../ui/index.ts'
import type { ToolPart } from '../runs/answer-parts.ts'

const states: Record<ToolPart['state'], { label: string; tone: Tone }> = {
  pending: { label: 'Preparing', tone: 'neutral' },
  running: { label: 'Running', tone: 'accent' },
  done: { label: 'Done', tone: 'ok' },
  error: { label: 'Failed', tone: 'danger' },
}

const MOST_SHOWN = 20_000

/** One call of a tool: its name and state; input and output on request. */
export function ToolCard({ part, settled }: { part: ToolPart; settled: boolean }) {
  const [open, setOpen] = useState(false)
  // A call without a result in an answer that has ended will not get one any more.
  const lost = settled && part.output === null
  const { label, tone } = lost ? { label: 'No result', tone: 'warn' as const } : states[part.state]
  return (
    <div className="rounded-6 border border-line text-14">
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="touch-target flex min-h-9 w-full items-center gap-2 px-3 text-left hover:bg-hover"
      >
        <Icon name="tool" className="text-muted" />
        <span className="min-w-0 flex-1 truncate font-mono text-13">{part.name || 'tool'}</span>
        <Badge tone={tone}>{label}</Badge>
        <Icon
          name="chevronRight"
          size={12}
          className={cx('text-muted transition-transform', open && 'rotate-90')}
        />
      </button>
      {open && (
        <div className="flex flex-col gap-2 border-t border-line px-3 py-2">
          <Section title="Input">{part.input || 'None'}</Section>
          {part.output !== null && <Section title="Output">{part.output || 'Nothing'}</Section>}
        </div>
      )}
    </div>
  )
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  const text = typeof children === 'string' ? children.slice(0, MOST_SHOWN) : children
  return (
    <section>
      <p className="text-12 text-muted">{title}</p>
      <pre className="max-h-60 overflow-auto font-mono text-13 whitespace-pre-wrap [overflow-wrap:anywhere]">
        {text}
      </pre>
    </section>
  )
}
