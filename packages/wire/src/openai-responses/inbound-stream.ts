import { encodeErrorBody } from '../openai-chat/inbound-errors.ts'
import { objectOf, stringOf } from '../shared/json.ts'
import { stableId } from '../shared/part-writer.ts'
import { unreachable } from '../shared/unreachable.ts'
import type { ModelError } from '../spec/error.ts'
import type { ReplyContext, StreamEncoder } from '../spec/inbound.ts'
import type { JsonObject } from '../spec/json.ts'
import type { Finish, GeneratedFile, SourcePart, StreamError, StreamPart, ToolCall } from '../spec/stream.ts'
import type { ProviderData } from '../spec/request.ts'
import { EventWriter } from './inbound-events.ts'
import { CallItem, ReasoningItem } from './inbound-items.ts'
import { MessageItem } from './inbound-message.ts'
import { encodeResponse, incompleteReasonOf, type ResponseState } from './inbound-reply.ts'
import { type Carried, carrierOf } from './inbound-state.ts'

/** https://platform.openai.com/docs/api-reference/responses-streaming */
export function createStreamEncoder(context: ReplyContext): StreamEncoder {
  return new ResponsesEncoder(context)
}

/** A whole reply is what a stream of it would have ended with. */
export function encodeReply(parts: readonly StreamPart[], context: ReplyContext): JsonObject {
  const encoder = new ResponsesEncoder(context)
  for (const part of parts) encoder.push(part)
  return encoder.response
}

class ResponsesEncoder implements StreamEncoder {
  readonly #context: ReplyContext
  readonly #events = new EventWriter()
  readonly #state: ResponseState
  #began = false
  #itemCount = 0
  #message: MessageItem | undefined
  #reasonings = new Map<string, ReasoningItem>()
  #calls = new Map<string, CallItem>()
  /** Sources that came before any text. */
  #sources: SourcePart[] = []

  constructor(context: ReplyContext) {
    this.#context = context
    this.#state = { id: context.id, status: 'in_progress', output: [] }
  }

  get response(): JsonObject {
    // Items that were never finished have left holes.
    return encodeResponse(this.#context, { ...this.#state, output: this.#state.output.filter(() => true) })
  }

  push(part: StreamPart): string {
    if (this.#state.status !== 'in_progress') return ''
    if (part.type === 'text-delta') return this.#message?.writeText(part.id, part.delta) ?? ''
    if (part.type === 'response-start') return this.#begin(part.id)
    return this.#begin('') + this.#write(part)
  }

  #begin(id: string): string {
    if (this.#began) return ''
    this.#began = true
    if (id !== '') this.#state.id = id
    const json = JSON.stringify(this.response)
    return (
      this.#events.writeJson('response.created', 'response', json) +
      this.#events.writeJson('response.in_progress', 'response', json)
    )
  }

  #write(part: Exclude<StreamPart, { type: 'response-start' | 'text-delta' }>): string {
    switch (part.type) {
      case 'text-start':
        return this.#startText(part.id)
      case 'text-end':
        this.#message?.endText(part.id, part.providerData)
        return ''
      case 'reasoning-start':
        return this.#leaveMessage() + this.#startReasoning(part.id)
      case 'reasoning-delta':
        return this.#reasonings.get(part.id)?.write(part.delta) ?? ''
      case 'reasoning-end':
        return this.#endReasoning(part.id, part.providerData)
      case 'tool-input-start':
        return this.#leaveMessage() + this.#startCall(part.id, part.name)
      case 'tool-input-delta':
        return this.#calls.get(part.id)?.write(part.delta) ?? ''
      case 'tool-input-end':
        return ''
      case 'tool-call':
        return this.#endCall(part)
      case 'source':
        return this.#cite(part)
      case 'file':
        return this.#leaveMessage() + this.#writeFile(part)
      case 'provider-item':
        return this.#leaveMessage() + this.#writeProviderItem(part.providerData)
      case 'finish':
        return this.#finish(part)
      case 'error':
        return this.#fail(part)
      default:
        return unreachable(part)
    }
  }

  #startText(block: string): string {
    let written = this.#message?.settle() ?? ''
    if (!this.#message) {
      this.#message = new MessageItem(this.#events, this.#nextId('msg'), this.#itemCount++)
      written += this.#message.open()
    }
    written += this.#message.startText(block)
    for (const source of this.#sources) written += this.#message.cite(source)
    this.#sources = []
    return written
  }

  /** Something else than text comes: the message is over, unless a text of it is still being written. */
  #leaveMessage(): string {
    const message = this.#message
    if (!message) return ''
    return message.isOpen ? message.settle() : this.#closeMessage(message, 'completed', false)
  }

  #closeMessage(message: MessageItem, status: 'completed' | 'incomplete', refused: boolean): string {
    this.#message = undefined
    const written = message.settle() + this.#done(message.index, message.close(status, refused))
    return message.carried.reduce((all, carried) => all + this.#carry(carried), written)
  }

  #startReasoning(block: string): string {
    const item = new ReasoningItem(this.#events, this.#nextId('rs'), this.#itemCount++)
    this.#reasonings.set(block, item)
    return item.open()
  }

  #endReasoning(block: string, data: ProviderData | undefined): string {
    const item = this.#reasonings.get(block)
    return item ? item.settle() + this.#done(item.index, item.close(data)) : ''
  }

  #startCall(callId: string, name: string): string {
    const item = new CallItem(this.#events, this.#nextId('fc'), this.#itemCount++, callId, name)
    this.#calls.set(callId, item)
    return item.open()
  }

  #endCall(call: ToolCall): string {
    const opened = this.#calls.has(call.id) ? '' : this.#leaveMessage() + this.#startCall(call.id, call.name)
    const item = this.#calls.get(call.id)
    if (!item) return opened
    const written = opened + item.settle(call) + this.#done(item.index, item.close(call))
    const state = foreign(call.providerData)
    return state ? written + this.#carry({ of: 'call', callId: call.id, state }) : written
  }

  #cite(source: SourcePart): string {
    if (this.#message) return this.#message.cite(source)
    this.#sources.push(source)
    return ''
  }

  /** https://platform.openai.com/docs/guides/tools-image-generation. Other files than images have no form here. */
  #writeFile(file: GeneratedFile): string {
    if (!file.mimeType.startsWith('image/')) return ''
    const id = this.#nextId('ig')
    const format = file.mimeType.slice('image/'.length)
    const item = {
      id,
      type: 'image_generation_call',
      status: 'completed',
      output_format: format,
      result: file.data,
    }
    const written = this.#whole({ ...item, status: 'in_progress', result: null }, item)
    const state = foreign(file.providerData)
    return state ? written + this.#carry({ of: 'image', state }) : written
  }

  #writeProviderItem(data: ProviderData): string {
    if (data.dialect !== 'openai-responses') return this.#carry({ of: 'item', state: data })
    return this.#whole({ ...data.data, status: 'in_progress' }, data.data)
  }

  #carry(carried: Carried): string {
    const item = { id: this.#nextId('rs'), type: 'reasoning', status: 'completed', summary: [] }
    return this.#whole({ ...item, status: 'in_progress' }, { ...item, encrypted_content: carrierOf(carried) })
  }

  /** An item that comes at once. */
  #whole(begun: JsonObject, final: JsonObject): string {
    const index = this.#itemCount++
    const added = this.#events.write('response.output_item.added', { output_index: index, item: begun })
    return added + this.#done(index, final)
  }

  #done(index: number, item: JsonObject): string {
    this.#state.output[index] = item
    return this.#events.write('response.output_item.done', { output_index: index, item })
  }

  #finish({ reason, usage }: Finish): string {
    const incompleteReason = incompleteReasonOf(reason)
    const refused = reason.unified === 'refusal'
    let written = ''
    if (refused && !this.#message) {
      this.#message = new MessageItem(this.#events, this.#nextId('msg'), this.#itemCount++)
      written += this.#message.open()
    }
    if (this.#message) {
      const status = incompleteReason === undefined ? 'completed' : 'incomplete'
      written += this.#closeMessage(this.#message, status, refused)
    }
    this.#state.usage = usage
    this.#state.incompleteReason = incompleteReason
    this.#state.status = incompleteReason === undefined ? 'completed' : 'incomplete'
    return written + this.#events.write(`response.${this.#state.status}`, { response: this.response })
  }

  /**
   * The response has failed; the `error` event after it makes OpenAI's own libraries throw. Its members stand beside
   * `error`, where the documentation has them, and within, where those libraries look.
   */
  #fail({ error, usage }: StreamError): string {
    const { type, code, message } = failureOf(error)
    this.#state.status = 'failed'
    this.#state.usage = usage
    this.#state.error = { code, message }
    const details = { code, message, param: null }
    return (
      this.#events.write('response.failed', { response: this.response }) +
      this.#events.write('error', { ...details, error: { type, ...details } })
    )
  }

  #nextId(prefix: string): string {
    return stableId(prefix, `${this.#state.id} ${this.#itemCount}`)
  }
}

/** The code of a failed response is never empty. https://platform.openai.com/docs/api-reference/responses/object#responses/object-error */
function failureOf(error: ModelError): { type: string; code: string; message: string } {
  const body = objectOf(encodeErrorBody(error)['error']) ?? {}
  const type = stringOf(body['type']) ?? 'server_error'
  const fallback = type === 'invalid_request_error' ? 'invalid_prompt' : 'server_error'
  return { type, code: stringOf(body['code']) ?? fallback, message: error.message }
}

function foreign(data: ProviderData | undefined): ProviderData | undefined {
  return data?.dialect === 'openai-responses' ? undefined : data
}
