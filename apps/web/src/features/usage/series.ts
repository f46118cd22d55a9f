import type { DisplayCurrency, UsageTotals } from '@atrium/contract'
import type { Reply } from '../../api/client.ts'
import { formatTokens } from '../../format.ts'
import { type ShownAmount, shownAmount } from '../gateway/money.ts'
import { tokensOf } from './call-text.ts'
import type { BarSeries, StackedBar } from './StackedBars.tsx'
import { type Dimension, type Measure, memberName } from './usage-query.ts'

/** One member of the dimension over the whole period; the last may be the rest of them. */
export interface ShownSeries extends BarSeries {
  /** Undefined for the rest, which stands for many. */
  id: string | null | undefined
}

export interface ShownBar extends StackedBar {
  totals: UsageTotals
}

export interface ShownChart {
  series: ShownSeries[]
  /** Oldest first. */
  bars: ShownBar[]
}

const hues = [
  'bg-chart-1',
  'bg-chart-2',
  'bg-chart-3',
  'bg-chart-4',
  'bg-chart-5',
  'bg-chart-6',
  'bg-chart-7',
  'bg-chart-8',
]
const restTone = 'bg-line-strong'

/** Amounts are rounded one by one: what is left of a sum below this many units is nothing. */
const roundingUnits = 1e-7

const valueOf = (totals: UsageTotals, measure: Measure): number => {
  if (measure === 'calls') return totals.calls
  return measure === 'tokens' ? tokensOf(totals.tokens) : Number(totals.cost.converted.nano) / 1e9
}

/** The answer about a period as stacked bars: the most expensive members of a dimension, and the rest in one. */
export function chartOf(
  { points, groups }: Pick<Reply<'readUsageSeries'>, 'points' | 'groups'>,
  measure: Measure,
  by: Dimension,
): ShownChart {
  const named = groups.map((group) => ({ ...group, name: memberName(by, group) }))
  const tones = tonesOf(named.map(({ id }) => id ?? ''))
  const bars = points.map(({ start, label, totals }, index) => {
    const values = named.map((group) => {
      const point = group.points[index]
      return point ? valueOf(point.totals, measure) : 0
    })
    const rest = valueOf(totals, measure) - values.reduce((sum, value) => sum + value, 0)
    return { key: start, name: timeText(label), values: [...values, rest > roundingUnits ? rest : 0], totals }
  })
  const series = named.map(({ id, name }, index) => ({ id, name, tone: tones[index] ?? restTone }))
  const hasRest = bars.some(({ values }) => (values.at(-1) ?? 0) > 0)
  const rest = { id: undefined, name: groups.length === 0 ? 'All' : 'All others', tone: restTone }
  return { series: hasRest ? [...series, rest] : series, bars }
}

/** `2026-03-29` stays, `2026-03-29T14:00` is an hour of a day that everybody knows. */
const timeText = (label: string): string => label.split('T')[1] ?? label

/** A hue for each, the same one in every chart as long as no two of them want it. */
function tonesOf(ids: readonly string[]): string[] {
  const taken = new Set<number>()
  return ids.map((id) => {
    let place = hashOf(id) % hues.length
    while (taken.has(place) && taken.size < hues.length) place = (place + 1) % hues.length
    taken.add(place)
    return hues[place] ?? restTone
  })
}

const hashOf = (text: string): number =>
  Array.from(text).reduce((hash, letter) => (hash * 31 + (letter.codePointAt(0) ?? 0)) >>> 0, 7)

/** A value of a chart in words; of a cost also in dollars where they are not the currency of the workspace. */
export function valueText(value: number, measure: Measure, display: DisplayCurrency): ShownAmount {
  if (measure === 'tokens') return { main: formatTokens(Math.round(value)), usd: null }
  if (measure === 'calls') return { main: callsText(value), usd: null }
  const nano = String(Math.round(value * 1e9))
  const nanoUsd = String(Math.round((value / Number(display.perUsd)) * 1e9))
  return shownAmount({ nanoUsd, converted: { nano, minor: '0' } }, display)
}

/** There is no half a call, so a line between two whole ones has no number. */
const callsText = (value: number): string => (Number.isInteger(value) ? value.toLocaleString('en') : '')
