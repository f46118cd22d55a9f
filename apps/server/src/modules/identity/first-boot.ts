import { permissions, unlimited } from '@atrium/contract'
import type { Bus } from '#platform/bus'
import type { Clock } from '#platform/clock'
import type { ServerConfig } from '#platform/config'
import type { Database, Tx } from '#platform/db'
import type { Log } from '#platform/log'
import { systemActor } from './actors.ts'
import type { Audit } from './audit.ts'
import type { Registration } from './registration.ts'
import { announceRevocation } from './notices.ts'
import {
  findInstallation,
  type Installation,
  lockInstallation,
  setBootstrapKey,
} from './store/installation.ts'
import { deleteKey, insertKey } from './store/keys.ts'
import { findToken, insertToken } from './store/tokens.ts'
import { hashToken, shownPrefix } from './tokens.ts'
import { findFirstOwner } from './views/callers.ts'

export interface FirstBootParts {
  readonly db: Database
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Log
  readonly audit: Audit
  readonly registration: Registration
  readonly settings: ServerConfig['bootstrap']
}

/** Makes the owner and the API key that the operator's settings name, at every start anew if they are missing. */
export async function prepareInstallation(parts: FirstBootParts): Promise<void> {
  const { db, log, registration, settings } = parts
  if (settings.admin) {
    const { email, password } = settings.admin
    const made = await registration.makeOwner({ email, password: password.reveal() })
    if (made) log.info('made the owner that ATRIUM_ADMIN_EMAIL names')
  }
  if (!settings.apiKey) return
  const installation = await db.transaction(findInstallation)
  if (installation) await putBootstrapKey(parts, installation.defaultWorkspaceId, settings.apiKey.reveal())
  else
    log.warn('ATRIUM_BOOTSTRAP_API_KEY is not used before there is an owner; set ATRIUM_ADMIN_EMAIL as well')
}

/** Stores the key unless it is there; another one that an earlier start has stored goes. */
async function putBootstrapKey(parts: FirstBootParts, workspaceId: string, secret: string): Promise<void> {
  const { db, clock, log } = parts
  const hash = hashToken(secret)
  await db.withWorkspace(workspaceId, async (tx) => {
    await lockInstallation(tx)
    if (await findToken(tx, 'key', hash)) return
    const owner = await findFirstOwner(tx, workspaceId)
    if (!owner) return
    await dropFormer(parts, tx, await findInstallation(tx))
    const id = clock.uuid()
    await insertKey(tx, {
      workspaceId,
      id,
      personId: owner,
      createdBy: owner,
      name: 'Bootstrap',
      prefix: shownPrefix(secret),
      scopes: permissions,
      createdAt: clock.now(),
      expiresAt: null,
      teamId: null,
      models: null,
      limits: unlimited,
      enabled: true,
    })
    await insertToken(tx, { kind: 'key', hash, workspaceId, targetId: id })
    await setBootstrapKey(tx, id)
    await parts.audit.record(tx, {
      workspaceId,
      actor: systemActor,
      action: 'key.created',
      target: { kind: 'key', id },
      details: { name: 'Bootstrap', prefix: shownPrefix(secret) },
    })
    log.info('stored the API key that ATRIUM_BOOTSTRAP_API_KEY holds')
  })
}

async function dropFormer(
  { bus, audit }: FirstBootParts,
  tx: Tx,
  installation: Installation | undefined,
): Promise<void> {
  if (!installation?.bootstrapKeyId) return
  const { bootstrapKeyId: keyId, defaultWorkspaceId: workspaceId } = installation
  if (!(await deleteKey(tx, workspaceId, keyId, null))) return
  await audit.record(tx, {
    workspaceId,
    actor: systemActor,
    action: 'key.revoked',
    target: { kind: 'key', id: keyId },
    details: { reason: 'ATRIUM_BOOTSTRAP_API_KEY changed' },
  })
  await announceRevocation(bus, tx, { workspaceId, credentialId: keyId })
}
