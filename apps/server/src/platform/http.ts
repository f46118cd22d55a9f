/** The HTTP server: one Fastify instance with the rules that every face shares. */
import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import compress from '@fastify/compress'
import helmet from '@fastify/helmet'
import multipart from '@fastify/multipart'
import underPressure from '@fastify/under-pressure'
import fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import type { ServerConfig } from './config.ts'
import { AppError } from './errors.ts'
import { createDirectServer } from './http/direct.ts'
import { answerErrors, answerFrameworkError, errorBodyOf } from './http/failure.ts'
import { parseJsonBodies } from './http/json.ts'
import type { HttpServices } from './http/mount.ts'
import { createOriginCheck, guardOrigin } from './http/origin.ts'
import { schemaController } from './http/schemas.ts'
import { squeezeShortAnswers } from './http/squeeze.ts'
import { createRequestMeter } from './http/request-meter.ts'
import { EventStreams } from './http/sse.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'

export type { AccessWatch, Caller, Gatekeeper, Member, Shown } from './http/caller.ts'
export { ChunkedBody } from './http/chunks.ts'
export type { DirectExchange } from './http/direct.ts'
export { sendDownload } from './http/download.ts'
export { decodeCursor, encodeCursor, paginate } from './http/cursor.ts'
export { forgetOldKeys } from './http/idempotency.ts'
export { describedAs, mount, type Call } from './http/mount.ts'
export { format as formatEvent, type EventStream, type ServerSentEvent } from './http/sse.ts'

/** Largest JSON body; routes that take more say so. */
const bodyLimitBytes = 5 * 1024 * 1024

declare module 'fastify' {
  interface FastifyInstance {
    eventStreams: EventStreams
  }
}

export interface HttpOptions extends HttpServices {
  readonly config: ServerConfig
  readonly log: Log
  /** Where requests are measured; null to leave that out. */
  readonly metrics: Metrics | null
  /** By when a request must have arrived in full. */
  readonly requestTimeoutMs?: number
}

/** An instance without routes; modules add theirs. */
export async function createHttpServer(options: HttpOptions): Promise<FastifyInstance> {
  const { config, log, requestTimeoutMs = 120_000 } = options
  const logger: FastifyBaseLogger = log
  const meter = options.metrics && createRequestMeter(options.metrics)
  const direct = createDirectServer(meter)
  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyLimitBytes,
    serverFactory: (listener) =>
      direct.listen(
        {
          requestTimeout: requestTimeoutMs,
          keepAliveTimeout: 65_000,
          maxHeaderSize: 16 * 1024,
          headersTimeout: Math.min(15_000, requestTimeoutMs),
        },
        listener,
      ),
    trustProxy: config.http.trustedProxies.length > 0 ? [...config.http.trustedProxies] : false,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    exposeHeadRoutes: false,
    return503OnClosing: true,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 300, ignoreTrailingSlash: false },
    schemaController,
    clientErrorHandler,
    frameworkErrors: (error, request, reply) => void answerFrameworkError(error, request, reply),
  })
  const { db, telemetry, gatekeeper, consistency } = options
  app.decorate('services', { db, telemetry, gatekeeper, consistency })
  app.decorate('eventStreams', new EventStreams())
  app.decorate('direct', direct)
  app.decorateRequest('caller', null)
  parseJsonBodies(app)
  answerErrors(app)
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
    const { url } = request.routeOptions
    if (meter && url !== undefined) meter.isFor(reply.raw, url)
  })
  const checkOrigin = createOriginCheck(config)
  guardOrigin(app, checkOrigin)
  // What is left of a body that was refused must be taken from the connection before the next request on it.
  app.addHook('onResponse', async ({ raw }) => {
    if (raw.readableEnded) return
    raw.unpipe()
    raw.resume()
  })
  app.addHook('preClose', async () => app.eventStreams.drain())
  await addPlugins(app, options)
  // What the API says is for its caller alone; routes whose answers may be kept say so themselves.
  app.addHook('onSend', async (request, reply) => {
    if (request.url.startsWith('/api/') && !reply.hasHeader('cache-control'))
      reply.header('cache-control', 'no-store')
  })
  let closing = false
  app.addHook('preClose', async () => void (closing = true))
  direct.refuse = (request) => checkOrigin(request) ?? (closing || app.isUnderPressure() ? tooBusy() : null)
  return app
}

async function addPlugins(app: FastifyInstance, { config }: HttpOptions): Promise<void> {
  await app.register(helmet, {
    global: true,
    contentSecurityPolicy: { useDefaults: false, directives: contentPolicy },
    hsts: config.http.publicUrl.startsWith('https:') ? { maxAge: 31_536_000 } : false,
    crossOriginEmbedderPolicy: false,
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'same-origin' },
  })
  squeezeShortAnswers(app)
  await app.register(compress, { global: true, threshold: 1024, encodings: ['zstd', 'br', 'gzip'] })
  await app.register(multipart, {
    limits: { files: 1, fields: 8, fieldSize: 64 * 1024, parts: 10, headerPairs: 20 },
  })
  await app.register(underPressure, {
    maxEventLoopDelay: 2000,
    retryAfter: 2,
    pressureHandler: () => {
      throw tooBusy()
    },
  })
}

const tooBusy = (): AppError =>
  new AppError('SERVICE_UNAVAILABLE', 'The server is busy. Try again shortly.', { retryAfterSeconds: 2 })

const self = ["'self'"]
const contentPolicy = {
  'default-src': self,
  'script-src': self,
  // KaTeX and virtual lists place elements with style attributes.
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:', 'blob:'],
  'font-src': self,
  'connect-src': self,
  'worker-src': ["'self'", 'blob:'],
  'object-src': ["'none'"],
  'base-uri': self,
  'form-action': self,
  'frame-ancestors': ["'none'"],
}

const clientErrors = new Map([
  ['HPE_HEADER_OVERFLOW', new AppError('HEADERS_TOO_LARGE', 'The headers of the request are too large.')],
  ['ERR_HTTP_REQUEST_TIMEOUT', new AppError('REQUEST_TIMEOUT', 'The request took too long to arrive.')],
])

/** Answers what is not even HTTP, in the one shape. */
function clientErrorHandler(error: Error & { code?: string | undefined }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const known =
    clientErrors.get(error.code ?? '') ?? new AppError('INVALID_FORMAT', 'This is not a valid HTTP request.')
  const id = randomUUID()
  const body = JSON.stringify(errorBodyOf(known, id))
  socket.end(
    `HTTP/1.1 ${known.status} Error\r\ncontent-type: application/json\r\nx-request-id: ${id}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}
