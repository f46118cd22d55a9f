import { dataFor, ownData, type SplitConversation } from '../shared/conversation.ts'
import { unreachable } from '../shared/unreachable.ts'
import type { FidelityCollector } from '../shared/fidelity.ts'
import type { JsonObject } from '../spec/json.ts'
import type {
  AssistantMessage,
  AssistantPart,
  TextPart,
  ToolMessage,
  ToolResultPart,
  UserMessage,
  UserPart,
} from '../spec/request.ts'
import { marked } from './cache.ts'
import { encodeMedia } from './media.ts'

interface Turn {
  role: 'user' | 'assistant'
  content: JsonObject[]
}

/**
 * Alternating turns: neighbours of one role are merged, tool results lead their user turn, blank text is left out
 * (the API refuses it), and the first turn is the user's.
 * https://platform.claude.com/docs/en/api/messages
 */
export function encodeMessages(messages: SplitConversation['messages'], notes: FidelityCollector): Turn[] {
  const turns: Turn[] = []
  for (const message of messages) {
    const turn = encodeMessage(message, notes)
    if (turn.content.length === 0) continue
    const last = turns.at(-1)
    if (last?.role === turn.role) last.content.push(...turn.content)
    else turns.push(turn)
  }
  if (turns[0]?.role === 'assistant') {
    notes.defaulted('messages', 'the first turn must be the user’s; an ellipsis was put before it')
    turns.unshift({ role: 'user', content: [{ type: 'text', text: '…' }] })
  }
  for (const turn of turns) if (turn.role === 'user') turn.content = resultsFirst(turn.content)
  return turns
}

function encodeMessage(
  message: UserMessage | AssistantMessage | ToolMessage,
  notes: FidelityCollector,
): Turn {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: message.content.flatMap((part) => encodeUserPart(part, notes)) }
    case 'tool':
      return { role: 'user', content: message.content.map((result) => encodeResult(result, notes)) }
    case 'assistant':
      return {
        role: 'assistant',
        content: message.content.flatMap((part) => encodeAssistantPart(part, notes)),
      }
    default:
      return unreachable(message)
  }
}

function resultsFirst(content: JsonObject[]): JsonObject[] {
  return [...content.filter(isResult), ...content.filter((block) => !isResult(block))]
}

function isResult(block: JsonObject): boolean {
  return block['type'] === 'tool_result'
}

function encodeUserPart(part: UserPart, notes: FidelityCollector): JsonObject[] {
  switch (part.type) {
    case 'text':
      return encodeText(part)
    case 'image':
    case 'file':
      return encodeMedia(part, notes)
    default:
      return unreachable(part)
  }
}

function encodeAssistantPart(part: AssistantPart, notes: FidelityCollector): JsonObject[] {
  switch (part.type) {
    case 'text':
      return encodeText(part)
    case 'reasoning': {
      const data = ownData('anthropic-messages', part, notes)
      if (!data) return []
      return [
        data['type'] === 'redacted_thinking' ? data : { ...data, type: 'thinking', thinking: part.text },
      ]
    }
    case 'tool-call':
      return [
        marked(
          {
            ...dataFor('anthropic-messages', part.providerData),
            type: 'tool_use',
            id: encodeCallId(part.id),
            name: part.name,
            input: part.args,
          },
          part.cache,
        ),
      ]
    case 'provider-item': {
      const data = ownData('anthropic-messages', part, notes)
      return data ? [data] : []
    }
    case 'image':
    case 'file':
      notes.dropped(`messages.${part.type}`, 'an assistant turn holds no media here')
      return []
    default:
      return unreachable(part)
  }
}

/**
 * Text is kept to the byte; citations that this dialect made come back with it. A block that has no neutral form
 * comes back whole.
 */
export function encodeText(part: TextPart): JsonObject[] {
  const data = dataFor('anthropic-messages', part.providerData)
  if (data?.['type'] !== undefined) return [data]
  if (part.text.trim() === '') return []
  return [marked({ type: 'text', text: part.text, ...data }, part.cache)]
}

function encodeResult(result: ToolResultPart, notes: FidelityCollector): JsonObject {
  const content = result.content.flatMap((part) => encodeUserPart(part, notes))
  const block: JsonObject = { type: 'tool_result', tool_use_id: encodeCallId(result.toolCallId) }
  if (content.length > 0) block['content'] = content
  if (result.isError) block['is_error'] = true
  return marked(block, result.cache)
}

/** Ids are limited to `[a-zA-Z0-9_-]`; those of other providers may hold more. */
export function encodeCallId(id: string): string {
  return id.replaceAll(/[^a-zA-Z0-9_-]/gu, '_')
}
