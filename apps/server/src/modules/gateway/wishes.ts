import type { IncomingHttpHeaders } from 'node:http'
import type { JsonObject } from '@atrium/wire'
import type { ModelCall } from '#modules/models'
import { gatewayErrors } from './errors.ts'

/** What a client asks of the routing in headers of ours. */
export type RoutingWishes = Pick<ModelCall, 'metadata' | 'affinity' | 'hedgeAfterMs' | 'strict'>

/** Of a request without any. */
export const noWishes: RoutingWishes = {}

/** @throws AppError 400 naming the header that is wrong */
export function routingWishes(headers: IncomingHttpHeaders): RoutingWishes {
  const metadata = textOf(headers, 'x-atrium-metadata')
  const affinity = textOf(headers, 'x-atrium-affinity')
  const hedge = textOf(headers, 'x-atrium-hedge')
  const strict = textOf(headers, 'x-atrium-strict')
  if ((metadata ?? affinity ?? hedge ?? strict) === undefined) return noWishes
  return {
    ...(metadata === undefined ? {} : { metadata: metadataOf(metadata) }),
    ...(affinity === undefined ? {} : { affinity: affinityOf(affinity) }),
    ...(hedge === undefined ? {} : { hedgeAfterMs: hedgeOf(hedge) }),
    ...(strict === undefined ? {} : { strict: flagOf('X-Atrium-Strict', strict) }),
  }
}

function textOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

const mostMetadata = 16

function metadataOf(text: string): Readonly<Record<string, string>> {
  const rule = `must be a JSON object of at most ${mostMetadata} short texts.`
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw gatewayErrors.badHeader('X-Atrium-Metadata', rule)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw gatewayErrors.badHeader('X-Atrium-Metadata', rule)
  const entries = Object.entries(value)
  const isSmall = ([name, one]: [string, unknown]): boolean =>
    typeof one === 'string' && one.length <= 200 && name.length <= 64 && name !== '__proto__'
  if (entries.length > mostMetadata || !entries.every(isSmall))
    throw gatewayErrors.badHeader('X-Atrium-Metadata', rule)
  return value as Record<string, string>
}

function affinityOf(text: string): string {
  if (text.length < 1 || text.length > 200)
    throw gatewayErrors.badHeader('X-Atrium-Affinity', 'must have 1 to 200 characters.')
  return text
}

function hedgeOf(text: string): number {
  const ms = Number(text)
  if (!Number.isInteger(ms) || ms < 1 || ms > 600_000)
    throw gatewayErrors.badHeader('X-Atrium-Hedge', 'must be a whole number of milliseconds, 1 to 600000.')
  return ms
}

function flagOf(name: string, text: string): boolean {
  if (text === 'true') return true
  if (text === 'false') return false
  throw gatewayErrors.badHeader(name, 'must be true or false.')
}

/** Members and headers by which other gateways let a request name where it goes. */
const upstreamMembers = ['base_url', 'baseUrl', 'api_base', 'apiBase', 'api_key', 'apiKey', 'custom_host']
const upstreamHeaders = [
  'x-upstream',
  'x-upstream-url',
  'x-base-url',
  'x-portkey-custom-host',
  'x-target-url',
]

/** @throws AppError 400 for a request that names its own upstream */
export function refuseUpstream(headers: IncomingHttpHeaders, body: JsonObject): void {
  for (const name of upstreamHeaders) if (headers[name] !== undefined) throw gatewayErrors.namesUpstream(name)
  for (const name of upstreamMembers) if (Object.hasOwn(body, name)) throw gatewayErrors.namesUpstream(name)
}
