import type { AuditEntry } from '@atrium/contract'
import { z } from 'zod'
import type { Clock } from '#platform/clock'
import type { Database } from '#platform/db'
import { decodeCursor, type Member, paginate } from '#platform/http'
import type { Keyring } from '#platform/secrets'
import { type Audit, auditPurpose, type AuditVerification, createAudit } from './audit.ts'
import { readAudit, readWorkspaceIds } from './views/audit.ts'
import type { Page, PageQuery } from './workspaces.ts'

/** Reading and checking the audit log of a workspace. */
export interface AuditTrail {
  list(member: Member, query: PageQuery): Promise<Page<AuditEntry>>
  verify(workspaceId: string): Promise<AuditVerification>
}

export function createAuditTrail(db: Database, audit: Audit): AuditTrail {
  return {
    list: async ({ workspaceId }, { limit, cursor }) => {
      const before = cursor === undefined ? null : decodeCursor(cursor, z.number().int())[0]
      const list = await db.withWorkspace(workspaceId, (tx) => readAudit(tx, workspaceId, limit + 1, before))
      return paginate(list, limit, ({ sequence }) => [sequence])
    },
    verify: (workspaceId) => db.withWorkspace(workspaceId, (tx) => audit.verify(tx, workspaceId)),
  }
}

const noId = '00000000-0000-0000-0000-000000000000'
const batch = 500

/** Checks the chain of every workspace, one after the other; needs the job role, which sees all. */
export async function* verifyEveryAudit(parts: {
  jobDb: Database
  clock: Clock
  keyring: Keyring
}): AsyncGenerator<AuditVerification & { workspaceId: string }> {
  const { jobDb, clock, keyring } = parts
  const audit = createAudit(clock, keyring.derive(auditPurpose))
  let after = noId
  for (;;) {
    const ids = await jobDb.transaction((tx) => readWorkspaceIds(tx, after, batch))
    for (const workspaceId of ids) {
      yield { workspaceId, ...(await jobDb.transaction((tx) => audit.verify(tx, workspaceId))) }
    }
    const last = ids.at(-1)
    if (last === undefined) return
    after = last
  }
}
