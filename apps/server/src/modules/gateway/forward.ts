import { inbounds, type ClientError, type DialectName } from '@atrium/wire'
import type { CallResult } from '#modules/models'
import { AppError, invalidInput } from '#platform/errors'
import type { Endpoint } from './addresses.ts'
import { admit, estimatedTokens, tokensOf } from './admit.ts'
import { countOfAnswers, refuseName } from './ask.ts'
import { parseBody, readBytes } from './body.ts'
import { clientErrorOfCall, gatewayErrors } from './errors.ts'
import type { Asked } from './exchange.ts'
import { modelInForm } from './form.ts'
import { refuseModel } from './models-allowed.ts'
import { ResponseOutlet, type Headers, type Outlet } from './outlet.ts'
import { payerOf } from './payer.ts'
import type { Gateway } from './service.ts'
import { refuseUpstream, routingWishes } from './wishes.ts'

/** What is passed on, and where. */
export interface Forwarded {
  readonly model: string
  readonly path: string
  readonly dialects: readonly DialectName[]
  readonly body: Buffer | ((upstreamModel: string) => Buffer)
}

/** Passes embeddings, images and sound on to a provider that has them, and its answer back as it is. */
export async function forward(
  service: Gateway,
  asked: Asked,
  { model: named, paths, form }: Endpoint & { kind: 'forward' },
): Promise<void> {
  const { exchange, member } = asked
  const { request } = exchange
  const type = request.headers['content-type'] ?? ''
  if (form === 'multipart' && !type.startsWith('multipart/form-data')) throw gatewayErrors.notMultipart()
  const bytes = await readBytes(request)
  const { model, body } =
    form === 'multipart' ? modelInForm(bytes, type) : modelInJson(bytes, request.headers, named)
  refuseName(model)
  refuseModel(member, model)
  const { dialect: other } = await service.models.resolve(member.workspaceId, model)
  const path = other === null ? Object.values(paths)[0] : paths[other]
  if (path === undefined)
    throw new AppError('ENDPOINT_NOT_SUPPORTED', `The provider of “${model}” has no such endpoint.`, {
      status: 400,
      details: { param: 'model' },
    })
  const dialects = other === null ? dialectsWith(paths, path) : [other]
  return forwardTo(service, asked, { model, path, dialects, body })
}

function modelInJson(
  bytes: Buffer,
  headers: Asked['exchange']['request']['headers'],
  named: string | undefined,
): { model: string; body: Buffer } {
  const { value } = parseBody(bytes)
  refuseUpstream(headers, value)
  const model = named ?? value['model']
  if (typeof model !== 'string' || model === '')
    throw invalidInput('model: must be the name of a model.', { param: 'model' })
  // Each image costs as much as the first.
  countOfAnswers(value['n'], 'n')
  return { model, body: bytes }
}

const dialectsWith = (paths: (Endpoint & { kind: 'forward' })['paths'], path: string): DialectName[] =>
  // Keys of such an object are names of dialects.
  (Object.keys(paths) as DialectName[]).filter((name) => paths[name] === path)

const nothingWritten = { maxOutputTokens: 0, answers: 1 } as const

/** Passes a request on and streams the answer back. @throws AppError 429 before anybody was called */
export async function forwardTo(service: Gateway, asked: Asked, what: Forwarded): Promise<void> {
  const { member } = asked
  const model = await service.models.resolve(member.workspaceId, what.model)
  const size = Buffer.isBuffer(what.body) ? what.body.length : 0
  const ticket = await admit(service, member, estimatedTokens(size, nothingWritten, model))
  let tokens = 0
  try {
    tokens = tokensOf(await pass(service, asked, what, ticket.headers))
  } finally {
    ticket.release(tokens)
  }
}

async function pass(
  { models, telemetry }: Gateway,
  { exchange, member, dialect }: Asked,
  what: Forwarded,
  limits: Headers,
): Promise<CallResult> {
  const { request, response, id } = exchange
  const controller = new AbortController()
  const outlet = new ResponseOutlet(response, controller)
  const caller = telemetry.callerOf(request)
  const reply = await models.forward({
    ...routingWishes(request.headers),
    ...what,
    workspaceId: member.workspaceId,
    personId: member.personId,
    payer: payerOf(member),
    purpose: 'gateway',
    method: 'POST',
    // Of headers that a request may have, none is a list.
    headers: request.headers as Record<string, string>,
    signal: controller.signal,
    ...(caller ? { trace: caller } : {}),
    ...(member.key ? { keyName: member.key.name } : {}),
  })
  const headers = { ...reply.headers, ...limits, 'x-request-id': id, 'x-atrium-call': reply.callId }
  if (reply.status === 0) return refuseForwarded(outlet, await reply.done, dialect, headers)
  outlet.begin(reply.status, headers)
  try {
    for await (const chunk of reply.body) await outlet.write(chunk)
    outlet.end()
  } catch {
    // The provider broke off: so does the answer, since nothing can be said in the middle of foreign bytes.
    response.destroy()
  }
  return reply.done
}

/** Nobody has given a good answer. */
function refuseForwarded(
  outlet: Outlet,
  result: CallResult,
  dialect: DialectName,
  headers: Headers,
): CallResult {
  const requestId = headers['x-request-id'] ?? ''
  const error: ClientError = result.error
    ? clientErrorOfCall(result.error, requestId)
    : { type: 'cancelled', message: 'The call was cancelled.', requestId }
  const encoded = inbounds[dialect].encodeError(error)
  outlet.whole(
    encoded.status,
    { ...headers, ...encoded.headers, 'content-type': 'application/json' },
    JSON.stringify(encoded.body),
  )
  return result
}
