import { z } from 'zod'
import { contentOf, message, type ChatGptMessage } from './chatgpt-content.ts'
import { ConversationRefused, type ConversationDraft, type DraftMessage } from './draft.ts'
import { timeOfSeconds } from './times.ts'
import { connect, dropEmpty, foldAnswers } from './tree.ts'

/**
 * One element of the array in ChatGPT's `conversations.json`. The shape is not published; the sources that this
 * follows are named in `__fixtures__/README.md`. What we do not know is ignored, what we need must be there.
 */
const conversation = z.object({
  conversation_id: z.string().nullish().catch(null),
  id: z.string().nullish().catch(null),
  title: z.string().nullish().catch(null),
  create_time: z.number().nullish().catch(null),
  update_time: z.number().nullish().catch(null),
  current_node: z.string().nullish().catch(null),
  is_archived: z.boolean().nullish().catch(null),
  is_starred: z.boolean().nullish().catch(null),
  /** Nodes by id; read through entries, so that no key of the file becomes a property of ours. */
  mapping: z.custom<object>((value) => typeof value === 'object' && value !== null && !Array.isArray(value)),
})

const node = z.object({ message: message.nullish(), parent: z.string().nullish().catch(null) })

interface Node {
  readonly sourceId: string
  readonly parentId: string | null
  readonly message: ChatGptMessage | null
}

/**
 * @param fallbackId names a conversation that carries no id
 * @throws ConversationRefused or ZodError when it is not such a conversation
 */
export function fromChatGpt(value: unknown, fallbackId: string): ConversationDraft {
  const source = conversation.parse(value)
  const messages = messagesOf(connect(nodesOf(source.mapping)))
  const tree = foldAnswers(dropEmpty({ messages, currentId: source.current_node ?? null }))
  if (tree.messages.length === 0) throw new ConversationRefused('It has no messages.')
  return {
    sourceId: source.conversation_id ?? source.id ?? fallbackId,
    title: source.title ?? '',
    createdAt: timeOfSeconds(source.create_time),
    updatedAt: timeOfSeconds(source.update_time),
    pinned: source.is_starred ?? false,
    archived: source.is_archived ?? false,
    style: 'normal',
    thinking: false,
    tree,
  }
}

function nodesOf(mapping: object): Node[] {
  return Object.entries(mapping).map(([sourceId, value]) => {
    const { parent, message: content } = node.parse(value)
    return { sourceId, parentId: parent ?? null, message: content ?? null }
  })
}

/** Nodes that show nothing (the root, system messages, hidden context) get no content. Parents come first. */
function messagesOf(nodes: readonly Node[]): DraftMessage[] {
  /** The tool call that a result below this node belongs to. */
  const openCalls = new Map<string, string>()
  return nodes.map(({ sourceId, parentId, message: source }) => {
    const openCall = parentId === null ? undefined : openCalls.get(parentId)
    const content = source ? contentOf(source, sourceId, openCall) : []
    const calls = content.some((part) => part.type === 'tool_call')
    const answersPerson = source?.author.role === 'user'
    if (calls) openCalls.set(sourceId, sourceId)
    else if (openCall !== undefined && !answersPerson) openCalls.set(sourceId, openCall)
    return {
      sourceId,
      parentId,
      role: answersPerson ? 'user' : 'assistant',
      content,
      model: source?.metadata.model_slug ?? null,
      createdAt: timeOfSeconds(source?.create_time),
      facts: null,
    }
  })
}
