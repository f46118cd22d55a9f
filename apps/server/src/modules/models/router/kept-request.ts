import type { Message } from '@atrium/wire'
import type { RoutedRequest } from '../types.ts'

/** Of one request: as much of its newest end as fits, the last message in any case. */
const mostChars = 64 * 1024

type Content = Message['content'][number]

/** A request in the words of `gen_ai.input.messages`. */
export interface InputMessages {
  readonly messages: readonly object[]
  /** Older messages that were left out. */
  readonly leftOut: number
}

/** What a model was asked: instructions, and the newest of the conversation. Media are named and not kept. */
export function inputOf({ system = [], messages }: RoutedRequest): InputMessages {
  const instructions: Message[] = system.length === 0 ? [] : [{ role: 'system', content: system }]
  let room = mostChars - charsOf(instructions)
  const kept: Message[] = []
  let place = messages.length
  for (; place > 0; place -= 1) {
    const message = messages[place - 1]
    if (!message) break
    room -= charsOf([message])
    if (room < 0 && kept.length > 0) break
    kept.unshift(message)
  }
  return { messages: [...instructions, ...kept].map(shown), leftOut: place }
}

/** Characters of what messages say. */
export const charsOf = (messages: readonly Message[]): number =>
  messages.reduce(
    (sum, { content }) => (content as readonly Content[]).reduce((all, part) => all + lengthOf(part), sum),
    0,
  )

function lengthOf(part: Content): number {
  if ('text' in part) return part.text.length
  if (part.type === 'tool-call') return part.rawArgs?.length ?? JSON.stringify(part.args).length
  if (part.type === 'tool-result') return part.content.reduce((sum, one) => sum + lengthOf(one), 0)
  return 0
}

const shown = ({ role, content }: Message): object => ({
  role,
  parts: (content as readonly Content[]).map(shownPart),
})

/** https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-input-messages/ */
function shownPart(part: Content): object {
  switch (part.type) {
    case 'text':
    case 'reasoning':
      return { type: part.type, content: part.text }
    case 'tool-call':
      return { type: 'tool_call', id: part.id, name: part.name, arguments: part.rawArgs ?? part.args }
    case 'tool-result':
      return { type: 'tool_call_response', id: part.toolCallId, response: responseOf(part.content) }
    case 'image':
    case 'file':
      return fileOf(part)
    case 'provider-item':
      return { type: 'provider_item', dialect: part.providerData.dialect }
  }
}

/** Mostly it is one text. */
function responseOf(content: Extract<Content, { type: 'tool-result' }>['content']): unknown {
  const [only] = content
  return content.length === 1 && only?.type === 'text' ? only.text : content.map(shownPart)
}

function fileOf({ source }: Extract<Content, { type: 'image' | 'file' }>): object {
  if (source.kind === 'base64') return { type: 'blob', mime_type: source.mimeType }
  return { type: 'uri', mime_type: source.mimeType, uri: source.kind === 'url' ? source.url : source.id }
}
