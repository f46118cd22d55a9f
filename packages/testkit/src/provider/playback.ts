import type { ServerResponse } from 'node:http'
import { gather, type Answer } from './answer.ts'
import type { CallLog, RecordedCall } from './calls.ts'
import type { Dialect, FrameWriter } from './dialects/dialect.ts'
import type { Fault } from './faults.ts'
import { Refusal } from './refusal.ts'
import type { Script } from './script.ts'
import { createSplitter, type Splitter } from './splitter.ts'
import type { Ticked, Ticker } from './ticker.ts'

export interface PlaybackParts {
  readonly response: ServerResponse
  readonly dialect: Dialect
  readonly answer: Answer
  readonly script: Script
  readonly faults: readonly Fault[]
  readonly call: RecordedCall
  readonly log: CallLog
  readonly ticker: Ticker
}

type BreakFault = Extract<Fault, { after: number }>
type Phase = 'before-headers' | 'before-first-token' | 'sending' | 'cutting' | 'stalled' | 'over'

const burst = 64
const cutDelayMs = 5
const page = '<!doctype html><html><head><title>502</title></head><body><h1>Bad gateway</h1></body></html>'
const noise = '\u0000\u0001\u00ff not an event at all\n\nevent: ???\ndata: {"broken": [1, 2\n\n{]\n'

/** Sends one answer at its pace, and goes wrong where its script says so. */
export class Playback implements Ticked {
  readonly #parts: PlaybackParts
  readonly #writer: FrameWriter
  readonly #streams: boolean
  readonly #rate: number
  readonly #headersAtMs: number
  readonly #break: BreakFault | undefined
  readonly #stepsToSend: number
  readonly #pingEvery: number
  readonly #splitter: Splitter | undefined
  #firstAtMs = 0
  #cutAtMs = 0
  #phase: Phase = 'before-headers'

  constructor(parts: PlaybackParts, nowMs: number) {
    const { script, faults, answer } = parts
    this.#parts = parts
    this.#streams = answer.received.stream
    this.#writer = this.#streams ? parts.dialect.writer(answer) : wholeWriter(parts)
    this.#rate = script.rate ?? 0
    this.#headersAtMs = nowMs + (faults.find((fault) => fault.kind === 'slow-headers')?.ms ?? 0)
    this.#break = faults.find((fault) => 'after' in fault)
    this.#stepsToSend = Math.min(answer.size, this.#break?.after ?? Infinity)
    this.#pingEvery = faults.find((fault) => fault.kind === 'ping')?.every ?? Infinity
    this.#splitter = script.split === undefined ? undefined : createSplitter(script.split, script.seed ?? 1)
    parts.response.once('close', () => this.#closed())
  }

  advance(nowMs: number): boolean {
    if (this.#phase === 'cutting' && nowMs >= this.#cutAtMs) this.#cut()
    if (this.#phase === 'before-headers' && nowMs >= this.#headersAtMs) this.#begin(nowMs)
    if (this.#phase === 'before-first-token' && nowMs >= this.#firstAtMs) this.#phase = 'sending'
    if (this.#phase === 'sending') this.#send(nowMs)
    return this.#phase !== 'over' && this.#phase !== 'stalled'
  }

  #begin(nowMs: number): void {
    const { response, script } = this.#parts
    if (this.#has('stall-headers')) return this.#stall()
    if (this.#has('cut-headers')) return this.#cut()
    this.#firstAtMs = nowMs + (script.ttftMs ?? 0)
    this.#phase = 'before-first-token'
    this.#head()
    if (this.#has('html')) return this.#end('broken', page)
    if (this.#has('empty')) return this.#end('broken')
    if (!this.#streams && !this.#has('stall-first-token')) return
    response.flushHeaders()
    this.#write(this.#writer.open())
    if (this.#has('stall-first-token')) this.#stall()
  }

  #head(): void {
    const { response, dialect, answer, call } = this.#parts
    const usual = this.#streams ? dialect.streamType : 'application/json'
    const type = this.#has('html') ? 'text/html' : this.#has('wrong-content-type') ? 'text/plain' : usual
    response.setHeader('content-type', type)
    response.setHeader('x-request-id', `req_${answer.id}`)
    call.status = 200
  }

  #send(nowMs: number): void {
    const { response, call } = this.#parts
    const elapsedMs = nowMs - this.#firstAtMs
    const due = this.#rate === 0 ? Infinity : Math.floor((elapsedMs * this.#rate) / 1000) + 1
    const upTo = Math.min(due, this.#stepsToSend)
    while (call.tokensSent < upTo && !needsDrain(response)) {
      this.#write(this.#frames(Math.min(upTo, call.tokensSent + burst)))
    }
    if (call.tokensSent === this.#stepsToSend) this.#finish()
  }

  #frames(upTo: number): string {
    const { answer, call } = this.#parts
    let frames = ''
    while (call.tokensSent < upTo) {
      frames += this.#writer.step(answer.stepAt(call.tokensSent))
      call.tokensSent += 1
      if (call.tokensSent % this.#pingEvery === 0) frames += this.#writer.ping()
    }
    return frames
  }

  #finish(): void {
    const kind = this.#break?.kind
    switch (kind) {
      case undefined:
        return this.#end('finished', this.#writer.close())
      case 'error-after':
        return this.#end('broken', this.#writer.fail(new Refusal(529, 'overloaded', 'Overloaded')))
      case 'garbage':
        return this.#end('broken', noise)
      case 'end-after':
        return this.#end('broken', this.#remains())
      case 'stall-after':
        this.#write(this.#remains())
        return this.#stall()
      case 'cut-after':
        this.#write(this.#remains())
        return this.#cutSoon()
    }
  }

  /** What stands on the wire of a broken answer that is not streamed: half of its body. */
  #remains(): string {
    if (this.#streams) return ''
    const { answer, call, dialect } = this.#parts
    const body = JSON.stringify(dialect.reply(answer, gather(answer, call.tokensSent)))
    return body.slice(0, body.length / 2)
  }

  #write(frames: string): void {
    if (frames === '') return
    const { response } = this.#parts
    if (this.#splitter === undefined) writeChunk(response, frames)
    else for (const chunk of this.#splitter.push(frames)) response.write(chunk)
  }

  #end(how: 'finished' | 'broken', last = ''): void {
    const { response, call, log } = this.#parts
    this.#phase = 'over'
    if (this.#splitter === undefined) {
      response.end(last)
    } else {
      this.#write(last)
      for (const chunk of this.#splitter.flush()) response.write(chunk)
      response.end()
    }
    log.end(call, how, Date.now())
  }

  #stall(): void {
    this.#phase = 'stalled'
  }

  /** Clients throw away what they have not read when a socket breaks: they get a moment to read the last token. */
  #cutSoon(): void {
    this.#phase = 'cutting'
    this.#cutAtMs = performance.now() + cutDelayMs
  }

  #cut(): void {
    const { response, call, log } = this.#parts
    this.#phase = 'over'
    log.end(call, 'broken', Date.now())
    response.socket?.destroySoon()
  }

  #closed(): void {
    const { call, log, ticker } = this.#parts
    if (this.#phase !== 'over') log.end(call, 'aborted', Date.now())
    this.#phase = 'over'
    ticker.remove(this)
  }

  #has(kind: Fault['kind']): boolean {
    return this.#parts.faults.some((fault) => fault.kind === kind)
  }
}

/**
 * Writes one HTTP chunk, framed here: `ServerResponse.write` would make three buffers and a deferred flush of it, which
 * is most of the cost of a token. Headers must have been flushed.
 */
function writeChunk(response: ServerResponse, text: string): void {
  const { socket } = response
  if (socket === null || !response.chunkedEncoding || !response.headersSent) response.write(text)
  else socket.write(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`)
}

function needsDrain(response: ServerResponse): boolean {
  return response.writableNeedDrain || response.socket?.writableNeedDrain === true
}

/** Lets an answer that is not streamed pass through the same playback: silence, then the whole body. */
function wholeWriter({ dialect, answer }: PlaybackParts): FrameWriter {
  return {
    open: () => '',
    step: () => '',
    ping: () => '',
    close: () => JSON.stringify(dialect.reply(answer, gather(answer))),
    fail: (refusal) => JSON.stringify(dialect.refuse(refusal).body),
  }
}
