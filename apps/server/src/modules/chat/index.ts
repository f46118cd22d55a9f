import type { RouteInput, RouteOutput, chatRoutes } from '@atrium/contract'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { files } from '#modules/files'
import { identity } from '#modules/identity'
import { models } from '#modules/models'
import { decodeCursor, paginate, type Member } from '#platform/http'
import { defineModule, type Context } from '#platform/module'
import { api } from './api.ts'
import { createConversations } from './conversations.ts'
import { openEngine } from './engine.ts'
import { chatErrors } from './errors.ts'
import { createFinisher } from './finish.ts'
import { createFollow, type Sink } from './follow.ts'
import { createGenerator } from './generation.ts'
import { jobs } from './jobs.ts'
import { createPromptBuilder } from './prompt.ts'
import { createRunLog } from './run-log.ts'
import { createSearch } from './search.ts'
import { createStyles } from './style-service.ts'
import { createTitles } from './titles.ts'
import { createTransfer } from './transfer/index.ts'
import { createTurns, type Origin } from './turns.ts'
import { conversationsById, findMessage, findRun, listRuns, runById } from './views.ts'

const needs = { identity, models, files }

/** Conversations as trees of messages, and durable turns. */
export const chat = defineModule({ name: 'chat', needs, build, faces: { api, jobs } })

export { changesTopic, type Change } from './changes.ts'

/** What the chat offers to its own faces and to other modules. */
export type Chat = Awaited<ReturnType<typeof build>>

type Query<Name extends keyof typeof chatRoutes> = RouteInput<(typeof chatRoutes)[Name]>['query']

async function build(context: Context<typeof needs>, scope: AsyncDisposableStack) {
  const { db, bus, clock, log, events, identity, models, files, telemetry } = context
  const prompts = createPromptBuilder({ db, identity, files })
  const engine = scope.use(
    await openEngine({
      db: context.jobDb,
      bus,
      clock,
      log,
      runLog: (options) => createRunLog({ db: context.jobDb, log, ...options }),
      finisher: (runLog) => createFinisher({ db, bus, events, runLog }),
      generator: (runLog) =>
        createGenerator({
          models,
          prompts,
          runLog,
          clock,
          log,
          finisher: createFinisher({ db, bus, events, runLog }),
        }),
    }),
  )
  const { runLog } = engine
  scope.defer(bus.subscribe('chat.stop', (notice) => void engine.stop(String(notice['runId']))))
  const follow = createFollow({
    db,
    bus,
    runLog,
    onError: (error) => log.error({ err: error }, 'a run could not be followed'),
  })
  const finisher = createFinisher({ db, bus, events, runLog })

  return {
    conversations: createConversations({ db, bus, clock, models, identity }),
    turns: createTurns({ db, bus, clock, models, files, identity, prompts, engine, finisher }),
    search: createSearch({ db }),
    styles: createStyles({ db, clock }),
    titles: createTitles({ db, bus, models, identity }),
    transfer: createTransfer({ db, bus, clock, identity }),
    jobDb: context.jobDb,

    /** Where a request comes from, for its run. */
    origin: (request: FastifyRequest): Origin => ({
      requestId: request.id,
      traceId: telemetry.traceIdOf(request),
    }),

    /** Streams a run to whoever opens the sink; a run of somebody else does not exist. */
    stream: async (
      member: Member,
      conversationId: string,
      runId: string,
      after: number,
      open: () => Sink,
    ): Promise<void> => {
      const live = runLog.find(runId)
      if (
        live?.row.person_id === member.personId &&
        live.row.conversation_id === conversationId &&
        live.row.workspace_id === member.workspaceId
      ) {
        return follow(live.row, after, open())
      }
      const run = await db.readWorkspace(member.workspaceId, (tx) =>
        findRun(tx, member.personId, conversationId, runId),
      )
      if (!run) throw chatErrors.runMissing()
      follow(run, after, open())
    },

    listRuns: async (
      member: Member,
      query: Query<'listRuns'>,
    ): Promise<RouteOutput<(typeof chatRoutes)['listRuns']>> => {
      const place = query.cursor ? decodeCursor(query.cursor, z.iso.datetime(), z.uuid()) : null
      const found = await db.readWorkspace(member.workspaceId, (tx) =>
        listRuns(tx, {
          personId: member.personId,
          status: query.status,
          conversationId: query.conversationId,
          limit: query.limit,
          after: place && { createdAt: place[0], id: place[1] },
        }),
      )
      return paginate(found, query.limit, (run) => [run.createdAt, run.id])
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
        return { ...(await prompts.describe(tx, run)), reason: null }
      }),

    /** Conversations of a person by id, for other modules. */
    conversationsOf: (workspaceId: string, personId: string, ids: readonly string[]) =>
      db.readWorkspace(workspaceId, (tx) => conversationsById(tx, personId, ids)),
  }
}
