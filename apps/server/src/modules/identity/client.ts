import type { FastifyRequest } from 'fastify'
import { addressHeader } from './auth.ts'
import { networkOf } from './networks.ts'

/** Where a request comes from. */
export interface Client {
  readonly address: string
  /** By which attempts are counted; see `networkOf`. */
  readonly network: string
  readonly userAgent: string
  readonly cookie: string
}

const longestUserAgent = 400

export const clientOf = (request: FastifyRequest): Client => ({
  address: request.ip,
  network: networkOf(request.ip, 64),
  userAgent: (request.headers['user-agent'] ?? '').slice(0, longestUserAgent),
  cookie: request.headers.cookie ?? '',
})

/** The headers that Better Auth may see: the cookie only where the session matters. */
export function authHeaders(client: Client, options: { withCookie: boolean }): Headers {
  const headers = new Headers({ 'user-agent': client.userAgent, [addressHeader]: client.address })
  if (options.withCookie && client.cookie) headers.set('cookie', client.cookie)
  return headers
}
