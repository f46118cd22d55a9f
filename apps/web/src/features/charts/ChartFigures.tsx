import { cx } from '../../ui/index.ts'
import { bucketName, type TimeData } from './time-chart.ts'

interface ChartFiguresProps {
  title: string
  data: TimeData
  format: (value: number) => string
  /** Whether the series add up to something. */
  hasSum: boolean
}

const headClass =
  'h-7 max-w-40 truncate pl-4 text-right font-medium first:sticky first:left-0 first:bg-paper first:pl-0 first:text-left'
const cellClass = 'pl-4 text-right whitespace-nowrap'

/** What a chart shows, in numbers, the newest first. */
export function ChartFigures({
  title,
  data: { starts, stepMs, series, partial },
  format,
  hasSum,
}: ChartFiguresProps) {
  const rows = starts.map((start, index) => ({ start, index })).toReversed()
  const text = (value: number | null | undefined) =>
    value === null || value === undefined ? '–' : format(value)
  const withSum = hasSum && series.length > 1
  return (
    // A list that scrolls must be reachable without a mouse.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section tabIndex={0} aria-label={`${title}: figures`} className="max-h-56 overflow-auto">
      <table className="w-full text-13 tabular-nums">
        <thead className="sticky top-0 z-1 bg-paper text-muted">
          <tr className="border-b border-line">
            {['Time', ...(withSum ? ['Sum'] : []), ...series.map(({ name }) => name)].map((name, index) => (
              <th key={`${index} ${name}`} scope="col" className={headClass}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ start, index }) => (
            <tr key={start} className="border-b border-line">
              <th
                scope="row"
                className={cx(
                  'sticky left-0 h-7 bg-paper pr-2 text-left font-normal whitespace-nowrap',
                  partial.includes(index) && 'italic',
                )}
              >
                {bucketName(start, stepMs)}
                {partial.includes(index) && ', in part'}
              </th>
              {withSum && (
                <td className={cellClass}>
                  {format(series.reduce((sum, { values }) => sum + (values[index] ?? 0), 0))}
                </td>
              )}
              {series.map(({ key, values }) => (
                <td key={key} className={cellClass}>
                  {text(values[index])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
