import type { Bus } from '#platform/bus'
import type { Clock } from '#platform/clock'
import type { Tx } from '#platform/db'
import { conflict, notFound } from '#platform/errors'
import type { Member } from '#platform/http'
import { actorOf } from './actors.ts'
import type { Audit } from './audit.ts'
import {
  grantable,
  ownOnly,
  refuseFormerSecrets,
  refuseLimitedKeys,
  refuseOthersMaking,
  refuseOutliving,
} from './key-rules.ts'
import { announceRevocation } from './notices.ts'
import { findInstallation } from './store/installation.ts'
import { type LockedKey, lockKey, markRotated } from './store/keys.ts'
import { endTokens, insertToken } from './store/tokens.ts'
import { hashToken, keyPrefix, mintToken, shownPrefix } from './tokens.ts'

export interface Rotation {
  readonly member: Member
  readonly keyId: string
  readonly graceSeconds: number
  readonly address: string
}

/** Gives a key another secret, which it returns; see `Keys.rotate`. */
export async function rotateKey(
  { clock, audit, bus }: { clock: Clock; audit: Audit; bus: Bus },
  tx: Tx,
  { member, keyId, graceSeconds, address }: Rotation,
): Promise<string> {
  const { workspaceId } = member
  const at = clock.now()
  refuseLimitedKeys(member)
  const before = await lockKey(tx, workspaceId, keyId, ownOnly(member))
  if (!before) throw notFound('key')
  // Behind the lock: of two rotations by one secret at once the later one is told that it was replaced.
  await refuseFormerSecrets(tx, member)
  refuseOthersMaking(member, before.createdById)
  // Who rotates a key sees its secret, as who makes it does.
  grantable(member, before.ownerId, before.scopes)
  await refuseOutliving(tx, member, before.expiresAt)
  await refuseFixed(tx, keyId, before, at)
  const secret = mintToken(keyPrefix)
  const prefix = shownPrefix(secret)
  const formerUntil = new Date(at.getTime() + graceSeconds * 1000)
  await endTokens(tx, { workspaceId, targetId: keyId }, formerUntil)
  await insertToken(tx, { kind: 'key', hash: hashToken(secret), workspaceId, targetId: keyId })
  await markRotated(tx, workspaceId, keyId, { prefix, at })
  await audit.record(tx, {
    workspaceId,
    actor: actorOf(member),
    action: 'key.rotated',
    target: { kind: 'key', id: keyId },
    details: {
      name: before.name,
      prefix,
      formerPrefix: before.prefix,
      formerUntil: formerUntil.toISOString(),
    },
    address,
  })
  await announceRevocation(bus, tx, { workspaceId, credentialId: keyId })
  return secret
}

/** @throws AppError 409 for a key whose secret would open nothing, or that every start would bring back */
async function refuseFixed(tx: Tx, keyId: string, { expiresAt }: LockedKey, now: Date): Promise<void> {
  if (expiresAt && expiresAt <= now)
    throw conflict('This key has run out; let it last longer before you replace its secret.')
  if ((await findInstallation(tx))?.bootstrapKeyId === keyId) {
    throw conflict('ATRIUM_BOOTSTRAP_API_KEY holds this key; set another one there and restart.')
  }
}
