import type { Message, RunEvent, TurnAccepted, UserPart } from '@atrium/contract'
import type { Models } from '#modules/models'
import { violatedConstraint, type Tx } from '#platform/db'
import { AppError } from '#platform/errors'
import type { Member } from '#platform/http'
import { announceChange, type Change } from './changes.ts'
import { chatErrors } from './errors.ts'
import { toRun, type RunRequest, type RunRow } from './rows.ts'
import { frameOf } from './run-log.ts'
import { insertTurn, lockScene, type NewMessage, type TurnScene } from './store.ts'
import type { TurnTicket } from './tickets.ts'
import { shownMessage, storedContent, userMessageOf } from './turn-content.ts'
import type { Origin, TurnsOptions } from './turns.ts'

/** What is to be generated, and where in the tree. */
export interface Generation {
  readonly conversationId: string
  readonly parentId: string | null
  /** Where the person saw the conversation end. */
  readonly seenLeafId: string | null
  readonly userMessage: { id: string; parts: readonly UserPart[] } | null
  /** What the person has chosen; refused when it cannot be used. */
  readonly model: string | undefined
  /** What wrote the answer before; taken when it can still be used. */
  readonly likeModel: string | null
  readonly thinking: boolean | undefined
  readonly continues: string | null
  readonly origin: Origin
}

/** Answers where nobody has chosen a model. */
const guideModel = 'atrium/guide'

/** Accepts a turn in one transaction and starts it after the commit. */
export function createBeginning(options: TurnsOptions) {
  const { tickets } = options
  const accept = createAcceptance(options)

  return async (member: Member, generation: Generation): Promise<TurnAccepted> => {
    const leave = generation.origin.claimed.then(() =>
      tickets.take(member, generation.userMessage?.parts ?? []),
    )
    try {
      return await accept(member, generation, leave)
    } catch (error) {
      leave.then(
        (ticket) => ticket.giveBack(),
        () => undefined,
      )
      throw error
    }
  }
}

/** Stores a turn in one transaction. @throws AppError 429 without leave; 404, 409 for what cannot be answered */
function createAcceptance(options: TurnsOptions) {
  const { db, clock, models, prompts, engine } = options

  return async (
    member: Member,
    generation: Generation,
    leave: Promise<TurnTicket>,
  ): Promise<TurnAccepted> => {
    const { conversationId, parentId, origin } = generation
    const { workspaceId, personId } = member
    return db.withWorkspace(workspaceId, async (tx) => {
      // On their way together: all answers for the wait of one.
      const [scene, settings, above, ticket] = await Promise.all([
        lockScene(tx, { personId, conversationId, parentId, countRunsTo: options.maxLiveRuns }),
        options.identity.answerSettings(tx, workspaceId, personId),
        prompts.said(tx, parentId),
        leave,
      ])
      if (!scene) throw chatErrors.conversationMissing()
      if (parentId && !scene.parent_found) throw chatErrors.messageMissing()
      if (scene.live_runs >= options.maxLiveRuns) throw chatErrors.tooManyRuns(options.maxLiveRuns)
      const wishes = [generation.likeModel, scene.model, settings.defaultModel]
      const model = generation.model ?? (await firstUsable(models, workspaceId, wishes))
      await models.resolve(workspaceId, model)
      const run = newRun(generation, scene, {
        id: clock.uuid(),
        messageId: clock.uuid(),
        engineId: engine.id,
        model,
        personId,
        workspaceId,
        request: {
          thinking: generation.thinking ?? scene.settings.thinking ?? false,
          sections: await prompts.sections(tx, { settings, personId, style: scene.style }),
          continues: generation.continues,
        },
      })
      const { messages, userMessage } = await newMessages(tx, options, member, generation, scene, run)
      const event: RunEvent = {
        type: 'turn_started',
        runId: run.id,
        conversationId,
        userMessage,
        assistantMessageId: run.assistant_message_id,
        parentId: run.parent_id,
        model,
        branched: run.branched,
        traceId: origin.traceId,
        requestId: origin.requestId,
      }
      const started = JSON.stringify(event)
      db.withCommit(tx, insert(tx, { member, generation, scene, run, messages, started }))
      announceChange(options, tx, changeOf(member, generation, run))
      const said = [...above, ...messages.filter(({ role }) => role === 'user')]
      db.afterCommit(tx, () => ticket.keepFor(run.id))
      if (run.status === 'running')
        db.afterCommit(tx, () => engine.start(run, frameOf(1, event.type, started), said))
      return { run: toRun(run), userMessage, branched: run.branched }
    })
  }
}

/** The first of the models that can be called: one may be gone, or come from an import and never have been here. */
async function firstUsable(
  models: Models,
  workspaceId: string,
  wishes: readonly (string | null)[],
): Promise<string> {
  for (const wish of wishes) {
    if (!wish) continue
    const usable = await Promise.try(() => models.resolve(workspaceId, wish)).then(
      () => true,
      (error: unknown) => {
        if (error instanceof AppError && error.status < 500) return false
        throw error
      },
    )
    if (usable) return wish
  }
  return guideModel
}

interface Minted {
  id: string
  messageId: string
  engineId: string
  model: string
  personId: string
  workspaceId: string
  request: RunRequest
}

function newRun(generation: Generation, scene: TurnScene, minted: Minted): RunRow {
  const waits = generation.userMessage !== null && scene.parent_run_id !== null
  const stale = scene.leaf_id !== null && scene.leaf_id !== generation.seenLeafId
  return {
    workspace_id: minted.workspaceId,
    id: minted.id,
    conversation_id: generation.conversationId,
    assistant_message_id: minted.messageId,
    user_message_id: generation.userMessage?.id ?? null,
    parent_id: generation.userMessage?.id ?? generation.parentId,
    person_id: minted.personId,
    status: waits ? 'queued' : 'running',
    model: minted.model,
    engine_id: waits ? null : minted.engineId,
    fence: 0,
    last_sequence: 1,
    request: minted.request,
    branched: generation.userMessage !== null && stale && scene.sibling_count > 0,
    trace_id: generation.origin.traceId,
    request_id: generation.origin.requestId,
    receipt: null,
    why: null,
    created_at: scene.now,
    ended_at: null,
  }
}

async function newMessages(
  tx: Tx,
  { files }: TurnsOptions,
  member: Member,
  { userMessage: sent, parentId }: Generation,
  scene: TurnScene,
  run: RunRow,
): Promise<{ messages: NewMessage[]; userMessage: Message | null }> {
  const answer: NewMessage = {
    id: run.assistant_message_id,
    parentId: run.parent_id,
    role: 'assistant',
    authorId: null,
    content: [],
    status: 'streaming',
    model: run.model,
    runId: run.id,
    traceId: run.trace_id,
  }
  if (!sent) return { messages: [answer], userMessage: null }
  const content = await storedContent(tx, files, member, sent.parts)
  const question = userMessageOf(sent.id, parentId, member.personId, content)
  return { messages: [question, answer], userMessage: shownMessage(question, member, scene) }
}

const changeOf = (member: Member, { conversationId }: Generation, run: RunRow): Change => ({
  kind: 'messages',
  workspaceId: member.workspaceId,
  personId: member.personId,
  conversationId,
  messageId: run.assistant_message_id,
  runId: run.id,
  status: run.status,
})

async function insert(
  tx: Tx,
  turn: {
    member: Member
    generation: Generation
    scene: TurnScene
    run: RunRow
    messages: NewMessage[]
    started: string
  },
): Promise<void> {
  const { member, generation, scene, run } = turn
  try {
    await insertTurn(tx, {
      workspaceId: member.workspaceId,
      conversationId: generation.conversationId,
      personId: member.personId,
      at: scene.now,
      messages: turn.messages,
      started: turn.started,
      model: generation.model ?? null,
      run: {
        id: run.id,
        assistantMessageId: run.assistant_message_id,
        userMessageId: run.user_message_id,
        parentId: run.parent_id,
        status: run.status === 'queued' ? 'queued' : 'running',
        model: run.model,
        engineId: run.engine_id,
        request: run.request,
        branched: run.branched,
        traceId: run.trace_id,
        requestId: run.request_id,
      },
    })
  } catch (error) {
    if (violatedConstraint(error) === 'messages_pkey') throw chatErrors.idTaken()
    throw error
  }
}
