import { randomUUID } from 'node:crypto'
import { chatRoutes, type OpenConversation } from '@atrium/contract'
import type { Client } from '../lib/client.ts'
import { CliError } from '../lib/errors.ts'
import type { RunPlace } from './follow.ts'

export interface ChatPlace {
  readonly workspaceId: string
  readonly conversationId: string
}

export interface Question {
  readonly text: string
  readonly model?: string | undefined
  readonly thinking?: boolean | undefined
}

/** Makes a conversation. */
export async function createConversation(
  client: Client,
  workspaceId: string,
  model: string | undefined,
): Promise<ChatPlace> {
  const body = model === undefined ? {} : { model }
  const { id } = await client.call(chatRoutes.createConversation, { params: { workspaceId }, body })
  return { workspaceId, conversationId: id }
}

/** The conversation that was used last, or null. */
export async function newestConversation(client: Client, workspaceId: string): Promise<ChatPlace | null> {
  const { data } = await client.call(chatRoutes.listConversations, {
    params: { workspaceId },
    query: { limit: 100 },
  })
  const newest = data.toSorted((one, other) => other.updatedAt.localeCompare(one.updatedAt))[0]
  return newest ? { workspaceId, conversationId: newest.id } : null
}

export const openConversation = (client: Client, place: ChatPlace): Promise<OpenConversation> =>
  client.call(chatRoutes.openConversation, { params: place, query: { limit: 1 } })

/** Sends a question once, however often the connection breaks meanwhile; gives the run that answers. */
export async function ask(client: Client, place: ChatPlace, question: Question): Promise<RunPlace> {
  const { leafId } = await openConversation(client, place)
  const id = randomUUID()
  const { text, model, thinking } = question
  const body = {
    parentId: leafId,
    message: { id, content: [{ type: 'text' as const, text }] },
    ...(model === undefined ? {} : { model }),
    ...(thinking === undefined ? {} : { thinking }),
  }
  try {
    const accepted = await client.call(chatRoutes.createTurn, { params: place, body }, { idempotencyKey: id })
    return { ...place, runId: accepted.run.id }
  } catch (error) {
    const runId = runOf(error)
    if (runId === null) throw error
    return { ...place, runId }
  }
}

/** A repeated question is answered with the run that is under way. */
function runOf(error: unknown): string | null {
  if (!(error instanceof CliError)) return null
  const { details } = error.options
  const isRun = typeof details === 'object' && details !== null && 'runId' in details
  return isRun && typeof details.runId === 'string' ? details.runId : null
}
