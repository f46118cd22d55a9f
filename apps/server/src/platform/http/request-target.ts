import type { IncomingMessage, ServerResponse } from 'node:http'
import { AppError } from '../errors.ts'
import { errorBodyOf } from './failure.ts'

const absolute = /^https?:\/\//i

/**
 * Finds which host and path a request is for (RFC 9112, section 3). A target in absolute form, as proxies write it,
 * goes before the Host header and is put into its place.
 * @returns what is wrong with it: no host, several, or an address that cannot be read
 */
export function readTarget(request: IncomingMessage): AppError | null {
  const hosts = request.rawHeaders.filter((text, at) => at % 2 === 0 && text.toLowerCase() === 'host')
  if (hosts.length !== 1) {
    const problem = hosts.length === 0 ? 'needs a Host header' : 'may have one Host header only'
    return new AppError('INVALID_FORMAT', `A request ${problem}.`)
  }
  const { url = '/' } = request
  if (!absolute.test(url)) return null
  if (!URL.canParse(url)) return new AppError('INVALID_FORMAT', 'The address of the request cannot be read.')
  const { host, pathname, search } = new URL(url)
  request.headers.host = host
  request.url = pathname + search
  return null
}

/** Answers a request that reaches no route, in the one shape. */
export function answerError(response: ServerResponse, error: AppError, id: string): void {
  const body = JSON.stringify(errorBodyOf(error, id))
  response
    .writeHead(error.status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'x-request-id': id,
      'x-content-type-options': 'nosniff',
      connection: 'close',
    })
    .end(body)
}
