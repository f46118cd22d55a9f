import type { FidelityCollector } from '../shared/fidelity.ts'
import { stringOf } from '../shared/json.ts'
import { missing, requiredObjectAt, requiredStringAt, stringAt, wordAt } from '../shared/request-values.ts'
import { RequestError } from '../spec/inbound.ts'
import type { JsonObject, JsonValue } from '../spec/json.ts'
import type {
  AssistantPart,
  Message,
  TextPart,
  ToolResultContent,
  ToolResultPart,
  UserPart,
} from '../spec/request.ts'
import { InboundCalls } from './inbound-calls.ts'
import { decodeMedia } from './inbound-media.ts'
import { readModelPart } from './inbound-model-turn.ts'
import { listOf, memberOf } from './inbound-values.ts'

/**
 * The conversation. Neighbouring turns of the model are one message, as the turns of a stream are that a client has
 * kept chunk by chunk. https://ai.google.dev/api/caching#Content
 *
 * @throws RequestError
 */
export function decodeContents(value: JsonValue | undefined, notes: FidelityCollector): Message[] {
  const contents = listOf(value) ?? missing('contents')
  if (contents.length === 0) throw new RequestError("'contents' must not be empty.", 'contents')
  const messages: Message[] = []
  const calls = new InboundCalls()
  for (const [index, entry] of contents.entries()) {
    const at = `contents[${index}]`
    const content = requiredObjectAt(entry, at)
    const role = wordAt(content['role'], `${at}.role`, ['user', 'model', 'function']) ?? 'user'
    const parts = partsOf(content, at)
    if (role === 'model') readModelTurn(parts, at, messages, calls, notes)
    else readUserTurn(parts, at, messages, calls, notes)
  }
  return messages
}

/** Instructions, which hold text only. A string is what clients of other languages send. @throws RequestError */
export function decodeSystem(value: JsonValue | undefined, notes: FidelityCollector): TextPart[] | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return [{ type: 'text', text: value }]
  const at = 'systemInstruction'
  const parts = partsOf(requiredObjectAt(value, at), at)
  return parts.flatMap((part, index): TextPart[] => {
    const text = stringAt(part['text'], `${at}.parts[${index}].text`)
    if (text === undefined) notes.dropped('system', 'instructions hold text only')
    return text === undefined ? [] : [{ type: 'text', text }]
  })
}

function partsOf(content: JsonObject, at: string): JsonObject[] {
  return (listOf(content['parts']) ?? []).map((part, index) =>
    requiredObjectAt(part, `${at}.parts[${index}]`),
  )
}

function readModelTurn(
  parts: JsonObject[],
  at: string,
  messages: Message[],
  calls: InboundCalls,
  notes: FidelityCollector,
): void {
  const last = messages.at(-1)
  const content: AssistantPart[] = last?.role === 'assistant' ? last.content : []
  if (last?.role !== 'assistant') calls.forget()
  for (const [index, part] of parts.entries()) {
    readModelPart(part, `${at}.parts[${index}]`, content, calls, notes)
  }
  if (last?.role !== 'assistant' && content.length > 0) messages.push({ role: 'assistant', content })
}

/** Responses lead, wherever they stand in their turn: they belong to the calls before it. */
function readUserTurn(
  parts: JsonObject[],
  at: string,
  messages: Message[],
  calls: InboundCalls,
  notes: FidelityCollector,
): void {
  if (parts.length === 0) throw new RequestError(`'${at}.parts' must not be empty.`, `${at}.parts`)
  const results: ToolResultPart[] = []
  const content: UserPart[] = []
  for (const [index, part] of parts.entries()) {
    const path = `${at}.parts[${index}]`
    if (memberOf(part, 'functionResponse') == null) readUserPart(part, path, content, notes)
    else results.push(readResponse(part, path, calls, notes))
  }
  const last = messages.at(-1)
  if (results.length > 0) {
    if (last?.role === 'tool') for (const result of results) last.content.push(result)
    else messages.push({ role: 'tool', content: results })
  }
  if (content.length > 0) messages.push({ role: 'user', content })
}

function readUserPart(part: JsonObject, at: string, content: UserPart[], notes: FidelityCollector): void {
  const text = stringAt(part['text'], `${at}.text`)
  const read = text === undefined ? decodeMedia(part, at, notes) : { type: 'text' as const, text }
  if (read) content.push(read)
  else if (Object.keys(part).length > 0) notes.dropped('messages.user', 'a part that only Gemini understands')
  else throw new RequestError("A part must hold one of its fields, such as 'text'.", at)
}

/** https://ai.google.dev/api/caching#FunctionResponse */
function readResponse(
  part: JsonObject,
  at: string,
  calls: InboundCalls,
  notes: FidelityCollector,
): ToolResultPart {
  const path = `${at}.functionResponse`
  const body = requiredObjectAt(memberOf(part, 'functionResponse'), path)
  const name = requiredStringAt(body['name'], `${path}.name`)
  const call = calls.answer(stringAt(body['id'], `${path}.id`), name)
  if (!call) {
    throw new RequestError(
      'The number of function response parts must equal the number of function call parts of the function call turn.',
      path,
    )
  }
  const result = readOutput(requiredObjectAt(body['response'], `${path}.response`))
  const media = (listOf(body['parts']) ?? []).flatMap((entry, index) => {
    const place = `${path}.parts[${index}]`
    const decoded = decodeMedia(requiredObjectAt(entry, place), place, notes)
    return decoded ? [decoded] : []
  })
  const content: ToolResultContent[] = [{ type: 'text', text: result.text }, ...media]
  const decoded: ToolResultPart = { type: 'tool-result', toolCallId: call.id, toolName: call.name, content }
  if (result.isError) decoded.isError = true
  return decoded
}

/** `output` and `error` alone have a meaning; any other response is an output as a whole. */
function readOutput(response: JsonObject): { text: string; isError: boolean } {
  const members = Object.keys(response)
  if (members.length !== 1) return { text: JSON.stringify(response), isError: false }
  if (members[0] === 'output') return { text: spelled(response['output'] ?? null), isError: false }
  if (members[0] === 'error') return { text: spelled(response['error'] ?? null), isError: true }
  return { text: JSON.stringify(response), isError: false }
}

function spelled(value: JsonValue): string {
  return stringOf(value) ?? JSON.stringify(value)
}
