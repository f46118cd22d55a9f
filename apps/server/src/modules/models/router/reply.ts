import {
  createMeter,
  createPassthroughFilter,
  meterReply,
  type Dialect,
  type Meter,
  type MeterReading,
  type PassthroughFilter,
  type StreamDecoder,
  type StreamPart,
  type Usage,
} from '@atrium/wire'
import type { Appetite, EgressAnswer } from '#platform/egress'
import type { ReplyPart } from '../types.ts'
import type { AttemptEnd } from './attempt.ts'
import { bytesPerToken } from './estimate.ts'
import type { Outbound } from './outbound.ts'
import { type Redactor, redactorOf } from './redactor.ts'
import type { Seen } from './seen.ts'
import type { Beginning, Sink } from './sink.ts'
import { readWhole, type UpstreamReply } from './upstream.ts'
import type { Watchdog } from './watchdog.ts'

/** What reading a reply needs. */
export interface ReadingParts {
  readonly dialect: Dialect
  readonly outbound: Outbound
  readonly watchdog: Watchdog
  readonly sink: Sink
  readonly seen: Seen
  /** Output tokens that the money reserved allows; beyond it the reply is cut. */
  readonly allowance: number
  /** The key of the connection, which must not pass. */
  readonly secret: string | undefined
}

export interface ReplyReader {
  read(reply: EgressAnswer): Promise<AttemptEnd>
  /** Content has come, and the end has not. */
  readonly isInMidst: boolean
  /** What the provider had said of the usage when the reading was cut short. */
  usageSoFar(): Usage | undefined
}

/** Another attempt has begun to answer first. */
export class Overtaken extends Error {
  override readonly name = 'Overtaken'
}

type Head = Pick<UpstreamReply, 'status' | 'headers'>

const maxEventBytes = 8 * 1024 * 1024
const maxReplyBytes = 64 * 1024 * 1024
/** Of the frames that are held back until content comes. */
const maxHeldBytes = 4 * 1024 * 1024
/** How many bytes of answer a token has at least, on average over a long text: used only to catch who ignores a limit. */
const fewestBytesPerToken = 2 * bytesPerToken

export function createReader(parts: ReadingParts): ReplyReader {
  return parts.outbound.passthrough ? new PassingReader(parts) : new TranslatingReader(parts)
}

/** Whether the reply is one JSON document although a stream may have been asked for. */
function isWhole({ dialect, outbound }: ReadingParts, reply: Head): boolean {
  if (!outbound.stream) return true
  return dialect.name !== 'ollama' && typeOf(reply) === 'application/json'
}

/** Takes a reply apart and hands on its parts. */
class TranslatingReader implements ReplyReader {
  readonly #parts: ReadingParts
  #decoder: StreamDecoder | undefined
  #held: ReplyPart[] = []
  #end: AttemptEnd | undefined
  #size = 0

  constructor(parts: ReadingParts) {
    this.#parts = parts
  }

  async read(reply: EgressAnswer): Promise<AttemptEnd> {
    const { dialect } = this.#parts
    if (isWhole(this.#parts, reply)) {
      const whole = await readWhole(reply, maxEventBytes)
      if (!whole) return tooLarge()
      await this.#accept(dialect.decodeReply(whole.toString('utf8')))
    } else {
      const decoder = (this.#decoder = dialect.createStreamDecoder({ maxEventBytes }))
      await reply.read((chunk) => this.#take(chunk, decoder))
      if (!this.#end) await this.#accept(decoder.end())
    }
    return this.#end ?? brokenOff()
  }

  get isInMidst(): boolean {
    return this.#parts.seen.hasBegun && !this.#end
  }

  usageSoFar(): Usage | undefined {
    const last = this.#decoder?.end().at(-1)
    return last?.type === 'error' ? last.usage : undefined
  }

  #take(chunk: Uint8Array, decoder: StreamDecoder): Appetite {
    this.#parts.watchdog.bytes(chunk.byteLength)
    this.#size += chunk.byteLength
    if (this.#size > maxReplyBytes) {
      this.#end = tooLarge()
      return 'enough'
    }
    return this.#accept(decoder.push(chunk))
  }

  #accept(found: readonly StreamPart[]): Appetite {
    const { seen, sink } = this.#parts
    for (const part of found) this.#note(part)
    if (!seen.hasBegun && !this.#begin()) return this.#end ? 'enough' : undefined
    if (this.#isOverLimit()) this.#end = overLimit(this.usageSoFar())
    const content = this.#held
    if (content.length === 0) return this.#end ? 'enough' : undefined
    this.#held = []
    const appetite = sink.parts(content)
    return this.#end ? 'enough' : appetite
  }

  #note(part: StreamPart): void {
    const { seen } = this.#parts
    if (part.type === 'finish') this.#end = { kind: 'finished', finish: part }
    else if (part.type === 'error') this.#end = failedWith(part.error, part.usage)
    else {
      if (part.type === 'response-start') {
        seen.responseId = part.id
        seen.responseModel = part.model
      } else {
        if (seen.firstContentAt === null && contentTypes.has(part.type))
          seen.firstContentAt = performance.now()
        seen.meter.add(part)
      }
      this.#held.push(part)
    }
  }

  /** False while there is nothing that a client would see. */
  #begin(): boolean {
    const { seen } = this.#parts
    if (seen.firstContentAt === null && this.#end?.kind !== 'finished') return false
    beginReply(this.#parts, { contentType: '', headers: {} })
    return true
  }

  #isOverLimit(): boolean {
    const { seen, allowance } = this.#parts
    const written = seen.meter.text + seen.meter.reasoning
    return !this.#end && written * bytesPerToken > allowance * fewestBytesPerToken
  }
}

/** Hands on a reply as it comes and meters it beside. */
class PassingReader implements ReplyReader {
  readonly #parts: ReadingParts
  readonly #redactor: Redactor | undefined
  #meter: Meter | undefined
  #filter: PassthroughFilter | undefined
  #reading: MeterReading | undefined
  #held: Uint8Array[] = []
  #heldBytes = 0
  #size = 0
  #isEnding = false
  #isReadingWhole = false
  #cut: AttemptEnd | undefined

  constructor(parts: ReadingParts) {
    this.#parts = parts
    this.#redactor = redactorOf(parts.secret)
  }

  async read(reply: EgressAnswer): Promise<AttemptEnd> {
    if (isWhole(this.#parts, reply)) return this.#readWhole(reply)
    const { dialect, outbound } = this.#parts
    const meter = (this.#meter = createMeter(dialect.name, { now: readClock, maxEventBytes }))
    if (outbound.stripUsage) this.#filter = createPassthroughFilter()
    try {
      await reply.read((chunk) => this.#take(chunk, meter, reply))
    } catch (thrown) {
      // The answer is complete; how its connection ends is of no interest.
      if (!meter.hasEnded || thrown instanceof Overtaken) throw thrown
    }
    return this.#cut ?? this.#close(meter, reply)
  }

  get isInMidst(): boolean {
    return this.#isReadingWhole || (this.#parts.seen.hasBegun && this.#meter?.hasEnded === false)
  }

  usageSoFar(): Usage | undefined {
    if (!this.#meter) return undefined
    const reading = (this.#reading ??= this.#meter.end())
    this.#parts.seen.meter.addBytes(reading.outputBytes)
    return reading.usage
  }

  #take(chunk: Uint8Array, meter: Meter, reply: Head): Appetite {
    const { watchdog, seen, sink } = this.#parts
    watchdog.bytes(chunk.byteLength)
    meter.push(chunk)
    this.#size += chunk.byteLength
    const filtered = this.#filter ? this.#filter.push(chunk) : chunk
    const out = this.#redactor ? this.#redactor.push(filtered) : filtered
    if (!seen.hasBegun) return this.#hold(out, meter, reply)
    if (meter.hasEnded) this.#finishSoon()
    if (this.#isOverLimit(meter)) {
      this.#cut = overLimit(this.usageSoFar())
      return 'enough'
    }
    return out.byteLength > 0 ? sink.bytes(out) : undefined
  }

  #hold(out: Uint8Array, meter: Meter, reply: Head): Appetite {
    this.#held.push(out)
    this.#heldBytes += out.byteLength
    if (meter.hasContent || this.#heldBytes > maxHeldBytes) return this.#begin(reply, meter)
    if (!meter.hasEnded) return undefined
    this.#finishSoon()
    return meter.reading().error ? 'enough' : this.#begin(reply, meter)
  }

  #begin(reply: Head, meter?: Meter): Appetite {
    const { seen, sink, outbound } = this.#parts
    seen.firstContentAt = meter?.reading().firstContentAt ?? performance.now()
    beginReply(this.#parts, {
      contentType:
        headerOf(reply, 'content-type') || (outbound.stream ? 'text/event-stream' : 'application/json'),
      headers: notableHeaders(reply),
    })
    if (meter?.hasEnded) this.#finishSoon()
    const first = this.#held.length === 1 ? this.#held[0] : Buffer.concat(this.#held)
    this.#held = []
    return first && first.byteLength > 0 ? sink.bytes(first) : undefined
  }

  #finishSoon(): void {
    if (this.#isEnding) return
    this.#isEnding = true
    this.#parts.watchdog.ending()
  }

  #close(meter: Meter, reply: Head): AttemptEnd {
    const { seen, sink } = this.#parts
    const reading = (this.#reading = meter.end())
    if (!seen.hasBegun && !reading.error) void this.#begin(reply, meter)
    const filtered = this.#filter?.end()
    const rest = filtered && this.#redactor ? this.#redactor.push(filtered) : filtered
    for (const bytes of [rest, this.#redactor?.end()])
      if (bytes && bytes.byteLength > 0 && seen.hasBegun) void sink.bytes(bytes)
    seen.terminalSent = seen.hasBegun && meter.hasEnded && reading.error?.type !== 'stream-truncated'
    return this.#endOf(reading)
  }

  async #readWhole(reply: EgressAnswer): Promise<AttemptEnd> {
    const { dialect, seen } = this.#parts
    this.#isReadingWhole = true
    const whole = await readWhole(reply, maxReplyBytes)
    if (!whole) return tooLarge()
    const reading = meterReply(dialect.name, whole.toString('utf8'))
    if (!reading.error) {
      this.#held.push(this.#redactor?.push(whole) ?? whole)
      const rest = this.#redactor?.end()
      if (rest) this.#held.push(rest)
      void this.#begin(reply)
      seen.terminalSent = true
    }
    return this.#endOf(reading)
  }

  #endOf(reading: MeterReading): AttemptEnd {
    const { seen } = this.#parts
    seen.responseId = reading.responseId ?? null
    seen.responseModel = reading.model ?? null
    seen.meter.addBytes(reading.outputBytes)
    if (reading.error) return failedWith(reading.error, reading.usage)
    const reason = reading.finishReason ?? { unified: 'other', raw: '' }
    return { kind: 'finished', finish: { type: 'finish', reason, usage: reading.usage } }
  }

  #isOverLimit(meter: Meter): boolean {
    const { allowance } = this.#parts
    // Frames weigh several times what they carry: most replies never come here.
    if (this.#size <= allowance * fewestBytesPerToken || meter.hasEnded) return false
    return meter.reading().outputBytes > allowance * fewestBytesPerToken
  }
}

const readClock = (): number => performance.now()

function beginReply(
  { seen, sink, outbound, watchdog }: ReadingParts,
  { contentType, headers }: Pick<Beginning, 'contentType' | 'headers'>,
): void {
  const { passthrough, fidelity } = outbound
  if (!sink.begin({ passthrough, contentType, fidelity, headers })) throw new Overtaken()
  seen.hasBegun = true
  seen.passthrough = passthrough
  watchdog.answering()
}

/** Whether a client would see something of the answer. */
const contentTypes: ReadonlySet<StreamPart['type']> = new Set([
  'text-delta',
  'reasoning-delta',
  'tool-input-start',
  'tool-call',
  'file',
  'provider-item',
  'source',
])

const notable = ['request-id', 'x-request-id', 'openai-processing-ms', 'openai-version'] as const

function notableHeaders(reply: Head): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name of notable) {
    const value = reply.headers[name]
    if (typeof value === 'string') found[name] = value
  }
  return found
}

function headerOf({ headers }: Head, name: string): string {
  const value = headers[name]
  return typeof value === 'string' ? value : ''
}

/** The media type of a reply without its parameters. */
export function typeOf(reply: Head): string {
  return headerOf(reply, 'content-type').replace(/;.*$/s, '').trim().toLowerCase()
}

function overLimit(usage: Usage | undefined): AttemptEnd {
  const message = 'the answer has reached the budget that was reserved for it'
  return {
    kind: 'failed',
    usage,
    fault: {
      stage: 'budget',
      sent: true,
      error: { type: 'quota-exhausted', message, retryable: false, raw: null },
    },
  }
}

function brokenOff(): AttemptEnd {
  return failed('stream-truncated', 'the stream ended early')
}

function tooLarge(): AttemptEnd {
  return failed('invalid-response', 'the reply is larger than any answer may be')
}

export function failed(type: 'stream-truncated' | 'invalid-response', message: string): AttemptEnd {
  return failedWith({ type, message, retryable: true, raw: null }, undefined)
}

function failedWith(
  error: Extract<AttemptEnd, { kind: 'failed' }>['fault']['error'],
  usage: Usage | undefined,
): AttemptEnd {
  return { kind: 'failed', fault: { stage: 'reply', sent: true, error }, usage }
}
