import type { insightRoutes, RouteOutput } from '@atrium/contract'
import { usageGrown, type Traces, type UsageGrown } from '#modules/traces'
import type { Tx } from '#platform/db'
import type { Member } from '#platform/http'
import type { Platform } from '#platform/platform'
import { Answers, type Kept } from './cache.ts'
import { costOf, performanceOf, usageOf } from './figures.ts'
import { readKpis } from './kpis.ts'
import { askedBy, intervalName, unitOf, type Asked, type KpiQuery, type SeriesQuery } from './questions.ts'
import { readSeries, type SeriesWanted } from './series.ts'

export type { Kept } from './cache.ts'

type Routes = typeof insightRoutes
type Answer<Name extends keyof Routes> = RouteOutput<Routes[Name]>

/** What spans add up to. Every method throws AppError 400 for what the sums cannot answer. */
export interface Insights {
  readonly kpis: (member: Member, query: KpiQuery) => Promise<Kept<Answer<'readHomeKpis'>>>
  readonly usage: (member: Member, query: SeriesQuery) => Promise<Kept<Answer<'readMetricUsage'>>>
  readonly cost: (member: Member, query: SeriesQuery) => Promise<Kept<Answer<'readMetricCost'>>>
  readonly performance: (
    member: Member,
    query: SeriesQuery & { of: 'model' | 'tool' | 'agent' | 'all' },
  ) => Promise<Kept<Answer<'readMetricPerformance'>>>
}

/** What answers may take up in this process. */
const mostBytes = 32 * 1024 * 1024

type Context = Platform & { readonly traces: Traces }

export function createInsights(context: Context, scope: AsyncDisposableStack): Insights {
  const { clock, traces } = context
  const answer = keeping(context, scope)
  const series = seriesOf(context, answer)
  return {
    kpis: ({ workspaceId }, query) => {
      const asked = askedBy(query, clock.now().getTime())
      return answer({ workspaceId, scope: 'home-kpis', asked, details: {} }, async (tx) => {
        const kpis = (range: Asked['range']) => readKpis(tx, traces.usage, workspaceId, asked, range)
        const [current, previous] = await Promise.all([kpis(asked.range), kpis(asked.before)])
        const periods = { period: periodOf(asked.range), previousPeriod: periodOf(asked.before) }
        return { ...periods, current, previous }
      })
    },
    usage: (member, query) =>
      series(member, query, { scope: 'usage', ...counted, most: 'spans', figuresOf: usageOf }),
    cost: (member, query) =>
      series(member, query, { scope: 'cost', ...counted, most: 'cost_nano_usd', figuresOf: costOf }),
    performance: (member, { of, ...query }) =>
      series(member, query, {
        scope: 'performance',
        kind: of === 'all' ? null : of,
        withTimes: true,
        most: 'spans',
        figuresOf: performanceOf,
      }),
  }
}

const counted = { kind: null, withTimes: false } as const

interface Question {
  readonly workspaceId: string
  readonly scope: string
  readonly asked: Asked
  /** What else the answer depends on. */
  readonly details: object
}

/** Gives the kept answer to a question, else reads it; with the moment at which that began. */
type Answering = <T>(
  question: Question,
  read: (tx: Tx) => Promise<T>,
) => Promise<Kept<T & { readonly asOf: string }>>

/** Keeps answers until spans come that change them. */
function keeping({ db, bus, clock, log }: Context, scope: AsyncDisposableStack): Answering {
  const answers = new Answers({ maxBytes: mostBytes, nowMs: () => clock.now().getTime(), log })
  scope.defer(
    bus.subscribe(usageGrown, (notice) => {
      // What is published on this topic is a `UsageGrown`.
      const { workspaceId, from, to } = notice as unknown as UsageGrown
      answers.grown(workspaceId, { from: from * 1000, to: to * 1000 })
    }),
  )
  scope.defer(bus.onGap(() => answers.clear()))
  return ({ workspaceId, scope: name, asked, details }, read) => {
    const id = JSON.stringify([asked, details])
    const range = { from: asked.before.from, to: asked.range.to }
    return answers.get({ domain: 'metrics', workspaceId, scope: name, id }, range, async () => {
      const asOf = clock.now().toISOString()
      return { ...(await db.readWorkspace(workspaceId, read)), asOf }
    })
  }
}

type Kind<F> = Pick<SeriesWanted<F>, 'kind' | 'withTimes' | 'most' | 'figuresOf'> & { readonly scope: string }

/** Answers questions about series. */
function seriesOf({ clock, traces }: Context, answer: Answering) {
  return <F>({ workspaceId }: Member, query: SeriesQuery, { scope, ...kind }: Kind<F>) => {
    const nowMs = clock.now().getTime()
    const asked = askedBy(query, nowMs)
    const unit = unitOf(query, asked, nowMs)
    const compares = query.compare === 'previous'
    const details = { unit, top: query.top, compares, kind: kind.kind }
    return answer({ workspaceId, scope, asked, details }, async (tx) => ({
      period: { ...periodOf(asked.range), interval: intervalName(unit) },
      previousPeriod: compares ? periodOf(asked.before) : null,
      ...(await readSeries(tx, traces.usage, {
        ...kind,
        workspaceId,
        asked,
        unit,
        top: query.top,
        compares,
      })),
    }))
  }
}

const periodOf = ({ from, to }: Asked['range']) => ({
  from: new Date(from).toISOString(),
  to: new Date(to).toISOString(),
})
