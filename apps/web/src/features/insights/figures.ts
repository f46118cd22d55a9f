import type { Kpis, UsageFigures } from '@atrium/contract'
import { formatTokens, formatUsd } from '../../format.ts'
import { durationText } from '../traces/duration.ts'
import type { Measure } from './insight-filters.ts'

/** Thousands and millions from 100,000 on, every digit below. */
export const countText = (value: number): string =>
  value < 100_000 ? value.toLocaleString('en') : formatTokens(value)

export const shareText = (share: number): string => {
  const percent = share * 100
  const digits = percent === 0 || percent >= 10 ? 0 : percent >= 1 ? 1 : 2
  return `${percent.toFixed(digits).replace(/\.0+$/, '')} %`
}

/** Dollars, of a number of them. */
export const usdText = (dollars: number): string => formatUsd(String(Math.round(dollars * 1e9)))

export const dollarsOf = (nano: string | null): number | null => (nano === null ? null : Number(nano) / 1e9)

export const measureOf = (figures: UsageFigures, measure: Measure): number | null =>
  measure === 'tokens' ? (figures.tokens?.total ?? null) : figures[measure]

/** One tile: a figure, and what it was in the period before. */
export interface KpiTile {
  name: string
  /** A dash when there is nothing to tell. */
  value: string
  /** In words, and whether that is good, bad or neither; null when there is nothing to compare with. */
  change: { text: string; tone: 'better' | 'worse' | 'neutral' } | null
  /** More about the figure. */
  note: string | null
}

interface Spec {
  name: string
  of: (kpis: Kpis) => number | null
  text: (value: number) => string
  note?: (kpis: Kpis) => string | null
  /** More is worse: the colour tells. */
  isBadWhenMore?: true
  /** The difference itself is told instead of its share. */
  difference?: (by: number) => string
}

const points = (by: number): string =>
  `${(Math.abs(by) * 100).toFixed(by !== 0 && Math.abs(by) < 0.01 ? 2 : 1)} points`

const specs: readonly Spec[] = [
  { name: 'Spans', of: ({ spans }) => spans, text: countText },
  { name: 'Runs', of: ({ runs }) => runs, text: countText },
  { name: 'Model calls', of: ({ modelCalls }) => modelCalls, text: countText },
  { name: 'Tool calls', of: ({ toolCalls }) => toolCalls, text: countText },
  {
    name: 'Tokens',
    of: ({ tokens }) => tokens?.total ?? null,
    text: formatTokens,
    note: ({ tokens }) =>
      tokens &&
      `${formatTokens(tokens.total - tokens.output - tokens.reasoning)} in, ${formatTokens(tokens.output + tokens.reasoning)} out`,
  },
  {
    name: 'Cost',
    of: ({ costNanoUsd }) => dollarsOf(costNanoUsd),
    text: usdText,
    note: ({ unpriced }) => (unpriced === 0 ? null : `and ${countText(unpriced)} calls of unknown price`),
  },
  {
    name: 'Error rate',
    of: ({ errorRate }) => errorRate,
    text: shareText,
    note: ({ errors }) => (errors === 1 ? 'one span failed' : `${countText(errors)} spans failed`),
    isBadWhenMore: true,
    difference: points,
  },
  { name: 'Active users', of: ({ activeUsers }) => activeUsers, text: countText },
  {
    name: 'Latency p50',
    of: ({ latencyMs }) => latencyMs?.p50 ?? null,
    text: durationText,
    isBadWhenMore: true,
  },
  {
    name: 'Latency p95',
    of: ({ latencyMs }) => latencyMs?.p95 ?? null,
    text: durationText,
    isBadWhenMore: true,
  },
  {
    name: 'First token p50',
    of: ({ firstTokenMs }) => firstTokenMs?.p50 ?? null,
    text: durationText,
    isBadWhenMore: true,
  },
  {
    name: 'First token p95',
    of: ({ firstTokenMs }) => firstTokenMs?.p95 ?? null,
    text: durationText,
    isBadWhenMore: true,
  },
]

export const kpiTiles = (current: Kpis, previous: Kpis): KpiTile[] =>
  specs.map((spec) => {
    const now = spec.of(current)
    return {
      name: spec.name,
      value: now === null ? '–' : spec.text(now),
      change: changeOf(spec, now, previous.spans === 0 ? null : spec.of(previous)),
      note: now === null ? null : (spec.note?.(current) ?? null),
    }
  })

/** Changes below this share are none. */
const smallestChange = 0.005

function changeOf(spec: Spec, now: number | null, before: number | null): KpiTile['change'] {
  if (now === null || before === null) return null
  const by = now - before
  if (by === 0 || Math.abs(by) < Math.abs(before) * smallestChange)
    return { text: 'no change', tone: 'neutral' }
  const sign = by > 0 ? '+' : '−'
  const tone = !spec.isBadWhenMore ? 'neutral' : by > 0 ? 'worse' : 'better'
  if (spec.difference) return { text: `${sign}${spec.difference(by)}`, tone }
  if (before === 0) return { text: 'none before', tone }
  const percent = Math.abs(by / before) * 100
  const text =
    percent >= 1000
      ? `${Math.round(now / before).toLocaleString('en')} times as many`
      : `${sign}${percent.toFixed(percent < 10 ? 1 : 0)} %`
  return { text, tone }
}
