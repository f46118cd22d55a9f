import { lookup } from 'node:dns/promises'
import { Readable } from 'node:stream'
import { Agent, type Dispatcher } from 'undici'
import { createAddressPolicy } from './egress/addresses.ts'
import { DirectAnswer, type EgressAnswer } from './egress/answer.ts'
import { createConnector, type Resolve } from './egress/connector.ts'
import { EgressError, requestFailure } from './egress/errors.ts'
import { guardHandler } from './egress/guard.ts'
import type { Stop } from './egress/stop.ts'
import { type Hop, isRedirect, parseUrl, redirected, type Sendable } from './egress/redirects.ts'

export type { Appetite, EgressAnswer } from './egress/answer.ts'
export { Stop } from './egress/stop.ts'
export { EgressError, type EgressErrorCode } from './egress/errors.ts'

export interface EgressRequest {
  readonly url: string | URL
  /** Default GET. */
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Sendable
  /** Aborting closes the socket, at any time until the body has ended. */
  readonly signal?: AbortSignal
  /** How many redirects to follow. Default 0: a redirect is an answer like any other. */
  readonly maxRedirects?: number
  /** Of the answer's body. Default 64 MiB. */
  readonly maxBytes?: number
  /** For all of it, body included. Default none: streams may last. */
  readonly timeoutMs?: number
  /** From the request's last byte to the answer's first. Default 60 s. */
  readonly headersTimeoutMs?: number
  /** Between two chunks of the body. Default 300 s. */
  readonly idleTimeoutMs?: number
}

export interface EgressResponse {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Must be read to its end or destroyed. It fails with `EgressError`. */
  readonly body: Dispatcher.ResponseData['body']
  /** Where the answer came from, after redirects. */
  readonly url: string
}

/** The one client for every URL that a user or a model can influence. */
export interface Egress extends AsyncDisposable {
  /** @throws {EgressError} when there is no answer; an answer of any status is returned. */
  readonly request: (request: EgressRequest) => Promise<EgressResponse>
  /**
   * The same for whoever asks often and has clocks of its own: no redirects, no timeouts but that for connecting, and a
   * body that is handed on without a stream in between.
   * @throws {EgressError} when there is no answer; at once for what cannot be sent at all
   */
  readonly open: (request: OpenRequest) => Promise<EgressAnswer>
}

export interface OpenRequest {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Closes the socket, at any time until the body has ended. */
  readonly stop: Stop
  /** Of the answer's body. */
  readonly maxBytes: number
}

export interface EgressOptions {
  /** Ranges that may be reached although they are private. */
  readonly allowedCidrs: readonly string[]
  /** Origins that may be reached wherever their name leads. */
  readonly allowedOrigins: readonly string[]
  readonly connectTimeoutMs?: number
  /** Default 4,096: every answer that streams holds one, and who waits for one is soon timed out. */
  readonly maxConnectionsPerOrigin?: number
  /** How names become addresses. Default: as the operating system does it. */
  readonly resolve?: Resolve
}

const defaults = { maxBytes: 64 * 1024 * 1024, headersTimeoutMs: 60_000, idleTimeoutMs: 300_000 }

interface GuardedOptions extends Dispatcher.DispatchOptions {
  readonly maxBytes?: number
}

/** Opens the client. Disposing it ends what is under way. */
export function createEgress(options: EgressOptions): Egress {
  const agent = new Agent({
    connect: createConnector({
      policy: createAddressPolicy(options.allowedCidrs),
      allowedOrigins: new Set(options.allowedOrigins.map((origin) => new URL(origin).origin)),
      resolve: options.resolve ?? ((hostname) => lookup(hostname, { all: true })),
      timeoutMs: options.connectTimeoutMs ?? 10_000,
    }),
    connections: options.maxConnectionsPerOrigin ?? 4096,
    pipelining: 1,
    keepAliveTimeout: 30_000,
    keepAliveMaxTimeout: 60_000,
  })
  const dispatcher = agent.compose(
    (dispatch) => (opts: GuardedOptions, handler) =>
      dispatch(opts, guardHandler(handler, opts.maxBytes ?? defaults.maxBytes)),
  )
  return {
    request: (request) => follow(dispatcher, request),
    open: (request) => openAnswer(agent, request),
    [Symbol.asyncDispose]: () => agent.destroy(),
  }
}

function openAnswer(agent: Dispatcher, request: OpenRequest): Promise<EgressAnswer> {
  const { method, headers, body, stop, maxBytes } = request
  const { origin, path } = placeOf(request.url)
  if (stop.isPulled) throw new EgressError('aborted', false, { cause: stop.reason })
  const answer = new DirectAnswer({ stop, maxBytes })
  const options = {
    origin,
    path,
    method,
    headers,
    body: body ?? null,
    headersTimeout: 0,
    bodyTimeout: 0,
  }
  agent.dispatch(options, answer)
  return answer.begun
}

interface Place {
  readonly origin: string
  readonly path: string
}

const places = new Map<string, Place>()
const mostPlaces = 500
const longestPlace = 500

/** The same few addresses are asked again and again. @throws {EgressError} as `parseUrl` */
function placeOf(text: string): Place {
  const known = places.get(text)
  if (known) return known
  const { origin, pathname, search } = parseUrl(text)
  const place = { origin, path: pathname + search }
  if (places.size >= mostPlaces) places.clear()
  if (text.length <= longestPlace) places.set(text, place)
  return place
}

async function follow(dispatcher: Dispatcher, request: EgressRequest): Promise<EgressResponse> {
  const maxRedirects = request.maxRedirects ?? 0
  const limits = createLimits(request)
  let hop: Hop = {
    url: parseUrl(request.url),
    method: request.method ?? 'GET',
    headers: request.headers ?? {},
    body: request.body ?? null,
  }
  let followed = 0
  try {
    for (;;) {
      const answer = await send(dispatcher, hop, request, limits.signal)
      const location = isRedirect(answer.statusCode) ? answer.headers.location : undefined
      if (typeof location !== 'string' || maxRedirects === 0) {
        answer.body.once('close', limits.release)
        return responseOf(answer, hop)
      }
      answer.body.on('error', ignore).destroy()
      if (followed === maxRedirects) throw new EgressError('too-many-redirects', true)
      hop = redirected(hop, answer.statusCode, location)
      followed += 1
    }
  } catch (error) {
    limits.release()
    throw followed > 0 && error instanceof EgressError ? error.afterSending() : error
  }
}

const ignore = (): void => undefined

interface Limits {
  /** Its reason is an `EgressError`, so that a body which is cut short fails with one. */
  readonly signal: AbortSignal
  /** Lets go of the caller's signal and the timer. */
  readonly release: () => void
}

function createLimits({ signal, timeoutMs }: EgressRequest): Limits {
  const controller = new AbortController()
  const onAbort = (): void => controller.abort(new EgressError('aborted', true, { cause: signal?.reason }))
  const onTimeout = (): void =>
    controller.abort(new EgressError('timeout', true, { detail: `after ${timeoutMs} ms` }))
  const timer = timeoutMs === undefined ? undefined : setTimeout(onTimeout, timeoutMs)
  if (signal?.aborted) controller.abort(new EgressError('aborted', false, { cause: signal.reason }))
  else signal?.addEventListener('abort', onAbort, { once: true })
  const release = (): void => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
  return { signal: controller.signal, release }
}

async function send(
  dispatcher: Dispatcher,
  { url, method, headers, body }: Hop,
  request: EgressRequest,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  const options: Dispatcher.RequestOptions & GuardedOptions = {
    origin: url.origin,
    path: url.pathname + url.search,
    method,
    headers: { ...headers },
    body: streamOf(body),
    signal,
    headersTimeout: request.headersTimeoutMs ?? defaults.headersTimeoutMs,
    bodyTimeout: request.idleTimeoutMs ?? defaults.idleTimeoutMs,
    maxBytes: request.maxBytes ?? defaults.maxBytes,
  }
  try {
    return await dispatcher.request(options)
  } catch (error) {
    throw requestFailure(error instanceof Error ? error : new Error(String(error)), true)
  }
}

function streamOf(body: Sendable): string | Uint8Array | Readable | null {
  if (body === null || typeof body === 'string' || body instanceof Uint8Array) return body
  return Readable.from(body, { objectMode: false })
}

const responseOf = (answer: Dispatcher.ResponseData, hop: Hop): EgressResponse => ({
  status: answer.statusCode,
  headers: answer.headers,
  body: answer.body,
  url: hop.url.href,
})
