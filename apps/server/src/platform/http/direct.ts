/** Requests that a module answers on Node's own objects: for paths where each microsecond and each byte counts. */
import { randomUUID } from 'node:crypto'
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import { AppError } from '../errors.ts'
import type { RequestMeter } from './request-meter.ts'
import { answerError, readTarget } from './request-target.ts'

/** One request and its answer, which has to carry the id as `X-Request-Id`. */
export interface DirectExchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly id: string
  /** Why the server does not take the request; the handler says it in its own words and does nothing else. */
  readonly refused: AppError | null
}

export interface DirectRoutes {
  /**
   * Sends requests whose path (without query) has a route to `handler`, past the framework and its hooks. The route is
   * what figures call it, null for paths that belong to others.
   */
  add(routeOf: (path: string) => string | null, handler: (exchange: DirectExchange) => void): void
}

declare module 'fastify' {
  interface FastifyInstance {
    direct: DirectRoutes
  }
}

/** What the server as a whole has against a request. */
export type Refuse = (request: IncomingMessage) => AppError | null

export interface DirectServer extends DirectRoutes {
  /** Asked before each request, once the server is built. */
  refuse: Refuse
  /** Makes the server whose other requests go to `listener`. */
  listen(options: ServerOptions, listener: RequestListener): Server
}

interface DirectRoute {
  readonly routeOf: (path: string) => string | null
  readonly handler: (exchange: DirectExchange) => void
}

export function createDirectServer(meter: RequestMeter | null): DirectServer {
  const routes: DirectRoute[] = []
  const direct: DirectServer = {
    refuse: () => null,
    add: (routeOf, handler) => void routes.push({ routeOf, handler }),
    listen: (options, listener) => {
      // A request without a host is answered here, with a body.
      const server = createServer({ ...options, requireHostHeader: false }, (request, response) => {
        meter?.begin(request, response)
        const malformed = readTarget(request)
        const path = pathOf(request)
        for (const { routeOf, handler } of routes) {
          const route = routeOf(path)
          if (route === null) continue
          meter?.isFor(response, route)
          handler({ request, response, id: randomUUID(), refused: malformed ?? direct.refuse(request) })
          return
        }
        if (malformed) answerError(response, malformed, randomUUID())
        else listener(request, response)
      })
      server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) =>
        answerError(response, expectationFailed(), randomUUID()),
      )
      return server
    },
  }
  return direct
}

const expectationFailed = (): AppError =>
  new AppError('EXPECTATION_FAILED', 'Of the Expect header only 100-continue is understood.', { status: 417 })

/** The path of a request without its query, as it was sent. */
function pathOf({ url = '/' }: IncomingMessage): string {
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}
