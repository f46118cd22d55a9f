import { EgressError } from './errors.ts'

/** A request in the form in which a redirect can change it. */
export interface Hop {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Sendable
}

/** A stream can be sent once. */
export type Sendable = string | Uint8Array | AsyncIterable<Uint8Array> | null

/** Headers that say nothing of who asks. All others stay with the origin that they were meant for. */
const anonymousHeaders = new Set(['accept', 'accept-language', 'content-type', 'user-agent'])
const bodyHeaders = new Set(['content-type', 'content-length', 'content-encoding', 'transfer-encoding'])

export const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status)

/**
 * Gives the request that an answer redirects to (RFC 9110, section 15.4).
 * @throws {EgressError} when it would leave encryption, or send a stream twice.
 */
export function redirected(hop: Hop, status: number, location: string): Hop {
  const url = parseUrl(location, hop.url)
  if (hop.url.protocol === 'https:' && url.protocol !== 'https:') throw refused('to an unencrypted address')
  const becomesGet = status === 303 ? hop.method !== 'HEAD' : status < 303 && hop.method === 'POST'
  if (!becomesGet && isStream(hop.body)) throw refused('a stream cannot be sent again')
  const headers =
    url.origin === hop.url.origin ? hop.headers : only(hop.headers, (name) => anonymousHeaders.has(name))
  if (!becomesGet) return { ...hop, url, headers }
  return { url, method: 'GET', headers: only(headers, (name) => !bodyHeaders.has(name)), body: null }
}

/** @throws {EgressError} for anything but http and https, and for credentials, which would end up in logs. */
export function parseUrl(text: string | URL, base?: URL): URL {
  const url = URL.parse(text, base)
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '') {
    throw new EgressError('url-refused', false, { detail: url?.protocol ?? 'not a URL' })
  }
  return url
}

const refused = (detail: string): EgressError => new EgressError('redirect-refused', false, { detail })

const isStream = (body: Sendable): boolean =>
  body !== null && typeof body !== 'string' && !(body instanceof Uint8Array)

function only(headers: Hop['headers'], keep: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => keep(name.toLowerCase())))
}
