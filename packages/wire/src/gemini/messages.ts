import { dataFor, ownData, resultText, type SplitConversation } from '../shared/conversation.ts'
import type { FidelityCollector } from '../shared/fidelity.ts'
import { compact } from '../shared/json.ts'
import { unreachable } from '../shared/unreachable.ts'
import type { JsonObject, JsonValue } from '../spec/json.ts'
import type {
  AssistantMessage,
  AssistantPart,
  FilePart,
  ImagePart,
  ProviderData,
  ToolCallPart,
  ToolMessage,
  ToolResultPart,
  UserPart,
} from '../spec/request.ts'
import { requiresSignatures } from './models.ts'

interface Content {
  role: 'user' | 'model'
  parts: JsonObject[]
}

/** Alternating turns of `user` and `model`. https://ai.google.dev/api/caching#Content */
export function encodeContents(
  model: string,
  messages: SplitConversation['messages'],
  notes: FidelityCollector,
): Content[] {
  const contents: Content[] = []
  const nativeIds = new Set<string>()
  for (const message of messages) {
    const content = encodeMessage(message, nativeIds, notes)
    if (message.role === 'assistant' && requiresSignatures(model)) signFirstCall(content.parts)
    if (content.parts.length === 0) continue
    const last = contents.at(-1)
    if (last?.role === content.role) last.parts.push(...content.parts)
    else contents.push(content)
  }
  return contents
}

function encodeMessage(
  message: SplitConversation['messages'][number],
  nativeIds: Set<string>,
  notes: FidelityCollector,
): Content {
  switch (message.role) {
    case 'user':
      return { role: 'user', parts: message.content.flatMap((part) => encodeUserPart(part, notes)) }
    case 'assistant':
      return { role: 'model', parts: encodeAssistant(message, nativeIds, notes) }
    case 'tool':
      return { role: 'user', parts: encodeResults(message, nativeIds, notes) }
    default:
      return unreachable(message)
  }
}

function encodeUserPart(part: UserPart, notes: FidelityCollector): JsonObject[] {
  return part.type === 'text' ? [{ text: part.text }] : encodeMedia(part, notes)
}

function encodeMedia(part: ImagePart | FilePart, notes: FidelityCollector): JsonObject[] {
  const { source } = part
  switch (source.kind) {
    case 'base64':
      return [
        { inlineData: { mimeType: source.mimeType, data: source.data }, ...signatureOf(part.providerData) },
      ]
    case 'url':
      return [
        {
          fileData: compact({ fileUri: source.url, mimeType: source.mimeType ?? mimeTypeOfUrl(source.url) }),
        },
      ]
    case 'reference':
      if (source.dialect === 'gemini')
        return [{ fileData: compact({ fileUri: source.id, mimeType: source.mimeType }) }]
      notes.dropped(`messages.${part.type}`, `a file uploaded to ${source.dialect} is unknown here`)
      return []
    default:
      return unreachable(source)
  }
}

function mimeTypeOfUrl(url: string): string | undefined {
  const extension = /\.(\w+)(?:[?#]|$)/u.exec(url)?.[1]?.toLowerCase() ?? ''
  return mimeTypes.get(extension)
}

const mimeTypes: ReadonlyMap<string, string> = new Map([
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['png', 'image/png'],
  ['webp', 'image/webp'],
  ['gif', 'image/gif'],
  ['pdf', 'application/pdf'],
])

function encodeAssistant(
  { content }: AssistantMessage,
  nativeIds: Set<string>,
  notes: FidelityCollector,
): JsonObject[] {
  return content.flatMap((part) => encodeAssistantPart(part, nativeIds, notes))
}

function encodeAssistantPart(
  part: AssistantPart,
  nativeIds: Set<string>,
  notes: FidelityCollector,
): JsonObject[] {
  switch (part.type) {
    case 'text': {
      const signature = signatureOf(part.providerData)
      return part.text === '' && !signature ? [] : [{ text: part.text, ...signature }]
    }
    case 'reasoning': {
      // Summaries without a signature need not come back.
      const signature = signatureOf(part.providerData)
      if (signature) return [{ text: part.text, thought: true, ...signature }]
      if (part.providerData) ownData('gemini', part, notes)
      return []
    }
    case 'tool-call':
      return [encodeCall(part, nativeIds)]
    case 'provider-item': {
      const data = ownData('gemini', part, notes)
      return data ? [data] : []
    }
    case 'image':
    case 'file':
      return encodeMedia(part, notes)
    default:
      return unreachable(part)
  }
}

/** Ids go back only where they came from: older models and Vertex know none. */
function encodeCall(part: ToolCallPart, nativeIds: Set<string>): JsonObject {
  const id = dataFor('gemini', part.providerData)?.['id']
  if (id !== undefined) nativeIds.add(part.id)
  return {
    functionCall: compact({ id, name: part.name, args: part.args }),
    ...signatureOf(part.providerData),
  }
}

function signatureOf(providerData: ProviderData | undefined): { thoughtSignature: JsonValue } | undefined {
  const thoughtSignature = dataFor('gemini', providerData)?.['thoughtSignature']
  return thoughtSignature === undefined ? undefined : { thoughtSignature }
}

/**
 * Gemini 3 refuses the first call of a turn without a signature. For turns that another model wrote, its
 * documentation names this value. https://ai.google.dev/gemini-api/docs/thought-signatures#faqs
 */
function signFirstCall(parts: JsonObject[]): void {
  const first = parts.find((part) => part['functionCall'])
  if (first && first['thoughtSignature'] === undefined) {
    first['thoughtSignature'] = 'skip_thought_signature_validator'
  }
}

function encodeResults(message: ToolMessage, nativeIds: Set<string>, notes: FidelityCollector): JsonObject[] {
  const responses = message.content.map((result) => encodeResult(result, nativeIds))
  const media = message.content.flatMap((result) =>
    result.content.flatMap((part) => (part.type === 'text' ? [] : encodeMedia(part, notes))),
  )
  if (media.length > 0) notes.renamed('messages.tool-result', 'media of a result follow it in the same turn')
  return [...responses, ...media]
}

function encodeResult(result: ToolResultPart, nativeIds: Set<string>): JsonObject {
  const text = resultText(result)
  return {
    functionResponse: compact({
      id: nativeIds.has(result.toolCallId) ? result.toolCallId : undefined,
      name: result.toolName,
      response: result.isError ? { error: text } : { output: text },
    }),
  }
}
