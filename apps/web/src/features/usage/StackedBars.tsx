/** One colour of the chart. */
export interface BarSeries {
  name: string
  /** The class of its background. */
  tone: string
}

export interface StackedBar {
  key: string
  name: string
  /** One for each series, in their order, lowest first. */
  values: readonly number[]
}

interface StackedBarsProps {
  label: string
  series: readonly BarSeries[]
  bars: readonly StackedBar[]
  format: (value: number) => string
  /** The same value in another unit, at the right end of each line. */
  formatBeside?: ((value: number) => string) | undefined
}

const gridLines = [1, 0.5, 0]

/** Bars over a time axis, each made of its series. It says nothing that the table beside it does not say in words. */
export function StackedBars({ label, series, bars, format, formatBeside }: StackedBarsProps) {
  const top = niceTop(Math.max(0, ...bars.map(({ values }) => sumOf(values))))
  const first = bars[0]
  const last = bars.at(-1)
  return (
    <figure aria-label={label} className="flex min-w-0 flex-col gap-1 text-12 text-muted">
      <div className="relative h-48">
        {gridLines.map((share) => (
          <div
            key={share}
            className="absolute inset-x-0 flex justify-between border-t border-line tabular-nums"
            style={{ bottom: `${share * 100}%`, height: 0 }}
          >
            <span className="mt-0.5">{share > 0 && format(top * share)}</span>
            <span className="mt-0.5">{share > 0 && formatBeside?.(top * share)}</span>
          </div>
        ))}
        <div className={`absolute inset-0 ml-16 flex items-end gap-px ${formatBeside ? 'mr-16' : ''}`}>
          {bars.map((bar) => (
            <Bar key={bar.key} bar={bar} series={series} top={top} format={format} />
          ))}
        </div>
      </div>
      <div className={`ml-16 flex justify-between tabular-nums ${formatBeside ? 'mr-16' : ''}`}>
        <span>{first?.name}</span>
        {last !== first && <span>{last?.name}</span>}
      </div>
    </figure>
  )
}

interface BarProps extends Pick<StackedBarsProps, 'series' | 'format'> {
  bar: StackedBar
  top: number
}

function Bar({ bar: { name, values }, series, top, format }: BarProps) {
  const parts = series
    .map((each, index) => ({ ...each, value: values[index] ?? 0 }))
    .filter(({ value }) => value > 0)
  const told = parts.length > 1 ? parts.map((part) => `${part.name} ${format(part.value)}`).join(', ') : ''
  return (
    <div
      data-tip={`${name}: ${format(sumOf(values))}${told && ` (${told})`}`}
      className="flex h-full min-w-0 flex-1 justify-center hover:bg-hover"
    >
      <div className="flex h-full w-full max-w-6 flex-col-reverse">
        {parts.map((part) => (
          <div
            key={part.name}
            className={`w-full shrink-0 ${part.tone}`}
            style={{ height: `${(part.value / top) * 100}%`, minHeight: 2 }}
          />
        ))}
      </div>
    </div>
  )
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)

/** The next of 1, 2, 5 × 10ⁿ, so that the axis reads well; 1 for nothing at all. */
export function niceTop(largest: number): number {
  if (largest <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(largest))
  const step = [1, 2, 5, 10].find((factor) => factor * power >= largest) ?? 10
  return step * power
}
