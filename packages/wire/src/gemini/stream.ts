import type { Frame } from '../frames.ts'
import { errorPart } from '../shared/errors.ts'
import { createFramedDecoder, type MessageReader } from '../shared/framed-decoder.ts'
import { objectOf, objectsOf, stringOf } from '../shared/json.ts'
import { CallIds, createPartWriter, stableId, wholeToolCall } from '../shared/part-writer.ts'
import { createSseReader } from '../sse.ts'
import type { DecoderOptions, StreamDecoder } from '../spec/dialect.ts'
import type { JsonObject } from '../spec/json.ts'
import type { ProviderData } from '../spec/request.ts'
import type { FinishReason, StreamPart } from '../spec/stream.ts'
import { missingUsage, type Usage } from '../spec/usage.ts'
import { decodeErrorBody } from './errors.ts'
import { decodeUsage } from './usage.ts'

/** `GenerateContentResponse` per event (`alt=sse`). https://ai.google.dev/api/generate-content */
export function createStreamDecoder(options: DecoderOptions = {}): StreamDecoder {
  return createFramedDecoder(createSseReader(options.maxEventBytes), new GeminiReader())
}

export class GeminiReader implements MessageReader {
  #writer = createPartWriter()
  #responseId: string | undefined
  #finishReason: string | undefined
  #usage: JsonObject | undefined
  #partCount = 0
  #callIds = new CallIds()
  #sources = new Set<string>()

  message(body: JsonObject, frame: Frame, out: StreamPart[]): void {
    const usage = objectOf(body['usageMetadata'])
    if (usage) this.#usage = { ...this.#usage, ...usage }
    if (body['error']) {
      out.push(errorPart(decodeErrorBody(body), this.usage()))
      return
    }
    if (this.#responseId === undefined) this.#start(body, frame, out)
    const blocked = stringOf(objectOf(body['promptFeedback'])?.['blockReason'])
    if (blocked) this.#finishReason = blocked
    const candidate = objectsOf(body['candidates'])[0]
    if (candidate) this.#readCandidate(candidate, out)
  }

  /** There is no marker: a reply that gave its reason is complete when the body ends. */
  end(out: StreamPart[]): void {
    if (this.#finishReason === undefined) return
    this.#writer.close(out)
    const raw = this.#finishReason
    out.push({
      type: 'finish',
      reason: { unified: this.#unify(raw), raw },
      usage: this.usage() ?? missingUsage(),
    })
  }

  usage(): Usage | undefined {
    return this.#usage && decodeUsage(this.#usage)
  }

  #start(body: JsonObject, frame: Frame, out: StreamPart[]): void {
    const id = stringOf(body['responseId']) || stableId('gemini', frame.data)
    this.#responseId = id
    this.#callIds.seed = id
    out.push({ type: 'response-start', id, model: stringOf(body['modelVersion']) ?? '' })
  }

  #readCandidate(candidate: JsonObject, out: StreamPart[]): void {
    for (const part of objectsOf(objectOf(candidate['content'])?.['parts'])) this.#readPart(part, out)
    for (const chunk of objectsOf(objectOf(candidate['groundingMetadata'])?.['groundingChunks'])) {
      this.#readSource(objectOf(chunk['web']) ?? {}, out)
    }
    const reason = stringOf(candidate['finishReason'])
    if (reason && reason !== 'FINISH_REASON_UNSPECIFIED') this.#finishReason = reason
  }

  #readPart(part: JsonObject, out: StreamPart[]): void {
    const text = stringOf(part['text'])
    if (text !== undefined) this.#readText(part, text, out)
    else if (objectOf(part['functionCall'])) this.#readCall(part, out)
    else if (objectOf(part['inlineData'])) this.#readFile(part, out)
    else if (Object.keys(part).some((key) => key !== 'thought')) {
      this.#writer.close(out)
      out.push({ type: 'provider-item', providerData: own(part) })
    }
  }

  /**
   * A signature belongs to its own part and must come back on it, so a part that bears one is a block by itself,
   * even when its text is empty. https://ai.google.dev/gemini-api/docs/thought-signatures
   */
  #readText(part: JsonObject, text: string, out: StreamPart[]): void {
    const signature = signatureOf(part)
    if (signature) this.#writer.close(out)
    if (text !== '' || signature) {
      if (part['thought'] === true) this.#writer.reasoning(text, out)
      else this.#writer.text(text, out)
    }
    if (signature) this.#writer.close(out, own(signature))
  }

  #readCall(part: JsonObject, out: StreamPart[]): void {
    this.#writer.close(out)
    const call = objectOf(part['functionCall']) ?? {}
    const given = stringOf(call['id'])
    const id = this.#callIds.take(given)
    const data = { ...signatureOf(part), ...(id === given && { id }) }
    const providerData = Object.keys(data).length > 0 ? own(data) : undefined
    wholeToolCall(id, stringOf(call['name']) ?? '', objectOf(call['args']) ?? {}, out, providerData)
  }

  #readFile(part: JsonObject, out: StreamPart[]): void {
    const inline = objectOf(part['inlineData'])
    const data = stringOf(inline?.['data'])
    // Pictures that the model drew while thinking are drafts.
    if (data === undefined || part['thought'] === true) return
    this.#writer.close(out)
    const signature = signatureOf(part)
    out.push({
      type: 'file',
      id: `file-${this.#partCount++}`,
      mimeType: stringOf(inline?.['mimeType']) ?? 'application/octet-stream',
      data,
      ...(signature && { providerData: own(signature) }),
    })
  }

  /** https://ai.google.dev/gemini-api/docs/google-search; the list is repeated as it grows. */
  #readSource(web: JsonObject, out: StreamPart[]): void {
    const url = stringOf(web['uri'])
    if (url === undefined || this.#sources.has(url)) return
    const title = stringOf(web['title'])
    const id = `source-${this.#sources.size}`
    this.#sources.add(url)
    out.push(title === undefined ? { type: 'source', id, url } : { type: 'source', id, url, title })
  }

  /** Calls are announced as STOP. */
  #unify(raw: string): FinishReason {
    const unified = finishReasons.get(raw) ?? 'other'
    return unified === 'stop' && this.#callIds.count > 0 ? 'tool-calls' : unified
  }
}

function signatureOf(part: JsonObject): { thoughtSignature: string } | undefined {
  const thoughtSignature = stringOf(part['thoughtSignature']) ?? stringOf(part['thought_signature'])
  return thoughtSignature ? { thoughtSignature } : undefined
}

function own(data: JsonObject): ProviderData {
  return { dialect: 'gemini', data }
}

/** Reasons of a candidate, and of a prompt that was blocked. https://ai.google.dev/api/generate-content#FinishReason */
const finishReasons: ReadonlyMap<string, FinishReason> = new Map<string, FinishReason>([
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['SAFETY', 'content-filter'],
  ['RECITATION', 'content-filter'],
  ['LANGUAGE', 'content-filter'],
  ['BLOCKLIST', 'content-filter'],
  ['PROHIBITED_CONTENT', 'content-filter'],
  ['SPII', 'content-filter'],
  ['IMAGE_SAFETY', 'content-filter'],
  ['IMAGE_PROHIBITED_CONTENT', 'content-filter'],
  ['IMAGE_RECITATION', 'content-filter'],
  ['OTHER', 'other'],
])
