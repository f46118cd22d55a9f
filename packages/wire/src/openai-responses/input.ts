import { dataFor, dataUrl, ownData, textOfFile } from '../shared/conversation.ts'
import type { FidelityCollector } from '../shared/fidelity.ts'
import { compact } from '../shared/json.ts'
import { unreachable } from '../shared/unreachable.ts'
import type { JsonObject } from '../spec/json.ts'
import type {
  AssistantPart,
  FilePart,
  ImagePart,
  Message,
  ToolResultPart,
  UserPart,
} from '../spec/request.ts'

/**
 * A flat list of items: messages, calls, outputs of calls, and what the model itself made before.
 * https://platform.openai.com/docs/api-reference/responses/create#responses-create-input
 */
export function encodeInput(messages: Message[], notes: FidelityCollector): JsonObject[] {
  return messages.flatMap((message): JsonObject[] => {
    switch (message.role) {
      case 'system':
        return [
          { role: 'developer', content: message.content.map(({ text }) => ({ type: 'input_text', text })) },
        ]
      case 'user':
        return [{ role: 'user', content: message.content.flatMap((part) => encodePart(part, notes)) }]
      case 'assistant':
        return message.content.flatMap((part) => encodeAssistantPart(part, notes))
      case 'tool':
        return message.content.map((result) => encodeResult(result, notes))
      default:
        return unreachable(message)
    }
  })
}

function encodePart(part: UserPart, notes: FidelityCollector): JsonObject[] {
  if (part.type === 'text') return [{ type: 'input_text', text: part.text }]
  const isImage = part.type === 'image' || part.source.mimeType?.startsWith('image/')
  const encoded = isImage ? encodeImage(part) : encodeFile(part, notes)
  if (!encoded)
    notes.dropped(`messages.${part.type}`, `${part.source.mimeType ?? part.source.kind} cannot be sent here`)
  return encoded ? [encoded] : []
}

function encodeImage(part: ImagePart | FilePart): JsonObject | undefined {
  const { source } = part
  const detail = part.type === 'image' ? part.detail : undefined
  switch (source.kind) {
    case 'base64':
      return compact({ type: 'input_image', image_url: dataUrl(source), detail })
    case 'url':
      return compact({ type: 'input_image', image_url: source.url, detail })
    case 'reference':
      return source.dialect.startsWith('openai-')
        ? compact({ type: 'input_image', file_id: source.id, detail })
        : undefined
    default:
      return unreachable(source)
  }
}

function encodeFile(part: FilePart, notes: FidelityCollector): JsonObject | undefined {
  const { source, filename } = part
  if (source.kind === 'url') return { type: 'input_file', file_url: source.url }
  if (source.kind === 'reference') {
    return source.dialect.startsWith('openai-') ? { type: 'input_file', file_id: source.id } : undefined
  }
  const text = textOfFile(part)
  if (text !== undefined) {
    notes.renamed('messages.file', 'a text file was put into the message')
    return { type: 'input_text', text }
  }
  if (source.mimeType !== 'application/pdf') return undefined
  return { type: 'input_file', filename: filename ?? 'document.pdf', file_data: dataUrl(source) }
}

function encodeAssistantPart(part: AssistantPart, notes: FidelityCollector): JsonObject[] {
  switch (part.type) {
    case 'text': {
      const data = dataFor('openai-responses', part.providerData)
      const content = [{ type: 'output_text', text: part.text }]
      return part.text === '' ? [] : [{ role: 'assistant', content, ...data }]
    }
    case 'tool-call':
      return [
        {
          type: 'function_call',
          call_id: part.id,
          name: part.name,
          arguments: part.rawArgs ?? JSON.stringify(part.args),
        },
      ]
    case 'reasoning':
    case 'provider-item':
      return replay(part, notes)
    case 'image':
    case 'file':
      notes.dropped(`messages.${part.type}`, 'an assistant message holds text here')
      return []
    default:
      return unreachable(part)
  }
}

/** Nothing is stored with the provider, so reasoning can come back only in its encrypted form. */
function replay(
  part: Extract<AssistantPart, { type: 'reasoning' | 'provider-item' }>,
  notes: FidelityCollector,
): JsonObject[] {
  const data = ownData('openai-responses', part, notes)
  if (!data) return []
  if (part.type === 'provider-item' || data['encrypted_content']) return [data]
  notes.dropped('messages.reasoning', 'no encrypted form to replay it with')
  return []
}

function encodeResult(result: ToolResultPart, notes: FidelityCollector): JsonObject {
  if (result.isError) notes.dropped('messages.tool-result.isError', 'a result cannot be marked as an error')
  const texts = result.content.filter((part) => part.type === 'text')
  const output =
    texts.length === result.content.length
      ? texts.map(({ text }) => text).join('\n')
      : result.content.flatMap((part) => encodePart(part, notes))
  return { type: 'function_call_output', call_id: result.toolCallId, output }
}
