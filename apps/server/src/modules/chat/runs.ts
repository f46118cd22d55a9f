import { type RouteInput, type RouteOutput, type chatRoutes, timestamp } from '@atrium/contract'
import { z } from 'zod'
import type { Database } from '#platform/db'
import { decodeCursor, paginate, type Member } from '#platform/http'
import { chatErrors } from './errors.ts'
import type { Follow, Sink } from './follow.ts'
import type { PromptBuilder } from './prompt.ts'
import type { RunLog } from './run-log.ts'
import { findMessage, findRun, listRuns, runById } from './views.ts'

type ListQuery = RouteInput<(typeof chatRoutes)['listRuns']>['query']

/** What may be seen of runs. */
export type Runs = ReturnType<typeof createRuns>

/** Reading runs: their list, their events, and what an answer was made from. */
export function createRuns(options: {
  db: Database
  runLog: RunLog
  follow: Follow
  prompts: PromptBuilder
}) {
  const { db, runLog, follow, prompts } = options
  return {
    /** Streams a run to whoever opens the sink; a run of somebody else does not exist. */
    stream: async (
      member: Member,
      conversationId: string,
      runId: string,
      after: number,
      open: () => Sink,
    ): Promise<void> => {
      const row = runLog.find(runId)?.row
      const own =
        row?.workspace_id === member.workspaceId &&
        row.person_id === member.personId &&
        row.conversation_id === conversationId
      if (own) return follow(row, after, open())
      const run = await db.readWorkspace(member.workspaceId, (tx) =>
        findRun(tx, member.personId, conversationId, runId),
      )
      if (!run) throw chatErrors.runMissing()
      return follow(run, after, open())
    },

    list: async (member: Member, query: ListQuery): Promise<RouteOutput<(typeof chatRoutes)['listRuns']>> => {
      const { status, conversationId, limit, cursor } = query
      const place = cursor ? decodeCursor(cursor, timestamp, z.uuid()) : null
      const after = place && { createdAt: place[0], id: place[1] }
      const found = await db.readWorkspace(member.workspaceId, (tx) =>
        listRuns(tx, { personId: member.personId, status, conversationId, limit, after }),
      )
      return paginate(found, limit, (run) => [run.createdAt, run.id])
    },

    /** What an answer was made from, for people to look at. */
    inspect: (
      member: Member,
      conversationId: string,
      messageId: string,
    ): Promise<RouteOutput<(typeof chatRoutes)['getPrompt']>> =>
      db.readWorkspace(member.workspaceId, async (tx) => {
        const message = await findMessage(tx, member.personId, conversationId, messageId)
        if (!message?.run_id) throw chatErrors.messageMissing()
        const run = await runById(tx, member.workspaceId, message.run_id)
        if (run?.person_id !== member.personId) throw chatErrors.messageMissing()
        return { ...(await prompts.describe(tx, run)), reason: run.why }
      }),
  }
}
