/** Traces: takes what agents did from OpenTelemetry's exporters, and what this program did, keeps it and shows it. */
import { identity } from '#modules/identity'
import { defineModule } from '#platform/module'
import { api, ingest } from './api.ts'
import { jobs } from './jobs.ts'
import { createTraces } from './service.ts'

export const traces = defineModule({
  name: 'traces',
  needs: { identity },
  build: (context, scope) => createTraces(context, scope),
  faces: { api, ingest, jobs },
})
