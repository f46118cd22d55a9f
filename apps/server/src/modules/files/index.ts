/** Files: uploads that belong to one person, and their signed delivery. */
import { identity } from '#modules/identity'
import { defineModule } from '#platform/module'
import { api } from './api.ts'
import { jobs } from './jobs.ts'
import { createFiles } from './service.ts'

export type { Files } from './service.ts'

export const files = defineModule({
  name: 'files',
  needs: { identity },
  build: (context) => createFiles(context),
  faces: { api, jobs },
})
