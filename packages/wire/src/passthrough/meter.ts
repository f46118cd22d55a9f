import { glanceAt } from '../openai-chat/glance.ts'
import { dialects } from '../registry.ts'
import { objectOf, objectsOf, parseJson, stringOf } from '../shared/json.ts'
import type { DecoderOptions, StreamDecoder } from '../spec/dialect.ts'
import type { DialectName } from '../spec/dialect-name.ts'
import type { ModelError } from '../spec/error.ts'
import type { JsonObject } from '../spec/json.ts'
import type { Finish, StreamPart } from '../spec/stream.ts'
import { missingUsage, type Usage } from '../spec/usage.ts'
import { endsLine, endsWithBlankLine, latin1 } from './bytes.ts'
import { createSkipper, type Skipper } from './skip.ts'

/** Reads a stream that passes untouched, for what the ledger and the trace must know of it. */
export interface Meter {
  push(bytes: Uint8Array): void
  /** The body has ended. Gives the reading; without a terminal event it is an error. */
  end(): MeterReading
  /** The model has begun to answer: what came before could still be thrown away. */
  readonly hasContent: boolean
  /** The terminal event has been read, be it good or bad. */
  readonly hasEnded: boolean
  /** What is known so far. */
  reading(): MeterReading
}

export interface MeterReading {
  /** Marked as missing when the provider has not said. */
  usage: Usage
  finishReason?: Finish['reason']
  error?: ModelError
  /** What the clock said when the first content had come. */
  firstContentAt?: number
  /** The provider's id of the reply. */
  responseId?: string
  /** The model that answered, in the provider's spelling. */
  model?: string
  /** Bytes that the model has written, roughly: enough to estimate what a broken stream has cost. */
  outputBytes: number
}

export interface MeterOptions extends DecoderOptions {
  /** Read once, with the first content. */
  now?: () => number
}

/**
 * The meter of a streamed reply. It uses the dialect's decoder, but once content flows it passes over the events
 * that can tell it nothing, which are nearly all: that is several times cheaper than to decode the stream.
 */
export function createMeter(dialect: DialectName, options: MeterOptions = {}): Meter {
  return new StreamMeter(dialect, options)
}

/** Dialects whose common replies can be read without taking them apart. */
const glances: Partial<Record<DialectName, (body: JsonObject) => MeterReading | undefined>> = {
  'openai-chat': glanceAt,
}

/** The reading of a whole reply. */
export function meterReply(dialect: DialectName, bodyText: string): MeterReading {
  const glance = glances[dialect]
  const body = glance && objectOf(parseJson(bodyText))
  const found = body && glance(body)
  if (found) return found
  const tally = new Tally()
  tally.addAll(dialects[dialect].decodeReply(bodyText))
  const reading = tally.reading()
  if (reading.usage.missing)
    reading.outputBytes += bytesOfFurtherAnswers(body ?? objectOf(parseJson(bodyText)))
  return reading
}

/** Decoders read one answer; what was written must be counted of all where the provider does not say. */
function bytesOfFurtherAnswers(body: JsonObject | undefined): number {
  const [, ...further] = objectsOf(body?.['choices'] ?? body?.['candidates'])
  return further.reduce((sum, answer) => {
    const content = objectOf(answer['message'])?.['content'] ?? objectOf(answer['content'])?.['parts']
    const texts = typeof content === 'string' ? [content] : objectsOf(content).map((part) => part['text'])
    return sum + texts.reduce<number>((bytes, text) => bytes + Buffer.byteLength(stringOf(text) ?? ''), 0)
  }, 0)
}

class StreamMeter implements Meter {
  #tally: Tally
  #decoder: StreamDecoder
  #skip: Skipper | undefined
  #endsEvent: (bytes: Uint8Array) => boolean
  /** What was pushed so far ends with a whole event. */
  #isWhole = true

  constructor(dialect: DialectName, { now, maxEventBytes }: MeterOptions) {
    this.#tally = new Tally(now)
    this.#decoder = dialects[dialect].createStreamDecoder(
      maxEventBytes === undefined ? {} : { maxEventBytes },
    )
    this.#skip = createSkipper(dialect)
    this.#endsEvent = dialect === 'ollama' ? endsLine : endsWithBlankLine
  }

  push(bytes: Uint8Array): void {
    const written = this.#skipped(bytes)
    if (written === undefined) this.#tally.addAll(this.#decoder.push(bytes))
    else this.#tally.outputBytes += written
  }

  #skipped(bytes: Uint8Array): number | undefined {
    const beganWhole = this.#isWhole
    this.#isWhole = this.#endsEvent(bytes)
    return beganWhole && this.#isWhole && this.#tally.hasContent ? this.#skip?.(latin1(bytes)) : undefined
  }

  end(): MeterReading {
    this.#tally.addAll(this.#decoder.end())
    return this.reading()
  }

  get hasContent(): boolean {
    return this.#tally.hasContent
  }

  get hasEnded(): boolean {
    return this.#tally.hasEnded
  }

  reading(): MeterReading {
    return this.#tally.reading()
  }
}

/** Sums up parts. */
class Tally {
  hasContent = false
  hasEnded = false
  outputBytes = 0
  #facts: Omit<MeterReading, 'usage' | 'outputBytes'> = {}
  #usage: Usage | undefined
  #now: (() => number) | undefined

  constructor(now?: () => number) {
    this.#now = now
  }

  addAll(parts: StreamPart[]): void {
    for (const part of parts) this.#add(part)
  }

  reading(): MeterReading {
    return {
      ...this.#facts,
      usage: this.#usage ?? missingUsage(),
      outputBytes: this.outputBytes,
    }
  }

  #add(part: StreamPart): void {
    if ('delta' in part) this.outputBytes += Buffer.byteLength(part.delta)
    if (!this.hasContent && isContent(part)) this.#begin()
    switch (part.type) {
      case 'response-start':
        if (part.id !== '') this.#facts.responseId = part.id
        if (part.model !== '') this.#facts.model = part.model
        return
      case 'finish':
        this.#facts.finishReason = part.reason
        this.#usage = part.usage
        this.hasEnded = true
        return
      case 'error':
        this.#facts.error = part.error
        this.#usage = part.usage
        this.hasEnded = true
        return
      default:
    }
  }

  #begin(): void {
    this.hasContent = true
    if (this.#now) this.#facts.firstContentAt = this.#now()
  }
}

/** Whether a client would see something of the answer. */
function isContent({ type }: StreamPart): boolean {
  return contentTypes.has(type)
}

const contentTypes: ReadonlySet<StreamPart['type']> = new Set([
  'text-delta',
  'reasoning-delta',
  'tool-input-start',
  'tool-call',
  'file',
  'provider-item',
  'source',
])
