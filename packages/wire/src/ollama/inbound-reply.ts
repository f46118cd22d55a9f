import type { ReplyContext, StreamEncoder } from '../spec/inbound.ts'
import type { JsonObject } from '../spec/json.ts'
import type { Finish, StreamPart, ToolCall } from '../spec/stream.ts'
import { inputTokens, outputTokens } from '../spec/usage.ts'

/**
 * One line per piece of text or thinking and per call, the last one with `done`. A chat has a message
 * (https://docs.ollama.com/api/chat); `/api/generate` gives `response` (https://docs.ollama.com/api/generate).
 *
 * All lines of a reply begin alike, so only the piece is spelled anew.
 */
export function createStreamEncoder(context: ReplyContext): StreamEncoder {
  return new LineWriter(context)
}

class LineWriter implements StreamEncoder {
  #context: ReplyContext
  #beforeText: string
  #beforeThinking: string
  #afterPiece: string
  #callCount = 0
  #ended = false

  constructor(context: ReplyContext) {
    this.#context = context
    const isGenerate = context.wishes.form === 'generate'
    const head = `${JSON.stringify(headOf(context)).slice(0, -1)},`
    this.#beforeText = `${head}${isGenerate ? '"response":' : '"message":{"role":"assistant","content":'}`
    this.#beforeThinking = `${this.#beforeText}"","thinking":`
    this.#afterPiece = isGenerate ? ',"done":false}\n' : '},"done":false}\n'
  }

  push(part: StreamPart): string {
    if (this.#ended) return ''
    switch (part.type) {
      case 'text-delta':
        return part.delta && this.#beforeText + JSON.stringify(part.delta) + this.#afterPiece
      case 'reasoning-delta':
        return part.delta && this.#beforeThinking + JSON.stringify(part.delta) + this.#afterPiece
      case 'tool-call':
        return this.#line({ text: '', thinking: '', calls: [encodeCall(part, this.#callCount++)] })
      case 'finish':
        this.#ended = true
        return this.#line({ text: '', thinking: '', calls: [], finish: part })
      case 'error':
        this.#ended = true
        return `${JSON.stringify({ error: part.error.message })}\n`
      default:
        // The rest only bounds blocks, which lines do not have, or has no spelling.
        return ''
    }
  }

  #line(reply: Reply): string {
    return `${JSON.stringify(encode(reply, this.#context))}\n`
  }
}

/** A whole reply is a stream of one line. */
export function encodeReply(parts: readonly StreamPart[], context: ReplyContext): JsonObject {
  const reply: Reply = { text: '', thinking: '', calls: [] }
  for (const part of parts) {
    if (part.type === 'text-delta') reply.text += part.delta
    else if (part.type === 'reasoning-delta') reply.thinking += part.delta
    else if (part.type === 'tool-call') reply.calls.push(encodeCall(part, reply.calls.length))
    else if (part.type === 'finish') reply.finish = part
  }
  return encode(reply, context)
}

interface Reply {
  text: string
  thinking: string
  calls: JsonObject[]
  finish?: Finish
}

function encode({ text, thinking, calls, finish }: Reply, context: ReplyContext): JsonObject {
  const more = { ...(thinking !== '' && { thinking }), ...(calls.length > 0 && { tool_calls: calls }) }
  const content =
    context.wishes.form === 'generate'
      ? { response: text, ...more }
      : { message: { role: 'assistant', content: text, ...more } }
  return { ...headOf(context), ...content, ...(finish ? encodeEnd(finish) : { done: false }) }
}

function headOf({ model, createdAt }: ReplyContext): JsonObject {
  return { model, created_at: new Date(createdAt * 1000).toISOString() }
}

/** The arguments as an object: as text they might span lines. */
function encodeCall({ id, name, args }: ToolCall, index: number): JsonObject {
  return { id, function: { index, name, arguments: args } }
}

/**
 * Clients read the durations (nanoseconds) as numbers; how long the model took is not known here. The counts are left
 * out where the provider told none. https://docs.ollama.com/api/usage
 */
function encodeEnd({ reason, usage }: Finish): JsonObject {
  const isCut = reason.unified === 'length' || reason.unified === 'context-window'
  return {
    done: true,
    done_reason: isCut ? 'length' : 'stop',
    total_duration: 0,
    load_duration: 0,
    ...(!usage.missing && { prompt_eval_count: inputTokens(usage) }),
    prompt_eval_duration: 0,
    ...(!usage.missing && { eval_count: outputTokens(usage) }),
    eval_duration: 0,
  }
}
