import type { ReplyContext, StreamEncoder } from '../spec/inbound.ts'
import type {
  Finish,
  GeneratedFile,
  ReasoningEnd,
  SourcePart,
  StreamError,
  StreamPart,
} from '../spec/stream.ts'
import { CallWriter, LegacyCallWriter } from './inbound-calls.ts'
import { encodeErrorBody } from './inbound-errors.ts'
import { encodeReasoningState } from './inbound-reasoning.ts'
import { annotationOf, imageOf } from './inbound-reply.ts'
import { encodeFinishReason, encodeUsage } from './inbound-usage.ts'

/**
 * Chunks as OpenAI's API sends them (https://platform.openai.com/docs/api-reference/chat-streaming), and for
 * reasoning `reasoning_content`, the member that clients of compatible servers read
 * (https://api-docs.deepseek.com/guides/thinking_mode).
 *
 * All chunks of a reply begin and end alike, so only the delta is spelled anew.
 */
export function createStreamEncoder(context: ReplyContext): StreamEncoder {
  return new ChunkWriter(context)
}

class ChunkWriter implements StreamEncoder {
  #context: ReplyContext
  /** Up to the choices. */
  #head = ''
  #beforeDelta = ''
  #afterDelta: string
  #afterLastDelta: string
  #hasRole = false
  #ended = false
  #calls: CallWriter | LegacyCallWriter
  /** Characters of reasoning so far, and where the open block began. */
  #reasoningLength = 0
  #reasoningStart = 0
  #reasoningBlocks = 0

  constructor(context: ReplyContext) {
    this.#context = context
    this.#calls = context.wishes.form === 'function-call' ? new LegacyCallWriter() : new CallWriter()
    // Chunks of a stream that tells its usage have the member from the first on.
    this.#afterLastDelta = context.wishes.includeUsage ? '}],"usage":null}\n\n' : '}]}\n\n'
    this.#afterDelta = `,"logprobs":null,"finish_reason":null${this.#afterLastDelta}`
    this.#open(context.id)
  }

  push(part: StreamPart): string {
    if (this.#ended) return ''
    switch (part.type) {
      case 'text-delta':
        return part.delta === '' ? '' : this.#chunk(`{"content":${JSON.stringify(part.delta)}}`, '""')
      case 'reasoning-delta':
        return this.#reasoning(part.delta)
      case 'tool-input-delta':
        return this.#chunk(this.#calls.piece(part.id, part.delta))
      default:
        return this.#pushRare(part)
    }
  }

  #pushRare(part: StreamPart): string {
    switch (part.type) {
      case 'response-start':
        this.#open(part.id || this.#context.id)
        return ''
      case 'reasoning-start':
        this.#reasoningStart = this.#reasoningLength
        return ''
      case 'reasoning-end':
        return this.#endReasoning(part)
      case 'tool-input-start':
        return this.#chunk(this.#calls.start(part))
      case 'tool-call':
        return this.#chunk(this.#calls.end(part))
      case 'source':
        return this.#source(part)
      case 'file':
        return this.#file(part)
      case 'finish':
        return this.#finish(part)
      case 'error':
        return this.#fail(part)
      default:
        // The rest only bounds blocks, which chunks do not have, or has no spelling.
        return ''
    }
  }

  #open(id: string): void {
    const { model, createdAt } = this.#context
    const names = `"id":${JSON.stringify(id)},"object":"chat.completion.chunk","created":${createdAt}`
    this.#head = `data: {${names},"model":${JSON.stringify(model)},"choices":[`
    this.#beforeDelta = `${this.#head}{"index":0,"delta":`
  }

  /** The role stands in a chunk of its own before the first; its content is `null` where none comes first. */
  #chunk(delta: string | undefined, content: '""' | 'null' = 'null'): string {
    if (delta === undefined) return ''
    const chunk = this.#beforeDelta + delta + this.#afterDelta
    return this.#hasRole ? chunk : this.#role(content) + chunk
  }

  #role(content: '""' | 'null'): string {
    this.#hasRole = true
    return `${this.#beforeDelta}{"role":"assistant","content":${content},"refusal":null}${this.#afterDelta}`
  }

  #reasoning(delta: string): string {
    if (delta === '') return ''
    this.#reasoningLength += delta.length
    return this.#chunk(`{"reasoning_content":${JSON.stringify(delta)}}`)
  }

  #endReasoning({ providerData }: ReasoningEnd): string {
    const start = this.#reasoningStart
    const span = { start, length: this.#reasoningLength - start }
    const details = encodeReasoningState(providerData, span, this.#reasoningBlocks++)
    return details.length > 0 ? this.#chunk(JSON.stringify({ reasoning_details: details })) : ''
  }

  #source(part: SourcePart): string {
    const annotation = annotationOf(part)
    return annotation ? this.#chunk(JSON.stringify({ annotations: [annotation] }), '""') : ''
  }

  #file(part: GeneratedFile): string {
    const image = imageOf(part)
    return image ? this.#chunk(JSON.stringify({ images: [image] }), '""') : ''
  }

  #finish({ reason, usage }: Finish): string {
    this.#ended = true
    const isLegacy = this.#context.wishes.form === 'function-call' && reason.unified === 'tool-calls'
    const word = isLegacy ? 'function_call' : encodeFinishReason(reason)
    const role = this.#hasRole ? '' : this.#role('""')
    const last = `${this.#beforeDelta}{},"logprobs":null,"finish_reason":"${word}"${this.#afterLastDelta}`
    const counts = this.#context.wishes.includeUsage ? encodeUsage(usage) : undefined
    const total = counts ? `${this.#head}],"usage":${JSON.stringify(counts)}}\n\n` : ''
    return `${role}${last}${total}data: [DONE]\n\n`
  }

  /** No `[DONE]`: the reply is not. */
  #fail({ error }: StreamError): string {
    this.#ended = true
    return `data: ${JSON.stringify(encodeErrorBody(error))}\n\n`
  }
}
