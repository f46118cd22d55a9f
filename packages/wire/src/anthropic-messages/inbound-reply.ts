import { parseJson, objectOf, arrayOf, stringOf } from '../shared/json.ts'
import type { ReplyContext, StreamEncoder } from '../spec/inbound.ts'
import type { JsonObject } from '../spec/json.ts'
import type { Finish, FinishReason, StreamError, StreamPart } from '../spec/stream.ts'
import { outputTokens, type Usage } from '../spec/usage.ts'
import { errorBody } from './inbound-errors.ts'
import { type BlockSink, ReplyWriter } from './reply-writer.ts'

/** https://platform.claude.com/docs/en/build-with-claude/streaming */
export function createStreamEncoder(context: ReplyContext): StreamEncoder {
  const sink = new EventSink(context)
  const writer = new ReplyWriter(sink, context.wishes)
  return {
    push(part) {
      writer.push(part)
      return sink.take()
    },
  }
}

/** Writes events by hand: only the text itself needs an encoder, and most events are text. */
class EventSink implements BlockSink {
  #context: ReplyContext
  #out = ''
  #index = -1
  #started = false

  constructor(context: ReplyContext) {
    this.#context = context
  }

  take(): string {
    const out = this.#out
    this.#out = ''
    return out
  }

  start(id: string): void {
    if (this.#started) return
    this.#started = true
    const message = {
      ...messageOf(id || this.#context.id, this.#context.model),
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: usageBefore,
    }
    this.#event('message_start', `{"type":"message_start","message":${JSON.stringify(message)}}`)
  }

  open(block: JsonObject): void {
    this.start('')
    this.#index += 1
    const content = JSON.stringify(block)
    this.#event(
      'content_block_start',
      `{"type":"content_block_start","index":${this.#index},"content_block":${content}}`,
    )
  }

  text(delta: string): void {
    this.#delta(`{"type":"text_delta","text":${JSON.stringify(delta)}}`)
  }

  thinking(delta: string): void {
    this.#delta(`{"type":"thinking_delta","thinking":${JSON.stringify(delta)}}`)
  }

  inputJson(delta: string): void {
    this.#delta(`{"type":"input_json_delta","partial_json":${JSON.stringify(delta)}}`)
  }

  signature(signature: string): void {
    this.#delta(`{"type":"signature_delta","signature":${JSON.stringify(signature)}}`)
  }

  citation(citation: JsonObject): void {
    this.#delta(`{"type":"citations_delta","citation":${JSON.stringify(citation)}}`)
  }

  close(): void {
    this.#event('content_block_stop', `{"type":"content_block_stop","index":${this.#index}}`)
  }

  finish({ reason, usage }: Finish): void {
    this.start('')
    const delta = JSON.stringify(stopOf(reason))
    const counts = JSON.stringify(encodeUsage(usage))
    this.#event('message_delta', `{"type":"message_delta","delta":${delta},"usage":${counts}}`)
    this.#event('message_stop', '{"type":"message_stop"}')
  }

  fail({ error }: StreamError): void {
    this.#event('error', JSON.stringify(errorBody(error)))
  }

  #delta(delta: string): void {
    this.#event(
      'content_block_delta',
      `{"type":"content_block_delta","index":${this.#index},"delta":${delta}}`,
    )
  }

  #event(name: string, data: string): void {
    this.#out += `event: ${name}\ndata: ${data}\n\n`
  }
}

/** Usage is known at the end only; `message_delta` revises all of it. */
const usageBefore = {
  input_tokens: 0,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  output_tokens: 0,
}

/** A Message object. Parts of a reply that failed give what came before. https://platform.claude.com/docs/en/api/messages */
export function encodeReply(parts: readonly StreamPart[], context: ReplyContext): JsonObject {
  const sink = new ListSink()
  const writer = new ReplyWriter(sink, context.wishes)
  for (const part of parts) writer.push(part)
  return {
    ...messageOf(sink.id || context.id, context.model),
    content: sink.blocks,
    ...(sink.finished ? stopOf(sink.finished.reason) : { stop_reason: null, stop_sequence: null }),
    usage: sink.finished ? encodeUsage(sink.finished.usage) : usageBefore,
  }
}

class ListSink implements BlockSink {
  id = ''
  finished: Finish | undefined
  readonly blocks: JsonObject[] = []
  #block: JsonObject = {}
  #json = ''

  start(id: string): void {
    this.id = id
  }

  open(block: JsonObject): void {
    this.#block = { ...block }
    this.#json = ''
    this.blocks.push(this.#block)
  }

  text(delta: string): void {
    this.#append('text', delta)
  }

  thinking(delta: string): void {
    this.#append('thinking', delta)
  }

  inputJson(delta: string): void {
    this.#json += delta
  }

  signature(signature: string): void {
    this.#block['signature'] = signature
  }

  citation(citation: JsonObject): void {
    this.#block['citations'] = [...arrayOf(this.#block['citations']), citation]
  }

  /** Arguments that are no object are left out: `input` cannot hold them. */
  close(): void {
    if (this.#json !== '') this.#block['input'] = objectOf(parseJson(this.#json)) ?? {}
  }

  finish(finish: Finish): void {
    this.finished = finish
  }

  fail(_error: StreamError): void {
    // A whole reply that failed is answered with an error instead.
  }

  #append(member: 'text' | 'thinking', delta: string): void {
    this.#block[member] = (stringOf(this.#block[member]) ?? '') + delta
  }
}

function messageOf(id: string, model: string): JsonObject {
  return { id, type: 'message', role: 'assistant', model }
}

/** https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons */
function stopOf({ unified, stopSequence }: Finish['reason']): JsonObject {
  if (unified === 'stop' && stopSequence !== undefined) {
    return { stop_reason: 'stop_sequence', stop_sequence: stopSequence }
  }
  return { stop_reason: stopReasons[unified], stop_sequence: null }
}

const stopReasons: Record<FinishReason, string> = {
  stop: 'end_turn',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  'content-filter': 'refusal',
  refusal: 'refusal',
  pause: 'pause_turn',
  'context-window': 'model_context_window_exceeded',
  other: 'end_turn',
}

/** `input_tokens` excludes what was read from or written to a cache. */
function encodeUsage(usage: Usage): JsonObject {
  const { uncached, cacheRead, cacheWrite5m, cacheWrite1h } = usage.input
  return {
    input_tokens: uncached,
    cache_creation_input_tokens: cacheWrite5m + cacheWrite1h,
    cache_read_input_tokens: cacheRead,
    cache_creation: {
      ephemeral_5m_input_tokens: cacheWrite5m,
      ephemeral_1h_input_tokens: cacheWrite1h,
    },
    output_tokens: outputTokens(usage),
    ...(usage.output.reasoning > 0 && {
      output_tokens_details: { thinking_tokens: usage.output.reasoning },
    }),
  }
}
