import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ServerConfig } from '../config.ts'
import { AppError } from '../errors.ts'

const safe = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses requests for hosts that are not ours (DNS rebinding) and changes that another site's page sends with
 * the visitor's cookie (CSRF; the cookie is SameSite=Lax besides).
 */
export function guardOrigin(app: FastifyInstance, config: ServerConfig): void {
  const hosts = ownHosts(config)
  app.addHook('onRequest', async (request) => {
    if (!hosts.has(hostName(request.headers.host))) {
      throw new AppError(
        'MISDIRECTED_REQUEST',
        'This server does not answer for that host. See ATRIUM_ALLOWED_HOSTS.',
        { status: 421 },
      )
    }
    if (safe.has(request.method) || !request.headers.cookie) return
    if (crossSite(request, hosts)) {
      throw new AppError('CROSS_SITE_REQUEST', 'Changes must come from this site itself.', { status: 403 })
    }
  })
}

function ownHosts({ http }: ServerConfig): ReadonlySet<string> {
  const named = [...http.allowedHosts, http.host, new URL(http.publicUrl).host].map(hostName)
  return new Set(['localhost', '127.0.0.1', '[::1]', ...named])
}

function hostName(host: string | undefined): string {
  return (host ?? '').toLowerCase().replace(/:\d+$/, '')
}

function crossSite(request: FastifyRequest, hosts: ReadonlySet<string>): boolean {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  const origin = request.headers.origin
  if (origin === undefined) return false
  try {
    const { host } = new URL(origin)
    return !hosts.has(hostName(host)) || host !== request.headers.host
  } catch {
    return true
  }
}
