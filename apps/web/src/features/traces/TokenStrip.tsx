import type { SpanSummary } from '@atrium/contract'

type Tokens = SpanSummary['tokens']

const kinds = [
  { id: 'input', name: 'Input', tone: 'bg-chart-6' },
  { id: 'cacheRead', name: 'From cache', tone: 'bg-chart-1' },
  { id: 'cacheWrite', name: 'To cache', tone: 'bg-chart-8' },
  { id: 'output', name: 'Output', tone: 'bg-chart-2' },
  { id: 'reasoning', name: 'Thinking', tone: 'bg-chart-3' },
] as const

/** The kinds of which there are any, with their colours. */
export const toldKinds = (tokens: Tokens): ((typeof kinds)[number] & { count: number })[] =>
  kinds.flatMap((kind) => {
    const count = tokens[kind.id]
    return count === null || count === 0 ? [] : [{ ...kind, count }]
  })

/** Tokens by kind as a strip of colours; the figures stand beside it. */
export function TokenStrip({ tokens, className }: { tokens: Tokens; className: string }) {
  const told = toldKinds(tokens)
  const total = told.reduce((sum, { count }) => sum + count, 0)
  return (
    <span aria-hidden="true" className={`flex gap-px ${className}`}>
      {told.map(({ id, tone, count }) => (
        <span key={id} className={tone} style={{ width: `${(count / total) * 100}%`, minWidth: 2 }} />
      ))}
    </span>
  )
}
