import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { ServerConfig } from '../config.ts'
import { AppError } from '../errors.ts'

const safe = new Set(['GET', 'HEAD', 'OPTIONS'])

/** What stands in a request about where it comes from. */
export interface Origin {
  readonly method?: string | undefined
  readonly headers: IncomingHttpHeaders
}

/** Finds what is wrong with where a request comes from. */
export type OriginCheck = (request: Origin) => AppError | null

/**
 * Finds requests for hosts that are not ours (DNS rebinding) and changes that another site's page sends with the
 * visitor's cookie (CSRF; the cookie is SameSite=Lax besides).
 */
export function createOriginCheck(config: ServerConfig): OriginCheck {
  const hosts = ownHosts(config)
  return ({ method = 'GET', headers }) => {
    if (!hosts.has(hostName(headers.host))) {
      return new AppError(
        'MISDIRECTED_REQUEST',
        'This server does not answer for that host. See ATRIUM_ALLOWED_HOSTS.',
        { status: 421 },
      )
    }
    if (safe.has(method) || !headers.cookie || !crossSite(headers, hosts)) return null
    return new AppError('CROSS_SITE_REQUEST', 'Changes must come from this site itself.', { status: 403 })
  }
}

/** Refuses such requests. */
export function guardOrigin(app: FastifyInstance, check: OriginCheck): void {
  app.addHook('onRequest', async (request) => {
    const wrong = check(request)
    if (wrong) throw wrong
  })
}

function ownHosts({ http }: ServerConfig): ReadonlySet<string> {
  const named = [...http.allowedHosts, http.host, new URL(http.publicUrl).host].map(hostName)
  return new Set(['localhost', '127.0.0.1', '[::1]', ...named])
}

function hostName(host: string | undefined): string {
  return (host ?? '').toLowerCase().replace(/:\d+$/, '')
}

function crossSite(headers: IncomingHttpHeaders, hosts: ReadonlySet<string>): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  const { origin } = headers
  if (origin === undefined) return false
  try {
    const { host } = new URL(origin)
    return !hosts.has(hostName(host)) || host !== headers.host
  } catch {
    return true
  }
}
