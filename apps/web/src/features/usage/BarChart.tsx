interface Bar {
  key: string
  name: string
  value: number
}

interface BarChartProps {
  label: string
  bars: readonly Bar[]
  format: (value: number) => string
}

const gridLines = [1, 0.5, 0]

/** Bars over a time axis. It says nothing that the table beside it does not say in words. */
export function BarChart({ label, bars, format }: BarChartProps) {
  const top = niceTop(Math.max(0, ...bars.map(({ value }) => value)))
  const first = bars[0]
  const last = bars.at(-1)
  return (
    <figure aria-label={label} className="flex min-w-0 flex-col gap-1 text-12 text-muted">
      <div className="relative h-48">
        {gridLines.map((share) => (
          <div
            key={share}
            className="absolute inset-x-0 border-t border-line"
            style={{ bottom: `${share * 100}%` }}
          >
            <span className="absolute top-0.5 left-0 tabular-nums">{share > 0 && format(top * share)}</span>
          </div>
        ))}
        <div className="absolute inset-0 ml-12 flex items-end gap-px">
          {bars.map(({ key, name, value }) => (
            <div
              key={key}
              data-tip={`${name}: ${format(value)}`}
              className="flex h-full min-w-0 flex-1 items-end justify-center hover:bg-hover"
            >
              <div
                className="w-full max-w-6 bg-chart-1"
                style={{ height: `${(value / top) * 100}%`, minHeight: value > 0 ? 2 : 0 }}
              />
            </div>
          ))}
        </div>
      </div>
      <div className="ml-12 flex justify-between tabular-nums">
        <span>{first?.name}</span>
        {last !== first && <span>{last?.name}</span>}
      </div>
    </figure>
  )
}

/** The next of 1, 2, 5 × 10ⁿ, so that the axis reads well; 1 for nothing at all. */
export function niceTop(largest: number): number {
  if (largest <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(largest))
  const step = [1, 2, 5, 10].find((factor) => factor * power >= largest) ?? 10
  return step * power
}
