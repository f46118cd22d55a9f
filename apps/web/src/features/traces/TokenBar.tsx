import type { SpanSummary } from '@atrium/contract'
import { formatUsd } from '../../format.ts'
import { Fold } from './Fold.tsx'
import { tokensOf } from './span-look.ts'

const kinds = [
  { id: 'input', name: 'Input', tone: 'bg-chart-6' },
  { id: 'cacheRead', name: 'From cache', tone: 'bg-chart-1' },
  { id: 'cacheWrite', name: 'To cache', tone: 'bg-chart-8' },
  { id: 'output', name: 'Output', tone: 'bg-chart-2' },
  { id: 'reasoning', name: 'Thinking', tone: 'bg-chart-3' },
] as const

/** The tokens of a call by kind, drawn and in figures, and what they cost together. */
export function TokenBar({ span }: { span: SpanSummary }) {
  const total = tokensOf(span)
  if (total === null || total === 0) return null
  const told = kinds.flatMap((kind) => {
    const count = span.tokens[kind.id]
    return count === null || count === 0 ? [] : [{ ...kind, count }]
  })
  return (
    <Fold
      title="Tokens"
      aside={`${total.toLocaleString('en')}${span.costNanoUsd === null ? '' : ` · ${formatUsd(span.costNanoUsd)}`}`}
    >
      {() => (
        <div className="flex flex-col gap-2">
          <div aria-hidden="true" className="flex h-2 gap-px">
            {told.map(({ id, tone, count }) => (
              <span key={id} className={tone} style={{ width: `${(count / total) * 100}%`, minWidth: 2 }} />
            ))}
          </div>
          <dl className="grid grid-cols-[repeat(auto-fill,minmax(9rem,1fr))] gap-x-4 gap-y-1 text-13 tabular-nums">
            {told.map(({ id, name, tone, count }) => (
              <div key={id} className="flex items-center gap-2">
                <span aria-hidden="true" className={`size-2 rounded-full ${tone}`} />
                <dt className="text-muted">{name}</dt>
                <dd className="ml-auto">{count.toLocaleString('en')}</dd>
              </div>
            ))}
          </dl>
        </div>
      )}
    </Fold>
  )
}
