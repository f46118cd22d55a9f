/** Tracing by OpenTelemetry's SDK, loaded only where a collector is configured: it takes 10 MB. */
import type { Attributes } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base'
import type { Ids, Tracing } from '../telemetry.ts'

const closeDeadlineMs = 5_000

/** Records every span and exports them in batches. */
export function exportTracing(exporter: SpanExporter, idGenerator: Ids, resource: Attributes): Tracing {
  const provider = new BasicTracerProvider({
    idGenerator,
    sampler: new AlwaysOnSampler(),
    resource: resourceFromAttributes(resource),
    spanProcessors: [new BatchSpanProcessor(exporter, { exportTimeoutMillis: closeDeadlineMs })],
  })
  const tracer = provider.getTracer('atrium')
  return {
    startSpan: (name, attributes, parent, startTime) =>
      tracer.startSpan(name, { attributes, ...(startTime === undefined ? {} : { startTime }) }, parent),
    shutdown: () => provider.shutdown(),
  }
}
