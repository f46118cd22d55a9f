import type { DialectName } from '../spec/dialect-name.ts'
import type { JsonObject } from '../spec/json.ts'
import type {
  FilePart,
  FunctionTool,
  MediaSource,
  Message,
  ModelRequest,
  ProviderData,
  ProviderItemPart,
  ReasoningPart,
  TextPart,
  ToolResultPart,
} from '../spec/request.ts'
import type { FidelityCollector } from './fidelity.ts'

/** What an assistant message that must be continued is followed by, where a dialect has no prefill. */
const continueInstruction =
  'Continue your previous message exactly where it stopped. Do not repeat any of it and do not comment on it.'

/** The conversation, with the request to continue put in words. */
export function withContinuation(request: ModelRequest, notes: FidelityCollector): Message[] {
  const { messages } = request
  if (messages.at(-1)?.role !== 'assistant') return messages
  notes.renamed('messages.prefill', 'no prefill here: the model is asked to continue in words')
  return [...messages, { role: 'user', content: [{ type: 'text', text: continueInstruction }] }]
}

export interface SplitConversation {
  system: TextPart[]
  messages: Exclude<Message, { role: 'system' }>[]
}

/** For dialects whose instructions stand apart: all of them first, wherever they stood. */
export function hoistSystem(
  system: TextPart[] | undefined,
  messages: Message[],
  notes: FidelityCollector,
): SplitConversation {
  const split: SplitConversation = { system: [...(system ?? [])], messages: [] }
  for (const message of messages) {
    if (message.role !== 'system') split.messages.push(message)
    else {
      if (split.messages.length > 0)
        notes.renamed('messages.system', 'instructions within the conversation moved before it')
      split.system.push(...message.content)
    }
  }
  return split
}

/** The data when this dialect made it; what another made is left out and reported. */
export function ownData(
  dialect: DialectName,
  part: ReasoningPart | ProviderItemPart,
  notes: FidelityCollector,
): JsonObject | undefined {
  const data = dataFor(dialect, part.providerData)
  if (!data) notes.dropped(`messages.${part.type}`, foreignData(part.providerData))
  return data
}

export function dataFor(dialect: DialectName, data: ProviderData | undefined): JsonObject | undefined {
  return data?.dialect === dialect ? data.data : undefined
}

function foreignData(data: ProviderData | undefined): string {
  return data ? `opaque data of ${data.dialect} means nothing here` : 'no signature to replay it with'
}

/** The function tools; tools that another provider would run are left out and reported. */
export function splitTools(
  dialect: DialectName,
  request: ModelRequest,
  notes: FidelityCollector,
): { functions: FunctionTool[]; provider: JsonObject[] } {
  const functions: FunctionTool[] = []
  const provider: JsonObject[] = []
  for (const tool of request.tools ?? []) {
    if (tool.type === 'function') functions.push(tool)
    else if (tool.dialect === dialect) provider.push(tool.definition)
    else notes.dropped('tools', `a tool that ${tool.dialect} runs itself`)
  }
  return { functions, provider }
}

/** The text of a tool's answer, its parts on lines of their own. */
export function resultText(result: ToolResultPart): string {
  return result.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n')
}

/** Reports members of the request that were given and that the dialect has no word for. */
export function dropMembers(
  request: ModelRequest,
  members: readonly (keyof ModelRequest)[],
  notes: FidelityCollector,
): void {
  for (const member of members) {
    if (request[member] !== undefined) notes.dropped(member, 'no such setting here')
  }
}

/** Cache marks are Anthropic's; elsewhere caching is the provider's own business. */
export function dropCacheMarks(request: ModelRequest, notes: FidelityCollector): void {
  const marked =
    request.system?.some(isMarked) ||
    request.tools?.some((tool) => tool.type === 'function' && tool.cache) ||
    request.messages.some((message) => message.content.some(isMarked))
  if (marked) notes.dropped('cache', 'caching cannot be directed here')
}

function isMarked(part: Message['content'][number]): boolean {
  return 'cache' in part && part.cache !== undefined
}

export function dataUrl(source: Extract<MediaSource, { kind: 'base64' }>): string {
  return `data:${source.mimeType};base64,${source.data}`
}

/** The text of a file that is text, so that it can be said where files cannot be sent. */
export function textOfFile({ source, filename }: FilePart): string | undefined {
  if (source.kind !== 'base64' || !isTextual(source.mimeType)) return undefined
  const text = Buffer.from(source.data, 'base64').toString('utf8')
  return filename === undefined ? text : `${filename}:\n${text}`
}

function isTextual(mimeType: string): boolean {
  return mimeType.startsWith('text/') || mimeType === 'application/json' || mimeType.endsWith('+json')
}
