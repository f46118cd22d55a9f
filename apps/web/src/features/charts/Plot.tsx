import { useEffect, useEffectEvent, useRef, useSyncExternalStore } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { drawnOf, type Drawn, hueVariable, lonely, tickName, type TimeData } from './time-chart.ts'

interface PlotProps {
  data: TimeData
  kind: 'bars' | 'lines'
  format: (value: number) => string
  /** The values are counts: no line between two whole numbers. */
  isWhole: boolean
  /** Told which bucket is pointed at; charts that are shown together point at the same one. */
  onPoint: (index: number | null) => void
  /** Told of a span of time drawn with the pointer. */
  onZoom: (fromMs: number, toMs: number) => void
}

const heightPx = 176
const sync = 'charts'

/** Bars or lines over time on a canvas. Its figures are in the table beside it. */
export function Plot({ data, kind, format, isWhole, onPoint, onZoom }: PlotProps) {
  const place = useRef<HTMLDivElement>(null)
  const theme = useSyncExternalStore(watchTheme, currentTheme)
  const point = useEffectEvent(onPoint)
  const zoom = useEffectEvent(onZoom)
  const text = useEffectEvent(format)
  useEffect(() => {
    const element = place.current
    if (!element) return
    const drawn = drawnOf(data, kind === 'bars')
    const columns: uPlot.AlignedData = [drawn.middles, ...drawn.lines.map(({ column }) => column)]
    const colours = coloursIn(element, theme)
    const options = optionsOf(data, drawn, { kind, isWhole, colours, text, point, zoom })
    const plot = new uPlot({ ...options, width: element.clientWidth, height: heightPx }, columns, element)
    const resize = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: heightPx }))
    resize.observe(element)
    return () => {
      resize.disconnect()
      plot.destroy()
    }
  }, [data, kind, isWhole, theme])
  return <div ref={place} aria-hidden="true" className="min-w-0 touch-pan-y" style={{ height: heightPx }} />
}

interface Look {
  kind: 'bars' | 'lines'
  isWhole: boolean
  colours: Colours
  text: (value: number) => string
  point: (index: number | null) => void
  zoom: (fromMs: number, toMs: number) => void
}

function optionsOf(data: TimeData, drawn: Drawn, look: Look): Omit<uPlot.Options, 'width' | 'height'> {
  const { starts, stepMs } = data
  const first = starts[0] ?? 0
  const end = (starts.at(-1) ?? 0) + stepMs
  const isDays = stepMs >= 86_400_000
  const { colours, text, point, zoom } = look
  const axis = { stroke: colours.muted, font: `12px ${colours.font}`, ticks: { show: false } }
  return {
    padding: [8, 8, 0, 0],
    legend: { show: false },
    tzDate: (seconds) => (isDays ? uPlot.tzDate(new Date(seconds * 1000), 'UTC') : new Date(seconds * 1000)),
    scales: {
      x: { range: [first / 1000, end / 1000] },
      y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.06 : 1] },
    },
    axes: [
      {
        ...axis,
        size: 28,
        space: 64,
        grid: { show: false },
        // A name at the very end would be cut off.
        values: (_plot, ticks) =>
          ticks.map((seconds) =>
            seconds * 1000 > end - (end - first) / 24 ? null : tickName(seconds * 1000, isDays),
          ),
      },
      {
        ...axis,
        size: 58,
        space: 40,
        gap: 8,
        grid: { stroke: colours.line, width: 1 },
        ...(look.isWhole && { incrs: wholeSteps }),
        values: (_plot, ticks) =>
          ticks.map((value) => (value === 0 ? '0' : text(value).replace(/\.0+(?=\D|$)/, ''))),
      },
    ],
    series: [{}, ...drawn.lines.map((line) => seriesOf(line, look))],
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false },
      points: { show: look.kind === 'lines', size: 7 },
      sync: { key: sync, filters: { pub: (type) => type === 'mousemove' || type === 'mouseleave' } },
    },
    hooks: {
      setCursor: [({ cursor: { idx } }) => point(idx ?? null)],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select
          if (width < 4) return
          zoom(plot.posToVal(left, 'x') * 1000, plot.posToVal(left + width, 'x') * 1000)
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
        },
      ],
    },
  }
}

const wholeSteps = Array.from({ length: 12 }, (_, power) =>
  [1, 2, 5].map((step) => step * 10 ** power),
).flat()

function seriesOf({ series, isPartial, column }: Drawn['lines'][number], look: Look): uPlot.Series {
  const colour = look.colours.hue(series.hue)
  if (look.kind === 'lines') {
    const alone = lonely(column)
    return {
      stroke: colour,
      width: 1.75,
      spanGaps: false,
      ...(isPartial && { dash: [2, 3] }),
      points: { show: alone.length > 0, filter: () => alone, size: 5, fill: colour },
    }
  }
  const bars = uPlot.paths.bars?.({ size: [0.82, 28, 1] })
  return {
    fill: isPartial ? look.colours.faded(series.hue) : colour,
    stroke: colour,
    width: isPartial ? 1 : 0,
    ...(isPartial && { dash: [2, 2] }),
    points: { show: false },
    ...(bars && { paths: bars }),
  }
}

interface Colours {
  muted: string
  line: string
  font: string
  hue: (hue: number) => string
  faded: (hue: number) => string
}

/** The colours of a theme as a canvas takes them, once the page has that theme. */
function coloursIn(element: HTMLElement, theme: string): Colours {
  const root = element.closest(`[data-theme='${theme}']`)
  const style = getComputedStyle(root ?? element)
  const variable = (name: string) => style.getPropertyValue(name).trim()
  const hue = (index: number) => variable(hueVariable(index))
  return {
    muted: variable('--color-muted'),
    line: variable('--color-line'),
    font: style.fontFamily,
    hue,
    faded: (index) => `color-mix(in oklab, ${hue(index)} 35%, ${variable('--color-paper')})`,
  }
}

const currentTheme = (): string => document.documentElement.dataset['theme'] ?? ''

function watchTheme(changed: () => void): () => void {
  const observer = new MutationObserver(changed)
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] })
  return () => observer.disconnect()
}
