import { z } from 'zod'
import { convertedAmount, displayCurrency } from './currencies.ts'
import { cursor, id, line, nanoUsd, page, pageMeta, pageQuery, timestamp, workspaceParams } from './common.ts'
import { route } from './route.ts'

/** Money as it is kept, and as the workspace shows it. */
export const shownCost = z.object({ nanoUsd, converted: convertedAmount }).meta({ id: 'ShownCost' })
export type ShownCost = z.infer<typeof shownCost>

/** Sums over calls; every figure is exact. */
export const usageTotals = z
  .object({
    calls: z.int(),
    failed: z.int(),
    aborted: z.int(),
    /** Calls whose price is unknown: `cost` does not contain them. */
    unpriced: z.int(),
    /** Calls whose tokens Atrium counted itself because the provider did not say. */
    estimated: z.int(),
    tokens: z.object({
      inputUncached: z.int(),
      cacheRead: z.int(),
      cacheWrite5m: z.int(),
      cacheWrite1h: z.int(),
      outputText: z.int(),
      outputReasoning: z.int(),
    }),
    /** Of the calls whose price is known, by their newest rating. */
    cost: shownCost,
    /** Means over the calls that have one; null without any. */
    firstTokenMs: z.number().nullable(),
    totalMs: z.number().nullable(),
  })
  .meta({ id: 'UsageTotals' })
export type UsageTotals = z.infer<typeof usageTotals>

export const usageDimension = z.enum(['person', 'team', 'key', 'model', 'alias', 'connection', 'purpose'])
export type UsageDimension = z.infer<typeof usageDimension>

/** Answers of the same question in the period before, of the same length. */
export const comparison = z.enum(['none', 'previous'])

export const callPurpose = z.enum(['chat', 'title', 'test', 'gateway'])
export const callStatus = z.enum(['finished', 'failed', 'aborted'])

/** Which calls are meant. Who may only read their own usage gets their own, and 403 when they name somebody else. */
const filters = z.object({
  personId: id.optional(),
  teamId: id.optional(),
  keyId: id.optional(),
  /** The provider's model id. */
  model: line(300).optional(),
  alias: line(100).optional(),
  connectionId: id.optional(),
  purpose: callPurpose.optional(),
})

const range = z.object({
  /** The first moment; 30 days before `to` unless told. */
  from: timestamp.optional(),
  /** The first moment after; now unless told. At most 400 days after `from`. */
  to: timestamp.optional(),
  /** IANA name of the time zone whose days count; the workspace's unless told. */
  timeZone: line(64).optional(),
})

export const usagePeriod = z.object({ from: timestamp, to: timestamp, timeZone: z.string() })

/** One member of a dimension. `id` is null for calls that have none, such as calls without a key. */
export const usageGroup = z
  .object({
    id: z.string().nullable(),
    /** For people to read; null when it is not known any more. */
    name: z.string().nullable(),
    totals: usageTotals,
    previous: usageTotals.nullable(),
  })
  .meta({ id: 'UsageGroup' })
export type UsageGroup = z.infer<typeof usageGroup>

/** A day or an hour of the time zone; days without calls are there too. */
export const usagePoint = z
  .object({
    /** Its first moment. */
    start: timestamp,
    /** As the time zone writes it: `2026-03-29`, `2026-03-29T14:00`. */
    label: z.string(),
    totals: usageTotals,
  })
  .meta({ id: 'UsagePoint' })
export type UsagePoint = z.infer<typeof usagePoint>

const reference = z.object({ id: z.string(), name: z.string().nullable() })

export const callSummary = z
  .object({
    id,
    createdAt: timestamp,
    person: reference,
    key: reference.nullable(),
    team: reference.nullable(),
    /** As it was asked for: the name of an alias, or a model of the catalogue. */
    model: z.string(),
    alias: z.string().nullable(),
    connection: reference.nullable(),
    /** The model that was called; null when none was. */
    upstreamModel: z.string().nullable(),
    purpose: callPurpose,
    /** In which the client spoke; null for calls of Atrium itself. */
    dialect: z.string().nullable(),
    status: callStatus,
    errorCode: z.string().nullable(),
    tokens: usageTotals.shape.tokens,
    estimated: z.boolean(),
    /** Null when the price is unknown. By the newest rating. */
    cost: shownCost.nullable(),
    firstTokenMs: z.int().nullable(),
    totalMs: z.int(),
  })
  .meta({ id: 'CallSummary' })
export type CallSummary = z.infer<typeof callSummary>

/** One price that a call was given; the first is of the moment of the call. */
export const callRating = z
  .object({
    ratedAt: timestamp,
    /** The re-rating that made it; null for the first. */
    reratingId: id.nullable(),
    priceVersion: z.string().nullable(),
    cost: shownCost.nullable(),
  })
  .meta({ id: 'CallRating' })
export type CallRating = z.infer<typeof callRating>

export const callDetail = callSummary
  .extend({
    finishReason: z.string().nullable(),
    finishReasonRaw: z.string().nullable(),
    /** What the provider said about usage, in its own words. */
    usageRaw: z.unknown(),
    /** Why the call went where it went: candidates, scores, attempts, holds. */
    why: z.record(z.string(), z.unknown()),
    /** Oldest first. */
    ratings: z.array(callRating),
    traceId: z.string().nullable(),
    display: displayCurrency,
  })
  .meta({ id: 'CallDetail' })
export type CallDetail = z.infer<typeof callDetail>

const tag = 'usage'
const ws = '/api/v1/workspaces/{workspaceId}'
const asked = filters.extend(range.shape)

export const usageRoutes = {
  readUsage: route({
    id: 'readUsage',
    method: 'GET',
    path: `${ws}/usage`,
    tag,
    access: 'usage:read',
    fromReplica: true,
    summary: 'What was used and what it cost',
    params: workspaceParams,
    query: asked.extend({ compare: comparison.default('none') }),
    response: z.object({
      period: usagePeriod,
      display: displayCurrency,
      totals: usageTotals,
      previous: usageTotals.nullable(),
    }),
  }),
  listUsageGroups: route({
    id: 'listUsageGroups',
    method: 'GET',
    path: `${ws}/usage/groups`,
    tag,
    access: 'usage:read',
    fromReplica: true,
    summary: 'The same by person, team, key, model, alias, connection or purpose; the most expensive first',
    params: workspaceParams,
    query: asked.extend({
      by: usageDimension,
      compare: comparison.default('none'),
      limit: pageQuery.shape.limit,
      cursor: cursor.optional(),
    }),
    response: z.object({
      period: usagePeriod,
      display: displayCurrency,
      data: z.array(usageGroup),
      meta: pageMeta,
    }),
  }),
  readUsageSeries: route({
    id: 'readUsageSeries',
    method: 'GET',
    path: `${ws}/usage/series`,
    tag,
    access: 'usage:read',
    fromReplica: true,
    summary: 'The same over time: the sum, and the most expensive members of a dimension',
    params: workspaceParams,
    query: asked.extend({
      /** Hours for at most 14 days. */
      interval: z.enum(['day', 'hour']).default('day'),
      by: usageDimension.optional(),
      top: z.coerce.number().int().min(1).max(20).default(5),
    }),
    response: z.object({
      period: usagePeriod,
      display: displayCurrency,
      points: z.array(usagePoint),
      groups: z.array(
        z.object({ id: z.string().nullable(), name: z.string().nullable(), points: z.array(usagePoint) }),
      ),
    }),
  }),
  listCalls: route({
    id: 'listCalls',
    method: 'GET',
    path: `${ws}/calls`,
    tag,
    access: 'usage:read',
    fromReplica: true,
    summary: 'Single calls, the newest first',
    params: workspaceParams,
    query: asked.extend({ status: callStatus.optional(), ...pageQuery.shape }),
    response: page(callSummary).extend({ display: displayCurrency }),
  }),
  readCall: route({
    id: 'readCall',
    method: 'GET',
    path: `${ws}/calls/{callId}`,
    tag,
    access: 'usage:read',
    fromReplica: true,
    summary: 'One call with the “why” of its way and every price it was given',
    params: workspaceParams.extend({ callId: id }),
    response: callDetail,
  }),
  exportCalls: route({
    id: 'exportCalls',
    method: 'GET',
    path: `${ws}/usage/export`,
    tag,
    access: 'usage:read',
    summary:
      'Single calls as CSV, the oldest first; texts that spreadsheets would run as formulas are made harmless',
    params: workspaceParams,
    query: asked.extend({ status: callStatus.optional() }),
    response: null,
    status: 200,
    produces: 'binary',
  }),
} as const
