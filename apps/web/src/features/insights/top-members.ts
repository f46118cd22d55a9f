import type { CostFigures, MetricDimension, PerformanceFigures, UsageFigures } from '@atrium/contract'
import { csvText } from '../gateway/csv-text.ts'
import { usdText } from '../gateway/money.ts'
import { memberName, unnamedLast } from './chart-data.ts'

interface Group<F> {
  member: string | null
  isOther: boolean
  totals: F
  previous: F | null
}

/** A member of a dimension with what the three answers say of it. */
export interface Member {
  key: string
  name: string
  /** Null for what stands for many, or for none. */
  id: string | null
  usage: UsageFigures
  previousSpans: number | null
  /** Null while it is on its way, and for members that are not among the most expensive. */
  cost: CostFigures | null
  performance: PerformanceFigures | null
}

/** The members of the answer about usage, most spans first and those without a name last, with what the two others tell of them. */
export function membersOf(
  by: MetricDimension,
  usage: readonly Group<UsageFigures>[],
  cost: readonly Group<CostFigures>[],
  performance: readonly Group<PerformanceFigures>[],
): Member[] {
  const same = <F>(groups: readonly Group<F>[], member: string | null): F | null =>
    groups.find((group) => !group.isOther && group.member === member)?.totals ?? null
  return unnamedLast(usage).map(({ member, isOther, totals, previous }) => ({
    key: isOther ? 'rest' : `member ${member ?? ''}`,
    name: isOther ? 'all others' : memberName(by, member),
    id: isOther ? null : member,
    usage: totals,
    previousSpans: previous && previous.spans,
    cost: isOther ? null : same(cost, member),
    performance: isOther ? null : same(performance, member),
  }))
}

export const membersCsv = (by: MetricDimension, members: readonly Member[]): string =>
  csvText([
    [
      by,
      'spans',
      'spans_before',
      'failed',
      'runs',
      'model_calls',
      'tool_calls',
      'tokens',
      'cost_usd',
      'unpriced_calls',
      'latency_p50_ms',
      'latency_p95_ms',
      'first_token_p50_ms',
      'first_token_p95_ms',
    ],
    ...members.map(({ name, usage, previousSpans, cost, performance }) => [
      name,
      usage.spans,
      previousSpans,
      usage.errors,
      usage.runs,
      usage.modelCalls,
      usage.toolCalls,
      usage.tokens?.total ?? null,
      cost?.costNanoUsd ? usdText(cost.costNanoUsd) : null,
      cost?.unpriced ?? null,
      performance?.latencyMs?.p50 ?? null,
      performance?.latencyMs?.p95 ?? null,
      performance?.firstTokenMs?.p50 ?? null,
      performance?.firstTokenMs?.p95 ?? null,
    ]),
  ])
