import { Sequencer } from '../shared/sequencer.ts'
import { unreachable } from '../shared/unreachable.ts'
import type { ReplyContext, StreamEncoder } from '../spec/inbound.ts'
import type { JsonObject } from '../spec/json.ts'
import type { ProviderData } from '../spec/request.ts'
import type { Finish, SourcePart, StreamError, StreamPart, ToolCall } from '../spec/stream.ts'
import { encodeErrorBody } from './inbound-errors.ts'
import {
  encodeCall,
  encodeEnd,
  encodeFile,
  encodeHidden,
  encodeItem,
  encodeUsage,
  signed,
} from './inbound-parts.ts'

/**
 * A `GenerateContentResponse` per event, or one JSON array of them (`wishes.jsonArray`).
 * https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent
 */
export function createStreamEncoder(context: ReplyContext): StreamEncoder {
  return new GeminiEncoder(context)
}

class GeminiEncoder implements StreamEncoder {
  readonly #showsThoughts: boolean
  readonly #isArray: boolean
  readonly #model: string
  /** Parts have no ids, so blocks cannot interleave. */
  readonly #sequencer = new Sequencer((part) => this.#write(part))
  #id: string
  /** What every chunk ends with. */
  #tail = ''
  #written = ''
  #hasWritten = false
  #ended = false
  /** How much of the open block is out. */
  #length = 0
  /** The open block, when it is not shown. */
  #hidden = ''
  #sources: SourcePart[] = []
  #malformed: ToolCall | undefined

  constructor(context: ReplyContext) {
    this.#showsThoughts = context.wishes.includeThoughts === true
    this.#isArray = context.wishes.jsonArray === true
    this.#model = context.model
    this.#id = context.id
  }

  push(part: StreamPart): string {
    if (this.#ended) return ''
    this.#written = ''
    this.#sequencer.push(part)
    return this.#written
  }

  #write(part: StreamPart): void {
    switch (part.type) {
      case 'response-start':
        this.#id = part.id || this.#id
        return
      case 'text-start':
      case 'reasoning-start':
        this.#length = 0
        this.#hidden = ''
        return
      case 'text-delta':
        return this.#writeText(part.delta, '')
      case 'reasoning-delta':
        if (this.#showsThoughts) return this.#writeText(part.delta, ',"thought":true')
        this.#hidden += part.delta
        return
      case 'text-end':
        return this.#sign({}, part.providerData)
      case 'reasoning-end':
        return this.#showsThoughts
          ? this.#sign({ thought: true }, part.providerData)
          : this.#writePart(encodeHidden(this.#hidden, part.providerData))
      default:
        return this.#writeWhole(part)
    }
  }

  #writeWhole(
    part: Exclude<StreamPart, { type: 'response-start' | `${'text' | 'reasoning'}-${string}` }>,
  ): void {
    switch (part.type) {
      case 'tool-input-start':
      case 'tool-input-delta':
      case 'tool-input-end':
        return
      case 'tool-call':
        if (!part.malformed) return this.#writePart(encodeCall(part))
        this.#malformed = part
        return
      case 'source':
        this.#sources.push(part)
        return
      case 'file':
        return this.#writePart(encodeFile(part))
      case 'provider-item':
        return this.#writePart(encodeItem(part.providerData))
      case 'finish':
        return this.#finish(part)
      case 'error':
        return this.#fail(part)
      default:
        return unreachable(part)
    }
  }

  /** Of a reply's chunks nearly all hold one text; only that is spelled anew. */
  #writeText(delta: string, flags: string): void {
    if (delta === '') return
    this.#length += delta.length
    const text = JSON.stringify(delta)
    this.#writeChunk(
      `{"candidates":[{"content":{"parts":[{"text":${text}${flags}}],"role":"model"},"index":0}]`,
    )
  }

  /** State is known when its block has ended: an empty text brings it after those that belong to it. */
  #sign(flags: JsonObject, data: ProviderData | undefined): void {
    const length = this.#length
    const signature = signed(data, (state) =>
      length === 0 ? { of: 'part', state } : { of: 'block', length, state },
    )
    if (signature['thoughtSignature'] !== undefined) this.#writePart({ text: '', ...flags, ...signature })
  }

  #writePart(part: JsonObject | undefined): void {
    if (!part) return
    const candidate = { content: { parts: [part], role: 'model' }, index: 0 }
    this.#writeChunk(JSON.stringify({ candidates: [candidate] }).slice(0, -1))
  }

  #finish({ reason, usage }: Finish): void {
    const content = { parts: [{ text: '' }], role: 'model' }
    const end = encodeEnd(reason, this.#sources, this.#malformed)
    const chunk = { candidates: [{ content, ...end, index: 0 }], ...encodeUsage(usage) }
    this.#writeChunk(JSON.stringify(chunk).slice(0, -1))
    this.#end()
  }

  #fail({ error }: StreamError): void {
    const { type, message, retryAfterMs } = error
    const body = encodeErrorBody({ type, message, ...(retryAfterMs !== undefined && { retryAfterMs }) })
    this.#writeMessage(JSON.stringify(body))
    this.#end()
  }

  /** A chunk whose object is still open. */
  #writeChunk(open: string): void {
    this.#tail ||= `,"modelVersion":${JSON.stringify(this.#model)},"responseId":${JSON.stringify(this.#id)}}`
    this.#writeMessage(open + this.#tail)
  }

  #writeMessage(json: string): void {
    if (this.#isArray) this.#written += (this.#hasWritten ? ',\r\n' : '[') + json
    else this.#written += `data: ${json}\r\n\r\n`
    this.#hasWritten = true
  }

  #end(): void {
    if (this.#isArray) this.#written += ']'
    this.#ended = true
  }
}
