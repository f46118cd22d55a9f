import { z } from 'zod'
import {
  ConversationRefused,
  fileNote,
  type ConversationDraft,
  type DraftMessage,
  type DraftPart,
} from './draft.ts'
import { timeOfText } from './times.ts'
import { connect, dropEmpty } from './tree.ts'

const optionalText = z.string().nullish().catch(null)
const citation = z.object({
  title: optionalText,
  url: optionalText,
  details: z.object({ url: optionalText }).nullish().catch(null),
})

/** Content blocks of all kinds; each kind fills other members. */
const block = z.object({
  type: z.string(),
  text: optionalText,
  citations: z.array(citation).nullish().catch(null),
  thinking: optionalText,
  start_timestamp: optionalText,
  stop_timestamp: optionalText,
  id: optionalText,
  tool_use_id: optionalText,
  name: optionalText,
  input: z.unknown().optional(),
  content: z.unknown().optional(),
  is_error: z.boolean().nullish().catch(null),
})
type Block = z.infer<typeof block>

const file = z.object({ file_name: optionalText, extracted_content: optionalText })

const message = z.object({
  uuid: z.string(),
  /** Missing in older exports, whose conversations are lists; a fixed id that no message has at the top of a tree. */
  parent_message_uuid: optionalText,
  sender: z.string(),
  text: optionalText,
  content: z
    .array(block)
    .nullish()
    .transform((value) => value ?? []),
  created_at: optionalText,
  model: optionalText,
  attachments: z.array(file).nullish().catch(null),
  files: z.array(file).nullish().catch(null),
})
type Message = z.infer<typeof message>

/**
 * One element of the array in Claude's `conversations.json`. The shape is not published; the sources that this
 * follows are named in `__fixtures__/README.md`.
 */
const conversation = z.object({
  uuid: z.string(),
  name: optionalText,
  created_at: optionalText,
  updated_at: optionalText,
  model: optionalText,
  is_starred: z.boolean().nullish().catch(null),
  current_leaf_message_uuid: optionalText,
  chat_messages: z.array(message),
})

/** @throws ConversationRefused or ZodError when it is not such a conversation */
export function fromClaude(value: unknown): ConversationDraft {
  const source = conversation.parse(value)
  const messages = connect(withParents(source.chat_messages).map((one) => draftOf(one, source.model ?? null)))
  const tree = dropEmpty({ messages, currentId: source.current_leaf_message_uuid ?? null })
  if (tree.messages.length === 0) throw new ConversationRefused('It has no messages.')
  return {
    sourceId: source.uuid,
    title: source.name ?? '',
    createdAt: timeOfText(source.created_at),
    updatedAt: timeOfText(source.updated_at),
    pinned: source.is_starred ?? false,
    archived: false,
    style: 'normal',
    thinking: false,
    tree,
  }
}

/** Messages that name no parents follow each other. */
function withParents(messages: readonly Message[]): readonly Message[] {
  if (messages.some((one) => one.parent_message_uuid)) return messages
  return messages.map((one, index) => ({ ...one, parent_message_uuid: messages[index - 1]?.uuid }))
}

function draftOf(source: Message, model: string | null): DraftMessage {
  const role = source.sender === 'human' || source.sender === 'user' ? 'user' : 'assistant'
  return {
    sourceId: source.uuid,
    parentId: source.parent_message_uuid ?? null,
    role,
    content: source.sender === 'system' ? [] : contentOf(source),
    model: role === 'assistant' ? (source.model ?? model) : null,
    createdAt: timeOfText(source.created_at),
    facts: null,
  }
}

function contentOf(source: Message): DraftPart[] {
  const attached = [
    ...(source.attachments ?? []).map(attachmentText),
    ...(source.files ?? []).map((one) => fileNote(one.file_name ?? '')),
  ]
  const blocks = source.content.length > 0 ? blockParts(source.uuid, source.content) : textPart(source.text)
  return [...blocks, ...[...new Set(attached)].flatMap(textPart)]
}

/** The text of an attachment stands in the message, as it did for the model. */
function attachmentText({ file_name: name, extracted_content: text }: z.infer<typeof file>): string {
  if (!text) return fileNote(name ?? '')
  return name ? `File "${name}":\n\n${text}` : text
}

const textPart = (text: string | null | undefined): DraftPart[] =>
  text && text.trim() !== '' ? [{ type: 'text', text }] : []

function blockParts(messageId: string, blocks: readonly Block[]): DraftPart[] {
  let callId = messageId
  let name = 'tool'
  const parts: DraftPart[] = []
  for (const [index, one] of blocks.entries()) {
    if (one.type === 'tool_use') {
      callId = one.id ?? `${messageId}:${index}`
      name = one.name ?? 'tool'
      parts.push({ type: 'tool_call', callId, name, input: one.input ?? {} })
    } else if (one.type === 'tool_result') {
      const of = { callId: one.tool_use_id ?? callId, name: one.name ?? name }
      parts.push({
        type: 'tool_result',
        ...of,
        output: outputText(one.content),
        isError: one.is_error ?? false,
      })
    } else if (one.type === 'thinking')
      parts.push({ type: 'reasoning', text: one.thinking ?? '', durationMs: durationOf(one) })
    else parts.push(...textPart(one.text))
  }
  return [...parts, ...citationsOf(blocks)]
}

function durationOf(one: Block): number | null {
  const start = timeOfText(one.start_timestamp)
  const stop = timeOfText(one.stop_timestamp)
  return start && stop && stop >= start ? stop.getTime() - start.getTime() : null
}

const outputItem = z.object({
  type: optionalText,
  title: optionalText,
  url: optionalText,
  text: optionalText,
})

/** Results are texts, or lists of texts, pages and images; what is not text is named. */
function outputText(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  const texts = content.map((value: unknown) => {
    const item = outputItem.safeParse(value)
    if (!item.success) return ''
    const { type, title, url, text } = item.data
    return [title, url, text].filter(Boolean).join('\n') || (type ? `[${type}]` : '')
  })
  return texts.filter(Boolean).join('\n\n')
}

/** The pages that an answer names, each once. */
function citationsOf(blocks: readonly Block[]): DraftPart[] {
  const all = blocks.flatMap((one) => one.citations ?? [])
  const pages = new Map(
    all.flatMap((one) => {
      const url = one.url ?? one.details?.url
      return url ? [[url, one.title ?? url] as const] : []
    }),
  )
  return [...pages].map(([url, title], index) => ({
    type: 'citation',
    index: index + 1,
    title,
    url,
    snippet: '',
  }))
}
