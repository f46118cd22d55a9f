import type { Bus } from '#platform/bus'
import type { Tx } from '#platform/db'

/** Topic of the bus: someone may have lost access to something. */
export const accessRevoked = 'access-revoked'

/** Whom a revocation concerns; what is not named is not limited. */
export interface Revocation {
  readonly personId?: string
  readonly workspaceId?: string
  readonly credentialId?: string
}

/** Tells every process, once the transaction commits, to look again at what it let in. */
export function announceRevocation(bus: Bus, tx: Tx, revocation: Revocation): Promise<void> {
  const { personId = null, workspaceId = null, credentialId = null } = revocation
  return bus.publish(tx, accessRevoked, { personId, workspaceId, credentialId })
}

/** Topic of the bus: a workspace's settings or members are not what they were. */
const workspaceChanged = 'workspace.changed'

export const announceWorkspaceChange = (bus: Bus, tx: Tx, workspaceId: string): Promise<void> =>
  bus.publish(tx, workspaceChanged, { workspaceId })

/**
 * Topic of the bus: an audit log has a new end. `newlyBrokenAt` is a number when the old end was not as it was sealed,
 * `processId` is that of the process which found so.
 */
export const auditExtended = 'audit.extended'
