import { type ReplyContext, type StreamPart, usageOf } from '../src/index.ts'
import { openaiChatInbound } from '../src/openai-chat/inbound.ts'
import { writeStream } from './reply-streams.ts'

/** What is said about each of the replies below. */
export const context: ReplyContext = { id: 'chatcmpl-1', model: 'alias', createdAt: 1694268190, wishes: {} }
export const withUsage: ReplyContext = { ...context, wishes: { includeUsage: true } }

export const usage = usageOf(
  { uncached: 10, cacheRead: 5, cacheWrite5m: 1, cacheWrite1h: 2, text: 7, reasoning: 3 },
  null,
)
export const finish = (unified: 'stop' | 'tool-calls' = 'stop'): StreamPart => ({
  type: 'finish',
  reason: { unified, raw: 'end_turn' },
  usage,
})

/** One text. */
export const hello: StreamPart[] = [
  { type: 'response-start', id: 'msg_1', model: 'claude' },
  { type: 'text-start', id: 't' },
  { type: 'text-delta', id: 't', delta: 'Hel' },
  { type: 'text-delta', id: 't', delta: 'lo\n"' },
  { type: 'text-end', id: 't' },
  finish(),
]

/** Two calls that are written at the same time; the second has no input. */
export const calls: StreamPart[] = [
  { type: 'tool-input-start', id: 'a', name: 'f' },
  { type: 'tool-input-delta', id: 'a', delta: '{"x":' },
  { type: 'tool-input-start', id: 'b', name: 'g' },
  { type: 'tool-input-delta', id: 'a', delta: '1}' },
  { type: 'tool-input-end', id: 'a' },
  { type: 'tool-input-end', id: 'b' },
  { type: 'tool-call', id: 'a', name: 'f', args: { x: 1 }, rawArgs: '{"x":1}' },
  { type: 'tool-call', id: 'b', name: 'g', args: {}, rawArgs: '{}' },
  finish('tool-calls'),
]

export const signed = {
  dialect: 'anthropic-messages' as const,
  data: { type: 'thinking', signature: 'EqQ=' },
}
/** Four blocks of reasoning: signed, plain, empty with state, and plain again. */
export const thoughts: StreamPart[] = [
  { type: 'reasoning-start', id: 'r' },
  { type: 'reasoning-delta', id: 'r', delta: 'Let me' },
  { type: 'reasoning-delta', id: 'r', delta: ' think. ' },
  { type: 'reasoning-end', id: 'r', providerData: signed },
  { type: 'reasoning-start', id: 'p' },
  { type: 'reasoning-delta', id: 'p', delta: 'So: ' },
  { type: 'reasoning-end', id: 'p' },
  { type: 'reasoning-start', id: 's' },
  {
    type: 'reasoning-end',
    id: 's',
    providerData: { dialect: 'anthropic-messages', data: { type: 'redacted_thinking' } },
  },
  { type: 'reasoning-start', id: 'q' },
  { type: 'reasoning-delta', id: 'q', delta: 'Done.' },
  { type: 'reasoning-end', id: 'q' },
]

/** The events of a stream, parsed; `[DONE]` stands for itself. */
export function events(parts: StreamPart[], about = context): unknown[] {
  return writeStream(openaiChatInbound, parts, about)
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => event.replace(/^data: /u, ''))
    .map((data) => (data === '[DONE]' ? data : JSON.parse(data)))
}

/** What the choices of the chunks add. */
export function deltas(parts: StreamPart[], about = context): unknown[] {
  return (events(parts, about) as { choices?: { delta: unknown }[] }[]).flatMap(
    (event) => event.choices?.map(({ delta }) => delta) ?? [],
  )
}
