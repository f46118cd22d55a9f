import type { Tx } from '#platform/db'
import type { Platform } from '#platform/platform'
import { type Audit, createAudit } from './audit.ts'
import { auditPurpose, createSealer, type Sealer } from './audit-chain.ts'
import { type AuditRecord, openAuditRecord } from './audit-record.ts'
import { type AuditTrail, createAuditTrail } from './audit-trail.ts'
import { watchAudit } from './audit-watch.ts'

export interface AuditLogs {
  readonly audit: Audit
  readonly trail: AuditTrail
}

/** Writes a mail to each owner of a workspace. */
export type TellOwners = (
  tx: Tx,
  workspaceId: string,
  mail: { subject: string; text: string },
) => Promise<void>

/** The audit logs with their record outside the database. Without a usable record the server works, and says so. */
export async function openAuditLogs(
  platform: Platform,
  tellOwners: TellOwners,
  scope: AsyncDisposableStack,
): Promise<AuditLogs> {
  const { db, jobDb, bus, clock, log, keyring } = platform
  const sealer = createSealer(keyring.derive(auditPurpose))
  const record = await recordOf(platform, sealer)
  const onBreak = async (workspaceId: string, brokenAt: number): Promise<void> => {
    log.error({ workspaceId, brokenAt }, 'an audit log was changed behind the back of the server')
    await db.withWorkspace(workspaceId, (tx) => tellOwners(tx, workspaceId, breakMail(brokenAt)))
  }
  watchAudit({ jobDb, bus, log, sealer, record, onBreak }, scope)
  return { audit: createAudit({ clock, bus, sealer }), trail: createAuditTrail(db, sealer, record) }
}

async function recordOf({ config, log }: Platform, sealer: Sealer): Promise<AuditRecord> {
  try {
    return await openAuditRecord(config.dataDir, sealer)
  } catch (error) {
    log.error({ err: error }, 'the record of audit logs in the data directory cannot be read')
    return { of: () => undefined, workspaceIds: () => [], add: async () => undefined }
  }
}

const breakMail = (brokenAt: number): { subject: string; text: string } => ({
  subject: 'The audit log of your workspace was changed',
  text:
    `Entry ${brokenAt} of the audit log, or what is around it, is not as Atrium has written it: somebody has changed ` +
    'the database directly. The log goes on, and its check says from now on that it is broken. Compare it with a backup ' +
    'to see what was changed.',
})
