import type { Access, Route, RouteInput, RouteOutput } from '@atrium/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AppError, forbidden, notFound } from '../errors.ts'
import type { Caller, Gatekeeper, Member } from './caller.ts'
import type { DescribedRoute } from './description.ts'
import { claimOf, once, onceOutside, type ClaimedWork, type Outcome } from './idempotency.ts'
import { consistencyHeader, type Consistency } from '../consistency.ts'
import type { Database } from '../db.ts'
import type { Telemetry } from '../telemetry.ts'

type CallerFor<A extends Access> = A extends 'public'
  ? Caller | null
  : A extends 'person' | 'operator'
    ? Caller
    : Member

/** What a handler works with: validated input, the proven caller, and the raw request for what is left. */
export interface Call<R extends Route> extends RouteInput<R> {
  readonly caller: CallerFor<R['access']>
  /** Resolves once the call is the first with its key. Of interest to handlers that read first, see `MountOptions`. */
  readonly claimed: Promise<void>
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

export interface MountOptions<R extends Route> {
  /**
   * The work talks to the outside (a provider, a long upload): an Idempotency-Key then guards it without
   * holding a transaction open.
   */
  readonly outside?: boolean
  /** The handler writes nothing before `call.claimed` has resolved: what it reads until then costs no round trip. */
  readonly readsFirst?: boolean
  /** The Idempotency-Key header must be there. */
  readonly needsKey?: boolean
  /**
   * Called after the work has committed, before the answer is sent. Returns true when it has taken over the reply.
   * `replayed` tells that the answer was stored by an earlier call.
   */
  readonly respond?: (result: RouteOutput<R>, call: Call<R>, replayed: boolean) => Promise<boolean>
}

/** What mounting needs to know of the server; put on the Fastify instance by `createHttpServer`. */
export interface HttpServices {
  readonly db: Database
  readonly telemetry: Telemetry
  readonly gatekeeper: Gatekeeper
  readonly consistency: Consistency
}

declare module 'fastify' {
  interface FastifyInstance {
    services: HttpServices
  }
  interface FastifyContextConfig {
    route?: Route
  }
}

/** Answers a route of the contract: authenticates, authorises, validates, runs once per key, and serialises. */
export function mount<const R extends Route>(
  app: FastifyInstance,
  route: R,
  handler: (call: Call<R>) => Promise<RouteOutput<R>>,
  options: MountOptions<R> = {},
): void {
  const status = statusOf(route)
  app.route({
    ...describedAs(route),
    config: { route },
    ...(route.bodyLimitBytes ? { bodyLimit: route.bodyLimitBytes } : {}),
    onRequest: async (request) => refuseOtherBodies(route, request),
    // Who may not come in learns nothing about the form of a request.
    preValidation: async (request) => {
      request.caller = await admit(app.services.gatekeeper, route, request)
    },
    handler: async (request, reply) => {
      const call = callOf(route, request, reply)
      const outcome = await app.services.consistency.follow(
        route.fromReplica ? { text: request.headers[consistencyHeader] } : null,
        () =>
          traced(app, route, call, () => run(app, call, (claimed) => handler({ ...call, claimed }), options)),
        (token) => reply.header(consistencyHeader, token),
      )
      // An answer that was stored is the JSON of what the handler gave.
      const result = outcome.answer as RouteOutput<R>
      if (outcome.replayed) reply.header('idempotent-replayed', 'true')
      if (options.respond && (await options.respond(result, call, outcome.replayed))) return reply
      if (reply.sent) return reply
      reply.code(status)
      return route.response ? reply.send(result) : reply.send()
    },
  })
}

/** One span for each request, in the caller's trace when it sends one. */
function traced<T>(
  app: FastifyInstance,
  route: Route,
  { request }: { request: FastifyRequest },
  work: () => Promise<T>,
): Promise<T> {
  const { telemetry } = app.services
  const attributes = {
    'http.request.method': route.method,
    'http.route': route.path,
    'atrium.request_id': request.id,
  }
  return telemetry.withSpan(`${route.method} ${route.path}`, attributes, work, telemetry.contextOf(request))
}

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | Member | null
  }
}

/** A body of another kind is refused by its header, before a byte of it is kept. */
function refuseOtherBodies(route: Route, request: FastifyRequest): void {
  if (route.accepts !== 'multipart') return
  if (/^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '')) return
  throw new AppError('UNSUPPORTED_MEDIA_TYPE', 'Send the file as multipart/form-data.')
}

const statusOf = (route: Route): number => route.status ?? (route.response ? 200 : 204)

/** What the description of the API says of a route. */
export function describedAs(route: Route): DescribedRoute & { method: Route['method'] } {
  return {
    method: route.method,
    url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    schema: schemaOf(route, statusOf(route)),
  }
}

function schemaOf(route: Route, status: number): Record<string, unknown> {
  const json = route.response && (route.produces ?? 'json') === 'json'
  return {
    operationId: route.id,
    summary: route.summary,
    tags: [route.tag],
    ...(route.params ? { params: route.params } : {}),
    ...(route.query ? { querystring: route.query } : {}),
    ...(route.body ? { body: route.body } : {}),
    ...(json ? { response: { [status]: route.response } } : {}),
  }
}

async function admit(
  gatekeeper: Gatekeeper,
  route: Route,
  request: FastifyRequest,
): Promise<Caller | Member | null> {
  const { access } = route
  if (access === 'public') return gatekeeper.authenticate(request)
  if (access === 'person' || access === 'operator') {
    return admitPerson((await gatekeeper.authenticate(request)) ?? unknownCaller(), access)
  }
  const workspaceId = workspaceOf(request)
  const member = workspaceId ? await gatekeeper.admit(request, workspaceId) : null
  if (!member) {
    if (workspaceId || !(await gatekeeper.authenticate(request))) unknownCaller()
    throw notFound('workspace')
  }
  if (!member.permissions.has(access)) throw forbidden()
  return member
}

function unknownCaller(): never {
  throw new AppError('INVALID_CREDENTIALS', 'Sign in first.')
}

function admitPerson(caller: Caller, access: 'person' | 'operator'): Caller {
  if (caller.kind === 'key' && access === 'operator')
    throw forbidden('API keys cannot change the installation.')
  if (access === 'operator' && !caller.isOperator) throw forbidden()
  return caller
}

const idForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** The workspace that the path names, null when what stands there is no id. */
function workspaceOf(request: FastifyRequest): string | null {
  const params: unknown = request.params
  const id =
    typeof params === 'object' && params !== null && 'workspaceId' in params ? params.workspaceId : undefined
  return typeof id === 'string' && idForm.test(id) ? id.toLowerCase() : null
}

/** Nobody else can have the key: there is none, or it was waited for. */
const free = Promise.resolve()

function callOf<R extends Route>(route: R, request: FastifyRequest, reply: FastifyReply): Call<R> {
  // Fastify has validated these against the route's schemas; `admit` has matched the caller to its access.
  return {
    params: route.params ? request.params : undefined,
    query: route.query ? request.query : undefined,
    body: route.body ? request.body : undefined,
    caller: request.caller,
    claimed: free,
    request,
    reply,
  } as Call<R>
}

async function run<R extends Route>(
  app: FastifyInstance,
  call: Call<R>,
  work: ClaimedWork,
  options: MountOptions<R>,
): Promise<Outcome> {
  const { request } = call
  const claim =
    request.method === 'GET'
      ? null
      : claimOf(request, request.caller, request.caller?.workspaceId ?? undefined)
  if (!claim) {
    if (options.needsKey)
      throw new AppError('MISSING_REQUIRED_FIELD', 'Idempotency-Key: this operation needs the header.')
    return { answer: await work(free), replayed: false }
  }
  const { db } = app.services
  return options.outside
    ? onceOutside(db, claim, () => work(free))
    : once(db, claim, work, options.readsFirst)
}
