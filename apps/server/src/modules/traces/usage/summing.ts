import type { SpanFacts } from '../facts.ts'
import type { SpanRow } from '../rows.ts'
import { isModelCall } from './dimensions.ts'
import { bucketOf, count } from './histogram.ts'
import { countColumns, noSums, type Sums } from './sums.ts'

/** Spans of one series that started within one minute, or one hour for series of users, and what they add up to. */
export interface UsageGroup {
  /** Seconds since 1970 at which the minute or hour begins. */
  readonly start: number
  /** In the order of `dimensions`; the last one, the user, is null in the sums that do not tell users apart. */
  readonly series: readonly (string | null)[]
  readonly sums: Sums
}

const minuteUs = 60_000_000
const hourUs = 60 * minuteUs

/**
 * Sums spans up twice: by minute, and by user and hour. Users are many, so that the sums by user leave out some of the
 * other dimensions.
 */
export function sumUp(spans: readonly SpanRow[]): UsageGroup[] {
  const groups = new Map<string, UsageGroup>()
  for (const span of spans) {
    const { facts } = span
    const startedUs = Number(span.startedUs)
    add(groups, Math.floor(startedUs / minuteUs) * 60, seriesOf(facts), span)
    if (facts.user !== null) add(groups, Math.floor(startedUs / hourUs) * 3600, userSeriesOf(facts), span)
  }
  return [...groups.values()]
}

const seriesOf = (facts: SpanFacts): (string | null)[] => [
  facts.service,
  facts.operation,
  facts.provider,
  facts.model,
  facts.agent,
  facts.environment,
  facts.version,
  facts.team,
  facts.project,
  null,
]

const userSeriesOf = (facts: SpanFacts): (string | null)[] => [
  null,
  facts.operation,
  facts.provider,
  facts.model,
  null,
  facts.environment,
  null,
  facts.team,
  facts.project,
  facts.user,
]

function add(
  groups: Map<string, UsageGroup>,
  start: number,
  series: readonly (string | null)[],
  span: SpanRow,
): void {
  // No text that is stored is empty or holds NUL.
  const key = `${start}\0${series.join('\0')}`
  let group = groups.get(key)
  if (!group) {
    group = { start, series, sums: noSums() }
    groups.set(key, group)
  }
  addSpan(group.sums, span)
}

function addSpan({ counts, amounts, latency, firstToken }: Sums, span: SpanRow): void {
  const { tokens, costNanoUsd, firstTokenNs, operation, model } = span.facts
  const isCall = isModelCall(operation, model)
  const kinds = [tokens.input, tokens.cacheRead, tokens.cacheWrite, tokens.output, tokens.reasoning]
  increase(counts, 'spans')
  if (span.status === 2) increase(counts, 'errors')
  if (span.parentId === null) increase(counts, 'runs')
  if (isCall) increase(counts, 'model_calls')
  if (operation === 'execute_tool') increase(counts, 'tool_calls')
  if (kinds.some((kind) => kind !== null)) increase(counts, 'told')
  if (costNanoUsd !== null) increase(counts, 'priced')
  else if (isCall) increase(counts, 'unpriced')
  // In the order of `amountColumns`, the cost behind them.
  kinds.forEach((kind, at) => {
    if (kind !== null) amounts[at] = (amounts[at] ?? 0n) + BigInt(kind)
  })
  if (costNanoUsd !== null) amounts[kinds.length] = (amounts[kinds.length] ?? 0n) + costNanoUsd
  count(latency, bucketOf(Number(span.durationNs)))
  if (firstTokenNs !== null) count(firstToken, bucketOf(Number(firstTokenNs)))
}

function increase(counts: number[], name: (typeof countColumns)[number]): void {
  const at = countColumns.indexOf(name)
  counts[at] = (counts[at] ?? 0) + 1
}

type Written = [
  start: number,
  series: readonly (string | null)[],
  counts: number[],
  amounts: string[],
  latency: [number, number][],
  firstToken: [number, number][],
]

/** Groups as a document that waits to be added to the sums. */
export function writeGroups(groups: readonly UsageGroup[]): string {
  return JSON.stringify(
    groups.map(({ start, series, sums: { counts, amounts, latency, firstToken } }): Written => [
      start,
      series,
      counts,
      amounts.map(String),
      [...latency],
      [...firstToken],
    ]),
  )
}

export function readGroups(body: string): UsageGroup[] {
  // What is stored was made by `writeGroups`.
  return (JSON.parse(body) as Written[]).map(([start, series, counts, amounts, latency, firstToken]) => ({
    start,
    series,
    sums: {
      counts,
      amounts: amounts.map(BigInt),
      latency: new Map(latency),
      firstToken: new Map(firstToken),
    },
  }))
}
