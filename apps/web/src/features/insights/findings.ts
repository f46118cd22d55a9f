import type { Kpis, PerformanceFigures } from '@atrium/contract'
import { countText, dollarsOf, shareText, usdText } from './figures.ts'
import { durationText } from '../traces/duration.ts'

/** Something that is not as it was, in a sentence. */
export interface Finding {
  key: string
  text: string
  /** The model it is about, to look into. */
  model?: string
}

interface Member {
  member: string | null
  totals: PerformanceFigures
  previous: PerformanceFigures | null
}

/** Fewer cases than this say nothing. */
const fewestCases = 20
/** Standard errors that a share must have moved to be no accident. */
const surprising = 3

/** What stands out against the period before: errors, waiting, cost, and calls whose price nobody knows. */
export function findingsOf(current: Kpis, previous: Kpis, models: readonly Member[]): Finding[] {
  const found = [errorsOf(current, previous), costOf(current, previous), ...models.map(slowModelOf)]
  if (current.unpriced > 0) {
    const calls = current.unpriced === 1 ? 'One call has' : `${countText(current.unpriced)} calls have`
    found.push({ key: 'unpriced', text: `${calls} no known price; the cost does not contain them.` })
  }
  return found.filter((finding) => finding !== null)
}

function errorsOf(current: Kpis, previous: Kpis): Finding | null {
  const [now, before] = [current.errorRate, previous.errorRate]
  if (now === null || before === null || !isMore(current, previous)) return null
  return {
    key: 'errors',
    text: `${shareText(now)} of spans failed, ${shareText(before)} in the period before.`,
  }
}

/** A test of two proportions: whether errors have become more beyond what chance explains, by half at least. */
function isMore(now: Failing, before: Failing): boolean {
  if (now.spans < fewestCases || before.spans < fewestCases) return false
  const [rate, earlier] = [now.errors / now.spans, before.errors / before.spans]
  const pooled = (now.errors + before.errors) / (now.spans + before.spans)
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / now.spans + 1 / before.spans))
  return error > 0 && rate >= earlier * 1.5 && (rate - earlier) / error > surprising
}

interface Failing {
  spans: number
  errors: number
}

function costOf(current: Kpis, previous: Kpis): Finding | null {
  const [now, before] = [dollarsOf(current.costNanoUsd), dollarsOf(previous.costNanoUsd)]
  if (now === null || before === null || before === 0) return null
  if (now < 2 * before || now - before < 1) return null
  const times = (now / before).toFixed(now / before < 10 ? 1 : 0)
  return {
    key: 'cost',
    text: `Cost is ${times} times that of the period before: ${usdText(now)} after ${usdText(before)}.`,
  }
}

function slowModelOf({ member, totals, previous }: Member): Finding | null {
  const [now, before] = [totals.latencyMs, previous?.latencyMs]
  if (member === null || !now || !before || now.count < fewestCases || before.count < fewestCases) return null
  if (now.p95 < before.p95 * 1.5 || now.p95 - before.p95 < 100) return null
  return {
    key: `slow ${member}`,
    model: member,
    text: `${member} has become slower: 95 % of calls within ${durationText(now.p95)}, before within ${durationText(before.p95)}.`,
  }
}
