import type { DisplayCurrency } from '@atrium/contract'
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { Reply } from '../../api/client.ts'
import { useSession } from '../../api/session.tsx'
import { ErrorState, Select, SkeletonRows } from '../../ui/index.ts'
import { SumAmount } from '../gateway/Amount.tsx'
import { PanelSection } from '../settings/Panel.tsx'
import { chartOf, type ShownBar, type ShownChart, type ShownSeries, valueText } from './series.ts'
import { StackedBars } from './StackedBars.tsx'
import { dimensions, filterOf, type Measure, measures, usageQueries } from './usage-query.ts'
import type { UsageView } from './use-usage.ts'

/** The period by day, or by hour of today: stacked bars, and the same figures as a table below them. */
export function UsageChart({ view }: { view: UsageView }) {
  const { asked, choose } = view
  const { data, error, refetch } = useQuery(usageQueries.series(useSession().workspace.id, asked))
  return (
    <PanelSection
      title={asked.days === '1' ? 'By hour' : 'By day'}
      action={
        <div className="flex gap-2">
          <Select
            label="What the bars show"
            hideLabel
            className="w-26"
            options={measures}
            value={asked.measure}
            onValue={(measure) => choose({ measure })}
          />
          <Select
            label="Broken down by"
            hideLabel
            className="w-32"
            options={dimensions.map(({ value, label }) => ({ value, label: `by ${label.toLowerCase()}` }))}
            value={asked.by}
            onValue={(by) => choose({ by })}
          />
        </div>
      }
    >
      {!data && !error && <SkeletonRows rows={5} label="Reading the days" />}
      {error && (
        <ErrorState title="The days could not be read." error={error} onRetry={() => void refetch()} />
      )}
      {data && <Chart data={data} view={view} />}
    </PanelSection>
  )
}

function Chart({ data, view: { asked, choose } }: { data: Reply<'readUsageSeries'>; view: UsageView }) {
  const { by, measure } = asked
  const chart = useMemo(() => chartOf(data, measure, by), [data, measure, by])
  const { bars } = chart
  const { display } = data
  const measureName = measures.find(({ value }) => value === measure)?.label ?? ''
  if (bars.every(({ values }) => values.every((value) => value === 0)))
    return <p className="text-muted">{nothing[measure]}</p>
  const isConverted = measure === 'cost' && display.currency !== 'USD'
  return (
    <div className="flex flex-col gap-3">
      <StackedBars
        label={`${measureName} by ${asked.days === '1' ? 'hour' : 'day'} and ${by}`}
        {...chart}
        format={(value) => valueText(value, measure, display).main}
        formatBeside={isConverted ? (value) => valueText(value, measure, display).usd ?? '' : undefined}
      />
      <Legend series={chart.series} choose={(id) => choose({ [filterOf[by]]: id })} />
      <Figures chart={chart} measure={measure} display={display} />
      {isConverted && (
        <p className="text-12 text-muted">
          {`${display.currency} on the left, US dollars on the right, at ${display.perUsd} ${display.currency} for a dollar (${publisherOf(display.rateSource)}, ${display.rateDate}).`}
        </p>
      )}
    </div>
  )
}

/** Instead of an axis and a table of zeros. */
const nothing: Record<Measure, string> = {
  cost: 'No known cost in this period. Choose calls or tokens to see what there was.',
  calls: 'No calls in this period.',
  tokens: 'No tokens in this period.',
}

/** Who published a rate, without where. */
const publisherOf = (source: string): string => source.replace(/,? https?:.*/, '')

const Legend = ({ series, choose }: { series: readonly ShownSeries[]; choose: (id: string) => void }) => (
  <ul aria-label="Colours" className="flex flex-wrap gap-x-4 gap-y-1 text-13">
    {series.map(({ id, name, tone }) => (
      <li key={id ?? name} className="flex min-w-0 items-center gap-1.5">
        <span aria-hidden="true" className={`size-2.5 shrink-0 rounded-4 ${tone}`} />
        {typeof id === 'string' ? (
          <button
            type="button"
            onClick={() => choose(id)}
            className="touch-target min-h-6 max-w-60 truncate text-left hover:underline"
          >
            {name}
            <span className="sr-only">: only this</span>
          </button>
        ) : (
          <span className="min-h-6 truncate text-muted">{name}</span>
        )}
      </li>
    ))}
  </ul>
)

interface FiguresProps {
  chart: ShownChart
  measure: Measure
  display: DisplayCurrency
}

const headClass =
  'h-7 max-w-40 truncate pl-4 text-right font-medium first:sticky first:left-0 first:bg-paper first:pl-0 first:text-left'

/** What the bars show, in numbers, the newest first. */
const Figures = ({ chart: { series, bars }, measure, display }: FiguresProps) => (
  // A list that scrolls must be reachable without a mouse.
  // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
  <section tabIndex={0} aria-label="Figures of the chart" className="max-h-56 overflow-auto">
    <table className="w-full text-13 tabular-nums">
      <thead className="sticky top-0 z-1 bg-paper text-muted">
        <tr className="border-b border-line">
          <th scope="col" className={headClass}>
            Time
          </th>
          <th scope="col" className={headClass}>
            Sum
          </th>
          {series.map(({ id, name }) => (
            <th key={id ?? name} scope="col" className={headClass}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {bars.toReversed().map((bar) => (
          <tr key={bar.key} className="border-b border-line">
            <th
              scope="row"
              className="sticky left-0 h-7 bg-paper pr-2 text-left font-normal whitespace-nowrap"
            >
              {bar.name}
            </th>
            <td className="pl-4 text-right whitespace-nowrap">
              <Sum bar={bar} measure={measure} display={display} />
            </td>
            {series.map(({ id, name }, index) => (
              <td key={id ?? name} className="pl-4 text-right whitespace-nowrap">
                {valueText(bar.values[index] ?? 0, measure, display).main}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </section>
)

function Sum({ bar: { totals, values }, measure, display }: Omit<FiguresProps, 'chart'> & { bar: ShownBar }) {
  if (measure === 'cost') return <SumAmount totals={totals} display={display} />
  const sum = values.reduce((all, value) => all + value, 0)
  return valueText(sum, measure, display).main
}
