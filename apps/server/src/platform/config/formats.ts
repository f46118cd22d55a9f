import ipaddr from 'ipaddr.js'
import { z } from 'zod'

/*
 * The forms that values take. Every message completes the sentence "VARIABLE …" and never repeats the value,
 * since some values are secret; the reporter adds the value where it may be shown.
 */

const hostName = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i

const parseUrl = (text: string): URL | null => (URL.canParse(text) ? new URL(text) : null)

export const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a whole number from 0 to 65535')
  .transform(Number)
  .refine((value) => value <= 65_535, 'must be a whole number from 0 to 65535')

/** A number of bytes, up to a petabyte. */
export const bytes = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a whole number of bytes')
  .transform(Number)

export const count = z
  .string()
  .regex(/^[1-9]\d{0,6}$/, 'must be a whole number from 1 to 9999999')
  .transform(Number)

export const host = z
  .string()
  .refine((text) => ipaddr.isValid(text) || hostName.test(text), 'must be an IP address or a host name')

export const path = z.string().refine((text) => !text.includes('\0'), 'must be a path')

export const email = z.email('must be an e-mail address')

/** Printable text of at least `minimum` characters. */
export const text = (minimum: number, maximum: number) =>
  z
    .string()
    .min(minimum, `is too short: at least ${minimum} characters`)
    .max(maximum, `is too long: at most ${maximum} characters`)

/** A key as providers issue them: one word. */
export const apiKey = z
  .string()
  .regex(/^[\x21-\x7e]{8,512}$/, 'must be one word of 8 to 512 printable characters')

/** An `http(s)` address; the trailing slash is dropped, credentials are refused. */
export const httpUrl = z
  .string()
  .refine(
    (value) => ['http:', 'https:'].includes(parseUrl(value)?.protocol ?? ''),
    'must be an http:// or https:// URL',
  )
  .refine(
    (value) => !parseUrl(value)?.username && !parseUrl(value)?.password,
    'must not carry a user name or password',
  )
  .transform((value) => value.replace(/\/+$/, ''))

/** An `http(s)` address without a path. */
export const httpOrigin = httpUrl
  .refine(
    (value) => parseUrl(value)?.origin === value.toLowerCase(),
    'must be an origin: scheme, host and port, no path',
  )
  .transform((value) => value.toLowerCase())

export const urlOf = (schemes: readonly string[]) =>
  z
    .string()
    .refine(
      (value) => schemes.some((scheme) => value.startsWith(`${scheme}://`)) && URL.canParse(value),
      `must be a ${schemes.map((scheme) => `${scheme}://`).join(' or ')} URL`,
    )

/** Several such URLs, separated by commas. */
export const urlsOf = (schemes: readonly string[]) =>
  z
    .string()
    .transform((value) => value.split(',').map((entry) => entry.trim()))
    .refine(
      (entries) => entries.every((entry) => urlOf(schemes).safeParse(entry).success),
      `must be a comma-separated list of ${schemes.map((scheme) => `${scheme}://`).join(' or ')} URLs`,
    )

/** Ollama's own notation: `host`, `host:port` or a URL; a server's "every address" is read as loopback. */
export const ollamaHost = z
  .string()
  .transform((value) => (/^https?:\/\//.test(value) ? value : `http://${value}`))
  .refine((value) => URL.canParse(value), 'must be a host, host:port or URL')
  .transform((value) => {
    const url = new URL(value)
    if (url.hostname === '0.0.0.0' || url.hostname === '[::]') url.hostname = '127.0.0.1'
    if (url.port === '' && !/:\d+\/?$/.test(value)) url.port = '11434'
    return url.href.replace(/\/+$/, '')
  })

const listOf = (accepts: (entry: string) => boolean, what: string) =>
  z
    .string()
    .transform((value) =>
      value
        .split(',')
        .map((entry) => entry.trim())
        .filter((entry) => entry !== ''),
    )
    .refine((entries) => entries.every(accepts), `must be a comma-separated list of ${what}`)

const isCidr = (entry: string): boolean => ipaddr.isValid(entry) || ipaddr.isValidCIDR(entry)

/** Addresses and ranges; a bare address stands for itself alone. */
export const cidrs = listOf(isCidr, 'IP addresses or CIDR ranges').transform((entries) =>
  entries.map((entry) => {
    if (entry.includes('/')) return entry
    return `${entry}/${ipaddr.parse(entry).kind() === 'ipv4' ? 32 : 128}`
  }),
)

export const hosts = listOf(
  (entry) => hostName.test(entry.replace(/:\d{1,5}$/, '')) || ipaddr.isValid(entry.replace(/^\[|\]$/g, '')),
  'host names',
).transform((entries) => entries.map((entry) => entry.toLowerCase()))

/** `name=value` pairs, values percent-encoded, as OpenTelemetry defines them. */
export const otlpHeaders = z.string().transform((value, context) => {
  const headers: Record<string, string> = {}
  for (const pair of value.split(',').filter((entry) => entry.trim() !== '')) {
    const at = pair.indexOf('=')
    if (at < 1) {
      context.addIssue('must be a comma-separated list of name=value')
      return z.NEVER
    }
    headers[pair.slice(0, at).trim().toLowerCase()] = decoded(pair.slice(at + 1).trim())
  }
  return headers
})

function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
