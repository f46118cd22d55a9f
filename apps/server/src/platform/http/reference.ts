import apiReference from '@scalar/fastify-api-reference'
import type { FastifyInstance } from 'fastify'

/** `/openapi.json` and a page that explains it at `/reference`. */
export async function serveReference(app: FastifyInstance): Promise<void> {
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
  await app.register(async (scope) => {
    // The page starts itself with an inline script; it runs nowhere else.
    scope.addHook('onRequest', async (_request, reply) => {
      reply.header('content-security-policy', referencePolicy)
    })
    await scope.register(apiReference, {
      routePrefix: '/reference',
      configuration: {
        url: '/openapi.json',
        title: 'Atrium API',
        withDefaultFonts: false,
        telemetry: false,
        hideClientButton: true,
      },
    })
  })
}

const referencePolicy =
  "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'"
