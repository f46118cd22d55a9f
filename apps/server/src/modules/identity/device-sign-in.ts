import type { DeviceCode, DeviceRequest, DeviceToken, Person } from '@atrium/contract'
import { isAPIError } from 'better-auth/api'
import type { Clock } from '#platform/clock'
import type { Database } from '#platform/db'
import { AppError, conflict, notFound } from '#platform/errors'
import type { Caller } from '#platform/http'
import type { Auth } from './auth.ts'
import { translated } from './auth-errors.ts'
import { authHeaders, type Client } from './client.ts'
import { sessionKey } from './credentials.ts'
import { deviceClientId, deviceLifeMs, devicePollSeconds } from './device-plugin.ts'
import type { Limit, Limits } from './limits.ts'
import { findSession } from './views/callers.ts'
import { readPerson } from './views/people.ts'

/** Signs devices in that have no browser: RFC 8628, with Better Auth's plugin underneath. */
export interface DeviceSignIn {
  begin(device: string, client: Client): Promise<DeviceCode>
  /** @throws AppError 400 DEVICE_CODE_EXPIRED, 403 DEVICE_REFUSED, 404 for an unknown code */
  claim(deviceCode: string, client: Client): Promise<DeviceToken>
  /** @throws AppError 404 for a code that nobody waits with */
  find(caller: Caller, userCode: string, client: Client): Promise<DeviceRequest>
  /** @throws AppError 404, 409 when it was decided already */
  decide(caller: Caller, userCode: string, approve: boolean, client: Client): Promise<void>
}

interface Parts {
  readonly db: Database
  readonly auth: Auth
  readonly clock: Clock
  readonly limits: Limits
  /** Signs session tokens. */
  readonly secret: string
}

export function createDeviceSignIn({ db, auth, clock, limits, secret }: Parts): DeviceSignIn {
  const withCookie = (client: Client) => authHeaders(client, { withCookie: true })
  return {
    begin: async (device, client) => {
      await limits.take([{ name: 'device code', subject: client.network, max: 60, windowSeconds: 3600 }])
      const body = { client_id: deviceClientId, scope: device }
      const code = await refused(auth.api.deviceCode({ body }))
      return {
        deviceCode: code.device_code,
        userCode: hyphenated(code.user_code),
        verificationUrl: code.verification_uri,
        verificationUrlComplete: code.verification_uri_complete,
        expiresAt: new Date(clock.now().getTime() + deviceLifeMs).toISOString(),
        intervalSeconds: devicePollSeconds,
      }
    },
    claim: async (deviceCode, client) => {
      const body = {
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code' as const,
        device_code: deviceCode,
        client_id: deviceClientId,
      }
      const headers = authHeaders(client, { withCookie: false })
      const found = await patient(refused(auth.api.deviceToken({ body, headers })))
      if (!found) return { status: 'pending', intervalSeconds: devicePollSeconds }
      const person = await holderOf(db, found.access_token)
      const expiresAt = new Date(clock.now().getTime() + found.expires_in * 1000).toISOString()
      return { status: 'approved', token: sessionKey(found.access_token, secret), expiresAt, person }
    },
    find: async (caller, userCode, client) => {
      await limits.take([guesses(caller)])
      const query = { user_code: userCode }
      const found = await refused(auth.api.deviceVerify({ query, headers: withCookie(client) }))
      // Somebody else has opened the page with this code before.
      if (found.client_id === undefined) throw notFound('device request')
      await limits.giveBack([guesses(caller)])
      return {
        userCode: hyphenated(bare(userCode)),
        device: found.scope ?? '',
        status: found.status as DeviceRequest['status'],
      }
    },
    decide: async (caller, userCode, approve, client) => {
      await limits.take([guesses(caller)])
      const call = { body: { userCode }, headers: withCookie(client) }
      await refused(approve ? auth.api.deviceApprove(call) : auth.api.deviceDeny(call))
      await limits.giveBack([guesses(caller)])
    },
  }
}

/** Whoever tries codes of others runs into this. */
const guesses = ({ personId }: Caller): Limit => ({
  name: 'device code guess',
  subject: personId,
  max: 20,
  windowSeconds: 900,
})

async function holderOf(db: Database, sessionToken: string): Promise<Person> {
  const person = await db.transaction(async (tx) => {
    const session = await findSession(tx, sessionToken)
    return session && readPerson(tx, session.personId)
  })
  if (!person) throw notFound('device request')
  return person
}

const bare = (code: string): string => code.replaceAll(/[^a-z0-9]/gi, '').toUpperCase()
const hyphenated = (code: string): string => `${code.slice(0, 4)}-${code.slice(4)}`

const pending = 'DEVICE_PENDING'

/** Undefined while nobody has decided. */
async function patient<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof AppError && error.code === pending) return undefined
    throw error
  }
}

const meanings = new Map<string, () => AppError>([
  ['authorization_pending', () => new AppError(pending, 'Nobody has decided yet.', { status: 400 })],
  ['slow_down', () => new AppError(pending, 'Nobody has decided yet.', { status: 400 })],
  ['access_denied', () => new AppError('DEVICE_REFUSED', 'The sign-in was refused.', { status: 403 })],
  ['expired_token', () => new AppError('DEVICE_CODE_EXPIRED', 'This code has run out.', { status: 400 })],
  ['unauthorized', () => new AppError('INVALID_CREDENTIALS', 'Sign in with a browser first.')],
  ['invalid_grant', () => notFound('device request')],
])

/** Turns the errors of RFC 8628, section 3.5, into ours. */
async function refused<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    const body: unknown = isAPIError(error) ? error.body : undefined
    const { error: code, error_description: text } = { ...(body as Record<string, unknown>) }
    const known = meanings.get(String(code))
    if (known) throw known()
    if (code === 'invalid_request') throw decidedOrUnknown(String(text))
    return translated(Promise.reject(error as Error))
  }
}

const decidedOrUnknown = (text: string): AppError =>
  text.includes('already') ? conflict('This sign-in was decided already.') : notFound('device request')
