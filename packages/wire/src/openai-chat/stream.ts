import { errorPart, invalidResponse } from '../shared/errors.ts'
import type { Frame } from '../frames.ts'
import { createFramedDecoder, type MessageReader } from '../shared/framed-decoder.ts'
import { arrayOf, objectOf, objectsOf, stringOf } from '../shared/json.ts'
import { createPartWriter } from '../shared/part-writer.ts'
import { createSseReader } from '../sse.ts'
import type { DecoderOptions, StreamDecoder } from '../spec/dialect.ts'
import { serviceTierOf, withServiceTier } from '../shared/service-tier.ts'
import type { JsonObject } from '../spec/json.ts'
import type { FinishReason, StreamPart } from '../spec/stream.ts'
import { missingUsage, type Usage } from '../spec/usage.ts'
import { decodeErrorBody } from './errors.ts'
import { ReasoningCollector } from './reasoning.ts'
import { ToolCallCollector } from './tool-calls.ts'
import { decodeUsage } from './usage.ts'

/** https://platform.openai.com/docs/api-reference/chat-streaming */
export function createStreamDecoder(options: DecoderOptions = {}): StreamDecoder {
  return createFramedDecoder(createSseReader(options.maxEventBytes), new ChatReader())
}

export class ChatReader implements MessageReader {
  #responseId: string | undefined
  #reasoning = new ReasoningCollector()
  #writer = createPartWriter(() => this.#takeReasoning())
  #calls = new ToolCallCollector()
  #sawCalls = false
  #refused = false
  #extraCount = 0
  #finishReason: string | undefined
  #usage: JsonObject | undefined
  #tier: string | undefined

  message(body: JsonObject, frame: Frame, out: StreamPart[]): void {
    this.#usage = objectOf(body['usage']) ?? objectOf(objectOf(body['x_groq'])?.['usage']) ?? this.#usage
    this.#tier = serviceTierOf(body) ?? this.#tier
    if (isError(body)) {
      out.push(errorPart(decodeErrorBody(body), this.usage()))
      return
    }
    const choices = objectsOf(body['choices'])
    if (this.#responseId === undefined && (stringOf(body['id']) || choices.length > 0)) this.#start(body, out)
    for (const choice of choices) {
      // Other choices are alternatives that the neutral request cannot ask for.
      if ((choice['index'] ?? 0) === 0) this.#readChoice(choice, out)
    }
    if (frame.event === 'error' && this.#responseId === undefined) {
      out.push(errorPart(decodeErrorBody(body), this.usage()))
    }
  }

  done(out: StreamPart[]): void {
    if (this.#responseId === undefined) {
      out.push(errorPart(invalidResponse('the stream ended without a reply', ''), this.usage()))
      return
    }
    this.#writer.close(out)
    this.#calls.close(out)
    out.push({ type: 'finish', reason: this.#reason(), usage: this.usage() ?? missingUsage() })
  }

  /** Some servers leave out `[DONE]`; a reply that gave its reason is complete. */
  end(out: StreamPart[]): void {
    if (this.#finishReason !== undefined) this.done(out)
  }

  usage(): Usage | undefined {
    return this.#usage && decodeUsage(withServiceTier(this.#usage, this.#tier))
  }

  #start(body: JsonObject, out: StreamPart[]): void {
    this.#responseId = stringOf(body['id']) ?? ''
    out.push({ type: 'response-start', id: this.#responseId, model: stringOf(body['model']) ?? '' })
  }

  #readChoice(choice: JsonObject, out: StreamPart[]): void {
    const delta = objectOf(choice['delta']) ?? objectOf(choice['message'])
    if (delta) this.#readDelta(delta, out)
    const reason = stringOf(choice['finish_reason'])
    if (reason) this.#finishReason = reason
  }

  #readDelta(delta: JsonObject, out: StreamPart[]): void {
    const reasoning = this.#reasoning.read(delta)
    if (reasoning !== undefined) this.#writer.reasoning(reasoning, out)
    this.#readContent(delta['content'], out)
    const refusal = stringOf(delta['refusal'])
    if (refusal) {
      this.#refused = true
      this.#writer.text(refusal, out)
    }
    if (delta['tool_calls']) {
      this.#calls.push(delta, this.#responseId ?? '', out)
      this.#sawCalls ||= this.#calls.count > 0
    }
    if (delta['images']) this.#readImages(delta, out)
    if (delta['annotations']) this.#readAnnotations(delta, out)
  }

  #readContent(content: JsonObject[string], out: StreamPart[]): void {
    if (typeof content === 'string') {
      if (content !== '') this.#writer.text(content, out)
    } else for (const part of objectsOf(content)) this.#readContentPart(part, out)
  }

  /** Mistral's models that think send parts. https://docs.mistral.ai/capabilities/reasoning/ */
  #readContentPart(part: JsonObject, out: StreamPart[]): void {
    const text = stringOf(part['text'])
    if (part['type'] === 'text' && text) this.#writer.text(text, out)
    if (part['type'] !== 'thinking') return
    const thinking = stringOf(part['thinking'])
    const pieces = objectsOf(part['thinking']).map((piece) => stringOf(piece['text']) ?? '')
    this.#writer.reasoning(thinking ?? pieces.join(''), out)
  }

  /** https://openrouter.ai/docs/guides/overview/multimodal/image-generation */
  #readImages(delta: JsonObject, out: StreamPart[]): void {
    for (const image of objectsOf(delta['images'])) {
      const url = stringOf(objectOf(image['image_url'])?.['url']) ?? ''
      const match = /^data:([^;,]+);base64,/u.exec(url)
      if (!match) continue
      const id = `file-${this.#extraCount++}`
      out.push({ type: 'file', id, mimeType: match[1] ?? '', data: url.slice(match[0].length) })
    }
  }

  #readAnnotations(delta: JsonObject, out: StreamPart[]): void {
    for (const annotation of arrayOf(delta['annotations'])) {
      const citation = objectOf(objectOf(annotation)?.['url_citation'])
      const url = stringOf(citation?.['url'])
      if (url === undefined) continue
      const source: StreamPart = { type: 'source', id: `source-${this.#extraCount++}`, url }
      const title = stringOf(citation?.['title'])
      if (title !== undefined) source.title = title
      out.push(source)
    }
  }

  #takeReasoning() {
    const data = this.#reasoning.providerData()
    this.#reasoning = new ReasoningCollector()
    return data
  }

  #reason(): { unified: FinishReason; raw: string } {
    const raw = this.#finishReason ?? ''
    const unified = finishReasons.get(raw) ?? 'other'
    if (unified !== 'stop' && raw !== '') return { unified, raw }
    if (this.#refused) return { unified: 'refusal', raw }
    return { unified: this.#sawCalls ? 'tool-calls' : unified, raw }
  }
}

function isError(body: JsonObject): boolean {
  return Boolean(body['error']) || body['object'] === 'error'
}

/** OpenAI's, and Mistral's `model_length`. */
export const finishReasons: ReadonlyMap<string, FinishReason> = new Map<string, FinishReason>([
  ['stop', 'stop'],
  ['length', 'length'],
  ['tool_calls', 'tool-calls'],
  ['function_call', 'tool-calls'],
  ['content_filter', 'content-filter'],
  ['model_length', 'context-window'],
])
