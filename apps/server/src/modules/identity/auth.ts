import { betterAuth } from 'better-auth'
import type { Clock } from '#platform/clock'
import type { ServerConfig } from '#platform/config'
import type { Log } from '#platform/log'
import type { AuthDatabase } from './auth-database.ts'
import { devicePlugin } from './device-plugin.ts'
import type { Limits } from './limits.ts'
import { linkLifeSeconds } from './mails.ts'

/** Header in which our routes hand the proven address of a request to Better Auth. */
export const addressHeader = 'x-atrium-address'

/** How long a session lives after it was last renewed; the first screen renews it once a day. */
const sessionSeconds = 30 * 24 * 3600
export const renewalSeconds = 24 * 3600

export interface AuthMails {
  sendPasswordReset(to: string, token: string): Promise<void>
  sendVerification(to: string, token: string): Promise<void>
}

export interface AuthOptions {
  readonly config: ServerConfig
  readonly secret: string
  readonly clock: Clock
  readonly log: Log
  readonly database: AuthDatabase
  readonly limits: Limits
  readonly mails: AuthMails
  /** Called in the transaction that sets a new password, after which all sessions end. */
  readonly onPasswordReset: (personId: string) => Promise<void>
}

/** Name of the session cookie; the prefix binds it to this very host on HTTPS (RFC 6265bis, section 4.1.3.2). */
export const sessionCookieName = (publicUrl: string): string =>
  isHttps(publicUrl) ? '__Host-atrium.session_token' : 'atrium.session_token'

const isHttps = (url: string): boolean => url.startsWith('https:')

/** Better Auth on our tables. Further ways to sign in are plugins of this one instance. */
export function createAuth(options: AuthOptions) {
  const { config, secret, clock, log, database, limits, mails } = options
  const { publicUrl } = config.http
  const secure = isHttps(publicUrl)
  return betterAuth({
    appName: 'Atrium',
    baseURL: publicUrl,
    basePath: '/api/v1/auth',
    secret,
    trustedOrigins: trustedOrigins(config),
    telemetry: { enabled: false },
    logger: {
      level: 'warn',
      // Its warnings are wrong passwords and the like: our answers tell of them.
      log: (level, message) =>
        log[level === 'error' ? 'error' : 'debug']({ library: 'better-auth' }, message),
    },
    database: { db: database.kysely, type: 'postgres', schemaName: 'identity', transaction: true },
    ...tables,
    emailAndPassword: {
      enabled: true,
      minPasswordLength: 10,
      maxPasswordLength: 128,
      resetPasswordTokenExpiresIn: linkLifeSeconds.passwordReset,
      revokeSessionsOnPasswordReset: true,
      sendResetPassword: ({ user, token }) => mails.sendPasswordReset(user.email, token),
      onPasswordReset: ({ user }) => options.onPasswordReset(user.id),
    },
    emailVerification: {
      sendOnSignUp: true,
      expiresIn: linkLifeSeconds.verification,
      sendVerificationEmail: ({ user, token }) => mails.sendVerification(user.email, token),
    },
    rateLimit: { enabled: true, customStorage: { consume: (key, rule) => limits.consume(key, rule) } },
    advanced: {
      cookiePrefix: secure ? '__Host-atrium' : 'atrium',
      // The library's own switch would put its other prefix in front of ours.
      useSecureCookies: false,
      defaultCookieAttributes: { secure, httpOnly: true, sameSite: 'lax', path: '/' },
      ipAddress: { ipAddressHeaders: [addressHeader] },
      database: { generateId: () => clock.uuid(), validateSchema: false },
    },
    plugins: [devicePlugin()],
  })
}

export type Auth = ReturnType<typeof createAuth>

const tables = {
  user: {
    modelName: 'people',
    fields: { emailVerified: 'email_verified', createdAt: 'created_at', updatedAt: 'updated_at' },
  },
  session: {
    modelName: 'sessions',
    expiresIn: sessionSeconds,
    updateAge: renewalSeconds,
    cookieCache: { enabled: false },
    fields: {
      userId: 'person_id',
      expiresAt: 'expires_at',
      ipAddress: 'ip_address',
      userAgent: 'user_agent',
      createdAt: 'created_at',
      updatedAt: 'updated_at',
    },
  },
  account: {
    modelName: 'accounts',
    fields: {
      userId: 'person_id',
      accountId: 'account_id',
      providerId: 'provider_id',
      accessToken: 'access_token',
      refreshToken: 'refresh_token',
      idToken: 'id_token',
      accessTokenExpiresAt: 'access_token_expires_at',
      refreshTokenExpiresAt: 'refresh_token_expires_at',
      createdAt: 'created_at',
      updatedAt: 'updated_at',
    },
  },
  verification: {
    modelName: 'verifications',
    storeIdentifier: 'hashed',
    fields: { expiresAt: 'expires_at', createdAt: 'created_at', updatedAt: 'updated_at' },
  },
} as const

function trustedOrigins({ http }: ServerConfig): string[] {
  const hosts = http.allowedHosts.flatMap((host) => [`https://${host}`, `http://${host}`])
  return [http.publicUrl, ...hosts]
}
