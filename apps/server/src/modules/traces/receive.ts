import { encodeExportResponse, encodeStatus, type Encoding, type Signal } from '@atrium/wire/otlp'
import type { Identity } from '#modules/identity'
import type { DirectExchange } from '#platform/http'
import type { Log } from '#platform/log'
import { traceErrors } from './errors.ts'
import { failureOf } from './failure.ts'
import type { Intake } from './intake.ts'
import { senderOf } from './sender.ts'
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
    const sender = await senderOf(options.identity, request.headers)
    if (!encoding) throw traceErrors.otherContent()
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

function refuse(exchange: DirectExchange, encoding: Encoding, thrown: unknown, log: Log): void {
  const { request, response, id } = exchange
  if (response.headersSent || response.destroyed || (request.destroyed && !request.complete))
    return void response.destroy()
  const { error, rpcCode } = failureOf(thrown, id, log)
  const retry =
    error.retryAfterSeconds === undefined ? {} : { 'retry-after': String(error.retryAfterSeconds) }
  const body = encodeStatus(rpcCode, error.message, encoding)
  send(exchange, error.status, encoding, body, { ...error.headers, ...retry })
}
