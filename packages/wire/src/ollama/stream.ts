import type { Frame } from '../frames.ts'
import { createNdjsonReader } from '../ndjson.ts'
import { errorPart } from '../shared/errors.ts'
import { createFramedDecoder, type MessageReader } from '../shared/framed-decoder.ts'
import { objectOf, objectsOf, parseJson, stringOf } from '../shared/json.ts'
import { CallIds, createPartWriter, stableId, wholeToolCall } from '../shared/part-writer.ts'
import type { DecoderOptions, StreamDecoder } from '../spec/dialect.ts'
import type { JsonObject } from '../spec/json.ts'
import type { Finish, FinishReason, StreamPart } from '../spec/stream.ts'
import { decodeErrorLine } from './errors.ts'
import { decodeUsage } from './usage.ts'

/** One object per line, the last with `done: true`. https://docs.ollama.com/api/chat */
export function createStreamDecoder(options: DecoderOptions = {}): StreamDecoder {
  return createFramedDecoder(createNdjsonReader(options.maxEventBytes), new OllamaReader())
}

export class OllamaReader implements MessageReader {
  #writer = createPartWriter(() => ({ dialect: 'ollama', data: {} }))
  #responseId: string | undefined
  #callIds = new CallIds()

  message(body: JsonObject, _frame: Frame, out: StreamPart[]): void {
    if (body['error']) {
      out.push(errorPart(decodeErrorLine(body)))
      return
    }
    if (this.#responseId === undefined) this.#start(body, out)
    const message = objectOf(body['message'])
    if (message) this.#readMessage(message, out)
    if (body['done'] === true) this.#finish(body, out)
  }

  usage(): undefined {
    // Counts come with the last line and not before.
  }

  /** Replies have no id; the time at which this one began stands for it. */
  #start(body: JsonObject, out: StreamPart[]): void {
    const model = stringOf(body['model']) ?? ''
    this.#responseId = stableId('ollama', `${model} ${stringOf(body['created_at']) ?? ''}`)
    this.#callIds.seed = this.#responseId
    out.push({ type: 'response-start', id: this.#responseId, model })
  }

  #readMessage(message: JsonObject, out: StreamPart[]): void {
    const thinking = stringOf(message['thinking'])
    const content = stringOf(message['content'])
    if (thinking) this.#writer.reasoning(thinking, out)
    if (content) this.#writer.text(content, out)
    for (const call of objectsOf(message['tool_calls'])) this.#readCall(call, out)
  }

  /** Calls come whole. Older servers give them no id. */
  #readCall(call: JsonObject, out: StreamPart[]): void {
    const details = objectOf(call['function'])
    const name = stringOf(details?.['name'])
    if (!details || name === undefined) return
    this.#writer.close(out)
    const given = details['arguments']
    const args = objectOf(typeof given === 'string' ? parseJson(given) : given) ?? {}
    const id = this.#callIds.take(stringOf(call['id']))
    wholeToolCall(id, name, args, out)
  }

  #finish(body: JsonObject, out: StreamPart[]): void {
    this.#writer.close(out)
    out.push({ type: 'finish', reason: this.#reason(body), usage: decodeUsage(body) })
  }

  #reason(body: JsonObject): Finish['reason'] {
    const raw = stringOf(body['done_reason']) ?? ''
    if (this.#callIds.count > 0 && (raw === 'stop' || raw === '')) return { unified: 'tool-calls', raw }
    // Versions before 0.3 gave no reason.
    return { unified: raw === '' ? 'stop' : (doneReasons.get(raw) ?? 'other'), raw }
  }
}

const doneReasons: ReadonlyMap<string, FinishReason> = new Map<string, FinishReason>([
  ['stop', 'stop'],
  ['length', 'length'],
])
