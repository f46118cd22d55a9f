import type { Frame } from '../frames.ts'
import { errorPart } from '../shared/errors.ts'
import { createFramedDecoder, type MessageReader } from '../shared/framed-decoder.ts'
import { arrayOf, indexOf, objectOf, stringOf } from '../shared/json.ts'
import { CallIds } from '../shared/part-writer.ts'
import { serviceTierOf, withServiceTier } from '../shared/service-tier.ts'
import { createSseReader } from '../sse.ts'
import type { DecoderOptions, StreamDecoder } from '../spec/dialect.ts'
import type { JsonObject } from '../spec/json.ts'
import type { Finish, StreamPart } from '../spec/stream.ts'
import { missingUsage, type Usage } from '../spec/usage.ts'
import { decodeFailure } from './errors.ts'
import {
  abandonItem,
  closeItem,
  type Item,
  openItem,
  pushAnnotation,
  pushArguments,
  pushReasoning,
  pushText,
  settleArguments,
} from './items.ts'
import { decodeUsage } from './usage.ts'

/** https://platform.openai.com/docs/api-reference/responses-streaming */
export function createStreamDecoder(options: DecoderOptions = {}): StreamDecoder {
  return createFramedDecoder(createSseReader(options.maxEventBytes), new ResponsesReader())
}

export class ResponsesReader implements MessageReader {
  #started = false
  #items = new Map<number, Item>()
  #closed = new Set<number>()
  #indexes = new Map<string, number>()
  #callIds = new CallIds()
  #refused = false
  #usage: JsonObject | undefined
  #tier: string | undefined

  message(body: JsonObject, frame: Frame, out: StreamPart[]): void {
    const type = stringOf(body['type']) ?? frame.event
    switch (type) {
      case 'response.created':
      case 'response.in_progress':
      case 'response.queued':
        this.#start(objectOf(body['response']) ?? {}, out)
        break
      case 'response.output_item.added':
        this.#open(body, objectOf(body['item']) ?? {}, out)
        break
      case 'response.output_item.done':
        this.#close(this.#indexOf(body), objectOf(body['item']) ?? {}, out)
        break
      case 'response.completed':
      case 'response.incomplete':
        this.#finish(objectOf(body['response']) ?? {}, out)
        break
      case 'response.failed':
      case 'response.cancelled':
      case 'error':
        this.#readUsage(objectOf(body['response']) ?? {})
        out.push(errorPart(decodeFailure(body), this.usage()))
        break
      default:
        this.#readDelta(type, body, out)
    }
  }

  usage(): Usage | undefined {
    return this.#usage && decodeUsage(withServiceTier(this.#usage, this.#tier))
  }

  #readUsage(response: JsonObject): void {
    this.#usage = objectOf(response['usage']) ?? this.#usage
    this.#tier = serviceTierOf(response) ?? this.#tier
  }

  #start(response: JsonObject, out: StreamPart[]): void {
    if (this.#started) return
    this.#started = true
    const id = stringOf(response['id']) ?? ''
    this.#callIds.seed = id
    out.push({
      type: 'response-start',
      id,
      model: stringOf(response['model']) ?? '',
    })
  }

  /** Events name their item by position, by id, or (in some compatible servers) not at all. */
  #indexOf(body: JsonObject): number {
    const given = indexOf(body['output_index'])
    if (given !== undefined) return given
    const id = stringOf(body['item_id']) ?? stringOf(objectOf(body['item'])?.['id']) ?? ''
    return this.#indexes.get(id) ?? Math.max(0, this.#items.size + this.#closed.size - 1)
  }

  #open(body: JsonObject, item: JsonObject, out: StreamPart[]): void {
    const index = indexOf(body['output_index']) ?? this.#items.size + this.#closed.size
    if (this.#items.has(index) || this.#closed.has(index)) return
    const id = stringOf(item['id'])
    if (id) this.#indexes.set(id, index)
    this.#items.set(index, openItem(item, index, this.#callIds, out))
  }

  #close(index: number, final: JsonObject, out: StreamPart[]): void {
    if (this.#closed.has(index)) return
    const item = this.#items.get(index) ?? openItem(final, index, this.#callIds, out)
    closeItem(item, final, out)
    this.#items.delete(index)
    this.#closed.add(index)
    this.#note(item)
  }

  #note(item: Item): void {
    if (item.kind === 'message' && item.refused) this.#refused = true
  }

  #readDelta(type: string, body: JsonObject, out: StreamPart[]): void {
    const item = this.#items.get(this.#indexOf(body))
    if (!item) return
    const delta = stringOf(body['delta']) ?? ''
    const section = `${indexOf(body['summary_index']) ?? indexOf(body['content_index']) ?? 0}`
    switch (type) {
      case 'response.output_text.delta':
      case 'response.refusal.delta':
        pushText(item, indexOf(body['content_index']) ?? 0, delta, out)
        break
      case 'response.reasoning_summary_text.delta':
        pushReasoning(item, `summary ${section}`, delta, out)
        break
      case 'response.reasoning_text.delta':
        pushReasoning(item, `content ${section}`, delta, out)
        break
      case 'response.function_call_arguments.delta':
        pushArguments(item, delta, out)
        break
      case 'response.function_call_arguments.done':
        settleArguments(item, stringOf(body['arguments']), out)
        break
      case 'response.output_text.annotation.added':
        pushAnnotation(item, objectOf(body['annotation']) ?? {}, out)
        break
      default:
    }
  }

  #finish(response: JsonObject, out: StreamPart[]): void {
    this.#start(response, out)
    for (const [index, item] of arrayOf(response['output']).entries()) {
      this.#close(index, objectOf(item) ?? {}, out)
    }
    for (const item of this.#items.values()) {
      abandonItem(item, out)
      this.#note(item)
    }
    this.#readUsage(response)
    out.push({ type: 'finish', reason: this.#reason(response), usage: this.usage() ?? missingUsage() })
  }

  #reason(response: JsonObject): Finish['reason'] {
    const incomplete = stringOf(objectOf(response['incomplete_details'])?.['reason'])
    if (incomplete === 'max_output_tokens') return { unified: 'length', raw: incomplete }
    if (incomplete === 'content_filter') return { unified: 'content-filter', raw: incomplete }
    if (incomplete !== undefined) return { unified: 'other', raw: incomplete }
    const raw = stringOf(response['status']) ?? ''
    if (raw === 'incomplete') return { unified: 'other', raw }
    if (this.#refused) return { unified: 'refusal', raw }
    return { unified: this.#callIds.count > 0 ? 'tool-calls' : 'stop', raw }
  }
}
