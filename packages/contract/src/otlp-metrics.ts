import { z } from 'zod'
import { cursor, line, page, text, timestamp, workspaceParams } from './common.ts'
import { route } from './route.ts'

/** The name of a metric as its sender has it, such as `claude_code.token.usage`. */
export const metricName = text(256, 1).meta({ description: 'the name of a metric' })

/** A metric; where what its series tell of it differs, what was seen last. */
export const metricSummary = z
  .object({
    name: z.string(),
    description: z.string(),
    type: z.enum(['gauge', 'sum', 'histogram', 'exponential_histogram', 'summary']),
    unit: z.string(),
    /** `delta`: points add to one another; `cumulative`: a point holds all since it began to count. */
    temporality: z.enum(['delta', 'cumulative', 'none']),
    /** Whether a sum never falls. */
    monotonic: z.boolean(),
    /** How many there are, one for all attributes that are the same. */
    series: z.int(),
    lastAt: timestamp,
  })
  .meta({ id: 'MetricSummary' })
export type MetricSummary = z.infer<typeof metricSummary>

const attribute = z.object({
  name: z.string(),
  /** How many different values there are among the series that were seen last. */
  count: z.int(),
  /** The values of most series. */
  values: z.array(z.string()),
})

/** A metric with what its series are told apart by. */
export const metricDetail = metricSummary
  .extend({ attributes: z.array(attribute), resource: z.array(attribute) })
  .meta({ id: 'MetricDetail' })

/** How the points of a step become one value. */
export const metricAggregation = z
  .enum(['sum', 'avg', 'min', 'max', 'rate', 'count', 'p50', 'p90', 'p95', 'p99'])
  .meta({ id: 'MetricAggregation' })
export type MetricAggregation = z.infer<typeof metricAggregation>

/** A metric over time, in groups. */
export const metricSeries = z
  .object({
    metric: metricSummary,
    aggregation: metricAggregation,
    from: timestamp,
    to: timestamp,
    stepSeconds: z.int(),
    /** Those that come to most first. */
    groups: z.array(
      z.object({
        /** By the names asked for; null for series that tell none. */
        labels: z.array(z.object({ name: z.string(), value: z.string().nullable() })),
        /** Steps without points are left out. `at` is their beginning. */
        points: z.array(z.object({ at: timestamp, value: z.number().nullable() })),
      }),
    ),
    /** How many groups came to less than those. */
    omitted: z.int(),
  })
  .meta({ id: 'MetricSeries' })

const ws = '/api/v1/workspaces/{workspaceId}'
const tag = 'telemetry'
const metricParams = workspaceParams.extend({ metricName })

const isMap = (json: string): boolean => {
  try {
    return z.record(z.string(), text(1000)).safeParse(JSON.parse(json)).success
  } catch {
    return false
  }
}

/** Reading metrics that applications and agents have sent. */
export const otlpMetricRoutes = {
  listOtlpMetrics: route({
    id: 'listOtlpMetrics',
    method: 'GET',
    path: `${ws}/otlp-metrics`,
    tag,
    access: 'trace:read',
    fromReplica: true,
    summary: 'Metrics by their names',
    params: workspaceParams,
    query: z.object({
      limit: z.coerce.number().int().min(1).max(500).default(100),
      cursor: cursor.optional(),
      /** Stands somewhere in the name, in letters of any case. */
      text: line(200).optional(),
      /** Metrics that were seen at this time or later. */
      from: timestamp.optional(),
    }),
    response: page(metricSummary),
  }),
  readOtlpMetric: route({
    id: 'readOtlpMetric',
    method: 'GET',
    path: `${ws}/otlp-metrics/{metricName}`,
    tag,
    access: 'trace:read',
    fromReplica: true,
    summary: 'One metric, with the attributes that its series are told apart by',
    params: metricParams,
    response: metricDetail,
  }),
  readOtlpMetricSeries: route({
    id: 'readOtlpMetricSeries',
    method: 'GET',
    path: `${ws}/otlp-metrics/{metricName}/series`,
    tag,
    access: 'trace:read',
    fromReplica: true,
    summary: 'A metric over time: what its points add up to in each step, in groups by attributes',
    params: metricParams,
    query: z.object({
      /** A day before `to` unless told otherwise. */
      from: timestamp.optional(),
      /** Now unless told otherwise. */
      to: timestamp.optional(),
      /** Seconds of a step; such that there are about a hundred unless told otherwise. */
      stepSeconds: z.coerce.number().int().min(1).max(31_536_000).optional(),
      /**
       * Of counters (sums that add up), values are what each point adds to the one before; of distributions, what was
       * observed: `rate` is the number of observations per second, `sum` and `avg` are of what was observed. Of gauges `sum`
       * adds up the last value of each series, and there is no `rate`. Unless told otherwise `sum` of counters, `avg` of
       * gauges and `p95` of distributions.
       */
      aggregation: metricAggregation.optional(),
      /** Names of attributes with commas between them, of a series or else of its resource. */
      groupBy: text(1000, 1).optional(),
      /** Attributes that series must have, as a JSON object of texts. */
      where: text(4000).refine(isMap, { error: 'must be a JSON object of texts' }).optional(),
      /** Groups that are given at most. */
      groups: z.coerce.number().int().min(1).max(100).default(20),
    }),
    response: metricSeries,
  }),
}
