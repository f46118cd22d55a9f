/** Traces: takes what agents did from OpenTelemetry's exporters, and what this program did, keeps it and shows it. */
import { identity } from '#modules/identity'
import { defineModule } from '#platform/module'
import { api, ingest } from './api.ts'
import { jobs } from './jobs.ts'
import { createTraces } from './service.ts'

export type { Traces } from './service.ts'
export { userDimensions, type Dimension } from './usage/dimensions.ts'
export { quantiles } from './usage/histogram.ts'
export { usageGrown, type UsageGrown } from './usage/merging.ts'
export { floorTo, minutesAskedMs, partsOf, settled, unitMs, type Range, type Unit } from './usage/ranges.ts'
export { addSums, amountIn, countIn, noSums, type Sums } from './usage/sums.ts'
export type { SpanKind, UsagePiece, UsageQuestion } from './usage/views.ts'

export const traces = defineModule({
  name: 'traces',
  needs: { identity },
  build: (context, scope) => createTraces(context, scope),
  faces: { api, ingest, jobs },
})
