import type { SpanSummary } from '@atrium/contract'
import { formatUsd } from '../../format.ts'
import { Fold } from './Fold.tsx'
import { tokensOf } from './span-look.ts'
import { toldKinds, TokenStrip } from './TokenStrip.tsx'

/** The tokens of a call by kind, drawn and in figures, and what they cost together. */
export function TokenBar({ span }: { span: SpanSummary }) {
  const total = tokensOf(span)
  if (total === null || total === 0) return null
  const told = toldKinds(span.tokens)
  return (
    <Fold
      title="Tokens"
      aside={`${total.toLocaleString('en')}${span.costNanoUsd === null ? '' : ` · ${formatUsd(span.costNanoUsd)}`}`}
    >
      {() => (
        <div className="flex flex-col gap-2">
          <TokenStrip tokens={span.tokens} className="h-2" />
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
