import type { Kpis } from '@atrium/contract'
import { noSums, partsOf, settled, type Traces } from '#modules/traces'
import type { Tx } from '#platform/db'
import { costOf, errorRateOf, percentilesOf, usageOf } from './figures.ts'
import { isKeptByUser, type Asked } from './questions.ts'

/** The figures of a range at a glance; users are those of its hours, the first and the last of them whole. */
export async function readKpis(
  tx: Tx,
  usage: Traces['usage'],
  workspaceId: string,
  { filters, ofUsers }: Asked,
  range: Asked['range'],
): Promise<Kpis> {
  const question = { workspaceId, parts: partsOf(range, 'day'), ofUsers, filters, kind: null }
  const ofHours = { ...question, parts: partsOf(settled(range, 0, true), 'day') }
  const whole = { unit: null, members: null }
  const [[all], [calls], activeUsers] = await Promise.all([
    usage.read(tx, question, { ...whole, withTimes: false }),
    usage.read(tx, { ...question, kind: 'model' }, { ...whole, withTimes: true }),
    isKeptByUser(filters, null) ? usage.countUsers(tx, ofHours) : null,
  ])
  const sums = all?.sums ?? noSums()
  const times = calls?.sums ?? noSums()
  return {
    ...usageOf(sums),
    ...costOf(sums),
    errorRate: errorRateOf(sums),
    latencyMs: percentilesOf(times.latency),
    firstTokenMs: percentilesOf(times.firstToken),
    activeUsers,
  }
}
