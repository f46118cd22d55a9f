import { contentPart, message, presetStyles } from '@atrium/contract'
import { z } from 'zod'
import { fileNote, type ConversationDraft, type DraftMessage, type DraftPart } from './draft.ts'
import { timeOfText } from './times.ts'
import { connect } from './tree.ts'

/** The `format` member of our own documents. */
export const ownFormat = 'atrium.conversations'
/** Grows when a reader of the version before would misread the document. New members do not change it. */
export const ownVersion = 1

/** A message of our own document. `parentId` names the message that it follows; null under the root. */
export const ownMessage = z.object({
  id: z.string().min(1),
  parentId: z.string().nullable(),
  role: message.shape.role,
  /** Name of the person who wrote it, or who edited an answer. Read back only as the fact of the edit. */
  author: z.string().nullable().default(null),
  content: z.array(contentPart),
  status: message.shape.status.default('complete'),
  model: z.string().nullable().default(null),
  usage: message.shape.usage.default(null),
  costNanoUsd: message.shape.costNanoUsd.default(null),
  timing: message.shape.timing.default(null),
  error: message.shape.error.default(null),
  rating: message.shape.rating.default(null),
  createdAt: z.string(),
})
export type OwnMessage = z.infer<typeof ownMessage>

/** A conversation of our own document: the whole tree, and the message that the person stands at. */
export const ownConversation = z.object({
  id: z.string().min(1),
  title: z.string(),
  titleSource: z.string().default('import'),
  model: z.string().nullable().default(null),
  /** A preset style, or the id of a style that may not exist elsewhere. */
  style: z.string().default('normal'),
  settings: z.object({ thinking: z.boolean().default(false) }).default({ thinking: false }),
  pinned: z.boolean().default(false),
  archived: z.boolean().default(false),
  createdAt: z.string(),
  updatedAt: z.string(),
  leafId: z.string().nullable().default(null),
  messages: z.array(ownMessage),
})
export type OwnConversation = z.infer<typeof ownConversation>

/**
 * Reads one conversation of our own export.
 * @throws ZodError when it is not one
 */
export function fromOwn(value: unknown): ConversationDraft {
  const source = ownConversation.parse(value)
  const preset = presetStyles.find((name) => name === source.style)
  return {
    sourceId: source.id,
    title: source.title,
    createdAt: timeOfText(source.createdAt),
    updatedAt: timeOfText(source.updatedAt),
    pinned: source.pinned,
    archived: source.archived,
    style: preset ?? 'normal',
    thinking: source.settings.thinking,
    tree: { messages: connect(source.messages.map(draftOf)), currentId: source.leafId },
  }
}

function draftOf(source: OwnMessage): DraftMessage {
  const { usage, costNanoUsd, timing, error, rating } = source
  // Whatever was being written then is not written any more.
  const status = source.status === 'streaming' ? 'interrupted' : source.status
  return {
    sourceId: source.id,
    parentId: source.parentId,
    role: source.role,
    content: source.content.map(partOf),
    model: source.model,
    edited: source.role === 'assistant' && source.author !== null,
    createdAt: timeOfText(source.createdAt),
    facts: { status, usage, costNanoUsd, timing, error, rating },
  }
}

const partOf = (part: OwnMessage['content'][number]): DraftPart =>
  part.type === 'file' ? { type: 'text', text: fileNote(part.name) } : part
