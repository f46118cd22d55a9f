import { logId, type logRoutes, type RouteInput, type RouteOutput } from '@atrium/contract'
import type { Database } from '#platform/db'
import { notFound } from '#platform/errors'
import { decodeCursor, paginate, type Member } from '#platform/http'
import { unpack } from '../chunks.ts'
import { leastOf } from './severities.ts'
import { placeOf, shownLog, shownLogDetail } from './shown.ts'
import { findLog, listLogs, type LogsQuestion } from './views.ts'

type Routes = typeof logRoutes
type Query = RouteInput<Routes['listLogs']>['query']

/** Questions about log records. */
export interface LogReading {
  /** @throws AppError 503 when a text is looked for in too many records */
  list(member: Member, query: Query): Promise<RouteOutput<Routes['listLogs']>>
  /** @throws AppError 404 LOG_NOT_FOUND */
  one(member: Member, logId: string): Promise<RouteOutput<Routes['readLog']>>
}

export function createLogReading(db: Database): LogReading {
  return {
    list: ({ workspaceId }, { limit, cursor, ...question }) =>
      db.readWorkspace(workspaceId, async (tx) => {
        const after = cursor === undefined ? null : placeOf(decodeCursor(cursor, logId)[0])
        const found = await listLogs(tx, asked(question), { limit: limit + 1, after })
        return paginate(found.map(shownLog), limit, ({ id }) => [id])
      }),
    one: async ({ workspaceId }, id) => {
      const found = await db.readWorkspace(workspaceId, (tx) => findLog(tx, placeOf(id)))
      if (!found) throw notFound('log')
      const payloads = await unpack(found.body)
      return shownLogDetail(found, payloads[found.chunk_place])
    },
  }
}

const asked = (given: Omit<Query, 'limit' | 'cursor'>): LogsQuestion => ({
  from: given.from ?? null,
  to: given.to ?? null,
  severity: given.severity === undefined ? null : leastOf(given.severity),
  event: given.event ?? null,
  service: given.service ?? null,
  model: given.model ?? null,
  tool: given.tool ?? null,
  session: given.session ?? null,
  user: given.user ?? null,
  environment: given.environment ?? null,
  traceId: given.traceId ?? null,
  text: given.text ?? null,
})
