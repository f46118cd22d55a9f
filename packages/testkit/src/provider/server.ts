import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { CallLog, type ProviderStats, type RecordedCall } from './calls.ts'
import { answerControl } from './control.ts'
import { presetModels } from './directives.ts'
import type { Dialect } from './dialects/dialect.ts'
import { findRoute, type Route } from './dialects/routes.ts'
import { readBody, sendJson } from './http.ts'
import { parseRecord, textOf, type Json } from './json.ts'
import { ScriptQueue, type ScriptMatch } from './queue.ts'
import { invalid, Refusal } from './refusal.ts'
import { readScript, ScriptError, type Script } from './script.ts'
import { Ticker } from './ticker.ts'
import { refuseByModel, startTurn } from './turn.ts'

export interface FakeProviderOptions {
  /** 0 or none takes any free port. */
  port?: number
  /** The keys that are good. Without them every key is, unless it contains `invalid`. */
  keys?: string[]
  /** Model names to know besides those that begin with `fake`. */
  models?: string[]
  defaults?: Script
  /**
   * How often streams move on, in milliseconds (10). A token costs about 9 µs, nearly all of it the write; at 60
   * tokens/s, 50 puts three tokens into one write and costs less than half.
   */
  tickMs?: number
  /** How many calls to remember (2,000). */
  keepCalls?: number
}

interface FakeProviderEvents {
  call: [RecordedCall]
}

/** A running fake provider. */
export interface FakeProvider extends AsyncDisposable {
  /** Base address without a trailing slash: `http://127.0.0.1:PORT`. */
  readonly url: string
  /** The last calls, oldest first; each is live while it runs. */
  readonly calls: readonly RecordedCall[]
  stats(): ProviderStats
  /** Scripts the next call (that matches). Throws a `ScriptError`. */
  enqueue(script: Script, match?: ScriptMatch): void
  /** Forgets calls, counts and enqueued scripts. Running streams go on. */
  reset(): void
  on(event: 'call', listener: (call: RecordedCall) => void): void
  off(event: 'call', listener: (call: RecordedCall) => void): void
}

/** Starts a fake provider on 127.0.0.1. Whoever starts it disposes of it; that cuts what still streams. */
export async function startFakeProvider(options: FakeProviderOptions = {}): Promise<FakeProvider> {
  const provider = new Provider(options)
  const server = createServer((request, response) => void provider.handle(request, response))
  server.requestTimeout = 0
  server.keepAliveTimeout = 65_000
  server.listen({ port: options.port ?? 0, host: '127.0.0.1', backlog: 4096 })
  await once(server, 'listening')
  return provider.opened(server)
}

class Provider {
  readonly #log: CallLog
  readonly #queue = new ScriptQueue()
  readonly #ticker: Ticker
  readonly #options: FakeProviderOptions
  readonly #events = new EventEmitter<FakeProviderEvents>()
  readonly #defaults: Script

  constructor(options: FakeProviderOptions) {
    this.#options = options
    this.#log = new CallLog(options.keepCalls ?? 2000)
    this.#ticker = new Ticker(options.tickMs ?? 10)
    this.#defaults = readScript(options.defaults ?? {})
  }

  opened(server: Server): FakeProvider {
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const log = this.#log
    return {
      url: `http://127.0.0.1:${port}`,
      calls: log.calls,
      stats: () => log.stats(),
      enqueue: (script, match) => this.#queue.add(readScript(script), match),
      reset: () => this.#reset(),
      on: (event, listener) => void this.#events.on(event, listener),
      off: (event, listener) => void this.#events.off(event, listener),
      [Symbol.asyncDispose]: async () => {
        const closed = once(server, 'close')
        server.close()
        server.closeAllConnections()
        await closed
      },
    }
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fake')
    const method = request.method ?? 'GET'
    try {
      if (url.pathname.startsWith('/__fake/')) {
        const parts = { log: this.#log, queue: this.#queue, reset: () => this.#reset() }
        sendJson(response, 200, answerControl(parts, method, url, await readBody(request)))
        return
      }
      const route = findRoute(method, url, request.headers)
      if (route === undefined) throw new Refusal(404, 'not-found', `Unknown path: ${method} ${url.pathname}`)
      await this.#serve(route, request, response, url)
    } catch (error) {
      // The caller hanging up while it still sends is no concern of ours.
      if (!response.headersSent && !response.destroyed) {
        sendJson(response, error instanceof Refusal ? error.status : 400, { error: String(error) })
      }
    }
  }

  async #serve(route: Route, request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const { dialect } = route
    const text = await readBody(request)
    const body = text === '' ? {} : parseRecord(text)
    const { method = 'GET', headers } = request
    const startedAt = Date.now()
    const path = url.pathname + url.search
    const call = this.#log.start({ dialect: dialect.name, method, path, headers, body, startedAt })
    try {
      this.#authorize(dialect, request, url)
      if (body === undefined) throw invalid('We could not parse the JSON body of your request.')
      this.#answer(route, body, request, response, call)
    } catch (error) {
      this.#refuse(dialect, error, response, call)
    }
    this.#events.emit('call', call)
  }

  #authorize(dialect: Dialect, request: IncomingMessage, url: URL): void {
    const key = dialect.credential(request.headers, url)
    if (key === undefined) {
      if (dialect.keyless) return
      throw new Refusal(401, 'missing-key', 'No API key was provided')
    }
    const good = this.#options.keys?.includes(key) ?? !key.includes('invalid')
    if (!good) throw new Refusal(401, 'invalid-key', 'Incorrect API key provided')
  }

  #answer(
    route: Route,
    body: Json,
    request: IncomingMessage,
    response: ServerResponse,
    call: RecordedCall,
  ): void {
    const models = [...presetModels, ...(this.#options.models ?? [])]
    if (route.kind === 'plain') {
      call.model = textOf(body['model'])
      refuseByModel(call.model)
      sendJson(response, 200, route.answer(body, models))
      call.status = 200
      this.#log.end(call, 'finished', Date.now())
      return
    }
    const { dialect, target } = route
    const received = dialect.receive(body, target, request.headers)
    if (!received.model.startsWith('fake') && !models.includes(received.model.split('+')[0] ?? '')) {
      throw new Refusal(404, 'not-found', dialect.unknownModel(received.model))
    }
    const tools = { log: this.#log, queue: this.#queue, ticker: this.#ticker, defaults: this.#defaults }
    startTurn(tools, dialect, received, call, response)
  }

  #refuse(dialect: Dialect, error: unknown, response: ServerResponse, call: RecordedCall): void {
    const refusal = asRefusal(error)
    const reply = dialect.refuse(refusal)
    call.status = reply.status
    this.#log.end(call, 'refused', Date.now())
    sendJson(response, reply.status, reply.body, reply.headers)
  }

  #reset(): void {
    this.#log.reset()
    this.#queue.clear()
  }
}

/** A mistake of the fake itself is a 500, so that no call stays open. */
function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof ScriptError) return invalid(`fake script: ${error.message}`)
  return new Refusal(500, 'server', `fake provider: ${String(error)}`)
}
