import { logRoutes, otlpMetricRoutes, telemetryRoutes, traceRoutes } from '@atrium/contract'
import type { FastifyInstance } from 'fastify'
import { describedAs, mount } from '#platform/http'
import { serveGrpc } from './grpc.ts'
import { receive } from './receive.ts'
import type { Traces } from './service.ts'

/** The addresses of OTLP over HTTP, on Node's own requests (bodies are binary, compressed and many), and OTLP over gRPC. */
export async function ingest(app: FastifyInstance, { receiver, grpc }: Traces): Promise<void> {
  const { exportTraces, exportLogs, exportMetrics } = telemetryRoutes
  for (const [signal, route] of [
    ['traces', exportTraces],
    ['logs', exportLogs],
    ['metrics', exportMetrics],
  ] as const) {
    app.describe(describedAs(route))
    app.direct.add(
      (path) => (path === route.path ? path : null),
      (exchange) => void receive(receiver, signal, exchange),
    )
  }
  const overGrpc = await serveGrpc(receiver, grpc)
  if (overGrpc) app.addHook('onClose', () => overGrpc[Symbol.asyncDispose]())
}

/** Reading what has arrived, and saying for how long it is kept. */
export function api(app: FastifyInstance, { reading, logs, metrics, settings }: Traces): void {
  mount(app, traceRoutes.readTelemetrySettings, ({ caller }) => settings.read(caller.workspaceId))
  mount(app, traceRoutes.updateTelemetrySettings, ({ caller, request, body }) =>
    settings.update({ member: caller, address: request.ip }, body),
  )
  mount(app, traceRoutes.listTraces, ({ caller, query }) => reading.traces(caller, query))
  mount(app, traceRoutes.readTrace, ({ caller, params }) => reading.trace(caller, params.traceId))
  mount(app, traceRoutes.listSpans, ({ caller, params, query }) =>
    reading.spans(caller, params.traceId, query),
  )
  mount(app, traceRoutes.readSpan, ({ caller, params }) =>
    reading.span(caller, params.traceId, params.spanId),
  )
  mount(app, logRoutes.listLogs, ({ caller, query }) => logs.list(caller, query))
  mount(app, logRoutes.readLog, ({ caller, params }) => logs.one(caller, params.logId))
  mount(app, otlpMetricRoutes.listOtlpMetrics, ({ caller, query }) => metrics.list(caller, query))
  mount(app, otlpMetricRoutes.readOtlpMetric, ({ caller, params }) => metrics.one(caller, params.metricName))
  mount(app, otlpMetricRoutes.readOtlpMetricSeries, ({ caller, params, query }) =>
    metrics.series(caller, params.metricName, query),
  )
}
