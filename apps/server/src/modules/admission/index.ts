/** Admission: limits of requests, tokens and calls at once, held by all processes together. */
import { identity } from '#modules/identity'
import { defineModule } from '#platform/module'
import { api } from './api.ts'
import { jobs } from './jobs.ts'
import { createAdmission } from './service.ts'
import { createSettings } from './settings.ts'
import { tidy } from './store.ts'
import type { AdmissionService } from './types.ts'

export type { Admission, AdmissionRequest, Ticket } from './types.ts'

export const admission = defineModule({
  name: 'admission',
  needs: { identity },
  build: (context, scope): AdmissionService => ({
    ...createAdmission(context, scope),
    settings: createSettings(context),
    tidy: () => context.jobDb.transaction(tidy),
  }),
  faces: { api, jobs },
})
