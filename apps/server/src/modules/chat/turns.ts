import type {
  Message,
  RouteInput,
  RunEvent,
  StopReceipt,
  TurnAccepted,
  UserPart,
  chatRoutes,
} from '@atrium/contract'
import type { Files } from '#modules/files'
import type { Identity } from '#modules/identity'
import type { Models } from '#modules/models'
import type { Bus } from '#platform/bus'
import type { Clock } from '#platform/clock'
import { violatedConstraint, type Database, type Tx } from '#platform/db'
import type { Member } from '#platform/http'
import { changedNotice, changeText } from './changes.ts'
import type { Engine } from './engine.ts'
import { chatErrors } from './errors.ts'
import type { Finisher } from './finish.ts'
import type { PromptBuilder } from './prompt.ts'
import { toMessage, toRun, type MessageRow, type RunRequest, type RunRow, type StoredPart } from './rows.ts'
import { frameOf } from './run-log.ts'
import { insertMessages, insertTurn, lockScene, setLeaf, type NewMessage, type TurnScene } from './store.ts'
import { findMessage, findRun, runById } from './views.ts'

type Body<Name extends keyof typeof chatRoutes> = RouteInput<(typeof chatRoutes)[Name]>['body']

/** Where a call comes from. */
export interface Origin {
  readonly requestId: string
  readonly traceId: string
}

/** Everything that begins or ends an answer. */
export interface Turns {
  send(
    member: Member,
    conversationId: string,
    body: Body<'createTurn'>,
    origin: Origin,
  ): Promise<TurnAccepted>
  regenerate(
    member: Member,
    conversationId: string,
    messageId: string,
    body: Body<'regenerate'>,
    origin: Origin,
  ): Promise<TurnAccepted>
  continue(
    member: Member,
    conversationId: string,
    messageId: string,
    body: Body<'continueMessage'>,
    origin: Origin,
  ): Promise<TurnAccepted>
  /** Saves another version of a message, without an answer. */
  edit(member: Member, conversationId: string, messageId: string, body: Body<'editMessage'>): Promise<Message>
  stop(member: Member, conversationId: string, runId: string): Promise<StopReceipt>
  /** @throws AppError 409 with the run's id while a run that was asked for with the same key is being written */
  refuseWhileRunning(member: Member, accepted: TurnAccepted): Promise<void>
}

export interface TurnsOptions {
  readonly db: Database
  readonly bus: Bus
  readonly clock: Clock
  readonly models: Models
  readonly files: Files
  readonly identity: Identity
  readonly prompts: PromptBuilder
  readonly engine: Engine
  readonly finisher: Finisher
}

interface Generation {
  readonly conversationId: string
  readonly parentId: string | null
  readonly userMessage: { id: string; parts: readonly UserPart[] } | null
  readonly model: string | undefined
  readonly thinking: boolean | undefined
  readonly continues: string | null
  readonly origin: Origin
}

const stopWaitMs = 8000
/** Answers where nobody has chosen a model. */
const guideModel = 'atrium/guide'

export function createTurns(options: TurnsOptions): Turns {
  const begin = createBeginning(options)
  const { db, engine, finisher } = options

  const answerBeside = async (
    member: Member,
    conversationId: string,
    messageId: string,
  ): Promise<MessageRow> => {
    const row = await db.withWorkspace(member.workspaceId, (tx) =>
      findOwn(tx, member, conversationId, messageId),
    )
    if (row.role !== 'assistant')
      throw chatErrors.wrongRole('Only an answer can be written again or continued.')
    return row
  }

  return {
    send: (member, conversationId, body, origin) =>
      begin(member, {
        conversationId,
        origin,
        parentId: body.parentId,
        model: body.model,
        thinking: body.thinking,
        continues: null,
        userMessage: { id: body.message.id, parts: body.message.content },
      }),
    regenerate: async (member, conversationId, messageId, body, origin) => {
      const row = await answerBeside(member, conversationId, messageId)
      return begin(member, {
        conversationId,
        origin,
        parentId: row.parent_id,
        userMessage: null,
        continues: null,
        model: body.model ?? row.model ?? undefined,
        thinking: body.thinking,
      })
    },
    continue: async (member, conversationId, messageId, body, origin) => {
      const row = await answerBeside(member, conversationId, messageId)
      if (row.status === 'streaming') throw chatErrors.wrongRole('This answer is still being written.')
      return begin(member, {
        conversationId,
        origin,
        parentId: row.parent_id,
        userMessage: null,
        continues: row.id,
        model: body.model ?? row.model ?? undefined,
        thinking: body.thinking,
      })
    },
    edit: (member, conversationId, messageId, body) => edit(options, member, conversationId, messageId, body),
    stop: async (member, conversationId, runId) => {
      const run = await db.readWorkspace(member.workspaceId, (tx) =>
        findRun(tx, member.personId, conversationId, runId),
      )
      if (!run) throw chatErrors.runMissing()
      if (run.status === 'queued') await finisher.stopQueued(run)
      else if (run.status === 'running' && !engine.stop(runId)) {
        await db.withWorkspace(member.workspaceId, (tx) => options.bus.publish(tx, 'chat.stop', { runId }))
      }
      return receiptOf(await untilEnded(db, run))
    },
    refuseWhileRunning: async (member, accepted) => {
      const { id, conversationId } = accepted.run
      const run = await db.readWorkspace(member.workspaceId, (tx) =>
        findRun(tx, member.personId, conversationId, id),
      )
      if (run && !run.ended_at) throw chatErrors.stillRunning({ runId: id, conversationId })
    },
  }
}

async function findOwn(
  tx: Tx,
  member: Member,
  conversationId: string,
  messageId: string,
): Promise<MessageRow> {
  const scene = await lockScene(tx, { personId: member.personId, conversationId, parentId: null })
  if (!scene) throw chatErrors.conversationMissing()
  const row = await findMessage(tx, member.personId, conversationId, messageId)
  if (!row) throw chatErrors.messageMissing()
  return row
}

async function untilEnded(db: Database, run: RunRow): Promise<RunRow> {
  const deadline = performance.now() + stopWaitMs
  for (;;) {
    const now = await db.readWorkspace(run.workspace_id, (tx) => runById(tx, run.workspace_id, run.id))
    if (!now) throw chatErrors.runMissing()
    if (now.ended_at || performance.now() > deadline) return now
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function receiptOf(run: RunRow): StopReceipt {
  const receipt = run.receipt ?? { inputTokens: 0, outputTokens: 0, costNanoUsd: null, estimated: true }
  return { ...receipt, runId: run.id, status: run.status }
}

/** Accepts a turn in one transaction and starts it after the commit. */
function createBeginning(options: TurnsOptions) {
  const { db, clock, models, prompts, engine } = options

  return async (member: Member, generation: Generation): Promise<TurnAccepted> => {
    const { conversationId, parentId, origin } = generation
    const { workspaceId, personId } = member
    const workspace = await options.identity.workspace(workspaceId)
    return db.withWorkspace(workspaceId, async (tx) => {
      const scene = await lockScene(tx, { personId, conversationId, parentId })
      if (!scene) throw chatErrors.conversationMissing()
      if (parentId && !scene.parent_found) throw chatErrors.messageMissing()
      const model = generation.model ?? scene.model ?? (workspace.defaultModel || guideModel)
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
          sections: await prompts.sections(tx, { workspaceId, personId, style: scene.style }),
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
      await insert(tx, { member, generation, scene, run, messages, started })
      if (run.status === 'running')
        db.afterCommit(tx, () => engine.start(run, frameOf(1, event.type, started)))
      return { run: toRun(run), userMessage, branched: run.branched }
    })
  }
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
  const stale = scene.leaf_id !== null && scene.leaf_id !== generation.parentId
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

const userMessageOf = (
  id: string,
  parentId: string | null,
  authorId: string,
  content: StoredPart[],
): NewMessage => ({
  id,
  parentId,
  role: 'user',
  authorId,
  content,
  status: 'complete',
  model: null,
  runId: null,
  traceId: null,
})

function shownMessage(message: NewMessage, member: Member, scene: TurnScene): Message {
  const row: MessageRow = {
    id: message.id,
    parent_id: message.parentId,
    role: message.role,
    author_id: message.authorId,
    content: [...message.content],
    status: message.status,
    model: null,
    run_id: null,
    usage: null,
    cost_nano_usd: null,
    first_token_ms: null,
    total_ms: null,
    trace_id: null,
    error: null,
    created_at: scene.now,
    rating: null,
    sibling_index: scene.sibling_count,
    sibling_count: scene.sibling_count + 1,
    previous_id: scene.last_sibling_id,
    next_id: null,
  }
  return toMessage(row, new Map([[member.personId, member.name]]))
}

async function storedContent(
  tx: Tx,
  files: Files,
  member: Member,
  parts: readonly UserPart[],
): Promise<StoredPart[]> {
  const ids = parts.flatMap((part) => (part.type === 'file' ? [part.fileId] : []))
  if (ids.length === 0) return parts.filter((part) => part.type === 'text')
  const infos = new Map((await files.describe(tx, member.personId, ids)).map((info) => [info.id, info]))
  await files.markUsed(tx, ids)
  return parts.flatMap((part): StoredPart[] => {
    if (part.type === 'text') return [part]
    const info = infos.get(part.fileId)
    return info
      ? [
          {
            type: 'file',
            fileId: info.id,
            name: info.name,
            mediaType: info.mediaType,
            sizeBytes: info.sizeBytes,
          },
        ]
      : []
  })
}

/** The notice of a new turn, as the bus would send it; it leaves with the statement that writes the turn. */
function noticeText({
  member,
  generation,
  run,
}: {
  member: Member
  generation: Generation
  run: RunRow
}): string {
  const { workspaceId, personId } = member
  return changeText({
    kind: 'messages',
    workspaceId,
    personId,
    conversationId: generation.conversationId,
    messageId: run.assistant_message_id,
    runId: run.id,
    status: run.status,
  })
}

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
      notice: noticeText(turn),
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

async function edit(
  { db, bus, files }: TurnsOptions,
  member: Member,
  conversationId: string,
  messageId: string,
  body: Body<'editMessage'>,
): Promise<Message> {
  const { workspaceId, personId } = member
  return db.withWorkspace(workspaceId, async (tx) => {
    const before = await findOwn(tx, member, conversationId, messageId)
    const scene = await lockScene(tx, { personId, conversationId, parentId: before.parent_id })
    if (!scene) throw chatErrors.conversationMissing()
    const content = await storedContent(tx, files, member, body.content)
    const message: NewMessage = {
      ...userMessageOf(body.id, before.parent_id, personId, content),
      role: before.role,
      model: before.model,
    }
    await insertMessages(tx, workspaceId, conversationId, [message], scene.now).catch((error: unknown) => {
      throw violatedConstraint(error) === 'messages_pkey' ? chatErrors.idTaken() : error
    })
    await setLeaf(tx, workspaceId, conversationId, personId, message.id)
    await changedNotice(bus, tx, {
      kind: 'messages',
      workspaceId,
      personId,
      conversationId,
      messageId: message.id,
    })
    return shownMessage(message, member, scene)
  })
}
