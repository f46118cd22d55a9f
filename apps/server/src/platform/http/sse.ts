import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ChunkedBody } from './chunks.ts'
import { streamEncoderFor, type StreamEncoder } from './stream-encoding.ts'

/** A server-sent event; `data` is already JSON. */
export interface ServerSentEvent {
  readonly id?: number
  readonly event: string
  readonly data: string
}

/** An open stream of server-sent events (WHATWG HTML, section 9.2). */
export interface EventStream {
  send(event: ServerSentEvent): void
  /** Sends events that `format` has made text of; for streams that many readers share. */
  write(text: string): void
  /** Resolves when the reader has taken most of what was sent; for whoever has much to send at once. */
  drained(): Promise<void>
  /** Ends the stream after what was sent. */
  close(): void
  /** Aborted when the stream has ended, whoever ended it. */
  readonly ended: AbortSignal
}

export interface EventStreamOptions {
  /** Ends the stream when aborted. */
  readonly signal?: AbortSignal
  /** Sent when the server is about to stop, so that clients connect elsewhere. */
  readonly farewell?: ServerSentEvent
}

const heartbeatMs = 10_000
/** A reader that lags this many bytes behind is cut off; it resumes by `Last-Event-ID`. */
const maxLagBytes = 1024 * 1024
/**
 * What is longer comes on top of that until the reader has caught up: whoever has just been given one event of megabytes
 * does not lag behind. So much at most, for all such events together.
 */
const longBytes = 128 * 1024
const maxLongBytes = 16 * 1024 * 1024
/** Long events leave in pieces, so that it can be seen whether the reader takes them. */
const pieceBytes = 64 * 1024
/** Below this a reader counts as having taken what was sent. */
const drainedBytes = 64 * 1024
/** How long a reader of a stream that has ended may stand still before what is left. */
const lingerMs = 10_000

/** Made once: an error of its own for every stream costs as much as several events. */
const hasEnded = new Error('the stream has ended')

/** Open event streams of one server, so that a drain can end them. */
export class EventStreams {
  readonly #open = new Map<EventStream, ServerSentEvent | undefined>()

  /** Takes over the reply and streams events, compressed and flushed one by one when the client accepts that. */
  open(request: FastifyRequest, reply: FastifyReply, options: EventStreamOptions = {}): EventStream {
    reply.hijack()
    const encoder = streamEncoderFor(request.headers['accept-encoding'])
    writeHead(reply, encoder)
    const stream = this.#wire(reply, encoder)
    this.#open.set(stream, options.farewell)
    stream.ended.addEventListener('abort', () => this.#open.delete(stream), { once: true })
    options.signal?.addEventListener('abort', () => stream.close(), { once: true })
    if (options.signal?.aborted) stream.close()
    return stream
  }

  #wire(reply: FastifyReply, encoder: StreamEncoder | undefined): EventStream {
    const raw = reply.raw
    const encoded = encoder?.stream
    const body = new ChunkedBody(raw)
    const ended = new AbortController()
    let closing = false
    let allowance = 0
    let lingering: NodeJS.Timeout | undefined
    const lag = (): number => raw.writableLength + (encoded?.writableLength ?? 0)
    const write = (text: string): void => {
      if (closing || ended.signal.aborted) return
      const owed = lag()
      if (owed > maxLagBytes + allowance) return void raw.destroy()
      if (owed <= drainedBytes) allowance = 0
      if (text.length > longBytes) allowance = Math.min(allowance + text.length * 3, maxLongBytes)
      for (const piece of piecesOf(text)) (encoded ?? body).write(piece)
      encoder?.flush()
    }
    const timer = setInterval(() => write(':\n\n'), heartbeatMs)
    encoded?.on('data', (bytes: Buffer) => {
      if (body.write(bytes)) return
      encoded.pause()
      void body.drained().then(() => encoded.resume())
    })
    encoded?.once('end', () => raw.end())
    encoded?.once('error', () => raw.destroy())
    raw.once('close', () => {
      clearInterval(timer)
      clearInterval(lingering)
      ended.abort(hasEnded)
      encoded?.destroy()
    })
    return {
      send: (event) => write(format(event)),
      write,
      close: () => {
        if (closing || ended.signal.aborted) return
        closing = true
        ;(encoded ?? raw).end()
        let before = lag()
        lingering = setInterval(() => {
          const now = lag()
          if (now >= before) raw.destroy()
          before = now
        }, lingerMs).unref()
      },
      drained: async () => {
        while (lag() > drainedBytes && !ended.signal.aborted) await sleep(10)
      },
      ended: ended.signal,
    }
  }

  /** Says farewell on every open stream and ends it. */
  drain(): void {
    for (const [stream, farewell] of this.#open) {
      if (farewell) stream.send(farewell)
      stream.close()
    }
  }

  get count(): number {
    return this.#open.size
  }
}

/** A long text in pieces of whole bytes. */
function piecesOf(text: string): (string | Uint8Array)[] {
  if (text.length <= longBytes) return [text]
  const bytes = Buffer.from(text)
  const count = Math.ceil(bytes.length / pieceBytes)
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes),
  )
}

/** The text of one event; JSON never contains line breaks, so one `data:` line is enough. */
export function format({ id, event, data }: ServerSentEvent): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`
}

function writeHead(reply: FastifyReply, encoder: StreamEncoder | undefined): void {
  const { raw } = reply
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) raw.setHeader(name, value)
  raw.setHeader('content-type', 'text/event-stream; charset=utf-8')
  raw.setHeader('cache-control', 'no-store, no-transform')
  raw.setHeader('x-accel-buffering', 'no')
  // The connection ends with the stream; kept alive, it would hold up a server that stops.
  raw.setHeader('connection', 'close')
  raw.setHeader('vary', 'accept-encoding')
  if (encoder) raw.setHeader('content-encoding', encoder.name)
  raw.flushHeaders()
}
