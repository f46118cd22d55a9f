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
}
