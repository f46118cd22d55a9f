import { z } from 'zod'
import { route } from './route.ts'

/** The messages of OTLP, https://github.com/open-telemetry/opentelemetry-proto */
const otlp = z.looseObject({})

/** Where exporters of OpenTelemetry send, in OTLP over HTTP: protobuf or JSON, as it is or in gzip, zstd or deflate. */
export const telemetryRoutes = {
  exportTraces: route({
    id: 'exportTraces',
    method: 'POST',
    path: '/v1/traces',
    summary: 'OTLP: spans; answered once they are committed',
    tag: 'telemetry',
    access: 'telemetry:write',
    body: otlp,
    response: otlp,
  }),
  exportLogs: route({
    id: 'exportLogs',
    method: 'POST',
    path: '/v1/logs',
    summary: 'OTLP: log records; answered once they are committed',
    tag: 'telemetry',
    access: 'telemetry:write',
    body: otlp,
    response: otlp,
  }),
  exportMetrics: route({
    id: 'exportMetrics',
    method: 'POST',
    path: '/v1/metrics',
    summary: 'OTLP: points of metrics; answered once they are committed',
    tag: 'telemetry',
    access: 'telemetry:write',
    body: otlp,
    response: otlp,
  }),
}

/** Attributes of what was sent. Names may repeat in what strangers send; a map is an object with `pairs`. */
export const sentAttributes = z.array(z.object({ name: z.string(), value: z.unknown() }))
