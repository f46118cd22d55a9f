import { z } from 'zod'
import { cursor, line, nanoUsd, page, pageQuery, timestamp, workspaceParams } from './common.ts'
import { route } from './route.ts'
import { sentAttributes } from './telemetry.ts'

/** The id of a trace as OpenTelemetry writes it: 16 bytes in hexadecimal. */
export const traceId = z
  .string()
  .regex(/^[0-9a-f]{32}$/i)
  .toLowerCase()
  .meta({ description: '32 hexadecimal digits' })
/** The id of a span within its trace: 8 bytes in hexadecimal. */
export const spanId = z
  .string()
  .regex(/^[0-9a-f]{16}$/i)
  .toLowerCase()
  .meta({ description: '16 hexadecimal digits' })

const told = z.string().nullable()
const milliseconds = z.number().meta({ description: 'milliseconds' })

/** A trace in a list: what its spans add up to. */
export const traceSummary = z
  .object({
    id: traceId,
    /** Of the root once it has arrived, else of the earliest span. */
    name: z.string(),
    startedAt: timestamp,
    durationMs: milliseconds,
    /** Whether the root has arrived. */
    hasRoot: z.boolean(),
    service: told,
    agent: told,
    session: told,
    /** Whom the application serves, by the name it gives them. */
    user: told,
    environment: told,
    spans: z.int(),
    errors: z.int(),
    modelCalls: z.int(),
    toolCalls: z.int(),
    models: z.array(z.string()),
    tokens: z.int(),
    /** Null when no span told what it cost. */
    costNanoUsd: nanoUsd.nullable(),
  })
  .meta({ id: 'TraceSummary' })
export type TraceSummary = z.infer<typeof traceSummary>

const count = z.int().nullable()

/** Tokens by kind, which never overlap; null where nothing was told. */
export const spanTokens = z
  .object({ input: count, cacheRead: count, cacheWrite: count, output: count, reasoning: count })
  .meta({ id: 'SpanTokens' })

/** A span without what it carries. */
export const spanSummary = z
  .object({
    id: spanId,
    /** Null for a root. The parent may not have arrived. */
    parentId: spanId.nullable(),
    name: z.string(),
    kind: z.enum(['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']),
    status: z.enum(['unset', 'ok', 'error']),
    startedAt: timestamp,
    durationMs: milliseconds,
    service: told,
    /** What is done, by the names of OpenTelemetry's conventions: `chat`, `execute_tool`, `invoke_agent`, … */
    operation: told,
    provider: told,
    model: told,
    agent: told,
    tool: told,
    session: told,
    user: told,
    team: told,
    project: told,
    environment: told,
    version: told,
    errorType: told,
    tokens: spanTokens,
    costNanoUsd: nanoUsd.nullable(),
    firstTokenMs: milliseconds.nullable(),
  })
  .meta({ id: 'SpanSummary' })
export type SpanSummary = z.infer<typeof spanSummary>

/** A message as it was sent to a model or came from it; the shapes of `gen_ai.input.messages`. */
const message = z.object({
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  parts: z.array(z.looseObject({ type: z.string() })),
  finishReason: told,
})

/** A span with what it carries, after redaction. */
export const spanDetail = spanSummary
  .extend({
    traceId,
    /** The convention by which it was read; null for one that tells nothing of generative AI. */
    convention: told,
    statusMessage: z.string(),
    input: z.array(message),
    output: z.array(message),
    /** Whether its messages are another person's own: of a turn in the chat, which is private to whoever wrote there. */
    withheld: z.boolean(),
    /** Of a call of a tool; null for anything else. */
    toolArguments: z.unknown(),
    toolResult: z.unknown(),
    /** What none of the fields above has taken. */
    attributes: sentAttributes,
    resource: sentAttributes,
    scope: z.object({ name: z.string(), version: z.string() }),
    events: z.array(
      z.object({
        timeNs: z.string().meta({ description: 'nanoseconds since 1970' }),
        name: z.string(),
        attributes: sentAttributes,
      }),
    ),
    links: z.array(z.object({ traceId: z.string(), spanId: z.string(), attributes: sentAttributes })),
    /** Attributes, events and links that its sender or Atrium has left out. */
    dropped: z.int(),
    /** Whether it carried more than is kept, so that nothing of it was. */
    tooLarge: z.boolean(),
  })
  .meta({ id: 'SpanDetail' })
export type SpanDetail = z.infer<typeof spanDetail>

const keptDays = z.int().min(1).max(400).meta({ description: 'days' })
const retentionDays = z.object({ traces: keptDays, logs: keptDays, metrics: keptDays })

/** What a workspace has chosen for its telemetry. */
export const telemetrySettings = z
  .object({
    /** What began longer ago, in whole days (UTC), is removed within a day. */
    retentionDays,
  })
  .meta({ id: 'TelemetrySettings' })
export type TelemetrySettings = z.infer<typeof telemetrySettings>

const ws = '/api/v1/workspaces/{workspaceId}'
const tag = 'telemetry'
const traceParams = workspaceParams.extend({ traceId })
const text = line(1000).optional()

/** Reading what applications and agents have sent. */
export const traceRoutes = {
  listTraces: route({
    id: 'listTraces',
    method: 'GET',
    path: `${ws}/traces`,
    tag,
    access: 'trace:read',
    fromReplica: true,
    summary: 'Traces, the newest first',
    params: workspaceParams,
    query: z.object({
      ...pageQuery.shape,
      /** Traces that began at this time or later. */
      from: timestamp.optional(),
      /** Traces that began before this time. */
      to: timestamp.optional(),
      service: text,
      agent: text,
      session: text,
      user: text,
      environment: text,
      /** Of any of its calls. */
      model: text,
      /** `error`: at least one span failed. */
      status: z.enum(['error', 'ok']).optional(),
      minDurationMs: z.coerce.number().min(0).max(1e12).optional(),
    }),
    response: page(traceSummary),
  }),
  readTrace: route({
    id: 'readTrace',
    method: 'GET',
    path: `${ws}/traces/{traceId}`,
    tag,
    access: 'trace:read',
    fromReplica: true,
    summary: 'One trace',
    params: traceParams,
    response: traceSummary,
  }),
  listSpans: route({
    id: 'listSpans',
    method: 'GET',
    path: `${ws}/traces/{traceId}/spans`,
    tag,
    access: 'trace:read',
    fromReplica: true,
    summary: 'The spans of a trace by the time of their start, without what they carry',
    params: traceParams,
    query: z.object({
      limit: z.coerce.number().int().min(1).max(2000).default(1000),
      cursor: cursor.optional(),
    }),
    response: page(spanSummary),
  }),
  readSpan: route({
    id: 'readSpan',
    method: 'GET',
    path: `${ws}/traces/{traceId}/spans/{spanId}`,
    tag,
    access: 'trace:read',
    fromReplica: true,
    summary: 'One span with its messages, attributes and events',
    params: traceParams.extend({ spanId }),
    response: spanDetail,
  }),
  readTelemetrySettings: route({
    id: 'readTelemetrySettings',
    method: 'GET',
    path: `${ws}/telemetry-settings`,
    tag,
    access: 'workspace:read',
    summary: 'For how long telemetry is kept',
    params: workspaceParams,
    response: telemetrySettings,
  }),
  updateTelemetrySettings: route({
    id: 'updateTelemetrySettings',
    method: 'PATCH',
    path: `${ws}/telemetry-settings`,
    tag,
    access: 'workspace:update',
    summary: 'Change for how long telemetry is kept',
    params: workspaceParams,
    body: z.object({ retentionDays: retentionDays.partial() }),
    response: telemetrySettings,
  }),
}
