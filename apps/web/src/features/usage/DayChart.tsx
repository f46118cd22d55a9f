import type { UsagePoint } from '@atrium/contract'
import { useQuery } from '@tanstack/react-query'
import { useSession } from '../../api/session.tsx'
import { formatTokens } from '../../format.ts'
import { ErrorState, Select, SkeletonRows } from '../../ui/index.ts'
import { Amount } from '../gateway/Amount.tsx'
import { PanelSection } from '../settings/Panel.tsx'
import { BarChart } from './BarChart.tsx'
import { tokensOf } from './call-text.ts'
import { type Measure, measures, usageQueries } from './usage-query.ts'
import type { UsageView } from './use-usage.ts'

const valueOf = ({ totals }: UsagePoint, measure: Measure): number => {
  if (measure === 'calls') return totals.calls
  return measure === 'tokens' ? tokensOf(totals.tokens) : Number(totals.cost.nanoUsd) / 1e9
}

const axisText = (value: number, measure: Measure): string => {
  if (measure === 'cost') return `$${value.toPrecision(2).replace(/\.0$/, '')}`
  return formatTokens(Math.round(value))
}

/** The period by day: bars, and the same figures as a table beside them. */
export function DayChart({ view: { asked, choose } }: { view: UsageView }) {
  const { data, error, refetch } = useQuery(usageQueries.series(useSession().workspace.id, asked))
  const { measure } = asked
  return (
    <PanelSection
      title="By day"
      action={
        <Select
          label="What the bars show"
          hideLabel
          className="w-28"
          options={measures}
          value={measure}
          onValue={(chosen) => choose({ measure: chosen })}
        />
      }
    >
      {!data && !error && <SkeletonRows rows={5} label="Reading the days" />}
      {error && (
        <ErrorState title="The days could not be read." error={error} onRetry={() => void refetch()} />
      )}
      {data && (
        <div className="grid gap-6 lg:grid-cols-[minmax(0,1fr)_22rem]">
          <BarChart
            label={`${measures.find(({ value }) => value === measure)?.label} by day`}
            bars={data.points.map((point) => ({
              key: point.start,
              name: point.label,
              value: valueOf(point, measure),
            }))}
            format={(value) => axisText(value, measure)}
          />
          <DayTable points={data.points} display={data.display} />
        </div>
      )}
    </PanelSection>
  )
}

function DayTable({
  points,
  display,
}: {
  points: UsagePoint[]
  display: Parameters<typeof Amount>[0]['display']
}) {
  return (
    // A list that scrolls must be reachable without a mouse.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section tabIndex={0} aria-label="Figures by day" className="max-h-56 overflow-y-auto">
      <table className="w-full text-13 tabular-nums">
        <thead className="sticky top-0 bg-paper text-left text-muted">
          <tr className="border-b border-line">
            {['Day', 'Calls', 'Tokens', 'Cost'].map((name) => (
              <th key={name} scope="col" className={`h-7 font-medium ${name === 'Day' ? '' : 'text-right'}`}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {points.toReversed().map(({ start, label, totals }) => (
            <tr key={start} className="border-b border-line">
              <th scope="row" className="h-7 text-left font-normal whitespace-nowrap">
                {label}
              </th>
              <td className="pl-3 text-right">{totals.calls.toLocaleString('en')}</td>
              <td className="pl-3 text-right">{formatTokens(tokensOf(totals.tokens))}</td>
              <td className="pl-3 text-right">
                <Amount cost={totals.cost} display={display} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
