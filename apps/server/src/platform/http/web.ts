import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'

const folder = join(import.meta.dirname, '../../../../web/dist')

/** Serves the built web app; what is no file and no API is a screen, so it gets `index.html`. */
export async function serveWeb(app: FastifyInstance): Promise<void> {
  if (!existsSync(join(folder, 'index.html'))) {
    app.log.warn('the web app is not built; run npm run build')
    return
  }
  await app.register(fastifyStatic, {
    root: folder,
    wildcard: false,
    cacheControl: false,
    setHeaders: (reply, path) => {
      reply.header(
        'cache-control',
        path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      )
    },
  })
  for (const url of screens) {
    app.get(url, { schema: { hide: true } }, (_request, reply) =>
      reply.header('cache-control', 'no-cache').sendFile('index.html'),
    )
  }
}

/** The screens of the web app; its router knows the rest of each path. */
const screens = [
  '/c/:conversationId',
  '/sign-in',
  '/sign-up',
  '/invitations/:token',
  '/forgot-password',
  '/reset-password',
  '/verify-email',
  '/device',
  '/search',
  '/usage',
  '/insights',
  '/traces',
  '/traces/:traceId',
  '/keys',
  '/teams',
  '/budgets',
  '/models',
  '/routing',
  '/playground',
  '/welcome',
]
