import type { FastifyInstance } from 'fastify'
import type { Database } from '../db.ts'
import { AppError } from '../errors.ts'

/** `/healthz`: the process answers. `/readyz`: it can do its work, because the database answers too. */
export function serveHealth(app: FastifyInstance, db: Database): void {
  // A busy process is alive: load must not make whoever watches it end it.
  app.get('/healthz', { schema: { hide: true }, config: { pressureHandler: () => undefined } }, async () => ({
    status: 'ok',
  }))
  app.get('/readyz', { schema: { hide: true } }, async () => {
    try {
      await db.pool.query('SELECT 1')
      return { status: 'ready' }
    } catch (cause) {
      throw new AppError('SERVICE_UNAVAILABLE', 'The database does not answer.', {
        retryAfterSeconds: 2,
        cause,
      })
    }
  })
}
