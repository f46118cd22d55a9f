/** Identity: people, sessions, workspaces and members, API keys, the audit log. */
import { defineModule } from '#platform/module'
import { api } from './api.ts'
import { jobs } from './jobs.ts'
import { createIdentity } from './service.ts'

export { actorOf, systemActor } from './actors.ts'
export type { AuditInput, AuditVerification } from './audit.ts'
export { verifyEveryAudit } from './audit-trail.ts'
export { accessRevoked } from './notices.ts'
export type { Identity } from './service.ts'
export type { AnswerSettings } from './views/workspaces.ts'
export { sharedTables } from './shared-tables.ts'

export const identity = defineModule({
  name: 'identity',
  needs: {},
  build: createIdentity,
  faces: { api, jobs },
})
