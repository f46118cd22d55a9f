import type { z } from 'zod'
import type { Permission } from './permissions.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/**
 * Who may call an operation: anyone (`public`), anyone signed in (`person`), the person who runs the
 * installation (`operator`), or a member of the workspace in the path who holds the permission.
 */
export type Access = 'public' | 'person' | 'operator' | Permission

/** How a body travels when it is not JSON. */
export type Transport = 'json' | 'event-stream' | 'binary' | 'multipart'

/** One operation of the HTTP API: everything that server, web app and command line need to agree on. */
export interface Route {
  /** Unique camelCase name; the OpenAPI `operationId`. */
  readonly id: string
  readonly method: Method
  /** Path with `{name}` parameters, starting with `/`. */
  readonly path: string
  readonly summary: string
  /** The module that answers. */
  readonly tag: string
  readonly access: Access
  readonly params?: z.ZodObject
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  /** Transport of the request body; JSON unless told. */
  readonly accepts?: Transport
  readonly response: z.ZodType | null
  /** Transport of the response body; JSON unless told. */
  readonly produces?: Transport
  /** Status of success; 200 with a response schema and 204 without unless told. */
  readonly status?: number
  /**
   * A plain read, which a read replica may answer when it has replayed the `X-Consistency-Token` of the request.
   * Nothing may be written by it.
   */
  readonly fromReplica?: true
  /** Largest request body in bytes; the server's general limit unless told. */
  readonly bodyLimitBytes?: number
}

/** Keeps the literal types of a route, so that handlers and callers are checked against it. */
export const route = <const R extends Route>(definition: R): R => definition

type Output<S> = S extends z.ZodType ? z.output<S> : undefined
type Input<S> = S extends z.ZodType ? z.input<S> : undefined

/** What a handler receives after validation. */
export interface RouteInput<R extends Route> {
  readonly params: Output<R['params']>
  readonly query: Output<R['query']>
  readonly body: Output<R['body']>
}

/** What a caller passes: parts that the route does not have are left out. */
export type RouteCall<R extends Route> = (R['params'] extends z.ZodType
  ? { params: Input<R['params']> }
  : object) &
  (R['query'] extends z.ZodType ? { query?: Input<R['query']> } : object) &
  (R['body'] extends z.ZodType ? { body: Input<R['body']> } : object)

/** What the operation answers, as the handler may give it. */
export type RouteOutput<R extends Route> = R['response'] extends z.ZodType ? z.input<R['response']> : void

/** What the operation answers, as the caller reads it. */
export type RouteReply<R extends Route> = R['response'] extends z.ZodType
  ? z.output<R['response']>
  : undefined

/** The path of a call with its parameters filled in and its query appended. */
export function pathOf(target: Route, call: { params?: object; query?: object }): string {
  const params = new Map(Object.entries(call.params ?? {}))
  const path = target.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(params.get(name) ?? '')),
  )
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined && value !== null) search.set(name, String(value))
  }
  const text = search.toString()
  return text ? `${path}?${text}` : path
}
