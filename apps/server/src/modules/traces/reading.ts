import { timestamp, type RouteInput, type RouteOutput, type traceRoutes } from '@atrium/contract'
import { z } from 'zod'
import type { Database } from '#platform/db'
import { notFound } from '#platform/errors'
import { decodeCursor, paginate, type Member } from '#platform/http'
import { unpack } from './chunks.ts'
import { shownDetail, shownSpan, shownTrace } from './shown.ts'
import { findSpan, findTrace, listSpans, listTraces } from './views.ts'

type Routes = typeof traceRoutes
type Query<Name extends 'listTraces' | 'listSpans'> = RouteInput<Routes[Name]>['query']
type Answer<Name extends keyof Routes> = RouteOutput<Routes[Name]>

/** Questions about what was sent. */
export interface Reading {
  traces(member: Member, query: Query<'listTraces'>): Promise<Answer<'listTraces'>>
  /** @throws AppError 404 TRACE_NOT_FOUND */
  trace(member: Member, traceId: string): Promise<Answer<'readTrace'>>
  /** @throws AppError 404 TRACE_NOT_FOUND */
  spans(member: Member, traceId: string, query: Query<'listSpans'>): Promise<Answer<'listSpans'>>
  /** @throws AppError 404 SPAN_NOT_FOUND */
  span(member: Member, traceId: string, spanId: string): Promise<Answer<'readSpan'>>
}

export function createReading(db: Database): Reading {
  return {
    traces: ({ workspaceId }, { limit, cursor, ...question }) =>
      db.readWorkspace(workspaceId, async (tx) => {
        const place = cursor === undefined ? null : decodeCursor(cursor, timestamp, z.hex().length(32))
        const after = place && { startedAt: place[0], id: place[1] }
        const found = await listTraces(tx, asked(question), { limit: limit + 1, after })
        return paginate(found.map(shownTrace), limit, ({ startedAt, id }) => [startedAt, id])
      }),
    trace: ({ workspaceId }, traceId) =>
      db.readWorkspace(workspaceId, async (tx) => {
        const found = await findTrace(tx, traceId)
        if (!found) throw notFound('trace')
        return shownTrace(found)
      }),
    spans: ({ workspaceId }, traceId, { limit, cursor }) =>
      db.readWorkspace(workspaceId, async (tx) => {
        const place = cursor === undefined ? null : decodeCursor(cursor, timestamp, int64)
        const after = place && { startedAt: place[0], id: place[1] }
        const [trace, found] = await Promise.all([
          findTrace(tx, traceId),
          listSpans(tx, traceId, { limit: limit + 1, after }),
        ])
        if (!trace) throw notFound('trace')
        const { data, meta } = paginate(found, limit, (row) => [row.started_at, row.span_id])
        return { data: data.map(shownSpan), meta }
      }),
    span: async (member, traceId, spanId) => {
      const { workspaceId } = member
      const signed = BigInt.asIntN(64, BigInt(`0x${spanId}`)).toString()
      const found = await db.readWorkspace(workspaceId, (tx) => findSpan(tx, traceId, signed))
      if (!found) throw notFound('span')
      const payloads = await unpack(found.body)
      return shownDetail(traceId, found, payloads[found.chunk_place], member)
    },
  }
}

/** A number of 64 bits as PostgreSQL writes it. */
const int64 = z
  .string()
  .regex(/^-?\d{1,19}$/)
  .refine((text) => BigInt.asIntN(64, BigInt(text)) === BigInt(text))

const asked = (given: Omit<Query<'listTraces'>, 'limit' | 'cursor'>) => ({
  from: given.from ?? null,
  to: given.to ?? null,
  service: given.service ?? null,
  agent: given.agent ?? null,
  session: given.session ?? null,
  user: given.user ?? null,
  environment: given.environment ?? null,
  model: given.model ?? null,
  status: given.status ?? null,
  minDurationMs: given.minDurationMs ?? null,
})
