import { terminalEvents } from '@atrium/contract'
import { z } from 'zod'
import { type Answer, type Api, type Call, mintId } from './api.ts'

/** A message that is to be sent, with the key under which it is sent however often. */
export interface TurnOrder {
  readonly conversationId: string
  readonly parentId: string | null
  readonly messageId: string
  readonly key: string
  readonly text: string
}

/** The model of the fake provider, as Atrium names it. */
export const fakeModel = 'openai/fake-1'

const ends: ReadonlySet<string> = new Set(terminalEvents)

export const isTerminal = (event: string): boolean => ends.has(event)

/** Orders a turn; its ids are minted here, as the web app does it. */
export function orderTurn(conversationId: string, text: string, parentId: string | null = null): TurnOrder {
  const messageId = mintId()
  return { conversationId, parentId, messageId, key: messageId, text }
}

/** The request that sends a turn. */
export function turnCall(api: Api, order: TurnOrder): Call {
  return {
    method: 'POST',
    path: `${api.base}/conversations/${order.conversationId}/turns`,
    headers: { 'idempotency-key': order.key },
    body: {
      parentId: order.parentId,
      message: { id: order.messageId, content: [{ type: 'text', text: order.text }] },
      model: fakeModel,
    },
  }
}

/** The request that follows a run after the event with this number. */
export function eventsCall(api: Api, conversationId: string, runId: string, after: number): Call {
  return {
    path: `${api.base}/conversations/${conversationId}/runs/${runId}/events`,
    headers: after === 0 ? {} : { 'last-event-id': String(after) },
  }
}

/** The request that makes a conversation under an id of ours; it may be repeated. */
export function conversationCall(api: Api, id: string): Call {
  return {
    method: 'POST',
    path: `${api.base}/conversations`,
    headers: { 'idempotency-key': id },
    body: { id },
  }
}

/** Makes conversations and gives their ids. */
export async function makeConversation(api: Api): Promise<string> {
  const id = mintId()
  await api.json(conversationCall(api, id))
  return id
}

/** The text of a delta's data; empty for other events. */
export function deltaText(event: string, data: string): string {
  if (event !== 'text_delta') return ''
  return delta.parse(JSON.parse(data)).text
}

const delta = z.object({ text: z.string() })
const conflict = z.object({ error: z.object({ details: z.object({ runId: z.string() }) }) })
const accepted = z.object({ run: z.object({ id: z.string() }) })

/** The run that a 409 names because it is still being written; undefined for any other answer. */
export function runStillWritten({ status, text }: Answer): string | undefined {
  return status === 409 ? conflict.safeParse(JSON.parse(text)).data?.error.details.runId : undefined
}

/** The run of an answer that accepts a turn or gives the stored acceptance again. */
export function runAccepted({ status, text }: Answer): string | undefined {
  return status === 200 ? accepted.safeParse(JSON.parse(text)).data?.run.id : undefined
}
