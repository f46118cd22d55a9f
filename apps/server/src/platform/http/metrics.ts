import { hash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Secret } from '../config.ts'
import { AppError } from '../errors.ts'
import type { Metrics } from '../metrics.ts'

/** `/metrics` for Prometheus, for whoever has the token. */
export function serveMetrics(app: FastifyInstance, metrics: Metrics, token: Secret): void {
  const expected = digest(`Bearer ${token.reveal()}`)
  // Whoever watches a busy process is let in.
  const config = { pressureHandler: () => undefined }
  app.get('/metrics', { schema: { hide: true }, config }, async (request, reply) => {
    if (!timingSafeEqual(digest(request.headers.authorization ?? ''), expected))
      throw new AppError('INVALID_CREDENTIALS', 'Metrics need the token of ATRIUM_METRICS_TOKEN as Bearer.')
    const { contentType, text } = await metrics.expose()
    return reply.header('content-type', contentType).header('cache-control', 'no-store').send(text)
  })
}

const digest = (text: string): Buffer => hash('sha256', text, 'buffer')
