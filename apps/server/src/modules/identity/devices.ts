import { randomBytes } from 'node:crypto'
import type { Clock } from '#platform/clock'
import type { Keyring } from '#platform/secrets'
import { cookiesNamed } from './credentials.ts'

/**
 * Browsers in which somebody has signed in before. A cookie that outlives the session says so; it opens nothing, but
 * whoever guesses passwords elsewhere cannot use up the attempts of its owner.
 * Follows OWASP, "Slow Down Online Guessing Attacks with Device Cookies".
 */
export interface Devices {
  /** The device that a `Cookie` header proves to be known for this account; null for none. */
  find(cookies: string, email: string): string | null
  /** The `Set-Cookie` line that makes a browser known; a device that is known already keeps its name. */
  remember(email: string, device: string | null): string
}

const purpose = 'identity.device'
const lifeSeconds = 180 * 24 * 3600

export function createDevices(keyring: Keyring, clock: Clock, publicUrl: string): Devices {
  const secure = publicUrl.startsWith('https:')
  const name = secure ? '__Secure-atrium.device' : 'atrium.device'
  const nowSeconds = (): number => Math.floor(clock.now().getTime() / 1000)
  const messageOf = (email: string, device: string, expires: number): string =>
    JSON.stringify([email, device, expires])

  const deviceIn = (value: string, email: string): string | null => {
    const [device = '', expires = '', signature = ''] = value.split('.')
    if (Number(expires) <= nowSeconds()) return null
    return keyring.verify(purpose, messageOf(email, device, Number(expires)), signature) ? device : null
  }

  return {
    find: (cookies, email) =>
      cookiesNamed(cookies, name)
        .map((value) => deviceIn(value, email))
        .find((device) => device !== null) ?? null,
    remember: (email, known) => {
      const device = known ?? randomBytes(16).toString('base64url')
      const expires = nowSeconds() + lifeSeconds
      const signature = keyring.sign(purpose, messageOf(email, device, expires))
      const attributes = `Max-Age=${lifeSeconds}; Path=/api/v1/auth; HttpOnly; SameSite=Lax`
      return `${name}=${device}.${expires}.${signature}; ${attributes}${secure ? '; Secure' : ''}`
    },
  }
}
