import { CallIds } from '../shared/part-writer.ts'
import {
  listAt,
  missing,
  objectAt,
  requiredObjectAt,
  requiredStringAt,
  stringAt,
  wordAt,
} from '../shared/request-values.ts'
import { unreachable } from '../shared/unreachable.ts'
import { RequestError } from '../spec/inbound.ts'
import type { JsonObject, JsonValue } from '../spec/json.ts'
import type {
  AssistantPart,
  ImagePart,
  Message,
  TextPart,
  ToolCallPart,
  ToolMessage,
  UserPart,
} from '../spec/request.ts'
import { OpenCalls } from './open-calls.ts'

export interface DecodedConversation {
  /** The first message, when it holds instructions. */
  system: TextPart[] | undefined
  messages: Message[]
}

/**
 * `messages` of `/api/chat` (https://docs.ollama.com/api/chat). Without any, the API would only load the model, which
 * means nothing here.
 */
export function decodeConversation(body: JsonObject): DecodedConversation {
  const list = listAt(body['messages'], 'messages') ?? missing('messages')
  if (list.length === 0) throw new RequestError("'messages' is empty.", 'messages')
  const reader = new ConversationReader()
  list.forEach((value, index) => reader.add(value, `messages[${index}]`))
  const [first, ...rest] = reader.messages
  return first?.role === 'system'
    ? { system: first.content, messages: rest }
    : { system: undefined, messages: reader.messages }
}

class ConversationReader {
  readonly messages: Message[] = []
  #ids = new CallIds()
  /** Those of the latest assistant message. */
  #calls = new OpenCalls()
  /** The results to which the next `tool` message belongs. */
  #results: ToolMessage | undefined

  add(value: JsonValue, path: string): void {
    const message = requiredObjectAt(value, path)
    const role = wordAt(message['role'], `${path}.role`, roles) ?? missing(`${path}.role`)
    const text = stringAt(message['content'], `${path}.content`) ?? ''
    if (role === 'tool') this.#addResult(message, text, path)
    else {
      this.#results = undefined
      this.messages.push(this.#read(role, message, text, path))
    }
  }

  #read(role: Exclude<Role, 'tool'>, message: JsonObject, text: string, path: string): Message {
    switch (role) {
      case 'system':
        return { role, content: [{ type: 'text', text }] }
      case 'user':
        return { role, content: withImages(text, decodeImages(message['images'], `${path}.images`)) }
      case 'assistant':
        return { role, content: this.#readAssistant(message, text, path) }
      default:
        return unreachable(role)
    }
  }

  #readAssistant(message: JsonObject, text: string, path: string): AssistantPart[] {
    const thinking = stringAt(message['thinking'], `${path}.thinking`)
    const calls = listAt(message['tool_calls'], `${path}.tool_calls`) ?? []
    this.#calls = new OpenCalls()
    const parts: AssistantPart[] = calls.map((call, index) =>
      this.#readCall(call, `${path}.tool_calls[${index}]`),
    )
    if (text !== '') parts.unshift({ type: 'text', text })
    // The mark tells the encoder that the thinking is of this dialect; there are no signatures.
    if (thinking)
      parts.unshift({ type: 'reasoning', text: thinking, providerData: { dialect: 'ollama', data: {} } })
    return parts
  }

  /** Clients of older versions send no id, so one is made from the position, the same in each turn. */
  #readCall(value: JsonValue, path: string): ToolCallPart {
    const call = requiredObjectAt(value, path)
    const details = requiredObjectAt(call['function'], `${path}.function`)
    const givenId = stringAt(call['id'], `${path}.id`)
    const part: ToolCallPart = {
      type: 'tool-call',
      id: this.#ids.take(givenId),
      name: requiredStringAt(details['name'], `${path}.function.name`),
      args: objectAt(details['arguments'], `${path}.function.arguments`) ?? {},
    }
    this.#calls.add(part, givenId)
    return part
  }

  /** A result that fits no call is kept under the name it gives: the API takes it as a message like any other. */
  #addResult(message: JsonObject, text: string, path: string): void {
    const id = stringAt(message['tool_call_id'], `${path}.tool_call_id`)
    // `name` is what clients sent before there was `tool_name`.
    const name = stringAt(message['tool_name'] ?? message['name'], `${path}.tool_name`)
    const call = this.#calls.answer(id, name)
    const images = decodeImages(message['images'], `${path}.images`)
    if (!this.#results) {
      this.#results = { role: 'tool', content: [] }
      this.messages.push(this.#results)
    }
    this.#results.content.push({
      type: 'tool-result',
      toolCallId: call?.id ?? this.#ids.take(id),
      toolName: call?.name ?? name ?? '',
      content: withImages(text, images).filter((part) => part.type !== 'text' || part.text !== ''),
    })
  }
}

const roles = ['system', 'user', 'assistant', 'tool'] as const
type Role = (typeof roles)[number]

/** A picture needs no words beside it. */
export function withImages(text: string, images: ImagePart[]): UserPart[] {
  return text === '' && images.length > 0 ? images : [{ type: 'text', text }, ...images]
}

/** Base64 without a type, which the first bytes tell. */
export function decodeImages(value: JsonValue | undefined, path: string): ImagePart[] {
  return (listAt(value, path) ?? []).map((item, index) => {
    const data = requiredStringAt(item, `${path}[${index}]`)
    return { type: 'image', source: { kind: 'base64', mimeType: mimeTypeOf(data), data } }
  })
}

/** JPEG when nothing tells: providers that look at the bytes themselves find out what it is. */
function mimeTypeOf(data: string): string {
  return signatures.find(([start]) => data.startsWith(start))?.[1] ?? 'image/jpeg'
}

/** The first bytes of each format, in Base64. https://en.wikipedia.org/wiki/List_of_file_signatures */
const signatures = [
  ['iVBORw0KGgo', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['R0lGOD', 'image/gif'],
  ['UklGR', 'image/webp'],
  ['Qk', 'image/bmp'],
] as const
