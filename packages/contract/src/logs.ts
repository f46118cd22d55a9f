import { z } from 'zod'
import { line, nanoUsd, page, pageQuery, timestamp, workspaceParams } from './common.ts'
import { route } from './route.ts'
import { sentAttributes } from './telemetry.ts'
import { spanId, spanTokens, traceId } from './traces.ts'

/** The id of a log record: its time in microseconds and a digest of what it holds. */
export const logId = z
  .string()
  .regex(/^000[0-9a-f]{45}$/i)
  .toLowerCase()
  .meta({ description: '48 hexadecimal digits' })

const told = z.string().nullable()
const severity = z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal'])
const nanoseconds = z.string().meta({ description: 'nanoseconds since 1970; 0 where it was not told' })

/** A log record without what it carries. */
export const logSummary = z
  .object({
    id: logId,
    /** When it happened; where that was not told, when it was seen. */
    at: timestamp,
    severity: z.enum([...severity.options, 'unspecified']),
    /** What happened, for records that are events: `claude_code.api_request`, `codex.tool_result`, … */
    event: told,
    /** The beginning of what it says; of an event whose body is its name, of what else tells most. */
    message: z.string(),
    traceId: traceId.nullable(),
    spanId: spanId.nullable(),
    service: told,
    model: told,
    tool: told,
    session: told,
    /** Whom the application serves, by the name it gives them. */
    user: told,
    team: told,
    project: told,
    environment: told,
    version: told,
    durationMs: z.number().nullable().meta({ description: 'milliseconds' }),
    tokens: spanTokens,
    costNanoUsd: nanoUsd.nullable(),
  })
  .meta({ id: 'LogSummary' })
export type LogSummary = z.infer<typeof logSummary>

/** A log record with what it carries, after redaction. */
export const logDetail = logSummary
  .extend({
    timeNs: nanoseconds,
    observedNs: nanoseconds,
    severityNumber: z.int().min(0).max(24),
    severityText: z.string(),
    body: z.unknown(),
    attributes: sentAttributes,
    resource: sentAttributes,
    scope: z.object({ name: z.string(), version: z.string() }),
    /** Attributes that were too many to be kept. */
    dropped: z.int(),
    /** Whether it carried more than is kept, so that nothing of it was. */
    tooLarge: z.boolean(),
  })
  .meta({ id: 'LogDetail' })
export type LogDetail = z.infer<typeof logDetail>

const ws = '/api/v1/workspaces/{workspaceId}'
const tag = 'telemetry'
const text = line(1000).optional()

/** Reading log records that applications and agents have sent. */
export const logRoutes = {
  listLogs: route({
    id: 'listLogs',
    method: 'GET',
    path: `${ws}/logs`,
    tag,
    access: 'trace:read',
    fromReplica: true,
    summary: 'Log records, the newest first',
    params: workspaceParams,
    query: z.object({
      ...pageQuery.shape,
      /** Records of this time or later. */
      from: timestamp.optional(),
      /** Records before this time. */
      to: timestamp.optional(),
      /** Records of this severity or a higher one. */
      severity: severity.optional(),
      event: text,
      service: text,
      model: text,
      tool: text,
      session: text,
      user: text,
      environment: text,
      traceId: traceId.optional(),
      /** Stands somewhere in the message, in letters of any case. */
      text: line(200).optional(),
    }),
    response: page(logSummary),
  }),
  readLog: route({
    id: 'readLog',
    method: 'GET',
    path: `${ws}/logs/{logId}`,
    tag,
    access: 'trace:read',
    fromReplica: true,
    summary: 'One log record with its body and attributes',
    params: workspaceParams.extend({ logId }),
    response: logDetail,
  }),
}
