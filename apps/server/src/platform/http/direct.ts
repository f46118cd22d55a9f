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
  /** Sends requests whose path (without query) matches to `handler`, past the framework and its hooks. */
  add(matches: (path: string) => boolean, handler: (exchange: DirectExchange) => void): void
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

export function createDirectServer(): DirectServer {
  const routes: { matches: (path: string) => boolean; handler: (exchange: DirectExchange) => void }[] = []
  const direct: DirectServer = {
    refuse: () => null,
    add: (matches, handler) => void routes.push({ matches, handler }),
    listen: (options, listener) => {
      // A request without a host is answered here, with a body.
      const server = createServer({ ...options, requireHostHeader: false }, (request, response) => {
        const malformed = readTarget(request)
        const path = pathOf(request)
        const route = routes.find(({ matches }) => matches(path))
        const id = randomUUID()
        if (route) route.handler({ request, response, id, refused: malformed ?? direct.refuse(request) })
        else if (malformed) answerError(response, malformed, id)
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
