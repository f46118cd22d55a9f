import type { RouteCall, RouteReply } from '@atrium/contract'
import { forgetSeen, noteSeen, seenSoFar } from './consistency.ts'
import { type FirstRoutes, firstRoutes } from './contract.gen.ts'
import { errorFrom, networkError } from './error.ts'
import { uuidv7 } from './ids.ts'
import type { LaterRoutes } from './later-routes.gen.ts'

type Routes = FirstRoutes & LaterRoutes

/** The name of an operation, as in the contract and in the OpenAPI document. */
export type RouteId = keyof Routes
export type Input<Id extends RouteId> = RouteCall<Routes[Id]>
export type Reply<Id extends RouteId> = RouteReply<Routes[Id]>

export interface CallOptions {
  signal?: AbortSignal
  /** One key per intent: a retry of the same intent passes the same key. Minted when left out. */
  idempotencyKey?: string
  /** Multipart body, for the operations that take one. */
  form?: FormData
  headers?: Record<string, string>
}

/** A call with its types forgotten: what all operations have in common. */
interface Parts {
  params?: unknown
  query?: unknown
  body?: unknown
}

type Arguments<Id extends RouteId> =
  Partial<Input<Id>> extends Input<Id>
    ? [input?: Input<Id>, options?: CallOptions]
    : [input: Input<Id>, options?: CallOptions]

const consistencyHeader = 'X-Consistency-Token'
const unauthorizedListeners = new Set<() => void>()
const answerListeners = new Set<() => void>()

/** Told when the server says that the session has ended. Returns how to stop listening. */
export function onUnauthorized(listener: () => void): () => void {
  unauthorizedListeners.add(listener)
  return () => unauthorizedListeners.delete(listener)
}

/** Told of every answer that comes from a working server. Returns how to stop listening. */
export function onAnswer(listener: () => void): () => void {
  answerListeners.add(listener)
  return () => answerListeners.delete(listener)
}

/** Calls an operation of the API; throws `ApiError`. Replies are typed by the contract and not parsed again. */
export async function call<Id extends RouteId>(
  id: Id,
  ...[input, options]: Arguments<Id>
): Promise<Reply<Id>> {
  const response = await send(id, input ?? {}, options)
  const text = await response.text()
  // The server checks its replies against the same schemas that this type comes from.
  const reply: Reply<Id> = text === '' ? undefined : JSON.parse(text)
  return reply
}

/** Like `call`, for answers that are not JSON: event streams and downloads. */
export function callRaw<Id extends RouteId>(id: Id, ...[input, options]: Arguments<Id>): Promise<Response> {
  return send(id, input ?? {}, options)
}

/** The address of an operation, for links and event sources; of those whose paths are there from the start. */
export function urlOf<Id extends keyof FirstRoutes>(id: Id, ...[input]: Arguments<Id>): string {
  return addressOf(firstRoutes[id], input ?? {}).url
}

async function send(id: RouteId, parts: Parts, options: CallOptions = {}): Promise<Response> {
  const { method, url } = addressOf(isFirst(id) ? firstRoutes[id] : await laterRoute(id), parts)
  const headers = new Headers({ Accept: 'application/json', ...options.headers })
  const seen = seenSoFar()
  if (method !== 'GET') headers.set('Idempotency-Key', options.idempotencyKey ?? uuidv7())
  else if (seen) headers.set(consistencyHeader, seen)
  const init: RequestInit = { method, headers, credentials: 'same-origin' }
  if (options.signal) init.signal = options.signal
  if (options.form) init.body = options.form
  else if (parts.body !== undefined) {
    headers.set('Content-Type', 'application/json')
    init.body = JSON.stringify(parts.body)
  }
  const response = await fetch(url, init).catch((cause: unknown) => {
    if (options.signal?.aborted) throw cause
    throw networkError(cause)
  })
  noteSeen(response.headers.get(consistencyHeader))
  if (response.status < 500) for (const listener of answerListeners) listener()
  if (response.ok) return response
  if (response.status === 401 && id !== 'signIn') for (const listener of unauthorizedListeners) listener()
  const error = await errorFrom(response)
  if (error.code !== 'INVALID_CONSISTENCY_TOKEN') throw error
  forgetSeen()
  return send(id, parts, options)
}

const isFirst = (id: RouteId): id is keyof FirstRoutes => id in firstRoutes

async function laterRoute(id: keyof LaterRoutes): Promise<string> {
  const { laterRoutes } = await import('./later-routes.gen.ts').catch((cause: unknown) => {
    throw networkError(cause)
  })
  return laterRoutes[id]
}

/** `route` is a method and a path with names in braces. */
function addressOf(route: string, parts: Parts): { method: string; url: string } {
  const [method = 'GET', path = ''] = route.split(' ')
  const params = new Map(Object.entries(parts.params ?? {}))
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(params.get(name) ?? '')),
  )
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(parts.query ?? {})) {
    if (value !== undefined && value !== null) search.set(name, String(value))
  }
  const query = search.toString()
  return { method, url: query ? `${filled}?${query}` : filled }
}
