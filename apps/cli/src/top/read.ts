import { insightRoutes, type RouteReply } from '@atrium/contract'
import type { Client } from '../lib/client.ts'

/** What was called or run under one name, within the time that is looked at. */
export interface TopRow {
  /** Null for all that the server does not tell apart. */
  readonly name: string | null
  /** Calls of a model, or runs of an agent. */
  readonly calls: number
  readonly errors: number
  readonly tokensPerMinute: number
  /** Of what has a known price; null when nothing has. */
  readonly costNanoUsd: string | null
  /** Calls of models whose price is not known. */
  readonly unpriced: number
  readonly p50Ms: number | null
  readonly p95Ms: number | null
  readonly firstTokenP95Ms: number | null
}

export interface Top {
  readonly from: string
  readonly to: string
  /** All models together. */
  readonly total: TopRow
  readonly models: readonly TopRow[]
  readonly agents: readonly TopRow[]
}

type Usage = RouteReply<typeof insightRoutes.readMetricUsage>
type Cost = RouteReply<typeof insightRoutes.readMetricCost>
type Performance = RouteReply<typeof insightRoutes.readMetricPerformance>

interface Figures {
  readonly usage: Usage
  readonly cost: Cost
  readonly performance: Performance
}

/** Members that are told apart at most. */
const mostMembers = 20

/** What models and agents have done in the last seconds, the most used first. */
export async function readTop(client: Client, workspaceId: string, seconds: number): Promise<Top> {
  // Whole minutes, so that all who ask within one share the answer.
  const from = new Date(Math.floor(Date.now() / 60_000) * 60_000 - seconds * 1000).toISOString()
  const params = { workspaceId }
  const read = async (by: 'model' | 'agent'): Promise<Figures> => {
    const query = { from, by, top: mostMembers } as const
    const [usage, cost, performance] = await Promise.all([
      client.call(insightRoutes.readMetricUsage, { params, query }),
      client.call(insightRoutes.readMetricCost, { params, query }),
      client.call(insightRoutes.readMetricPerformance, { params, query: { ...query, of: by } }),
    ])
    return { usage, cost, performance }
  }
  const [models, agents] = await Promise.all([read('model'), read('agent')])
  const { totals, period } = models.usage
  const minutes = minutesOf(models.usage)
  return {
    from: period.from,
    to: period.to,
    total: rowOf(null, totals, models.cost.totals, models.performance.totals, minutes),
    models: rowsOf(models, minutes),
    agents: rowsOf(agents, minutes),
  }
}

/** Of the time that has passed: the last minute is not over yet. */
function minutesOf({ period, asOf }: Usage): number {
  const end = Math.min(Date.parse(period.to), Date.parse(asOf))
  return Math.max(1, (end - Date.parse(period.from)) / 60_000)
}

type Member = Pick<Usage['groups'][number], 'member' | 'isOther'>

/** Lists of different figures are in different orders, and each names its first members only. */
function rowsOf({ usage, cost, performance }: Figures, minutes: number): TopRow[] {
  const same = <T extends Member>(list: readonly T[], one: Member): T | undefined =>
    list.find(({ member, isOther }) => member === one.member && isOther === one.isOther)
  return usage.groups
    .map((group) =>
      rowOf(
        group.member,
        group.totals,
        same(cost.groups, group)?.totals,
        same(performance.groups, group)?.totals,
        minutes,
      ),
    )
    .filter(({ calls }) => calls > 0)
    .toSorted((a, b) => b.calls - a.calls)
}

function rowOf(
  name: string | null,
  usage: Usage['totals'],
  cost: Cost['totals'] | undefined,
  performance: Performance['totals'] | undefined,
  minutes: number,
): TopRow {
  return {
    name,
    calls: performance?.spans ?? 0,
    errors: performance?.errors ?? 0,
    tokensPerMinute: Math.round((usage.tokens?.total ?? 0) / minutes),
    costNanoUsd: cost?.costNanoUsd ?? null,
    unpriced: cost?.unpriced ?? 0,
    p50Ms: performance?.latencyMs?.p50 ?? null,
    p95Ms: performance?.latencyMs?.p95 ?? null,
    firstTokenP95Ms: performance?.firstTokenMs?.p95 ?? null,
  }
}
