import { z } from 'zod'
import { line, nanoUsd, timestamp, workspaceParams } from './common.ts'
import { route } from './route.ts'
import { comparison } from './usage.ts'

/** What spans can be told apart by. */
export const metricDimension = z.enum([
  'service',
  'operation',
  'provider',
  'model',
  'agent',
  'environment',
  'version',
  'team',
  'project',
  'user',
])
export type MetricDimension = z.infer<typeof metricDimension>

const text = line(256).optional()

/**
 * Which spans are meant. Sums by user are not told apart by service, agent or version: naming a user and one of these is
 * 400 INVALID_INPUT.
 */
const filters = z.object({
  team: text,
  project: text,
  environment: text,
  version: text,
  model: text,
  agent: text,
  user: text,
  service: text,
  provider: text,
  operation: text,
})

const range = z.object({
  /** The first moment; a day before `to` unless told. */
  from: timestamp.optional(),
  /** The first moment after; now unless told. At most 400 days after `from`. */
  to: timestamp.optional(),
})

const asked = filters.extend(range.shape).extend({ compare: comparison.default('none') })

const seriesQuery = asked.extend({
  /** The length of a point; by the length of the range unless told. Minutes for the last week, for a day at most; hours for 60 days at most. */
  interval: z.enum(['auto', '1m', '1h', '1d']).default('auto'),
  /** Tells the members of a dimension apart: the first `top` of them, and all others together. */
  by: metricDimension.optional(),
  top: z.coerce.number().int().min(1).max(20).default(5),
})

const count = z.int()

/** Tokens by kind, which never overlap. */
const tokens = z.object({
  input: count,
  cacheRead: count,
  cacheWrite: count,
  output: count,
  reasoning: count,
  total: count,
})

export const usageFigures = z
  .object({
    spans: count,
    errors: count,
    /** Spans without a parent. */
    runs: count,
    modelCalls: count,
    toolCalls: count,
    /** Null when models were called and nobody told tokens. */
    tokens: tokens.nullable(),
  })
  .meta({ id: 'MetricUsage' })
export type UsageFigures = z.infer<typeof usageFigures>

export const costFigures = z
  .object({
    /** Of the spans whose cost is known; null when models were called and no cost is known. */
    costNanoUsd: nanoUsd.nullable(),
    /** Spans whose cost is known. */
    priced: count,
    /** Calls of models whose cost is not. */
    unpriced: count,
  })
  .meta({ id: 'MetricCost' })
export type CostFigures = z.infer<typeof costFigures>

const milliseconds = z.number().meta({ description: 'milliseconds' })

/** Percentiles, each within 1 %. */
const percentiles = z
  .object({ count, p50: milliseconds, p90: milliseconds, p95: milliseconds, p99: milliseconds })
  .meta({ id: 'MetricPercentiles' })

export const performanceFigures = z
  .object({
    spans: count,
    errors: count,
    /** From 0 to 1; null without spans. */
    errorRate: z.number().nullable(),
    /** How long spans took; null without any. */
    latencyMs: percentiles.nullable(),
    /** From the request to the first token; null when nobody told it. */
    firstTokenMs: percentiles.nullable(),
  })
  .meta({ id: 'MetricPerformance' })
export type PerformanceFigures = z.infer<typeof performanceFigures>

const period = z.object({ from: timestamp, to: timestamp })

/** Figures of a range, of its points, and of the members of a dimension. */
const series = <F extends z.ZodType>(figures: F) => {
  const points = z.array(
    z.object({
      /** Beginning of the minute, hour or day (UTC); the range may cut off the first and the last. */
      start: timestamp,
      figures,
    }),
  )
  return z.object({
    /** The range asked for, widened to whole minutes, or to whole hours when it is more than a week ago or of users. */
    period: period.extend({ interval: z.enum(['1m', '1h', '1d']) }),
    /** The period of the same length before, when it is compared. */
    previousPeriod: period.nullable(),
    /** When these figures were read. */
    asOf: timestamp,
    totals: figures,
    previous: figures.nullable(),
    /** Without gaps. */
    points,
    groups: z.array(
      z.object({
        /** Null for spans that name none, and for all others together. */
        member: z.string().nullable(),
        isOther: z.boolean(),
        totals: figures,
        previous: figures.nullable(),
        points,
      }),
    ),
  })
}

const kpis = z
  .object({
    ...usageFigures.shape,
    ...costFigures.shape,
    /** Share of all spans that failed. */
    errorRate: z.number().nullable(),
    /** Of calls of models. */
    latencyMs: percentiles.nullable(),
    firstTokenMs: percentiles.nullable(),
    /** Null when filtered by service, agent or version: users are not told apart by these. */
    activeUsers: count.nullable(),
  })
  .meta({ id: 'MetricKpis' })
export type Kpis = z.infer<typeof kpis>

const ws = '/api/v1/workspaces/{workspaceId}/metrics'
const tag = 'insights'

/** What spans add up to. Answers are at most 30 minutes old, and two seconds where spans have arrived since. */
export const insightRoutes = {
  readHomeKpis: route({
    id: 'readHomeKpis',
    method: 'GET',
    path: `${ws}/home-kpis`,
    tag,
    access: 'trace:read',
    summary: 'The figures of a range at a glance, and those of the period before',
    params: workspaceParams,
    query: filters.extend(range.shape),
    response: z.object({ period, previousPeriod: period, asOf: timestamp, current: kpis, previous: kpis }),
  }),
  readMetricUsage: route({
    id: 'readMetricUsage',
    method: 'GET',
    path: `${ws}/usage`,
    tag,
    access: 'trace:read',
    summary: 'Spans, calls and tokens over time; the members with most spans first',
    params: workspaceParams,
    query: seriesQuery,
    response: series(usageFigures),
  }),
  readMetricCost: route({
    id: 'readMetricCost',
    method: 'GET',
    path: `${ws}/cost`,
    tag,
    access: 'trace:read',
    summary: 'Costs over time; the most expensive members first',
    params: workspaceParams,
    query: seriesQuery,
    response: series(costFigures),
  }),
  readMetricPerformance: route({
    id: 'readMetricPerformance',
    method: 'GET',
    path: `${ws}/performance`,
    tag,
    access: 'trace:read',
    summary: 'Errors and percentiles of times; the members with most spans first',
    params: workspaceParams,
    query: seriesQuery.extend({
      /** Whose times are meant: calls of models, calls of tools, runs of agents, or all spans. */
      of: z.enum(['model', 'tool', 'agent', 'all']).default('model'),
    }),
    response: series(performanceFigures),
  }),
}
