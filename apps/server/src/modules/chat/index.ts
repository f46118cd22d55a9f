import type { FastifyRequest } from 'fastify'
import { admission } from '#modules/admission'
import { files } from '#modules/files'
import { identity } from '#modules/identity'
import { models } from '#modules/models'
import type { Database } from '#platform/db'
import type { Metrics } from '#platform/metrics'
import { defineModule, type Context } from '#platform/module'
import { api } from './api.ts'
import { changesTopic } from './changes.ts'
import { createConversations } from './conversations.ts'
import { LeasedEngine } from './engine.ts'
import { createFinisher } from './finish.ts'
import { createFollow } from './follow.ts'
import { createGenerator } from './generation.ts'
import { jobs } from './jobs.ts'
import { createPaths } from './paths.ts'
import { createPromptBuilder } from './prompt.ts'
import { TickingRunLog } from './run-log.ts'
import { purgeDeleted } from './purge.ts'
import { countLeases } from './store.ts'
import { createRuns } from './runs.ts'
import { createSearch } from './search.ts'
import { createStyles } from './style-service.ts'
import { TurnTickets } from './tickets.ts'
import { createTitles } from './titles.ts'
import { createTransfer } from './transfer/index.ts'
import { createTurnSpans, type TurnSpans } from './turn-spans.ts'
import { createTurns, type Origin } from './turns.ts'
import { stopUncalledFor } from './uncalled-for.ts'
import { conversationsById } from './views.ts'

const needs = { identity, admission, models, files }

/** Conversations as trees of messages, and durable turns. */
export const chat = defineModule({ name: 'chat', needs, build, faces: { api, jobs } })

export { changesTopic, type Change } from './changes.ts'

/** What the chat offers to its own faces and to other modules. */
export type Chat = Awaited<ReturnType<typeof build>>

async function build(context: Context<typeof needs>, scope: AsyncDisposableStack) {
  const { db, jobDb, bus, clock, log, identity, models, files, telemetry, metrics } = context
  const prompts = createPromptBuilder({ db, files })
  const tickets = new TurnTickets(context.admission)
  const spans = createTurnSpans(telemetry)
  const { engine, runLog, finisher } = await openGeneration(context, { prompts, tickets, spans }, scope)
  const follow = createFollow({
    db,
    bus,
    runLog,
    onError: (error) => log.error({ err: error }, 'a run could not be followed'),
  })
  measure(metrics, runLog, jobDb)
  // A queued run may be stopped, or end in another process.
  scope.defer(
    bus.subscribe(changesTopic, ({ kind, runId }) => {
      if (kind === 'run') tickets.end(String(runId))
    }),
  )
  stopUncalledFor({ db, jobDb, bus, log, identity, engine, finisher }, scope)
  scope.defer(bus.subscribe('chat.stop', (notice) => void engine.stop(String(notice['runId']))))

  return {
    conversations: createConversations({ db, bus, clock, models }),
    paths: createPaths({ db, bus, identity }),
    turns: createTurns({
      db,
      bus,
      clock,
      models,
      files,
      identity,
      prompts,
      engine,
      finisher,
      tickets,
      maxLiveRuns: context.config.chat.maxLiveRuns,
    }),
    runs: createRuns({ db, runLog, follow, prompts }),
    search: createSearch({ db }),
    styles: createStyles({ db, clock }),
    titles: createTitles({ db, bus, models, spans }),
    transfer: createTransfer({
      db,
      bus,
      clock,
      identity: { people: (ids) => db.transaction((tx) => identity.people(tx, ids)) },
    }),
    jobDb,
    /** Removes for good what was deleted a month ago. */
    purge: () => jobDb.transaction((tx) => purgeDeleted(tx, files)),

    /** Where a request comes from, for its run. */
    origin: ({ request, claimed }: { request: FastifyRequest; claimed: Promise<void> }): Origin => {
      const caller = telemetry.callerOf(request)
      if (caller) spans.asked(request.id, caller)
      return { claimed, requestId: request.id, traceId: telemetry.traceIdOf(request) }
    },

    /** Conversations of a person by id, for other modules. */
    conversationsOf: (workspaceId: string, personId: string, ids: readonly string[]) =>
      db.readWorkspace(workspaceId, (tx) => conversationsById(tx, personId, ids)),
  }
}

interface GenerationParts {
  readonly prompts: ReturnType<typeof createPromptBuilder>
  readonly tickets: TurnTickets
  readonly spans: TurnSpans
}

/** The parts that write answers, which know of one another. */
async function openGeneration(
  { db, jobDb, bus, events, log, models }: Context<typeof needs>,
  { prompts, tickets, spans }: GenerationParts,
  scope: AsyncDisposableStack,
) {
  const runLog = new TickingRunLog({
    db: jobDb,
    log,
    engineId: () => engine.id,
    onLeaseLost: () => engine.abandon(),
    hasPeers: () => engine.hasPeers(),
  })
  const finisher = createFinisher({ db, bus, events, runLog, spans })
  const generator = createGenerator({ models, prompts, runLog, finisher, tickets, log })
  const engine = new LeasedEngine({ db: jobDb, log, runLog, generator, finisher })
  scope.use(await engine.open())
  return { engine, runLog, finisher }
}

function measure(metrics: Metrics, runLog: TickingRunLog, jobDb: Database): void {
  metrics.state('atrium_chat_live_runs', 'Answers that this process writes.', [], () => [
    { value: runLog.size },
  ])
  metrics.state('atrium_chat_leases', 'Processes that hold a lease for writing answers.', [], async () => [
    { value: await jobDb.readOnly(countLeases) },
  ])
}
