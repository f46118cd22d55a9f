import type { AuditEntry } from '@atrium/contract'
import { z } from 'zod'
import type { Database } from '#platform/db'
import { decodeCursor, type Member, paginate } from '#platform/http'
import type { Keyring } from '#platform/secrets'
import { type AuditVerification, verifyChain } from './audit.ts'
import { auditPurpose, createSealer, type Sealer } from './audit-chain.ts'
import { type AuditRecord, openAuditRecord } from './audit-record.ts'
import { readAudit, readWorkspaceIds } from './views/audit.ts'
import type { Page, PageQuery } from './workspaces.ts'

/** Reading and checking the audit log of a workspace. */
export interface AuditTrail {
  list(member: Member, query: PageQuery): Promise<Page<AuditEntry>>
  verify(workspaceId: string): Promise<AuditVerification>
}

export function createAuditTrail(db: Database, sealer: Sealer, record: AuditRecord): AuditTrail {
  return {
    list: async ({ workspaceId }, { limit, cursor }) => {
      const before = cursor === undefined ? null : decodeCursor(cursor, z.number().int())[0]
      const list = await db.withWorkspace(workspaceId, (tx) => readAudit(tx, workspaceId, limit + 1, before))
      return paginate(list, limit, ({ sequence }) => [sequence])
    },
    verify: (workspaceId) =>
      db.withWorkspace(workspaceId, (tx) => verifyChain(tx, workspaceId, sealer, record)),
  }
}

const noId = '00000000-0000-0000-0000-000000000000'
const batch = 500

/**
 * Checks the chain of every workspace, one after the other, and tells of those that only the record in the data
 * directory knows; needs the job role, which sees all.
 */
export async function* verifyEveryAudit(parts: {
  jobDb: Database
  keyring: Keyring
  dataDir: string
}): AsyncGenerator<AuditVerification & { workspaceId: string }> {
  const { jobDb, keyring, dataDir } = parts
  const sealer = createSealer(keyring.derive(auditPurpose))
  const record = await openAuditRecord(dataDir, sealer)
  const gone = new Set(record.workspaceIds())
  let after: string | undefined = noId
  while (after !== undefined) {
    const from: string = after
    const ids = await jobDb.transaction((tx) => readWorkspaceIds(tx, from, batch))
    for (const workspaceId of ids) {
      gone.delete(workspaceId)
      const found = await jobDb.transaction((tx) => verifyChain(tx, workspaceId, sealer, record))
      yield { workspaceId, ...found }
    }
    after = ids.at(-1)
  }
  for (const workspaceId of gone)
    yield { workspaceId, intact: false, entries: 0, brokenAt: 1, finding: 'differs-from-record' }
}
