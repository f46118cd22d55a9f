import { randomUUID } from 'node:crypto'
import type { Message, OpenConversation, TurnAccepted } from '@atrium/contract'
import type { StreamedEvent } from './client.ts'
import type { Person } from './server.ts'

/** Drives one conversation as its owner, the way the web app does. */
export interface TestConversation {
  readonly id: string
  readonly path: string
  /** Sends a text and gives the events of the answer, to be read to the end. */
  stream(text: string, options?: SendOptions): AsyncGenerator<StreamedEvent>
  /** Sends a text and waits for the end of the answer. */
  send(text: string, options?: SendOptions): Promise<StreamedEvent[]>
  /** Sends a text without following the answer. */
  accept(text: string, options?: SendOptions): Promise<TurnAccepted>
  open(): Promise<OpenConversation>
  message(id: string): Promise<Message>
}

export interface SendOptions {
  readonly parentId?: string | null
  /** Where the sender saw the conversation end; the parent when left out. */
  readonly leafId?: string | null
  readonly id?: string
  readonly model?: string
  readonly key?: string
}

/** Creates a conversation of this person with a model. */
export async function startConversation(person: Person, model: string): Promise<TestConversation> {
  const { body } = await person.client.post<{ id: string }>(`${person.base}/conversations`, { model })
  const path = `${person.base}/conversations/${body.id}`

  const open = async (): Promise<OpenConversation> => (await person.client.get<OpenConversation>(path)).body

  const requestOf = async (text: string, options: SendOptions = {}) => {
    const parentId = options.parentId === undefined ? (await open()).leafId : options.parentId
    const id = options.id ?? randomUUID()
    const content = [{ type: 'text', text }]
    const seen = options.leafId === undefined ? {} : { leafId: options.leafId }
    const model = options.model ? { model: options.model } : {}
    return { request: { parentId, message: { id, content }, ...seen, ...model }, key: options.key ?? id }
  }

  const stream = async function* (text: string, options?: SendOptions): AsyncGenerator<StreamedEvent> {
    const { request, key } = await requestOf(text, options)
    yield* person.client.events(`${path}/turns`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(request),
    })
  }

  return {
    id: body.id,
    path,
    stream,
    open,
    send: (text, options) => Array.fromAsync(stream(text, options)),
    accept: async (text, options) => {
      const { request, key } = await requestOf(text, options)
      return (
        await person.client.post<TurnAccepted>(`${path}/turns`, request, {
          headers: { 'idempotency-key': key },
        })
      ).body
    },
    message: async (id) => {
      const found = (await open()).messages.find((message) => message.id === id)
      if (!found) throw new Error(`message ${id} is not on the path`)
      return found
    },
  }
}

/** The text that deltas add up to. */
export const textOfEvents = (events: readonly StreamedEvent[]): string =>
  events.map((event) => (event.type === 'text_delta' ? String(event.data['text']) : '')).join('')
