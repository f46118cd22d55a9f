import { randomUUID } from 'node:crypto'
import {
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import { encodeExportResponse, type Signal } from '@atrium/wire/otlp'
import { traceErrors } from './errors.ts'
import { failureOf } from './failure.ts'
import type { ReceiverOptions } from './receive.ts'
import { senderOf } from './sender.ts'
import { readBytes, unpacked } from './unpacking.ts'

/** Methods of OTLP over gRPC; https://opentelemetry.io/docs/specs/otlp/#otlpgrpc */
const signals: ReadonlyMap<string, Signal> = new Map([
  ['/opentelemetry.proto.collector.trace.v1.TraceService/Export', 'traces'],
  ['/opentelemetry.proto.collector.logs.v1.LogsService/Export', 'logs'],
  ['/opentelemetry.proto.collector.metrics.v1.MetricsService/Export', 'metrics'],
])

/** Requests under way on one connection. */
const mostStreams = 100
/** Within this time a request must make progress. */
const streamIdleMs = 60_000
/** A connection that nobody uses for so long is closed. */
const sessionIdleMs = 600_000
/** How long requests that are under way may take when the server stops. */
const closeMs = 5000

/** Where OTLP over gRPC is taken. */
export interface GrpcOptions {
  readonly host: string
  /** 0 for nowhere. */
  readonly port: number
  /** Whether it was asked for by name; else a port that is taken is no error. */
  readonly isNamed: boolean
}

/**
 * Takes OTLP over gRPC; null when it does not.
 * @throws Error when a port that was asked for cannot be had
 */
export async function serveGrpc(
  options: ReceiverOptions,
  { host, port, isNamed }: GrpcOptions,
): Promise<AsyncDisposable | null> {
  if (port === 0) return null
  const receiver = new GrpcReceiver(options)
  try {
    await receiver.listen(host, port)
  } catch (error) {
    if (isNamed) throw new Error(`port ${port} for OTLP over gRPC cannot be had`, { cause: error })
    options.log.warn({ err: error, port }, 'no telemetry is taken over gRPC: the port cannot be had')
    return null
  }
  return receiver
}

/**
 * Takes OTLP over gRPC: HTTP/2 without TLS, one message to a request. Keys, limits of a request and what becomes of it are
 * as over HTTP.
 */
class GrpcReceiver implements AsyncDisposable {
  readonly #options: ReceiverOptions
  readonly #server: Http2Server
  readonly #sessions = new Set<ServerHttp2Session>()

  constructor(options: ReceiverOptions) {
    this.#options = options
    this.#server = createServer({ settings: { maxConcurrentStreams: mostStreams } })
    this.#server.on('session', (session) => {
      this.#sessions.add(session)
      session.setTimeout(sessionIdleMs, () => session.close())
      session.once('close', () => this.#sessions.delete(session))
    })
    this.#server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      // A stream may be reset at any moment, also while it is being answered.
      answer(this.#options, stream, headers).catch(() => stream.destroy())
    })
  }

  /** @throws Error with the code of the system when the port cannot be had */
  async listen(host: string, port: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#server.once('error', reject)
    this.#server.listen({ host, port }, resolve)
    await promise
    this.#server.off('error', reject)
    this.#server.on('error', (error) =>
      this.#options.log.warn({ err: error }, 'the gRPC server reported an error'),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#server.close(() => resolve())
    for (const session of this.#sessions) session.close()
    const timer = setTimeout(() => {
      for (const session of this.#sessions) session.destroy()
    }, closeMs)
    await promise
    clearTimeout(timer)
  }
}

async function answer(
  options: ReceiverOptions,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): Promise<void> {
  // Whoever has gone away is told nothing.
  stream.on('error', () => undefined)
  stream.setTimeout(streamIdleMs, () => stream.close(constants.NGHTTP2_CANCEL))
  if (headers[':method'] !== 'POST' || !/^application\/grpc(?:$|[+;])/.test(headers['content-type'] ?? '')) {
    stream.respond({ ':status': 415 }, { endStream: true })
    return
  }
  try {
    const signal = signals.get(headers[':path'] ?? '')
    if (!signal) throw traceErrors.otherMethodOfGrpc()
    const sender = await senderOf(options.identity, headers)
    const body = await messageIn(await readBytes(stream), headers['grpc-encoding'])
    const partial = await options.intakes[signal](sender, body, 'protobuf')
    send(stream, encodeExportResponse(signal, partial, 'protobuf'))
  } catch (thrown) {
    refuse(stream, thrown, options)
  }
}

/** Bytes before a message: whether it is packed, and its length. https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
const prefixBytes = 5

/** The one message of a request, unpacked. @throws AppError as `unpacked`, and 400 when there is not one message */
async function messageIn(bytes: Buffer, encoding: string | string[] | undefined): Promise<Buffer> {
  if (bytes.length < prefixBytes || bytes.length - prefixBytes !== bytes.readUInt32BE(1))
    throw traceErrors.malformed('A request carries one message.')
  const message = bytes.subarray(prefixBytes)
  return bytes[0] === 0 ? message : unpacked(message, String(encoding ?? 'identity'))
}

const head = {
  ':status': 200,
  'content-type': 'application/grpc+proto',
  'grpc-accept-encoding': 'identity,gzip,deflate,zstd',
}

function send(stream: ServerHttp2Stream, message: Uint8Array): void {
  if (isOver(stream)) return
  const prefix = Buffer.alloc(prefixBytes)
  prefix.writeUInt32BE(message.length, 1)
  stream.respond(head, { waitForTrailers: true })
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  stream.end(Buffer.concat([prefix, message]))
}

/** Whether nobody waits for an answer. */
const isOver = (stream: ServerHttp2Stream): boolean => stream.destroyed || stream.closed || stream.headersSent

function refuse(stream: ServerHttp2Stream, thrown: unknown, { log }: ReceiverOptions): void {
  if (isOver(stream)) return
  const { error, rpcCode } = failureOf(thrown, randomUUID(), log)
  const told = { 'grpc-status': String(rpcCode), 'grpc-message': encodeURIComponent(error.message) }
  stream.respond({ ...head, ...told }, { endStream: true })
  // What is left of the request is not wanted.
  stream.resume()
}
