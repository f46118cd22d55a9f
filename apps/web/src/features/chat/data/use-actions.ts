import type { Conversation, FileInfo, Message, UserPart } from '@atrium/contract'
import { useMemo } from 'react'
import { call } from '../../../api/client.ts'
import { ApiError, messageOf } from '../../../api/error.ts'
import { keys } from '../../../api/queries.ts'
import { useToast } from '../../../ui/index.ts'
import type { NewConversation, OutboxEntry } from '../outbox/outbox.ts'
import { newId } from '../uuid-v7.ts'
import { type ChatServices, useChatServices } from './chat-services.ts'
import { changeMessage, mergePath, type Path } from './path.ts'
import { unsentPath } from './use-conversation.ts'

export interface Draft {
  readonly text: string
  readonly files: readonly FileInfo[]
}

export interface SendOptions {
  readonly conversationId: string
  readonly create?: NewConversation
  /** Where it goes on from; the end of the path unless told. */
  readonly parentId?: string | null
}

export interface ChatActions {
  /** Resolves when the message is safe on this device; sending goes on by itself. */
  send: (draft: Draft, options: SendOptions) => Promise<void>
  /** Answers whether the turn was accepted; says itself what went wrong. */
  regenerate: (message: Message, model?: string) => Promise<boolean>
  goOn: (message: Message, model?: string) => Promise<boolean>
  /** The receipt arrives as the end of the run. */
  stop: (runId: string) => Promise<boolean>
  /** Stands at another message, and on its newest descendant with `descend`. */
  moveTo: (messageId: string, descend?: boolean) => Promise<void>
  saveEdit: (message: Message, draft: Draft) => Promise<boolean>
  rate: (message: Message, rating: Message['rating']) => Promise<void>
}

/** Everything that can be done to the messages of one conversation. */
export function useChatActions(conversationId: string | null): ChatActions {
  const services = useChatServices()
  const toast = useToast()
  return useMemo(() => {
    const id = conversationId ?? ''
    const attempt = async (work: () => Promise<void>): Promise<boolean> => {
      try {
        await work()
        return true
      } catch (error) {
        toast({ message: messageOf(error), tone: 'danger' })
        return false
      }
    }
    return {
      ...turnActions(services, id, attempt),
      send: (draft, options) => send(services, draft, options),
      moveTo: async (messageId, descend = false) => {
        await attempt(() => moveLeaf(services, id, messageId, descend))
      },
      saveEdit: (message, draft) => attempt(() => saveEdit(services, id, message, draft)),
      rate: async (message, rating) => {
        await attempt(() => rate(services, id, message, rating))
      },
    }
  }, [services, conversationId, toast])
}

const contentOf = ({ text, files }: Draft): UserPart[] => [
  ...files.map(({ id }): UserPart => ({ type: 'file', fileId: id })),
  ...(text.trim() ? [{ type: 'text' as const, text }] : []),
]

function turnActions(
  services: ChatServices,
  conversationId: string,
  attempt: (work: () => Promise<void>) => Promise<boolean>,
): Pick<ChatActions, 'regenerate' | 'goOn' | 'stop'> {
  const { workspaceId, accepted } = services
  const again = (operation: 'regenerate' | 'continueMessage', message: Message, model?: string) =>
    attempt(async () => {
      const params = { workspaceId, conversationId, messageId: message.id }
      accepted(conversationId, await call(operation, { params, body: model ? { model } : {} }))
    })
  return {
    regenerate: (message, model) => again('regenerate', message, model),
    goOn: (message, model) => again('continueMessage', message, model),
    stop: (runId) =>
      attempt(async () => {
        await call('stopRun', { params: { workspaceId, conversationId, runId } })
      }),
  }
}

async function send(services: ChatServices, draft: Draft, options: SendOptions): Promise<void> {
  const { client, workspaceId, outbox } = services
  const { conversationId, create, parentId } = options
  const key = keys.conversation(workspaceId, conversationId)
  const path = client.getQueryData<Path>(key)
  const waiting = outbox.entries().findLast((entry) => entry.conversationId === conversationId)
  const entry: OutboxEntry = {
    id: newId(),
    conversationId,
    create: create ?? null,
    parent: parentOf(parentId, waiting, path),
    ...(parentId !== undefined && path ? { leafId: path.leafId } : {}),
    content: contentOf(draft),
    files: draft.files,
    model: null,
    thinking: null,
    createdAtMs: Date.now(),
    state: 'waiting',
    error: null,
  }
  if (create) client.setQueryData<Path>(key, (known) => known ?? unsentPath(entry))
  await outbox.add(entry)
}

function parentOf(
  parentId: string | null | undefined,
  waiting: OutboxEntry | undefined,
  path: Path | undefined,
): OutboxEntry['parent'] {
  if (parentId !== undefined) return { messageId: parentId }
  if (waiting) return { entryId: waiting.id }
  return { messageId: path?.messages.at(-1)?.id ?? null }
}

/** Compare and set: when another tab has moved meanwhile, its place is taken over instead. */
async function moveLeaf(
  services: ChatServices,
  conversationId: string,
  messageId: string,
  descend: boolean,
): Promise<void> {
  const { client, workspaceId } = services
  const key = keys.conversation(workspaceId, conversationId)
  const expected = client.getQueryData<Path>(key)?.leafId ?? null
  const params = { workspaceId, conversationId }
  try {
    const fresh = await call('moveLeaf', { params, body: { messageId, expected, descend } })
    client.setQueryData<Path>(key, (known) => mergePath(known, fresh))
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 409)) throw error
    await client.invalidateQueries({ queryKey: key })
  }
}

async function saveEdit(
  services: ChatServices,
  conversationId: string,
  message: Message,
  draft: Draft,
): Promise<void> {
  const { client, workspaceId } = services
  const params = { workspaceId, conversationId, messageId: message.id }
  await call('editMessage', { params, body: { id: newId(), content: contentOf(draft) } })
  // The server has moved this person to the new version.
  await client.invalidateQueries({ queryKey: keys.conversation(workspaceId, conversationId) })
}

async function rate(
  { workspaceId, changePath }: ChatServices,
  conversationId: string,
  message: Message,
  rating: Message['rating'],
): Promise<void> {
  const show = (shown: Message['rating']) =>
    changePath(conversationId, (path) =>
      changeMessage(path, message.id, (each) => ({ ...each, rating: shown })),
    )
  show(rating)
  try {
    await call('rateMessage', {
      params: { workspaceId, conversationId, messageId: message.id },
      body: { rating },
    })
  } catch (error) {
    show(message.rating)
    throw error
  }
}

/** What may be changed of a conversation. */
export type ConversationChange = Partial<
  Pick<Conversation, 'title' | 'pinned' | 'archived' | 'model' | 'style' | 'settings'>
>
