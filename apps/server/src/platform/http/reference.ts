import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { DescribedRoute } from './description.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Puts a route that the framework does not know into the description. */
    describe(route: DescribedRoute): void
  }
}

/** `/openapi.json`, which describes all routes that are added from here on, and a page that explains it at `/reference`. */
export function serveReference(app: FastifyInstance, version: string): void {
  const routes: DescribedRoute[] = []
  app.addHook('onRoute', ({ method, url, schema, config }) => {
    if (schema && !schema.hide) routes.push({ method, url, schema, ...(config ? { config } : {}) })
  })
  app.decorate('describe', (route) => void routes.push(route))
  let document: Promise<object> | undefined
  app.get('/openapi.json', { schema: { hide: true } }, () => (document ??= describe(routes, version)))
  let pages: Promise<FastifyInstance> | undefined
  const show = async ({ url }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const answer = await (await (pages ??= openPages())).inject({ url })
    return reply
      .code(answer.statusCode)
      .headers({ ...answer.headers, 'content-security-policy': referencePolicy })
      .send(answer.rawPayload)
  }
  app.get('/reference', { schema: { hide: true } }, show)
  app.get('/reference/*', { schema: { hide: true } }, show)
  app.addHook('onClose', async () => (await pages)?.close())
}

async function describe(routes: readonly DescribedRoute[], version: string): Promise<object> {
  const description = await import('./description.ts')
  return description.describe(routes, version)
}

/** A server of its own that nothing listens to: the library is 17 MB in memory, which only its readers should cost. */
async function openPages(): Promise<FastifyInstance> {
  const { default: apiReference } = await import('@scalar/fastify-api-reference')
  const pages = fastify()
  await pages.register(apiReference, {
    routePrefix: '/reference',
    configuration: {
      url: '/openapi.json',
      title: 'Atrium API',
      withDefaultFonts: false,
      telemetry: false,
      hideClientButton: true,
    },
  })
  return pages
}

// The page starts itself with an inline script; it runs nowhere else.
const referencePolicy =
  "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'"
