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
      // What belongs to the library's own cloud: none of it has a place here, and the policy below lets none of it out.
      telemetry: false,
      hideClientButton: true,
      showDeveloperTools: 'never',
      agent: { disabled: true },
      mcp: { disabled: true },
      authentication: { preferredSecurityScheme: 'apiKey' },
      theme: 'none',
      customCss: looks,
    },
  })
  return pages
}

/** The colours of the web app (`apps/web/src/app.css`) in the names of the library. */
const looks = `
.light-mode {
  --scalar-background-1: oklch(0.985 0.003 95); --scalar-background-2: oklch(0.965 0.004 95);
  --scalar-background-3: oklch(0.94 0.006 95); --scalar-background-accent: oklch(0.94 0.022 195);
  --scalar-color-1: oklch(0.24 0.012 260); --scalar-color-2: oklch(0.46 0.012 260);
  --scalar-color-3: oklch(0.53 0.01 260); --scalar-color-accent: oklch(0.47 0.075 195);
  --scalar-border-color: oklch(0.9 0.005 95);
}
.dark-mode {
  --scalar-background-1: oklch(0.185 0.008 260); --scalar-background-2: oklch(0.225 0.009 260);
  --scalar-background-3: oklch(0.27 0.01 260); --scalar-background-accent: oklch(0.28 0.035 195);
  --scalar-color-1: oklch(0.94 0.004 95); --scalar-color-2: oklch(0.75 0.008 260);
  --scalar-color-3: oklch(0.67 0.01 260); --scalar-color-accent: oklch(0.78 0.1 190);
  --scalar-border-color: oklch(0.29 0.009 260);
}
:root { --scalar-font: system-ui, sans-serif; --scalar-radius: 6px; --scalar-radius-lg: 8px; }
a[href*='scalar.com'] { display: none; }`

// The page starts itself with an inline script; it runs nowhere else.
const referencePolicy =
  "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'"
