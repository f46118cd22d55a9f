import { createHash } from 'node:crypto'
import type { NewConversation } from '../conversation-store.ts'
import { shown } from './checks.ts'
import type { ConversationDraft, DraftMessage, DraftTree, MessageFacts } from './draft.ts'
import { derivedId } from './ids.ts'
import type { ImportedMessage } from './store.ts'
import { currentOf } from './tree.ts'

/** Names a conversation of a source; the same for each import of it. */
export function importKeyOf(format: string, sourceId: string): string {
  const id = sourceId.length <= 200 ? sourceId : createHash('sha256').update(sourceId).digest('hex')
  return `${format}:${id}`
}

export interface ImportPlace {
  readonly workspaceId: string
  readonly personId: string
  readonly importKey: string
  readonly now: Date
}

/** Longest title, as for titles that people give. */
const titleChars = 200

/** A draft as the rows that it becomes. Times that the source does not tell follow from those that it does. */
export function rowsOf(
  draft: ConversationDraft,
  place: ImportPlace,
): { conversation: NewConversation; messages: ImportedMessage[]; leafId: string | null } {
  const { workspaceId, personId, importKey, now } = place
  const start =
    draft.createdAt ?? draft.tree.messages.find((one) => one.createdAt)?.createdAt ?? draft.updatedAt ?? now
  const { messages, idOf } = messageRows(draft.tree, place, start)
  const newest = messages.reduce((latest, one) => (one.createdAt > latest ? one.createdAt : latest), start)
  const current = currentOf(draft.tree)
  const title = shown(draft.title, titleChars)
  return {
    conversation: {
      workspaceId,
      id: derivedId(start, 0, [workspaceId, personId, importKey]),
      ownerId: personId,
      title,
      titleSource: title ? 'import' : 'none',
      // The catalogue here may not know it; the next turn takes the default.
      model: null,
      style: draft.style,
      settings: { thinking: draft.thinking },
      importKey,
      archived: draft.archived,
      pinned: draft.pinned,
      createdAt: start,
      updatedAt: draft.updatedAt ?? newest,
    },
    messages,
    leafId: current === null ? null : (idOf.get(current) ?? null),
  }
}

const plainFacts: MessageFacts = {
  status: 'complete',
  usage: null,
  costNanoUsd: null,
  timing: null,
  error: null,
  rating: null,
}

function messageRows(
  tree: DraftTree,
  place: ImportPlace,
  start: Date,
): { messages: ImportedMessage[]; idOf: Map<string, string> } {
  const idOf = new Map<string, string>()
  const timeOf = new Map<string, Date>()
  const siblings = new Map<string | null, number>()
  const messages = tree.messages.map((message): ImportedMessage => {
    const { sourceId, parentId } = message
    const order = siblings.get(parentId) ?? 0
    siblings.set(parentId, order + 1)
    const createdAt =
      message.createdAt ?? after(parentId === null ? undefined : timeOf.get(parentId)) ?? start
    const id = derivedId(createdAt, order, [place.workspaceId, place.personId, place.importKey, sourceId])
    idOf.set(sourceId, id)
    timeOf.set(sourceId, createdAt)
    return rowOf(message, place, {
      id,
      parentId: parentId === null ? null : (idOf.get(parentId) ?? null),
      createdAt,
    })
  })
  return { messages, idOf }
}

const after = (time: Date | undefined): Date | undefined => time && new Date(time.getTime() + 1)

function rowOf(
  { role, content, model, edited, facts }: DraftMessage,
  { personId }: ImportPlace,
  own: { id: string; parentId: string | null; createdAt: Date },
): ImportedMessage {
  return {
    ...(facts ?? plainFacts),
    ...own,
    role,
    content,
    model,
    authorId: role === 'user' || edited ? personId : null,
  }
}

/** Rows and characters of one INSERT. */
const chunkRows = 500
const chunkChars = 2_000_000

/** Messages in portions that one statement can write quickly. */
export function* chunksOf(messages: readonly ImportedMessage[]): Generator<ImportedMessage[]> {
  let chunk: ImportedMessage[] = []
  let chars = 0
  for (const message of messages) {
    chunk.push(message)
    chars += JSON.stringify(message.content).length
    if (chunk.length === chunkRows || chars > chunkChars) {
      yield chunk
      chunk = []
      chars = 0
    }
  }
  if (chunk.length > 0) yield chunk
}
