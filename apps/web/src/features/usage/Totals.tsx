import type { ReactNode } from 'react'
import type { Reply } from '../../api/client.ts'
import { formatMs, formatTokens } from '../../format.ts'
import { paths } from '../../paths.ts'
import { Notice } from '../../ui/index.ts'
import { SumAmount } from '../gateway/Amount.tsx'
import { TextLink } from '../identity/TextLink.tsx'
import { tokensOf } from './call-text.ts'
import { changePercent } from './usage-query.ts'

type Usage = Reply<'readUsage'>

/** The figures of the period, each with its change against the one before. */
export function Totals({ usage: { totals, previous: last, display } }: { usage: Usage }) {
  // Without calls there is nothing to compare with.
  const previous = last && last.calls > 0 ? last : null
  const figures: { name: string; value: ReactNode; now: number; before: number | undefined }[] = [
    {
      name: 'Cost',
      value: <SumAmount totals={totals} display={display} />,
      now: Number(totals.cost.nanoUsd),
      before:
        previous && !isUnknown(previous) && !isUnknown(totals) ? Number(previous.cost.nanoUsd) : undefined,
    },
    { name: 'Calls', value: totals.calls.toLocaleString('en'), now: totals.calls, before: previous?.calls },
    {
      name: 'Tokens',
      value: formatTokens(tokensOf(totals.tokens)),
      now: tokensOf(totals.tokens),
      before: previous ? tokensOf(previous.tokens) : undefined,
    },
    {
      name: 'Failed',
      value: totals.failed.toLocaleString('en'),
      now: totals.failed,
      before: previous?.failed,
    },
    {
      name: 'First token, on average',
      value: totals.firstTokenMs === null ? '–' : formatMs(Math.round(totals.firstTokenMs)),
      now: totals.firstTokenMs ?? 0,
      before: previous?.firstTokenMs ?? undefined,
    },
  ]
  return (
    <div className="flex flex-col gap-3">
      <dl className="grid grid-cols-2 gap-x-6 gap-y-4 border-y border-line py-4 sm:grid-cols-3 lg:grid-cols-5">
        {figures.map(({ name, value, now, before }) => (
          <div key={name} className="min-w-0">
            <dt className="text-13 text-muted">{name}</dt>
            <dd className="text-16 font-semibold break-words tabular-nums">{value}</dd>
            {before !== undefined && (
              <dd className="text-12 text-muted tabular-nums">{changeText(now, before)}</dd>
            )}
          </div>
        ))}
      </dl>
      {totals.unpriced > 0 && (
        <Notice tone="warn">
          {totals.unpriced === 1
            ? 'The price of one call is unknown; the cost does not contain it.'
            : `The price of ${totals.unpriced.toLocaleString('en')} calls is unknown; the cost does not contain them.`}{' '}
          <TextLink to={paths.models({ price: 'unknown' })}>See the models without a price</TextLink>
        </Notice>
      )}
    </div>
  )
}

/** As `SumAmount` says it: no call whose price is known has cost anything. */
const isUnknown = ({ cost, unpriced }: Usage['totals']): boolean => unpriced > 0 && cost.nanoUsd === '0'

function changeText(now: number, before: number): string {
  const percent = changePercent(now, before)
  if (percent === null) return now === 0 ? 'as in the period before' : 'none in the period before'
  if (percent === 0) return 'as in the period before'
  return `${percent > 0 ? '+' : '−'}${Math.abs(percent).toLocaleString('en')} % against the period before`
}
