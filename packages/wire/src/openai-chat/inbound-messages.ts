import type { FidelityCollector } from '../shared/fidelity.ts'
import { objectOf, parseJson } from '../shared/json.ts'
import { stableId } from '../shared/part-writer.ts'
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
import type { AssistantPart, Message, TextPart, ToolCallPart, ToolMessage } from '../spec/request.ts'
import { decodeContent, decodeTexts, emptyArray } from './inbound-parts.ts'
import { decodeCallState, decodeReasoning } from './inbound-reasoning.ts'

export interface DecodedConversation {
  /** The first message, when it holds instructions. */
  system: TextPart[] | undefined
  messages: Message[]
}

/** Instructions at the head are the request's own; `developer` is the newer name of `system`. */
export function decodeConversation(body: JsonObject, notes: FidelityCollector): DecodedConversation {
  const list = listAt(body['messages'], 'messages') ?? missing('messages')
  if (list.length === 0) throw emptyArray('messages')
  const reader = new ConversationReader(notes)
  list.forEach((value, index) => reader.add(value, `messages[${index}]`))
  const [first, ...rest] = reader.messages
  return first?.role === 'system'
    ? { system: first.content, messages: rest }
    : { system: undefined, messages: reader.messages }
}

class ConversationReader {
  readonly messages: Message[] = []
  #notes: FidelityCollector
  /** Names of the calls so far: a result says its call's id only. */
  #callNames = new Map<string, string>()
  /** The results to which the next `tool` message belongs. */
  #results: ToolMessage | undefined
  /** Ids of the calls that are spelled in the deprecated way, by function. */
  #legacyIds = new Map<string, string>()

  constructor(notes: FidelityCollector) {
    this.#notes = notes
  }

  add(value: JsonValue, path: string): void {
    const message = requiredObjectAt(value, path)
    const role = wordAt(message['role'], `${path}.role`, roles) ?? missing(`${path}.role`)
    if (role === 'tool') this.#addResult(message, path)
    else if (role === 'function') this.#addLegacyResult(message, path)
    else {
      this.#results = undefined
      this.messages.push(this.#read(role, message, path))
      if (message['name']) this.#notes.dropped('messages.name', 'participants have no names')
    }
  }

  #read(role: Exclude<Role, 'tool' | 'function'>, message: JsonObject, path: string): Message {
    switch (role) {
      case 'system':
      case 'developer':
        return { role: 'system', content: decodeTexts(message['content'], `${path}.content`) }
      case 'user':
        return { role: 'user', content: decodeContent(message['content'], `${path}.content`) }
      case 'assistant':
        return { role: 'assistant', content: this.#readAssistant(message, path) }
      default:
        return unreachable(role)
    }
  }

  #readAssistant(message: JsonObject, path: string): AssistantPart[] {
    const calls = this.#readCalls(message, path)
    const content = message['content'] ?? undefined
    const refusal = stringAt(message['refusal'], `${path}.refusal`)
    if (message['audio']) this.#notes.dropped('messages.audio', 'an earlier spoken reply cannot be named')
    else if (content === undefined && refusal === undefined && calls.length === 0) missing(`${path}.content`)
    const texts = content === undefined ? [] : decodeTexts(content, `${path}.content`)
    if (refusal) texts.push({ type: 'text', text: refusal })
    return [...decodeReasoning(message, this.#notes), ...texts.filter(({ text }) => text !== ''), ...calls]
  }

  #readCalls(message: JsonObject, path: string): ToolCallPart[] {
    const calls = (listAt(message['tool_calls'], `${path}.tool_calls`) ?? []).map((value, index) => {
      const at = `${path}.tool_calls[${index}]`
      return this.#readCall(requiredObjectAt(value, at), at)
    })
    const legacy = objectAt(message['function_call'], `${path}.function_call`)
    if (legacy) calls.push(this.#readLegacyCall(legacy, `${path}.function_call`))
    for (const { id, name } of calls) this.#callNames.set(id, name)
    return calls
  }

  #readCall(call: JsonObject, path: string): ToolCallPart {
    const id = requiredStringAt(call['id'], `${path}.id`)
    if (call['type'] === 'custom') return this.#readCustomCall(id, call, path)
    const part = readFunction(id, requiredObjectAt(call['function'], `${path}.function`), `${path}.function`)
    const providerData = decodeCallState(call)
    return providerData ? { ...part, providerData } : part
  }

  /** https://platform.openai.com/docs/guides/function-calling#custom-tools */
  #readCustomCall(id: string, call: JsonObject, path: string): ToolCallPart {
    const custom = requiredObjectAt(call['custom'], `${path}.custom`)
    this.#notes.renamed('messages.tool-call', 'the text of a custom call became an argument')
    const args = { input: requiredStringAt(custom['input'], `${path}.custom.input`) }
    return { type: 'tool-call', id, name: requiredStringAt(custom['name'], `${path}.custom.name`), args }
  }

  #readLegacyCall(call: JsonObject, path: string): ToolCallPart {
    const name = requiredStringAt(call['name'], `${path}.name`)
    const id = stableId('call', `${name} ${this.messages.length}`)
    this.#legacyIds.set(name, id)
    return readFunction(id, call, path)
  }

  #addResult(message: JsonObject, path: string): void {
    const id = requiredStringAt(message['tool_call_id'], `${path}.tool_call_id`)
    const name = this.#callNames.get(id)
    if (name === undefined) {
      throw new RequestError(
        "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.",
        `${path}.tool_call_id`,
      )
    }
    this.#push(id, name, message, path)
  }

  #addLegacyResult(message: JsonObject, path: string): void {
    const name = requiredStringAt(message['name'], `${path}.name`)
    const id = this.#legacyIds.get(name)
    if (id === undefined) {
      throw new RequestError(
        "Invalid parameter: messages with role 'function' must be a response to a preceding 'function_call'.",
        `${path}.name`,
      )
    }
    this.#push(id, name, message, path)
  }

  #push(toolCallId: string, toolName: string, message: JsonObject, path: string): void {
    if (!this.#results) {
      this.#results = { role: 'tool', content: [] }
      this.messages.push(this.#results)
    }
    const content = decodeContent(message['content'], `${path}.content`)
    this.#results.content.push({
      type: 'tool-result',
      toolCallId,
      toolName,
      content: content.filter((part) => part.type !== 'text' || part.text !== ''),
    })
  }
}

const roles = ['system', 'assistant', 'user', 'function', 'tool', 'developer'] as const
type Role = (typeof roles)[number]

/** Arguments that are no JSON object are the model's fault: they are replayed as it wrote them. */
function readFunction(id: string, details: JsonObject, path: string): ToolCallPart {
  const rawArgs = requiredStringAt(details['arguments'], `${path}.arguments`)
  return {
    type: 'tool-call',
    id,
    name: requiredStringAt(details['name'], `${path}.name`),
    args: objectOf(parseJson(rawArgs)) ?? {},
    rawArgs,
  }
}
