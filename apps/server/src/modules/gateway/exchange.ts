import { inbounds, RequestError, type ClientError, type DialectName } from '@atrium/wire'
import { AppError } from '#platform/errors'
import type { DirectExchange, Member } from '#platform/http'
import type { Log } from '#platform/log'
import { clientErrorOfApp, clientErrorOfCall, clientErrorOfRequest } from './errors.ts'
import { commonHeaders, type Headers } from './outlet.ts'

/** A request whose address and sender are known. */
export interface Asked {
  readonly exchange: DirectExchange
  readonly dialect: DialectName
  /** Without the question mark. */
  readonly query: string
  readonly member: Member
}

/** Answers with JSON. */
export function sendJson(
  { response, id }: DirectExchange,
  status: number,
  headers: Headers,
  value: object,
): void {
  const body = JSON.stringify(value)
  response.writeHead(status, {
    ...commonHeaders,
    'x-request-id': id,
    'content-type': 'application/json',
    ...headers,
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}

/** Refuses a request in the words of its dialect; nothing of a driver or a stack leaves. */
export function refuse(exchange: DirectExchange, dialect: DialectName, thrown: unknown, log: Log): void {
  const { request, response, id } = exchange
  // Who has hung up hears nothing, and it is nobody's fault.
  const isGone = response.destroyed || (request.destroyed && !request.complete)
  if (response.headersSent || isGone) return void response.destroy()
  const error = clientErrorOf(thrown, id, log)
  const { status, body, headers } = inbounds[dialect].encodeError(error)
  const further = thrown instanceof AppError ? thrown.headers : {}
  const named: Headers = dialect === 'anthropic-messages' ? { 'request-id': id } : {}
  sendJson(exchange, status, { ...named, ...further, ...headers }, body)
}

function clientErrorOf(thrown: unknown, id: string, log: Log): ClientError {
  if (thrown instanceof RequestError) return clientErrorOfRequest(thrown, id)
  if (thrown instanceof AppError) {
    if (thrown.status >= 500 && thrown.code !== 'SERVICE_UNAVAILABLE')
      log.error({ err: thrown, detail: thrown.detail, requestId: id }, thrown.message)
    return ofModel(thrown, id) ?? clientErrorOfApp(thrown, id)
  }
  log.error({ err: thrown, requestId: id }, 'the gateway broke')
  return clientErrorOfApp(new AppError('INTERNAL_ERROR', 'Something went wrong on our side.'), id)
}

/** A model that cannot be called looks like a missing one: a 409 would be tried again. */
function ofModel({ code, message }: AppError, id: string): ClientError | undefined {
  if (code !== 'MODEL_NOT_FOUND' && code !== 'MODEL_DISABLED' && code !== 'CONNECTION_DISABLED')
    return undefined
  return clientErrorOfCall({ code, message, retryable: false, status: null, retryAfterMs: null }, id)
}
