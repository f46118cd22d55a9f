import type { AttributeValue } from '@atrium/wire/otlp'
import type { MessagePart, SpanMessage } from '../facts.ts'
import { jsonOr, partOf, toolCallOf } from './parts.ts'
import { firstOf, fromJson, isObject, isRecord, own, plain } from './values.ts'

export type Role = SpanMessage['role']

const ROLES: ReadonlyMap<unknown, Role> = new Map<unknown, Role>([
  ['system', 'system'],
  ['developer', 'system'],
  ['user', 'user'],
  ['human', 'user'],
  ['assistant', 'assistant'],
  ['ai', 'assistant'],
  ['model', 'assistant'],
  ['tool', 'tool'],
  ['function', 'tool'],
])

/** The role by its name in whichever API; what no API knows is taken for `otherwise`. */
export function roleOf(name: unknown, otherwise: Role): Role {
  return ROLES.get(name) ?? otherwise
}

function textMessage(role: Role, content: string): SpanMessage {
  return { role, parts: [{ type: 'text', content }], finishReason: null }
}

/** Messages of an attribute that holds messages. JSON that breaks off is kept as the text it is. */
export function messagesIn(role: Role): (value: AttributeValue) => readonly SpanMessage[] | undefined {
  return (value) => {
    if (typeof value !== 'string') return fromAttribute(value, role)
    if (value === '') return undefined
    return messagesOf(fromJson(value), role) ?? [textMessage(role, value)]
  }
}

/** Messages of an attribute that may hold anything; parses only what looks like messages. */
export function contentIn(value: AttributeValue, role: Role): readonly SpanMessage[] {
  if (typeof value === 'string' && !value.includes('"role"')) return [textMessage(role, value)]
  return messagesIn(role)(value) ?? []
}

/** Instructions: parts of one message of the system. */
export function instructionsIn(value: AttributeValue): readonly SpanMessage[] | undefined {
  return messagesIn('system')(value)
}

/** Messages out of a list of messages, one message, a list of parts or a request; undefined for anything else. */
function messagesOf(value: unknown, role: Role): readonly SpanMessage[] | undefined {
  if (Array.isArray(value)) return value.length === 0 ? [] : fromList(value, role)
  if (!isRecord(value)) return undefined
  if (Object.hasOwn(value, 'role') || Object.hasOwn(value, 'parts')) return [messageOf(value, role)]
  return fromRequest(value, role)
}

/** One message in the shape of OpenTelemetry, OpenAI, Anthropic or the AI SDK. */
export function messageOf(message: Record<string, unknown>, otherwise: Role): SpanMessage {
  const role = roleOf(own(message, 'role'), otherwise)
  const finish = firstOf(message, ['finish_reason', 'finishReason', 'stop_reason'])
  return {
    role,
    parts: [...partsOf(message, role)],
    finishReason: typeof finish === 'string' ? finish : null,
  }
}

function* partsOf(message: Record<string, unknown>, role: Role): Generator<MessagePart> {
  const reasoning = own(message, 'reasoning_content')
  if (typeof reasoning === 'string') yield { type: 'reasoning', content: reasoning }
  const content = firstOf(message, ['parts', 'content'])
  const callId = firstOf(message, ['tool_call_id', 'toolCallId'])
  if (role === 'tool' && typeof callId === 'string') {
    yield { type: 'tool_call_response', id: callId, response: jsonOr(content) }
  } else if (Array.isArray(content)) {
    for (const part of content) yield partOf(part)
  } else if (content !== undefined) {
    yield partOf(content)
  }
  const calls = own(message, 'tool_calls')
  if (!Array.isArray(calls)) return
  for (const call of calls) {
    yield (isRecord(call) ? toolCallOf(call) : null) ?? { type: 'other', content: call }
  }
}

function fromList(list: readonly unknown[], role: Role): readonly SpanMessage[] {
  const isMessage = (item: unknown) => isRecord(item) && Object.hasOwn(item, 'role')
  if (!list.some(isMessage)) return [{ role, parts: list.map(partOf), finishReason: null }]
  return list.map((item) =>
    isRecord(item) ? messageOf(item, role) : { role, parts: [partOf(item)], finishReason: null },
  )
}

/** The body of a request: `system` beside `messages` or `prompt`. */
function fromRequest(request: Record<string, unknown>, role: Role): readonly SpanMessage[] | undefined {
  const body = firstOf(request, ['messages', 'prompt'])
  const messages = typeof body === 'string' ? [textMessage(role, body)] : messagesOf(body, role)
  if (messages === undefined) return undefined
  const system = own(request, 'system')
  const instructions =
    typeof system === 'string' ? [textMessage('system', system)] : messagesOf(system, 'system')
  return [...(instructions ?? []), ...messages]
}

function fromAttribute(value: AttributeValue, role: Role): readonly SpanMessage[] | undefined {
  const content = plain(value)
  if (content === undefined) return undefined
  const read = Array.isArray(content) ? content.map(parsedMessage) : content
  return messagesOf(read, role) ?? [{ role, parts: [partOf(read)], finishReason: null }]
}

/** Lists of attributes may hold each message as JSON. */
function parsedMessage(item: unknown): unknown {
  const parsed = typeof item === 'string' ? fromJson(item) : undefined
  return isObject(parsed) ? parsed : item
}
