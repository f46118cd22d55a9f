import { dataUrl, ownData, resultText, textOfFile } from '../shared/conversation.ts'
import type { FidelityCollector } from '../shared/fidelity.ts'
import { compact } from '../shared/json.ts'
import { unreachable } from '../shared/unreachable.ts'
import type { JsonObject, JsonValue } from '../spec/json.ts'
import type {
  AssistantMessage,
  FilePart,
  ImagePart,
  Message,
  TextPart,
  ToolMessage,
  UserPart,
} from '../spec/request.ts'

/**
 * One message per turn and one per tool result. Results hold text only, so their media follow in a user message
 * once all results of the turn are given. https://platform.openai.com/docs/api-reference/chat/create
 */
export function encodeMessages(
  system: TextPart[] | undefined,
  messages: Message[],
  notes: FidelityCollector,
): JsonObject[] {
  const encoded: JsonObject[] = []
  if (system?.length) encoded.push({ role: 'system', content: textContent(system) })
  let media: JsonObject[] = []
  for (const message of messages) {
    if (message.role === 'tool') media.push(...encodeResults(message, encoded, notes))
    else {
      if (media.length > 0) encoded.push({ role: 'user', content: media })
      media = []
      encoded.push(encodeMessage(message, notes))
    }
  }
  if (media.length > 0) encoded.push({ role: 'user', content: media })
  return encoded
}

function encodeMessage(message: Exclude<Message, ToolMessage>, notes: FidelityCollector): JsonObject {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: textContent(message.content) }
    case 'user':
      return { role: 'user', content: userContent(message.content, notes) }
    case 'assistant':
      return encodeAssistant(message, notes)
    default:
      return unreachable(message)
  }
}

/** One text is a string, which every compatible server reads; several are parts. */
function textContent(parts: TextPart[]): JsonValue {
  const [first] = parts
  if (first && parts.length === 1) return first.text
  return parts.map(({ text }) => ({ type: 'text', text }))
}

function userContent(parts: UserPart[], notes: FidelityCollector): JsonValue {
  const texts = parts.filter((part) => part.type === 'text')
  if (texts.length === parts.length && texts.length > 0) return textContent(texts)
  return parts.flatMap((part) =>
    part.type === 'text' ? [{ type: 'text', text: part.text }] : encodeMedia(part, notes),
  )
}

function encodeMedia(part: ImagePart | FilePart, notes: FidelityCollector): JsonObject[] {
  const isImage = part.type === 'image' || part.source.mimeType?.startsWith('image/')
  const encoded = isImage ? image(part) : file(part, notes)
  if (!encoded)
    notes.dropped(`messages.${part.type}`, `${part.source.mimeType ?? part.source.kind} cannot be sent here`)
  return encoded ? [encoded] : []
}

function image({ source, ...part }: ImagePart | FilePart): JsonObject | undefined {
  if (source.kind === 'reference') return undefined
  const url = source.kind === 'base64' ? dataUrl(source) : source.url
  const detail = 'detail' in part ? part.detail : undefined
  return { type: 'image_url', image_url: compact({ url, detail }) }
}

function file(part: FilePart, notes: FidelityCollector): JsonObject | undefined {
  const { source, filename } = part
  if (source.kind === 'reference' && source.dialect.startsWith('openai-')) {
    return { type: 'file', file: { file_id: source.id } }
  }
  if (source.kind !== 'base64') return undefined
  const audioFormat = audioFormats.get(source.mimeType)
  if (audioFormat) return { type: 'input_audio', input_audio: { data: source.data, format: audioFormat } }
  const text = textOfFile(part)
  if (text !== undefined) {
    notes.renamed('messages.file', 'a text file was put into the message')
    return { type: 'text', text }
  }
  if (source.mimeType !== 'application/pdf') return undefined
  return { type: 'file', file: { filename: filename ?? 'document.pdf', file_data: dataUrl(source) } }
}

const audioFormats: ReadonlyMap<string, string> = new Map([
  ['audio/wav', 'wav'],
  ['audio/x-wav', 'wav'],
  ['audio/mpeg', 'mp3'],
  ['audio/mp3', 'mp3'],
])

function encodeAssistant(message: AssistantMessage, notes: FidelityCollector): JsonObject {
  const texts: TextPart[] = []
  const calls: JsonObject[] = []
  const replayed: JsonObject = {}
  const hasCalls = message.content.some((part) => part.type === 'tool-call')
  for (const part of message.content) {
    switch (part.type) {
      case 'text':
        texts.push(part)
        break
      case 'tool-call':
        calls.push({
          id: part.id,
          type: 'function',
          function: { name: part.name, arguments: part.rawArgs ?? JSON.stringify(part.args) },
        })
        break
      case 'reasoning': {
        const data = ownData('openai-chat', part, notes)
        if (data) replayReasoning(replayed, part.text, data, hasCalls)
        break
      }
      case 'image':
      case 'file':
      case 'provider-item':
        notes.dropped(`messages.${part.type}`, 'an assistant message holds text and calls here')
        break
      default:
        unreachable(part)
    }
  }
  const text = texts.map((part) => part.text).join('')
  return {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text,
    ...replayed,
    ...(calls.length > 0 && { tool_calls: calls }),
  }
}

/**
 * Structured details go back as they came. Plain reasoning goes back only with the calls that it led to: DeepSeek
 * requires it there and older models refuse it anywhere else.
 */
function replayReasoning(message: JsonObject, text: string, data: JsonObject, hasCalls: boolean): void {
  const details = data['reasoning_details']
  if (Array.isArray(details)) {
    const earlier = message['reasoning_details']
    message['reasoning_details'] = [...(Array.isArray(earlier) ? earlier : []), ...details]
  } else if (hasCalls && (data['field'] === 'reasoning_content' || data['field'] === 'reasoning')) {
    const earlier = message[data['field']]
    message[data['field']] = (typeof earlier === 'string' ? earlier : '') + text
  }
}

/** Adds a message per result, and gives the media that could not be part of one. */
function encodeResults(message: ToolMessage, encoded: JsonObject[], notes: FidelityCollector): JsonObject[] {
  return message.content.flatMap((result) => {
    if (result.isError) notes.dropped('messages.tool-result.isError', 'a result cannot be marked as an error')
    encoded.push({ role: 'tool', tool_call_id: result.toolCallId, content: resultText(result) })
    const media = result.content.flatMap((part) => (part.type === 'text' ? [] : encodeMedia(part, notes)))
    if (media.length === 0) return []
    notes.renamed('messages.tool-result', 'media of a result follow in a user message')
    return [{ type: 'text', text: `Media returned by ${result.toolName} (${result.toolCallId}):` }, ...media]
  })
}
