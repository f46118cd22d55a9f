import { createHmac, timingSafeEqual } from 'node:crypto'
import { AppError, invalidInput } from '#platform/errors'
import type { Shown } from '#platform/http'

/** What a request shows to prove who sends it. */
export type Credential =
  | { readonly kind: 'session'; readonly token: string }
  | { readonly kind: 'key'; readonly key: string }

/**
 * Finds the one credential of a request; a cookie that we did not sign is none.
 * @throws AppError 400 when the request shows two different ones
 */
export function credentialOf(request: Shown, cookieName: string, secret: string): Credential | null {
  const keys = keysOf(request)
  const [key] = keys
  // What nearly every call of an application looks like.
  if (key !== undefined && keys.length === 1 && request.headers.cookie === undefined)
    return shownKey(key, secret)
  const tokens = cookiesNamed(request.headers.cookie, cookieName)
    .map((value) => signedToken(value, secret))
    .filter((token) => token !== null)
  const found: Credential[] = [
    ...[...new Set(tokens)].map((token) => ({ kind: 'session' as const, token })),
    ...[...new Set(keys)].map((shown) => shownKey(shown, secret)),
  ]
  if (found.length > 1) throw invalidInput('The request shows two different credentials; send one.')
  return found[0] ?? null
}

const sessionKeyPrefix = 'ats_'

/** A session's token for callers that send no cookies, such as the command line. */
export const sessionKey = (token: string, secret: string): string =>
  `${sessionKeyPrefix}${token}.${createHmac('sha256', secret).update(token).digest('base64url')}`

/** @throws AppError 401 for a session's key that we did not sign */
function shownKey(key: string, secret: string): Credential {
  if (!key.startsWith(sessionKeyPrefix)) return { kind: 'key', key }
  const token = signedToken(key.slice(sessionKeyPrefix.length), secret)
  if (token === null) throw new AppError('INVALID_CREDENTIALS', 'This sign-in is not valid. Sign in again.')
  return { kind: 'session', token }
}

const bearerForm = /^Bearer +(\S+) *$/i

function keysOf(request: Shown): string[] {
  const { authorization, 'x-api-key': header } = request.headers
  const bearer = authorization === undefined ? undefined : bearerForm.exec(authorization)?.[1]
  if (Array.isArray(header)) throw new AppError('INVALID_API_KEY', 'Send one x-api-key header.')
  const keys = request.otherKeys ? [...request.otherKeys] : []
  if (header !== undefined) keys.unshift(header)
  if (bearer !== undefined) keys.unshift(bearer)
  return keys
}

/** The values of the cookies of that name. */
export function cookiesNamed(header: string | undefined, name: string): string[] {
  return (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
}

/** The token inside a cookie that Better Auth has signed: `token.base64(HMAC-SHA-256)`, URL-encoded. */
function signedToken(cookie: string, secret: string): string | null {
  const value = decoded(cookie)
  const dot = value.lastIndexOf('.')
  if (dot < 1) return null
  const token = value.slice(0, dot)
  const expected = createHmac('sha256', secret).update(token).digest()
  const given = Buffer.from(value.slice(dot + 1), 'base64')
  return given.length === expected.length && timingSafeEqual(given, expected) ? token : null
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
