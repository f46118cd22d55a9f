import type { AttributeValue, OtlpSpan } from '@atrium/wire/otlp'
import type { MessagePart, SpanMessage } from '../facts.ts'
import { messagesInEvents } from './events.ts'
import type { Findings } from './findings.ts'
import { contentIn, roleOf, type Role } from './messages.ts'
import { jsonOr, toolCallOf } from './parts.ts'
import { fromJson, isRecord, plain, structure } from './values.ts'

/** Messages of a span, from the most exact source that it has. */
export function messagesOfSpan(found: Findings, span: OtlpSpan) {
  const inEvents = span.events.length === 0 ? null : messagesInEvents(span.events)
  const input =
    found.take('inputMessages') ??
    found.takeFlat('input')?.messages('user') ??
    nonEmpty(inEvents?.input) ??
    generic(found, 'input', 'user')
  const output =
    found.take('outputMessages') ??
    response(found) ??
    found.takeFlat('output')?.messages('assistant') ??
    nonEmpty(inEvents?.output) ??
    generic(found, 'output', 'assistant')
  const instructions = found.take('instructions') ?? []
  return { input: [...instructions, ...input], output: finished(found, output) }
}

/** Arguments and result of a tool; other spans keep them among their messages. */
export function toolCallOfSpan(found: Findings): { toolArguments: unknown; toolResult: unknown } {
  const input = found.take('toolArguments') ?? orNull(found.take('input'))
  const output = found.take('toolResult') ?? orNull(found.take('output'))
  return { toolArguments: input, toolResult: output }
}

function orNull(value: AttributeValue): unknown {
  return value === null ? null : (structure(value) ?? null)
}

function generic(found: Findings, field: 'input' | 'output', role: Role): readonly SpanMessage[] {
  const value = found.take(field)
  return value === null ? [] : contentIn(value, role)
}

function nonEmpty<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list
}

/** The AI SDK spreads one answer over text, reasoning and calls. */
function response(found: Findings): readonly SpanMessage[] | null {
  const reasoning = found.take('responseReasoning')
  const text = found.take('responseText')
  const calls = found.take('responseToolCalls')
  const parts: MessagePart[] = [
    ...(reasoning === null ? [] : [{ type: 'reasoning', content: reasoning } as const]),
    ...(text === null ? [] : [{ type: 'text', content: text } as const]),
    ...(calls === null ? [] : callsIn(calls)),
  ]
  return parts.length === 0 ? null : [{ role: roleOf('assistant', 'assistant'), parts, finishReason: null }]
}

function callsIn(value: AttributeValue): readonly MessagePart[] {
  const held = typeof value === 'string' ? jsonOr(value) : plain(value)
  const calls: readonly unknown[] = Array.isArray(held) ? held : [held]
  return calls.map((call) => {
    const parsed = typeof call === 'string' ? (fromJson(call) ?? call) : call
    return (isRecord(parsed) ? toolCallOf(parsed) : null) ?? { type: 'other', content: parsed }
  })
}

/** Gives each message its reason to end, where there is a message for every reason. */
function finished(found: Findings, messages: readonly SpanMessage[]): readonly SpanMessage[] {
  const given = found.peek('finishReasons')
  if (given === null || given.length > messages.length) return messages
  const reasons = found.take('finishReasons') ?? []
  return messages.map((message, at) => ({
    ...message,
    finishReason: message.finishReason ?? reasons[at] ?? null,
  }))
}
