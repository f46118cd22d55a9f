import type { Attributes, AttributeValue, SpanEvent } from '@atrium/wire/otlp'
import type { SpanMessage } from '../facts.ts'
import { instructionsIn, messageOf, messagesIn, type Role } from './messages.ts'
import { fromJson, isRecord, milliseconds, plain, text } from './values.ts'

/**
 * Content and times in the events of a span: conventions up to 1.36 and instrumentations that still follow them
 * (Strands, Azure), and the one event of later ones.
 * Sources: https://github.com/open-telemetry/semantic-conventions/blob/v1.36.0/docs/gen-ai/gen-ai-events.md,
 * https://github.com/open-telemetry/semantic-conventions/blob/v1.28.0/docs/gen-ai/gen-ai-spans.md
 */
const MESSAGES: ReadonlyMap<string, Role> = new Map<string, Role>([
  ['gen_ai.system.message', 'system'],
  ['gen_ai.user.message', 'user'],
  ['gen_ai.assistant.message', 'assistant'],
  ['gen_ai.tool.message', 'tool'],
])

/** Attributes that hold messages, on events of any name. */
const HELD: readonly (readonly [string, 'input' | 'output', Role])[] = [
  ['gen_ai.system_instructions', 'input', 'system'],
  ['gen_ai.input.messages', 'input', 'user'],
  ['gen_ai.output.messages', 'output', 'assistant'],
  ['gen_ai.prompt', 'input', 'user'],
  ['gen_ai.completion', 'output', 'assistant'],
]

/** Of OpenTelemetry's draft, of the AI SDK, of OpenInference and of OpenLLMetry. */
const FIRST_TOKEN = new Set([
  'gen_ai.first_token',
  'gen_ai.content.first_token',
  'ai.stream.firstChunk',
  'First Token Stream Event',
  'llm.content.completion.chunk',
])

/** The messages that events of a span hold. */
export function messagesInEvents(events: readonly SpanEvent[]) {
  const found = { input: [] as SpanMessage[], output: [] as SpanMessage[] }
  for (const { name, attributes } of events) {
    const role = MESSAGES.get(name)
    if (role !== undefined) push(found.input, [messageIn(attributes, role)])
    else if (name === 'gen_ai.choice') push(found.output, [messageIn(attributes, 'assistant')])
    else if (name.startsWith('gen_ai.')) {
      for (const [key, direction, held] of HELD) push(found[direction], heldIn(attributes.get(key), held))
    }
  }
  return found
}

/** From the start of a span to the event of its first token, in nanoseconds. */
export function firstTokenInEvents(events: readonly SpanEvent[], startNs: bigint): bigint | null {
  const event = events.find(({ name }) => FIRST_TOKEN.has(name))
  if (event === undefined) return null
  const told = event.attributes.get('ai.response.msToFirstChunk')
  const given = told === undefined ? undefined : milliseconds(told)
  return given ?? (event.timeNs >= startNs ? event.timeNs - startNs : null)
}

/** The type of the exception that a span recorded last. */
export function exceptionIn(events: readonly SpanEvent[]): string | null {
  const type = events.findLast(({ name }) => name === 'exception')?.attributes.get('exception.type')
  return type === undefined ? null : (text(type) ?? null)
}

/** `gen_ai.event.content` holds the whole as JSON; else each field is an attribute, and a choice's message JSON. */
function messageIn(attributes: Attributes, role: Role): SpanMessage {
  const content = attributes.get('gen_ai.event.content')
  const fields = typeof content === 'string' ? fromJson(content) : Object.fromEntries(readable(attributes))
  const record = isRecord(fields) ? fields : {}
  const { message } = record
  const body = isRecord(message) ? { ...record, ...message } : { content: message, ...record }
  return messageOf({ ...body, tool_call_id: record['tool_call_id'] ?? record['id'] }, role)
}

function* readable(attributes: Attributes): Generator<[string, unknown]> {
  for (const [name, value] of attributes) {
    yield [name, typeof value === 'string' ? (fromJson(value) ?? value) : plain(value)]
  }
}

function heldIn(value: AttributeValue | undefined, role: Role): readonly SpanMessage[] {
  if (value === undefined) return []
  return (role === 'system' ? instructionsIn(value) : messagesIn(role)(value)) ?? []
}

function push(list: SpanMessage[], messages: readonly SpanMessage[]): void {
  for (const message of messages) list.push(message)
}
