import { encodeExportResponse, encodeStatus, type Encoding, type Signal } from '@atrium/wire/otlp'
import type { Identity } from '#modules/identity'
import { AppError } from '#platform/errors'
import type { DirectExchange, Member } from '#platform/http'
import type { Log } from '#platform/log'
import { traceErrors } from './errors.ts'
import type { Intake } from './intake.ts'
import { readUnpacked } from './unpacking.ts'

export interface ReceiverOptions {
  readonly identity: Identity
  readonly log: Log
  readonly intakes: Readonly<Record<Signal, Intake>>
}

const contentTypes: Readonly<Record<Encoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
}

/**
 * Answers OTLP over HTTP: 200 once what it carried is committed, with what was not fit to be stored; anything else means
 * that nothing of it was stored. https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export async function receive(
  options: ReceiverOptions,
  signal: Signal,
  exchange: DirectExchange,
): Promise<void> {
  const { request, response } = exchange
  const encoding = encodingOf(request.headers['content-type'])
  try {
    if (exchange.refused) throw exchange.refused
    if (request.method !== 'POST') {
      response.setHeader('allow', 'POST')
      throw traceErrors.otherMethod()
    }
    const member = await senderOf(options.identity, exchange)
    if (!encoding) throw traceErrors.otherContent()
    const sender = { workspaceId: member.workspaceId, senderId: member.credentialId }
    const partial = await options.intakes[signal](sender, await readUnpacked(request), encoding)
    send(exchange, 200, encoding, encodeExportResponse(signal, partial, encoding))
  } catch (error) {
    refuse(exchange, encoding ?? 'json', error, options.log)
  } finally {
    // What is left of a body that was refused must be taken from the connection before the next request on it.
    if (!request.readableEnded) response.once('finish', () => request.resume())
  }
}

function encodingOf(contentType: string | undefined): Encoding | null {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase()
  if (type === 'application/x-protobuf') return 'protobuf'
  return type === 'application/json' ? 'json' : null
}

/** Who sends, by API key: as a bearer token or in `x-api-key`. @throws AppError 401, 403 */
async function senderOf({ gatekeeper }: Identity, { request }: DirectExchange): Promise<Member> {
  const caller = await gatekeeper.authenticate({ headers: request.headers })
  if (!caller) throw traceErrors.unknownCaller()
  if (caller.kind !== 'key' || caller.workspaceId === null) throw traceErrors.keyNeeded()
  const member = await gatekeeper.admit({ headers: request.headers }, caller.workspaceId)
  if (!member) throw traceErrors.unknownCaller()
  if (!member.permissions.has('telemetry:write')) throw traceErrors.notAllowed()
  return member
}

function send(
  { response, id }: DirectExchange,
  status: number,
  encoding: Encoding,
  body: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    'x-request-id': id,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    'content-type': contentTypes[encoding],
    ...headers,
    'content-length': body.length,
  })
  response.end(body)
}

/** Numbers of `google.rpc.Code` for the body; the HTTP status is what senders go by. */
const rpcCodes: ReadonlyMap<number, number> = new Map([
  [400, 3],
  [401, 16],
  [403, 7],
  [404, 5],
  [413, 8],
  [429, 8],
  [503, 14],
  [507, 14],
])

function refuse(exchange: DirectExchange, encoding: Encoding, thrown: unknown, log: Log): void {
  const { request, response, id } = exchange
  if (response.headersSent || response.destroyed || (request.destroyed && !request.complete))
    return void response.destroy()
  if (!(thrown instanceof AppError) || thrown.status === 500)
    log.error({ err: thrown, requestId: id }, 'telemetry could not be taken')
  const error =
    thrown instanceof AppError ? thrown : new AppError('INTERNAL_ERROR', 'Something went wrong on our side.')
  const retry =
    error.retryAfterSeconds === undefined ? {} : { 'retry-after': String(error.retryAfterSeconds) }
  const body = encodeStatus(rpcCodes.get(error.status) ?? 2, error.message, encoding)
  send(exchange, error.status, encoding, body, { ...error.headers, ...retry })
}
