import type { CallResult, ModelCall, RawRequest, ResolvedModel } from '#modules/models'
import type { TracePlace } from '#platform/telemetry'
import type { Endpoint } from './addresses.ts'
import { admit, estimatedTokens, tokensOf } from './admit.ts'
import { claimOf } from './answers.ts'
import { askOf, LazyRequest, type Ask } from './ask.ts'
import { parseBody, readBytes, type JsonBody } from './body.ts'
import { gatewayErrors } from './errors.ts'
import type { Asked } from './exchange.ts'
import { ResponseOutlet, type Outlet } from './outlet.ts'
import { refuseModel } from './models-allowed.ts'
import { payerOf } from './payer.ts'
import { Reply } from './reply.ts'
import type { Gateway } from './service.ts'
import { SharedAnswer } from './shared-answer.ts'
import { noWishes, refuseUpstream, routingWishes, type RoutingWishes } from './wishes.ts'

/** Answers a request for text: one call of the router, written in the client's dialect. */
export async function generate(
  service: Gateway,
  asked: Asked,
  endpoint: Endpoint & { kind: 'generate' },
): Promise<void> {
  const { exchange, dialect, member } = asked
  const { request } = exchange
  refuseOtherTypes(asked)
  const bytes = await readBytes(request)
  const body = parseBody(bytes)
  refuseUpstream(request.headers, body.value)
  const wishes = routingWishes(request.headers)
  const ask = askOf(dialect, body.value, endpoint.address)
  refuseModel(member, ask.model)
  const lazy = new LazyRequest(dialect, body.value, endpoint.address)
  const found = service.models.resolve(member.workspaceId, ask.model)
  const model = found instanceof Promise ? await found : found
  if (model.dialect !== dialect) await readEarly(service, asked, lazy)

  const controller = new AbortController()
  const watch = service.identity.gatekeeper.watch(member, member.workspaceId)
  watch.onEnd(() => controller.abort())
  try {
    const claim = claimOf(request, member, bytes)
    const outlet = claim
      ? await service.answers.open(claim, exchange.response, controller)
      : new ResponseOutlet(exchange.response, controller)
    if (!outlet) return
    const read: Read = { ask, body, lazy, wishes, model, outlet }
    if (outlet instanceof SharedAnswer)
      await once(service, outlet, () => call(service, asked, endpoint, read))
    else await call(service, asked, endpoint, read)
  } finally {
    watch.release()
  }
}

/** Keeps the answer for repetitions; an error before anybody was called frees the key. */
async function once(
  { answers }: Gateway,
  outlet: SharedAnswer,
  work: () => Promise<CallResult>,
): Promise<void> {
  let keep = false
  try {
    keep = mustNotRepeat(await work())
  } finally {
    await answers.close(outlet, keep)
  }
}

/** Everything that was read of a request, and where its answer goes. */
interface Read {
  readonly ask: Ask
  readonly body: JsonBody
  readonly lazy: LazyRequest
  readonly wishes: RoutingWishes
  readonly model: ResolvedModel
  readonly outlet: Outlet
}

/** Makes the call and writes its answer. @throws AppError 429 before anybody was called */
async function call(
  service: Gateway,
  asked: Asked,
  endpoint: Endpoint & { kind: 'generate' },
  read: Read,
): Promise<CallResult> {
  const { exchange, dialect, member } = asked
  const { ask, body, lazy, model, outlet } = read
  const entering = admit(service, member, estimatedTokens(body.text.length, ask, model))
  const ticket = entering instanceof Promise ? await entering : entering
  let tokens = 0
  try {
    const reply = new Reply({
      dialect,
      outlet,
      request: lazy,
      model: ask.model,
      stream: ask.stream,
      requestId: exchange.id,
      headers: ticket.headers,
      trailers: exchange.request.headers.te === 'trailers',
      keepState: (parts) => service.states.keep(member, parts),
    })
    const result = await service.models.stream(new GatewayCall(service, asked, endpoint.path, read), reply)
    tokens = tokensOf(result)
    await reply.end(result)
    return result
  } finally {
    ticket.release(tokens)
  }
}

/** Clients of Ollama often name no type; a browser cannot send JSON to us from elsewhere without one. */
function refuseOtherTypes({ exchange, dialect }: Asked): void {
  const type = exchange.request.headers['content-type']
  if (dialect === 'ollama' || type === undefined) return
  if (!/^application\/(?:[\w.-]+\+)?json\b/i.test(type)) throw gatewayErrors.notJson()
}

/**
 * Refuses early what can be refused before anybody is called, and puts state back that the client could not carry.
 * A request that one provider of its own dialect will get as it is, is left to that provider's judgement instead.
 */
async function readEarly({ states }: Gateway, { dialect, member }: Asked, lazy: LazyRequest): Promise<void> {
  const { decoded } = lazy
  if (dialect !== 'openai-chat' && dialect !== 'ollama') return
  const request = await states.restore(member, decoded.request)
  if (request !== decoded.request) lazy.replace((before) => ({ ...before, request }))
}

/** The call, whose request is decoded when somebody looks at it. */
class GatewayCall implements ModelCall {
  readonly workspaceId: string
  readonly personId: string
  readonly purpose = 'gateway'
  readonly model: string
  readonly signal: AbortSignal
  readonly payer: NonNullable<ModelCall['payer']>
  readonly raw: RawRequest
  readonly trace?: TracePlace
  readonly keyName?: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly affinity?: string
  readonly hedgeAfterMs?: number
  readonly strict?: boolean
  readonly #lazy: LazyRequest

  constructor(
    { telemetry }: Gateway,
    { exchange, dialect, member }: Asked,
    path: string | undefined,
    read: Read,
  ) {
    const { ask, body, lazy, wishes, outlet } = read
    const { headers } = exchange.request
    this.workspaceId = member.workspaceId
    this.personId = member.personId
    this.model = ask.model
    this.signal = outlet.signal
    this.payer = payerOf(member)
    this.#lazy = lazy
    this.raw = {
      dialect,
      bodyText: body.text,
      // Of headers that a request may have, none is a list.
      headers: headers as Record<string, string>,
      stream: ask.stream,
      includeUsage: ask.includeUsage,
      maxOutputTokens: ask.maxOutputTokens,
      answers: ask.answers,
      ...(path === undefined ? {} : { path }),
    }
    if (member.key) this.keyName = member.key.name
    const caller = headers['traceparent'] === undefined ? null : telemetry.callerOf(exchange.request)
    if (caller) this.trace = caller
    if (wishes !== noWishes) Object.assign(this, wishes)
  }

  get request(): ModelCall['request'] {
    return this.#lazy.decoded.request
  }

  get lost(): NonNullable<ModelCall['lost']> {
    return this.#lazy.decoded.fidelity
  }
}

/** Whether a repetition could be answered twice or charged twice. What was refused outright may be tried again. */
function mustNotRepeat(result: CallResult): boolean {
  if (result.status === 'finished') return true
  return result.why.attempts.some(({ sent, status }) => sent && (status === null || status < 300))
}
