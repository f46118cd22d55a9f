import type { Frame } from '../frames.ts'
import { errorPart } from '../shared/errors.ts'
import { createFramedDecoder, type MessageReader } from '../shared/framed-decoder.ts'
import { indexOf, objectOf, stringOf } from '../shared/json.ts'
import { CallIds } from '../shared/part-writer.ts'
import { createSseReader } from '../sse.ts'
import type { DecoderOptions, StreamDecoder } from '../spec/dialect.ts'
import type { JsonObject } from '../spec/json.ts'
import type { Finish, FinishReason, StreamPart } from '../spec/stream.ts'
import { missingUsage, type Usage } from '../spec/usage.ts'
import { type Block, closeBlock, openBlock, pushDelta } from './blocks.ts'
import { decodeErrorEvent } from './errors.ts'
import { decodeUsage, mergeUsage } from './usage.ts'

/** https://platform.claude.com/docs/en/build-with-claude/streaming */
export function createStreamDecoder(options: DecoderOptions = {}): StreamDecoder {
  return createFramedDecoder(createSseReader(options.maxEventBytes), new AnthropicMessageReader())
}

export class AnthropicMessageReader implements MessageReader {
  #blocks = new Map<number, Block>()
  #blockCount = 0
  #callIds = new CallIds()
  #started = false
  #usage: JsonObject | undefined
  #stop: JsonObject = {}

  message(body: JsonObject, frame: Frame, out: StreamPart[]): void {
    switch (stringOf(body['type']) ?? frame.event) {
      case 'message_start':
        this.#startMessage(objectOf(body['message']) ?? {}, out)
        break
      case 'content_block_start':
        this.#startBlock(indexOf(body['index']), objectOf(body['content_block']) ?? {}, out)
        break
      case 'content_block_delta':
        this.#continueBlock(indexOf(body['index']), objectOf(body['delta']) ?? {}, out)
        break
      case 'content_block_stop':
        this.#closeBlock(indexOf(body['index']) ?? this.#lastIndex(), out)
        break
      case 'message_delta':
        this.#stop = { ...this.#stop, ...objectOf(body['delta']) }
        this.#usage = mergeUsage(this.#usage, objectOf(body['usage']))
        break
      case 'message_stop':
        this.#finish(out)
        break
      case 'error':
        out.push(errorPart(decodeErrorEvent(body), this.usage()))
        break
      default:
    }
  }

  usage(): Usage | undefined {
    return this.#usage && decodeUsage(this.#usage)
  }

  #startMessage(message: JsonObject, out: StreamPart[]): void {
    this.#usage = mergeUsage(this.#usage, objectOf(message['usage']))
    if (this.#started) return
    this.#started = true
    const id = stringOf(message['id']) ?? ''
    this.#callIds.seed = id
    out.push({
      type: 'response-start',
      id,
      model: stringOf(message['model']) ?? '',
    })
  }

  #startBlock(index: number | undefined, content: JsonObject, out: StreamPart[]): void {
    const at = index ?? this.#blockCount
    this.#closeBlock(at, out)
    this.#blocks.set(at, openBlock(content, `block-${this.#blockCount}`, this.#callIds, out))
    this.#blockCount += 1
  }

  #continueBlock(index: number | undefined, delta: JsonObject, out: StreamPart[]): void {
    const at = index ?? this.#lastIndex()
    const lateType = lateTypes.get(stringOf(delta['type']) ?? '')
    if (!this.#blocks.has(at) && lateType !== undefined) this.#startBlock(at, { type: lateType }, out)
    const block = this.#blocks.get(at)
    if (block) pushDelta(block, delta, out)
  }

  #closeBlock(index: number, out: StreamPart[]): void {
    const block = this.#blocks.get(index)
    if (block) closeBlock(block, out)
    this.#blocks.delete(index)
  }

  #lastIndex(): number {
    return [...this.#blocks.keys()].at(-1) ?? 0
  }

  #finish(out: StreamPart[]): void {
    for (const index of this.#blocks.keys()) this.#closeBlock(index, out)
    out.push({ type: 'finish', reason: decodeStop(this.#stop), usage: this.usage() ?? missingUsage() })
  }
}

/** Blocks that may begin with a delta, though they were never announced, as some compatible servers send. */
const lateTypes: ReadonlyMap<string, string> = new Map([
  ['text_delta', 'text'],
  ['thinking_delta', 'thinking'],
])

/** https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons */
function decodeStop(stop: JsonObject): Finish['reason'] {
  const raw = stringOf(stop['stop_reason']) ?? ''
  const reason: Finish['reason'] = { unified: stopReasons.get(raw) ?? 'other', raw }
  const stopSequence = stringOf(stop['stop_sequence'])
  if (stopSequence !== undefined) reason.stopSequence = stopSequence
  return reason
}

const stopReasons: ReadonlyMap<string, FinishReason> = new Map<string, FinishReason>([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['tool_use', 'tool-calls'],
  ['pause_turn', 'pause'],
  ['refusal', 'refusal'],
  ['model_context_window_exceeded', 'context-window'],
])
