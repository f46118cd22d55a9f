import { useState } from 'react'
import { Button, IconButton } from '../../ui/index.ts'
import { csvText, saveText } from '../gateway/csv-text.ts'
import { ChartFigures } from './ChartFigures.tsx'
import { Plot } from './Plot.tsx'
import { bucketName, type ChartSeries, hueVariable, type TimeData } from './time-chart.ts'

interface TimeChartProps {
  title: string
  data: TimeData
  /** Bars are stacked: their sum means something. */
  kind: 'bars' | 'lines'
  format: (value: number) => string
  /** The values are counts. */
  isWhole?: boolean
  /** Said in the place of a chart that would show nothing. */
  nothing: string
  /** At the right end of the title. */
  action?: React.ReactNode
  onZoom: (fromMs: number, toMs: number) => void
}

/** A chart over time with its colours explained, its figures as a table on request, and both as CSV. */
export function TimeChart(props: TimeChartProps) {
  const { title, data, kind, format, isWhole = false, nothing, action, onZoom } = props
  const [at, setAt] = useState<number | null>(null)
  const [showsFigures, setShowsFigures] = useState(false)
  const isEmpty = data.series.every(({ values }) => values.every((value) => value === null || value === 0))
  const save = () =>
    saveText(`${title.toLowerCase().replaceAll(/\W+/g, '-')}.csv`, csvText(linesOf(data)), 'text/csv')
  return (
    <section className="flex min-w-0 flex-col gap-2">
      <div className="flex min-h-8 items-center gap-1 border-b border-line pb-1">
        <h3 className="mr-auto truncate font-semibold">{title}</h3>
        {action}
        <Button
          size="sm"
          variant="quiet"
          className="aria-pressed:text-accent"
          aria-pressed={showsFigures}
          disabled={isEmpty}
          onClick={() => setShowsFigures(!showsFigures)}
        >
          Table
          <span className="sr-only">{` of ${title}`}</span>
        </Button>
        <IconButton icon="download" label={`${title}: save as CSV`} disabled={isEmpty} onClick={save} />
      </div>
      {isEmpty ? (
        <p className="flex h-44 items-center justify-center px-4 text-center text-13 text-muted">{nothing}</p>
      ) : (
        <>
          <figure aria-label={`${title} over time`} className="flex min-w-0 flex-col gap-2">
            <Plot data={data} kind={kind} format={format} isWhole={isWhole} onPoint={setAt} onZoom={onZoom} />
            <Legend data={data} at={at} format={format} />
          </figure>
          {showsFigures && (
            <ChartFigures title={title} data={data} format={format} hasSum={kind === 'bars'} />
          )}
        </>
      )}
    </section>
  )
}

/** Which colour is what, and what it comes to where the pointer is. */
function Legend({
  data: { series, starts, stepMs },
  at,
  format,
}: Pick<TimeChartProps, 'data' | 'format'> & { at: number | null }) {
  const start = at === null ? undefined : starts[at]
  return (
    <figcaption className="flex min-h-5 flex-wrap gap-x-4 gap-y-0.5 text-12 text-muted">
      {series.map((each) => (
        <span key={each.key} className="flex min-w-0 items-center gap-1.5">
          <Swatch hue={each.hue} />
          <span className="max-w-48 truncate">{each.name}</span>
          {at !== null && start !== undefined && (
            <span className="text-ink tabular-nums">{valueText(each, at, format)}</span>
          )}
        </span>
      ))}
      {start !== undefined && <span className="ml-auto tabular-nums">{bucketName(start, stepMs)}</span>}
    </figcaption>
  )
}

const Swatch = ({ hue }: { hue: number }) => (
  <span
    aria-hidden="true"
    className="size-2.5 shrink-0 rounded-4"
    style={{ background: `var(${hueVariable(hue)})` }}
  />
)

const valueText = ({ values }: ChartSeries, at: number, format: (value: number) => string): string => {
  const value = values[at]
  return value === null || value === undefined ? '–' : format(value)
}

/** Moments in RFC 3339, values unrounded. */
const linesOf = ({ starts, series }: TimeData) => [
  ['start', ...series.map(({ name }) => name)],
  ...starts.map((start, index) => [
    new Date(start).toISOString(),
    ...series.map(({ values }) => values[index] ?? null),
  ]),
]
