/** Insights: what spans add up to, over time and by dimension, from answers that are kept while they are true. */
import { traces } from '#modules/traces'
import { defineModule } from '#platform/module'
import { api } from './api.ts'
import { createInsights } from './service.ts'

export const insights = defineModule({
  name: 'insights',
  needs: { traces },
  build: (context, scope) => createInsights(context, scope),
  faces: { api },
})
