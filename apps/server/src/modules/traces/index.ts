/** Traces: takes what agents did from OpenTelemetry's exporters, and keeps it. */
import { identity } from '#modules/identity'
import { defineModule } from '#platform/module'
import { ingest } from './api.ts'
import { createTraces } from './service.ts'

export const traces = defineModule({
  name: 'traces',
  needs: { identity },
  build: (context) => createTraces(context),
  faces: { ingest },
})
