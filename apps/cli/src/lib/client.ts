import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathOf, type Route, type RouteCall, type RouteReply } from '@atrium/contract'
import { answeredError, CliError, exitCodes } from './errors.ts'

export interface CallOptions {
  /** Repeats of the same change carry the same key; made when not given. */
  readonly idempotencyKey?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** The server's API, typed by the contract. Changes carry an `Idempotency-Key`, so that repeating them is safe. */
export interface Client {
  readonly url: string
  /** @throws CliError with the server's own code, or SERVER_UNREACHABLE */
  call<const R extends Route>(route: R, call: RouteCall<R>, options?: CallOptions): Promise<RouteReply<R>>
  /** The answer itself, for streams and files; not repeated by itself. */
  open(route: Route, call: object, options?: CallOptions): Promise<Response>
  /** A path outside of the contract, such as `/healthz`. */
  get(path: string): Promise<Response>
}

const answerMs = 60_000
const pausesMs = [300, 1000]

export function createClient({ url, token }: { url: string; token: string | null }): Client {
  const headersOf = (route: Route, options: CallOptions, hasBody: boolean): Headers => {
    const headers = new Headers(options.headers)
    headers.set('user-agent', userAgent)
    if (token) headers.set('authorization', `Bearer ${token}`)
    if (hasBody) headers.set('content-type', 'application/json')
    if (route.method !== 'GET' && token)
      headers.set('idempotency-key', options.idempotencyKey ?? randomUUID())
    return headers
  }

  const open = (route: Route, call: Parts, options: CallOptions = {}): Promise<Response> =>
    reach(url, pathOf(route, call), {
      method: route.method,
      headers: headersOf(route, options, call.body !== undefined),
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      ...(options.signal ? { signal: options.signal } : {}),
    })

  const call = async (route: Route, parts: Parts, options: CallOptions = {}): Promise<unknown> => {
    const repeatable: CallOptions = { idempotencyKey: randomUUID(), ...options }
    const response = await repeated(() =>
      open(route, parts, { ...repeatable, signal: options.signal ?? AbortSignal.timeout(answerMs) }),
    )
    if (response.status === 204 || route.response === null) return undefined
    return parsed(route, await response.json().catch(() => null))
  }

  return {
    url,
    open,
    // The reply was parsed with the route's own schema.
    call: call as Client['call'],
    get: (path) =>
      reach(url, path, { headers: { 'user-agent': userAgent }, signal: AbortSignal.timeout(10_000) }),
  }
}

interface Parts {
  readonly params?: object
  readonly query?: object
  readonly body?: unknown
}

const userAgent = `atrium-cli (${process.platform})`

function parsed(route: Route, body: unknown): unknown {
  const result = route.response?.safeParse(body)
  if (result?.success) return result.data
  throw new CliError(
    'UNEXPECTED_ANSWER',
    `The server's answer to ${route.id} has another form than expected.`,
    {
      hint: 'Server and command line may be of different versions; "atrium doctor" shows both.',
      details: result?.error.issues.slice(0, 3),
    },
  )
}

async function reach(url: string, path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(new URL(path, url), { redirect: 'error', ...init }).catch((cause: unknown) => {
    if (init.signal?.aborted && !isTimeout(init.signal.reason)) throw cause
    throw new CliError('SERVER_UNREACHABLE', `The server at ${url} does not answer${reasonOf(cause)}.`, {
      exitCode: exitCodes.unavailable,
      hint: 'Is it running? "atrium doctor" checks the way to it.',
      cause,
    })
  })
  if (response.ok) return response
  throw answeredError(response.status, await response.json().catch(() => null))
}

const isTimeout = (reason: unknown): boolean => reason instanceof Error && reason.name === 'TimeoutError'

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return code ? ` (${code})` : ''
}

/** Tries again when the server could not be reached or was busy for a moment. */
async function repeated(work: () => Promise<Response>): Promise<Response> {
  for (const pauseMs of pausesMs) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof CliError) || error.exitCode !== exitCodes.unavailable) throw error
      await sleep(pauseMs)
    }
  }
  return work()
}
