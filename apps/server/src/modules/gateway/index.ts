/** The gateway: endpoints that official SDKs of model providers call unmodified. */
import { admission } from '#modules/admission'
import { identity } from '#modules/identity'
import { models } from '#modules/models'
import { defineModule } from '#platform/module'
import { gateway as face } from './api.ts'
import { jobs } from './jobs.ts'
import { createGateway } from './service.ts'

export const gateway = defineModule({
  name: 'gateway',
  needs: { identity, admission, models },
  build: (context, scope) => createGateway(context, scope),
  faces: { gateway: face, jobs },
})
