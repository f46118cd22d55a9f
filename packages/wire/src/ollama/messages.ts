import { dataFor, resultText, textOfFile } from '../shared/conversation.ts'
import type { FidelityCollector } from '../shared/fidelity.ts'
import { compact } from '../shared/json.ts'
import { unreachable } from '../shared/unreachable.ts'
import type { JsonObject } from '../spec/json.ts'
import type {
  AssistantMessage,
  FilePart,
  ImagePart,
  Message,
  TextPart,
  ToolMessage,
  UserPart,
} from '../spec/request.ts'

/** Content is one string; images stand beside it in Base64. https://docs.ollama.com/api/chat */
export function encodeMessages(
  system: TextPart[] | undefined,
  messages: Message[],
  notes: FidelityCollector,
): JsonObject[] {
  const instructions = system?.length ? [{ role: 'system', content: joined(system) }] : []
  return [...instructions, ...messages.flatMap((message) => encodeMessage(message, notes))]
}

function encodeMessage(message: Message, notes: FidelityCollector): JsonObject[] {
  switch (message.role) {
    case 'system':
      return [{ role: 'system', content: joined(message.content) }]
    case 'user':
      return [{ role: 'user', ...encodeContent(message.content, notes) }]
    case 'assistant':
      return [encodeAssistant(message, notes)]
    case 'tool':
      return encodeResults(message, notes)
    default:
      return unreachable(message)
  }
}

function joined(parts: TextPart[]): string {
  return parts.map(({ text }) => text).join('\n\n')
}

function encodeContent(parts: UserPart[], notes: FidelityCollector): JsonObject {
  const texts: string[] = []
  const images: string[] = []
  for (const part of parts) {
    if (part.type === 'text') texts.push(part.text)
    else encodeMedia(part, texts, images, notes)
  }
  const content = texts.join('\n\n')
  return images.length > 0 ? { content, images } : { content }
}

function encodeMedia(
  part: ImagePart | FilePart,
  texts: string[],
  images: string[],
  notes: FidelityCollector,
): void {
  const { source } = part
  const text = part.type === 'file' ? textOfFile(part) : undefined
  if (source.kind === 'base64' && source.mimeType.startsWith('image/')) images.push(source.data)
  else if (text !== undefined) {
    notes.renamed('messages.file', 'a text file was put into the message')
    texts.push(text)
  } else notes.dropped(`messages.${part.type}`, 'only images in Base64 and text files can be sent here')
}

function encodeAssistant({ content }: AssistantMessage, notes: FidelityCollector): JsonObject {
  let text = ''
  let thinking: string | undefined
  const calls: JsonObject[] = []
  for (const part of content) {
    switch (part.type) {
      case 'text':
        text += part.text
        break
      case 'reasoning':
        if (dataFor('ollama', part.providerData)) thinking = (thinking ?? '') + part.text
        else notes.dropped('messages.reasoning', 'only reasoning of this dialect is replayed')
        break
      case 'tool-call':
        calls.push({ id: part.id, function: { name: part.name, arguments: part.args } })
        break
      case 'image':
      case 'file':
      case 'provider-item':
        notes.dropped(`messages.${part.type}`, 'an assistant message holds text and calls here')
        break
      default:
        unreachable(part)
    }
  }
  const toolCalls = calls.length > 0 ? calls : undefined
  return compact({ role: 'assistant', content: text, thinking, tool_calls: toolCalls })
}

function encodeResults(message: ToolMessage, notes: FidelityCollector): JsonObject[] {
  return message.content.map((result) => {
    if (result.isError) notes.dropped('messages.tool-result.isError', 'a result cannot be marked as an error')
    const media = result.content.filter((part) => part.type !== 'text')
    const { images } = encodeContent(media, notes)
    return {
      role: 'tool',
      tool_name: result.toolName,
      tool_call_id: result.toolCallId,
      content: resultText(result),
      ...(images !== undefined && { images }),
    }
  })
}
