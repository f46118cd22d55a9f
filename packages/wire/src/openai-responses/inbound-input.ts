import { objectOf, objectsOf, parseJson, stringOf } from '../shared/json.ts'
import type { FidelityCollector } from '../shared/fidelity.ts'
import { missing, requiredObjectAt, requiredStringAt, stringAt, wordAt } from '../shared/request-values.ts'
import { RequestError } from '../spec/inbound.ts'
import type { JsonObject, JsonValue } from '../spec/json.ts'
import type {
  AssistantPart,
  ImagePart,
  Message,
  ProviderData,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../spec/request.ts'
import { decodeContent, decodeTexts } from './inbound-content.ts'
import { type Carried, readCarrier } from './inbound-state.ts'

/**
 * The conversation from `input`: a string, or a flat list of items. Neighbours that the assistant made become one
 * message, and so do neighbouring outputs of functions.
 * https://platform.openai.com/docs/api-reference/responses/create#responses-create-input
 *
 * @throws RequestError
 */
export function decodeInput(value: JsonValue | undefined, notes: FidelityCollector): Message[] {
  if (typeof value === 'string') return [{ role: 'user', content: [{ type: 'text', text: value }] }]
  if (value === undefined || value === null) missing('input')
  if (!Array.isArray(value)) throw new RequestError("'input' must be a string or an array of items.", 'input')
  if (value.length === 0) throw new RequestError("'input' must hold at least one item.", 'input')
  const reader = new InputReader(notes)
  for (const [index, item] of value.entries()) {
    const at = `input[${index}]`
    reader.read(requiredObjectAt(item, at), at)
  }
  return reader.messages
}

class InputReader {
  readonly messages: Message[] = []
  readonly #notes: FidelityCollector
  /** By call id, for the names of their results and for state that comes after them. */
  readonly #calls = new Map<string, ToolCallPart>()
  /** Calls of tools that are not functions; their outputs stay in OpenAI's own form. */
  readonly #otherCalls = new Set<string>()
  #texts: TextPart[] = []
  #image: ImagePart | undefined

  constructor(notes: FidelityCollector) {
    this.#notes = notes
  }

  read(item: JsonObject, at: string): void {
    switch (typeOf(item, at)) {
      case 'message':
        this.#readMessage(item, at)
        return
      case 'function_call':
        this.#readCall(item, at)
        return
      case 'function_call_output':
        this.#readOutput(item, at)
        return
      case 'reasoning':
        this.#readReasoning(item, at)
        return
      case 'image_generation_call':
        this.#readImage(item)
        return
      case 'item_reference':
        throw new RequestError(
          'Items of earlier responses are not stored here; send the item itself instead of a reference to it.',
          at,
        )
      default:
        this.#readOther(item)
    }
  }

  #readMessage(item: JsonObject, at: string): void {
    const role =
      wordAt(item['role'], `${at}.role`, ['user', 'assistant', 'system', 'developer']) ??
      missing(`${at}.role`)
    const path = `${at}.content`
    switch (role) {
      case 'user':
        this.messages.push({ role, content: decodeContent(item['content'], path, this.#notes) })
        return
      case 'assistant': {
        const phase = stringOf(item['phase'])
        this.#texts = decodeTexts(item['content'], path, this.#notes).map((part) =>
          phase === undefined ? part : { ...part, providerData: own({ phase }) },
        )
        this.#assistant([...this.#texts])
        return
      }
      default:
        this.messages.push({ role: 'system', content: decodeTexts(item['content'], path, this.#notes) })
    }
  }

  #readCall(item: JsonObject, at: string): void {
    const rawArgs = requiredStringAt(item['arguments'], `${at}.arguments`)
    const call: ToolCallPart = {
      type: 'tool-call',
      id: requiredStringAt(item['call_id'], `${at}.call_id`),
      name: requiredStringAt(item['name'], `${at}.name`),
      args: objectOf(parseJson(rawArgs)) ?? {},
      rawArgs,
    }
    if (item['namespace'] != null) this.#notes.dropped('messages.tool-call', 'namespaces are OpenAI’s own')
    this.#calls.set(call.id, call)
    this.#assistant([call])
  }

  #readOutput(item: JsonObject, at: string): void {
    const toolCallId = requiredStringAt(item['call_id'], `${at}.call_id`)
    const call = this.#calls.get(toolCallId)
    if (!call && this.#otherCalls.has(toolCallId)) {
      this.#readOther(item)
      return
    }
    if (!call) {
      throw new RequestError(
        `No tool call found for function call output with call_id ${toolCallId.slice(0, 100)}.`,
        at,
      )
    }
    const content = decodeContent(item['output'], `${at}.output`, this.#notes)
    const result: ToolResultPart = { type: 'tool-result', toolCallId, toolName: call.name, content }
    const last = this.messages.at(-1)
    if (last?.role === 'tool') last.content.push(result)
    else this.messages.push({ role: 'tool', content: [result] })
  }

  #readReasoning(item: JsonObject, at: string): void {
    const encrypted = stringAt(item['encrypted_content'], `${at}.encrypted_content`) ?? ''
    const carried = readCarrier(encrypted)
    if (carried && carried.of !== 'reasoning') {
      this.#attach(carried)
      return
    }
    const { status: _status, ...data } = item
    const providerData = carried?.state ?? (encrypted === '' ? undefined : own(data))
    const text = reasoningText(item)
    this.#assistant([providerData ? { type: 'reasoning', text, providerData } : { type: 'reasoning', text }])
  }

  /** Gives state back to the part that it came with; when the client left that part out, it is of no use. */
  #attach(carried: Carried): void {
    const target = this.#targetOf(carried)
    if (target) target.providerData = carried.state
    else if (carried.of === 'item') this.#assistant([{ type: 'provider-item', providerData: carried.state }])
  }

  #targetOf(carried: Carried): TextPart | ToolCallPart | ImagePart | undefined {
    switch (carried.of) {
      case 'text':
        return this.#texts[carried.index]
      case 'call':
        return this.#calls.get(carried.callId)
      case 'image':
        return this.#image
      default:
        return undefined
    }
  }

  /** An image that a model made, which other models can look at too. */
  #readImage(item: JsonObject): void {
    const data = stringOf(item['result'])
    if (data === undefined) return this.#readOther(item)
    const mimeType = `image/${stringOf(item['output_format']) ?? 'png'}`
    this.#image = { type: 'image', source: { kind: 'base64', mimeType, data } }
    this.#assistant([this.#image])
  }

  /** What OpenAI's own tools did, and the like: only OpenAI understands it. */
  #readOther(item: JsonObject): void {
    const callId = stringOf(item['call_id'])
    if (callId !== undefined) this.#otherCalls.add(callId)
    this.#assistant([{ type: 'provider-item', providerData: own(item) }])
  }

  #assistant(parts: AssistantPart[]): void {
    const last = this.messages.at(-1)
    if (last?.role !== 'assistant') this.messages.push({ role: 'assistant', content: parts })
    else for (const part of parts) last.content.push(part)
  }
}

/** A message may leave its type out, and so may a reference. */
function typeOf(item: JsonObject, at: string): string {
  const type = stringAt(item['type'], `${at}.type`)
  if (type !== undefined) return type
  if (item['role'] !== undefined) return 'message'
  return item['id'] === undefined ? missing(`${at}.type`) : 'item_reference'
}

/** Sections are paragraphs, as they were when they were streamed. */
function reasoningText(item: JsonObject): string {
  const sections = objectsOf(item['summary'])
  return (sections.length > 0 ? sections : objectsOf(item['content']))
    .map((section) => stringOf(section['text']) ?? '')
    .join('\n\n')
}

function own(data: JsonObject): ProviderData {
  return { dialect: 'openai-responses', data }
}
