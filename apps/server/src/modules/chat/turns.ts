import { setTimeout as sleep } from 'node:timers/promises'
import type { Message, RouteInput, StopReceipt, TurnAccepted, chatRoutes } from '@atrium/contract'
import type { Files } from '#modules/files'
import type { Identity } from '#modules/identity'
import type { Models } from '#modules/models'
import type { Bus } from '#platform/bus'
import type { Clock } from '#platform/clock'
import { violatedConstraint, type Database, type Tx } from '#platform/db'
import type { Member } from '#platform/http'
import { createBeginning, type Generation } from './beginning.ts'
import { changedNotice } from './changes.ts'
import type { Engine } from './engine.ts'
import { chatErrors } from './errors.ts'
import type { Finisher } from './finish.ts'
import type { PromptBuilder } from './prompt.ts'
import type { MessageRow, RunRow } from './rows.ts'
import { insertMessages, lockScene, setLeaf, type NewMessage } from './store.ts'
import type { TurnTickets } from './tickets.ts'
import { shownMessage, storedContent, userMessageOf } from './turn-content.ts'
import { findMessage, findRun, runById } from './views.ts'

type Body<Name extends keyof typeof chatRoutes> = RouteInput<(typeof chatRoutes)[Name]>['body']

/** Where a call comes from. */
export interface Origin {
  /** Resolves once the call is known to be the first with its key: nothing is written before. */
  readonly claimed: Promise<void>
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
  readonly tickets: TurnTickets
  /** How many answers one person may have under way in a workspace. */
  readonly maxLiveRuns: number
}

const stopWaitMs = 8000
const stopPollMs = 25

export function createTurns(options: TurnsOptions): Turns {
  const begin = createBeginning(options)
  const { db } = options

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

  const again = (member: Member, row: MessageRow, wish: Wish): Promise<TurnAccepted> =>
    begin(member, {
      ...wish,
      parentId: row.parent_id,
      seenLeafId: row.parent_id,
      userMessage: null,
      likeModel: row.model,
    })

  return {
    send: (member, conversationId, body, origin) =>
      begin(member, {
        conversationId,
        origin,
        parentId: body.parentId,
        seenLeafId: body.leafId === undefined ? body.parentId : body.leafId,
        model: body.model,
        likeModel: null,
        thinking: body.thinking,
        continues: null,
        userMessage: { id: body.message.id, parts: body.message.content },
      }),
    regenerate: async (member, conversationId, messageId, body, origin) => {
      const row = await answerBeside(member, conversationId, messageId)
      return again(member, row, { conversationId, origin, continues: null, ...chosen(body) })
    },
    continue: async (member, conversationId, messageId, body, origin) => {
      const row = await answerBeside(member, conversationId, messageId)
      if (row.status === 'streaming') throw chatErrors.wrongRole('This answer is still being written.')
      return again(member, row, { conversationId, origin, continues: row.id, ...chosen(body) })
    },
    edit: (member, conversationId, messageId, body) => edit(options, member, conversationId, messageId, body),
    stop: (member, conversationId, runId) => stop(options, member, conversationId, runId),
    refuseWhileRunning: (member, accepted) => refuseWhileRunning(db, member, accepted),
  }
}

type Wish = Pick<Generation, 'conversationId' | 'origin' | 'continues' | 'model' | 'thinking'>

const chosen = ({ model, thinking }: Body<'regenerate'>): Pick<Wish, 'model' | 'thinking'> => ({
  model,
  thinking,
})

async function refuseWhileRunning(db: Database, member: Member, { run }: TurnAccepted): Promise<void> {
  const { id: runId, conversationId } = run
  const now = await db.readWorkspace(member.workspaceId, (tx) =>
    findRun(tx, member.personId, conversationId, runId),
  )
  if (now && !now.ended_at) throw chatErrors.stillRunning({ runId, conversationId })
}

async function stop(
  { db, bus, engine, finisher }: TurnsOptions,
  member: Member,
  conversationId: string,
  runId: string,
): Promise<StopReceipt> {
  const run = await db.readWorkspace(member.workspaceId, (tx) =>
    findRun(tx, member.personId, conversationId, runId),
  )
  if (!run) throw chatErrors.runMissing()
  const deadline = performance.now() + stopWaitMs
  for (let now = run; ; now = await readRun(db, run)) {
    if (now.ended_at) return receiptOf(now)
    if (performance.now() > deadline) throw chatErrors.stopPending()
    // A queued run may begin between reading and stopping it, so each round looks again.
    if (now.status === 'queued') await finisher.stopQueued(now)
    else if (!engine.stop(runId)) {
      await db.withWorkspace(member.workspaceId, (tx) => bus.publish(tx, 'chat.stop', { runId }))
      await sleep(stopPollMs * 4)
    }
    await sleep(stopPollMs)
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

async function readRun(db: Database, run: RunRow): Promise<RunRow> {
  const now = await db.readWorkspace(run.workspace_id, (tx) => runById(tx, run.workspace_id, run.id))
  if (!now) throw chatErrors.runMissing()
  return now
}

function receiptOf(run: RunRow): StopReceipt {
  const receipt = run.receipt ?? { inputTokens: 0, outputTokens: 0, costNanoUsd: null, estimated: true }
  return { ...receipt, runId: run.id, status: run.status }
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
