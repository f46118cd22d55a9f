import { telemetryRoutes } from '@atrium/contract'
import type { FastifyInstance } from 'fastify'
import { describedAs } from '#platform/http'
import { receive } from './receive.ts'
import type { Traces } from './service.ts'

/** The addresses of OTLP over HTTP, on Node's own requests: bodies are binary, compressed and many. */
export function ingest(app: FastifyInstance, { receiver }: Traces): void {
  for (const route of Object.values(telemetryRoutes)) app.describe(describedAs(route))
  app.direct.add(
    (path) => path === telemetryRoutes.exportTraces.path,
    (exchange) => void receive(receiver, 'traces', exchange),
  )
}
